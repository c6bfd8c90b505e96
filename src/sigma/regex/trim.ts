/**
 * Simplifies a tree.
 *
 * Contract: a search is unanchored and only returns whether there is a match, so optional parts at either end of a tree
 * have no effect. Pure.
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
      // More repetitions change nothing, and with any number of them the automaton has fewer states.
      return node.min === 1 ? trimmedAt(node.of, side) : createRepeat(node.of, node.min, UNLIMITED);
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
