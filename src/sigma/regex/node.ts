/**
 * The syntax tree of a regular expression.
 *
 * Contract: created by the functions below, which drop what has no effect. There are no captures: only whether a text
 * matches counts. Pure.
 */
import type { Ranges } from './charset.ts';

/** An assertion between two characters. */
export type Assertion = 'start' | 'end' | 'lineStart' | 'lineEnd' | 'word' | 'notWord';

export type Node = Shape & {
  /** Its number of instructions. */
  readonly size: number;
  /** How often nested counted repetitions repeat the innermost node. */
  readonly times: number;
};

type Shape =
  | { readonly kind: 'empty' }
  | { readonly kind: 'chars'; readonly set: Ranges }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence' | 'choice'; readonly of: readonly Node[] }
  | { readonly kind: 'repeat'; readonly of: Node; readonly min: number; readonly max: number };

/** The empty text. */
export const EMPTY: Node = { kind: 'empty', size: 0, times: 1 };

/** One character of a set. */
export function createChars(set: Ranges): Node {
  return { kind: 'chars', set, size: 1, times: 1 };
}

export function createAssert(what: Assertion): Node {
  return { kind: 'assert', what, size: 1, times: 1 };
}

/** Nodes one after the other. */
export function createSequence(nodes: readonly Node[]): Node {
  const of = nodes.flatMap((node) => (node.kind === 'sequence' ? node.of : node === EMPTY ? [] : [node]));
  const [first] = of;
  if (first === undefined) return EMPTY;
  return of.length === 1 ? first : { kind: 'sequence', of, size: sum(of), times: most(of) };
}

/** One of the nodes. */
export function createChoice(of: readonly Node[]): Node {
  const [first] = of;
  if (first === undefined) return EMPTY;
  return of.length === 1 ? first : { kind: 'choice', of, size: sum(of) + of.length - 1, times: most(of) };
}

/** A node `min` to `max` times; `max` may be infinite. */
export function createRepeat(of: Node, min: number, max: number): Node {
  if (of === EMPTY || max === 0) return EMPTY;
  if (min === 1 && max === 1) return of;
  const rest = max === Number.POSITIVE_INFINITY ? (min === 0 ? of.size + 1 : 1) : (max - min) * (of.size + 1);
  const times = of.times * (max === Number.POSITIVE_INFINITY ? Math.max(1, min) : max);
  return { kind: 'repeat', of, min, max, size: min * of.size + rest, times };
}

function sum(nodes: readonly Node[]): number {
  return nodes.reduce((size, node) => size + node.size, 0);
}

function most(nodes: readonly Node[]): number {
  return nodes.reduce((times, node) => Math.max(times, node.times), 1);
}
