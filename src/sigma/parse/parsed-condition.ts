/** The search of a detection as it is written: a comparison for each value. */
import type { PreparedRegex, TextOp } from '../regex/prepared.ts';
import type { Formula, Order, Pattern, TimePart } from '../rule.ts';

/** A search, its names resolved. */
export type ParsedCondition = Formula<ParsedLeaf>;

/** A comparison of one field (null: of any value in the entry, a keyword) with one value. */
export interface ParsedLeaf {
  readonly kind: 'leaf';
  readonly selection: string;
  readonly field: string | null;
  readonly test: ParsedTest;
}

export type ParsedTest =
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
  written: ParsedCondition,
  ofLeaf: (leaf: ParsedLeaf) => number,
  known = new Map<ParsedCondition, number>(),
): number {
  const before = known.get(written);
  if (before !== undefined) return before;
  const sum = sumOf(written, ofLeaf, known);
  known.set(written, sum);
  return sum;
}

export function sumOf(
  written: ParsedCondition,
  ofLeaf: (leaf: ParsedLeaf) => number,
  known: Map<ParsedCondition, number>,
): number {
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
