/** The search of a detection as it is written: a comparison for each value. */
import type { PreparedRegex, TextOp } from '../regex/prepared.ts';
import type { Formula, Order, Pattern, TimePart } from '../rule.ts';

/** A search, its names resolved. */
export type Written = Formula<WrittenLeaf>;

/** A comparison of one field (null: of any value in the entry, a keyword) with one value. */
export interface WrittenLeaf {
  readonly kind: 'leaf';
  readonly selection: string;
  readonly field: string | null;
  readonly test: WrittenTest;
}

export type WrittenTest =
  | { readonly op: 'equals'; readonly value: string | number | boolean; readonly cased: boolean }
  | { readonly op: 'pattern'; readonly parts: Pattern; readonly cased: boolean }
  | { readonly op: 'null' }
  | { readonly op: 'exists'; readonly present: boolean }
  | { readonly op: 're'; readonly regex: PreparedRegex }
  | { readonly op: 'cidr'; readonly range: string }
  | { readonly op: Order; readonly value: number }
  | { readonly op: 'time'; readonly part: TimePart; readonly compare: Order | 'eq'; readonly value: number }
  | { readonly op: 'fieldref'; readonly field: string; readonly compare: TextOp; readonly cased: boolean };

/** What the leaves come to once all is written out: a selection named twice counts twice, and is looked at once. */
export function sumOfLeaves(
  written: Written,
  ofLeaf: (leaf: WrittenLeaf) => number,
  known = new Map<Written, number>(),
): number {
  const before = known.get(written);
  if (before !== undefined) return before;
  const sum = sumOf(written, ofLeaf, known);
  known.set(written, sum);
  return sum;
}

export function sumOf(written: Written, ofLeaf: (leaf: WrittenLeaf) => number, known: Map<Written, number>): number {
  switch (written.kind) {
    case 'leaf':
      return ofLeaf(written);
    case 'not':
      return sumOfLeaves(written.of, ofLeaf, known);
    case 'and':
    case 'or':
      return written.of.reduce((sum, child) => sum + sumOfLeaves(child, ofLeaf, known), 0);
  }
}
