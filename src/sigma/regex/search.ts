/**
 * What a tree says about the texts that it matches.
 *
 * Contract: a search is unanchored and only returns whether there is a match, so optional parts at either end of a tree
 * have no effect. Texts found here have no lone surrogates, so searching for them by UTF-16 units finds whole characters.
 * Pure.
 */
import { ANY } from './charset.ts';
import { createChoice, createRepeat, createSequence, EMPTY, type Node } from './node.ts';

const UNLIMITED = Number.POSITIVE_INFINITY;

/** Removes what has no effect at both ends: `.*a+` becomes `a`. EMPTY: every text matches. */
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

/** Whether it matches any run of any characters, newlines too. */
function isAnything(node: Node | undefined): boolean {
  return node?.kind === 'repeat' && node.max === UNLIMITED && node.of.kind === 'chars' && node.of.set === ANY;
}

/** Whether every match begins at the start of the text. */
export function isAnchored(node: Node): boolean {
  switch (node.kind) {
    case 'empty':
    case 'chars':
      return false;
    case 'assert':
      return node.what === 'start';
    case 'repeat':
      return node.min > 0 && isAnchored(node.of);
    case 'choice':
      return node.of.every((one) => isAnchored(one));
    case 'sequence': {
      const [first] = node.of;
      return first !== undefined && isAnchored(first);
    }
  }
}

/** The only text it matches, if there is one and it is well-formed; else null. */
export function textOf(node: Node): string | null {
  switch (node.kind) {
    case 'empty':
      return '';
    case 'assert':
    case 'choice':
      return null;
    case 'chars': {
      const { ranges, others, negated } = node.set;
      const [point = 0, last] = ranges;
      if (negated || others.length > 0 || ranges.length !== 2 || point !== last) return null;
      return point >= 0xd800 && point <= 0xdfff ? null : String.fromCodePoint(point);
    }
    case 'repeat':
      return node.min === node.max ? (textOf(node.of)?.repeat(node.max) ?? null) : null;
    case 'sequence': {
      let all = '';
      for (const one of node.of) {
        const text = textOf(one);
        if (text === null) return null;
        all += text;
      }
      return all;
    }
  }
}

/**
 * The parts that every match contains, in order, without unlimited repetitions. If `fromStart`, the first one begins every
 * match.
 */
export function partsOf(node: Node): { readonly parts: readonly Node[]; readonly fromStart: boolean } {
  const parts: Node[] = [];
  let run: Node[] = [];
  let fromStart = true;
  const close = () => {
    const part = createSequence(run);
    if (part === EMPTY && parts.length === 0) fromStart = false;
    else if (part !== EMPTY) parts.push(part);
    run = [];
  };
  for (const one of node.kind === 'sequence' ? node.of : [node]) {
    if (isUnlimited(one)) {
      const least = one.kind === 'repeat' && !isUnlimited(one.of) ? createRepeat(one.of, one.min, one.min) : EMPTY;
      run.push(least);
      close();
      run.push(least);
    } else run.push(one);
  }
  close();
  return { parts, fromStart };
}

function isUnlimited(node: Node): boolean {
  switch (node.kind) {
    case 'empty':
    case 'chars':
    case 'assert':
      return false;
    case 'repeat':
      return node.max === UNLIMITED || isUnlimited(node.of);
    case 'choice':
    case 'sequence':
      return node.of.some(isUnlimited);
  }
}
