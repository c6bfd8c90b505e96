/**
 * What a tree tells about the texts in which it is found.
 *
 * Contract: a search is unanchored and asks only whether; so what may be there or not, at either end of the tree, says
 * nothing. A text it tells of holds no surrogate that stands alone, so looking for it by UTF-16 units finds whole
 * characters. Pure.
 */
import { ANY } from './charset.ts';
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
  return node?.kind === 'repeat' && node.max === ENDLESS && node.of.kind === 'chars' && node.of.set === ANY;
}

/** Whether each match begins where the text does. */
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

/** The one text it matches, where it is one and well-formed; else null. */
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
 * What every match holds as a whole, one after the other, and without repetitions that have no end; what stands
 * between them is left out. The first begins each match where `fromStart`.
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
    if (isEndless(one)) {
      const least = one.kind === 'repeat' && !isEndless(one.of) ? createRepeat(one.of, one.min, one.min) : EMPTY;
      run.push(least);
      close();
      run.push(least);
    } else run.push(one);
  }
  close();
  return { parts, fromStart };
}

function isEndless(node: Node): boolean {
  switch (node.kind) {
    case 'empty':
    case 'chars':
    case 'assert':
      return false;
    case 'repeat':
      return node.max === ENDLESS || isEndless(node.of);
    case 'choice':
    case 'sequence':
      return node.of.some(isEndless);
  }
}
