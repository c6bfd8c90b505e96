/**
 * What a tree tells about the texts in which it is found.
 *
 * Contract: a search is unanchored and asks only whether; so what may be there or not, at either end of the tree, says
 * nothing. Literal texts here hold no surrogate that stands alone, so looking for them by UTF-16 units finds whole
 * characters. Pure.
 */
import { ANY, membersOf } from './charset.ts';
import { createChoice, createRepeat, createSequence, EMPTY, type Node } from './node.ts';

const ENDLESS = Number.POSITIVE_INFINITY;

/** Takes away at both ends what makes no difference to a search: `.*a+` is `a`. EMPTY: every text matches. */
export function trimmed(node: Node): Node {
  return trimmedAt(trimmedAt(node, 'left'), 'right');
}

function trimmedAt(node: Node, side: 'left' | 'right'): Node {
  switch (node.kind) {
    case 'empty':
    case 'chars':
    case 'assert':
      return node;
    case 'repeat':
      if (node.min === 0) return EMPTY;
      return node.min === 1 ? trimmedAt(node.of, side) : createRepeat(node.of, node.min, node.min);
    case 'choice': {
      const of = node.of.map((one) => trimmedAt(one, side));
      return of.includes(EMPTY) ? EMPTY : createChoice(of);
    }
    case 'sequence': {
      const rest = side === 'left' ? [...node.of].reverse() : [...node.of];
      for (let outer = rest.pop(); outer !== undefined; outer = rest.pop()) {
        if (isAnchor(outer, side) && isAnything(rest.at(-1))) continue;
        const kept = trimmedAt(outer, side);
        if (kept === EMPTY) continue;
        rest.push(kept);
        break;
      }
      return createSequence(side === 'left' ? rest.reverse() : rest);
    }
  }
}

function isAnchor(node: Node, side: 'left' | 'right'): boolean {
  return node.kind === 'assert' && node.what === (side === 'left' ? 'start' : 'end');
}

/** Whether it matches a run of any length of whatever, newlines too. */
function isAnything(node: Node | undefined): boolean {
  return node?.kind === 'repeat' && node.max === ENDLESS && node.of.kind === 'chars' && node.of.set.key === ANY.key;
}

/** Whether each match is at this end of the text. */
export function isAnchored(node: Node, side: 'left' | 'right'): boolean {
  switch (node.kind) {
    case 'empty':
    case 'chars':
      return false;
    case 'assert':
      return isAnchor(node, side);
    case 'repeat':
      return node.min > 0 && isAnchored(node.of, side);
    case 'choice':
      return node.of.every((one) => isAnchored(one, side));
    case 'sequence': {
      const outer = node.of.at(side === 'left' ? 0 : -1);
      return outer !== undefined && isAnchored(outer, side);
    }
  }
}

/** How many characters a match has at most. */
export function longest(node: Node): number {
  switch (node.kind) {
    case 'empty':
    case 'assert':
      return 0;
    case 'chars':
      return 1;
    case 'repeat': {
      const once = longest(node.of);
      return once === 0 ? 0 : once * node.max;
    }
    case 'choice':
      return node.of.reduce((most, one) => Math.max(most, longest(one)), 0);
    case 'sequence':
      return node.of.reduce((sum, one) => sum + longest(one), 0);
  }
}

/** All the texts it matches, where they are at most so many; else null. */
export function textsOf(node: Node, atMost: number): readonly string[] | null {
  switch (node.kind) {
    case 'empty':
      return [''];
    case 'assert':
      return null;
    case 'chars': {
      const members = membersOf(node.set, atMost);
      if (members === null || members.some((point) => point >= 0xd800 && point <= 0xdfff)) return null;
      return members.map((point) => String.fromCodePoint(point));
    }
    case 'repeat': {
      const once = node.max === ENDLESS ? null : textsOf(node.of, atMost);
      if (once === null || (once.length > 1 && node.max > atMost)) return null;
      const all: string[] = [];
      let texts: readonly string[] | null = [''];
      for (let times = 0; times <= node.max; times++) {
        if (times >= node.min) all.push(...texts);
        if (all.length > atMost) return null;
        texts = joined(texts, once, atMost);
        if (texts === null) return times === node.max ? all : null;
      }
      return all;
    }
    case 'choice': {
      const all: string[] = [];
      for (const one of node.of) {
        const texts = textsOf(one, atMost - all.length);
        if (texts === null) return null;
        all.push(...texts);
      }
      return all;
    }
    case 'sequence': {
      let all: readonly string[] | null = [''];
      for (const one of node.of) {
        const texts = textsOf(one, atMost);
        all = texts === null ? null : joined(all, texts, atMost);
        if (all === null) return null;
      }
      return all;
    }
  }
}

function joined(heads: readonly string[], tails: readonly string[], atMost: number): readonly string[] | null {
  if (heads.length * tails.length > atMost) return null;
  return heads.flatMap((head) => tails.map((tail) => head + tail));
}

/** The longest text that is in every match, as far as that is easily told; empty where it is not. */
export function literalOf(node: Node): string {
  if (node.kind === 'repeat') return node.min > 0 ? literalOf(node.of) : '';
  let best = '';
  let run = '';
  for (const one of node.kind === 'sequence' ? node.of : [node]) {
    const text = textOf(one);
    run = text === null ? '' : run + text;
    const found = text === null && one.kind === 'repeat' ? literalOf(one) : run;
    if (found.length > best.length) best = found;
  }
  return best;
}

/** The text every match begins with, as far as that is easily told. */
export function prefixOf(node: Node): string {
  let prefix = '';
  for (const one of node.kind === 'sequence' ? node.of : [node]) {
    const text = textOf(one);
    if (text === null) break;
    prefix += text;
  }
  return prefix;
}

function textOf(node: Node): string | null {
  return textsOf(node, 1)?.[0] ?? null;
}
