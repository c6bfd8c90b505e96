/** The search of a detection as it is written: a comparison for each value. */
import type { PreparedRegex } from '../regex/prepared.ts';
import type { Formula, Order, Pattern, TextOp, TimePart } from '../rule.ts';

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
