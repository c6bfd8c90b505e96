/** The search of a detection as it is written in the rule: one comparison per value. */
import type { PreparedRegex, TextOp } from '../regex/prepared.ts';
import type { Formula, Order, Pattern, Test, TimePart } from '../rule.ts';

/** A search with its names resolved. */
export type ParsedCondition = Formula<ParsedLeaf>;

/** A comparison of one field with one value. A null field is a keyword: any value of the entry is compared. */
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
  /** The entry has this number, not as text. */
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: Order; readonly value: number; readonly exact?: string }
  | { readonly op: 'time'; readonly part: TimePart; readonly compare: Order | 'eq'; readonly value: number }
  | Extract<Test, { readonly op: 'during' }>
  | { readonly op: 'fieldref'; readonly field: string; readonly compare: TextOp; readonly cased: boolean };

/** Sums `ofLeaf` over all leaves. A selection named twice counts twice, but is visited once. */
export function sumOfLeaves<L extends { readonly kind: 'leaf' }>(
  condition: Formula<L>,
  ofLeaf: (leaf: L) => number,
  known = new Map<Formula<L>, number>(),
): number {
  const before = known.get(condition);
  if (before !== undefined) return before;
  let sum = 0;
  if (condition.kind === 'leaf') sum = ofLeaf(condition);
  else if (condition.kind === 'not') sum = sumOfLeaves(condition.of, ofLeaf, known);
  else for (const child of condition.of) sum += sumOfLeaves(child, ofLeaf, known);
  known.set(condition, sum);
  return sum;
}

/** Joins formulas; a single one stays as it is. */
export function join<L extends { readonly kind: 'leaf' }>(kind: 'and' | 'or', of: readonly Formula<L>[]): Formula<L> {
  const [only] = of;
  return only !== undefined && of.length === 1 ? only : { kind, of };
}
