/**
 * Searches long texts once for all `contains` of a rule.
 *
 * Contract: of leaves about one field in one form, each gets the place of the first of the field's texts that makes it
 * true. So the time does not depend on how many such leaves a rule has. Pure.
 */
import { leavesIn } from '../formula.ts';
import type { TextOp } from '../regex/prepared.ts';
import type { Expression, Leaf, Test } from '../rule.ts';
import { createListsSearch } from './search.ts';

export type ContainsLeaf = Leaf & { readonly test: Extract<Test, { readonly op: TextOp }> };

/** In shorter texts, which are most, each leaf is searched by itself, and only if it matters. Code decides only about these. */
export const APART_MAX = 16_384;

export interface Together {
  readonly form: 'text' | 'folded';
  readonly leaves: readonly Leaf[];
  /** For each leaf: the place of the first of the texts that makes it true; -1 if none does. */
  readonly placesIn: (texts: readonly string[]) => readonly number[];
}

/** The `contains` of an expression, those about one field in one form together. */
export function containsIn(expression: Expression): readonly (readonly ContainsLeaf[])[] {
  const leaves = leavesIn(expression).filter((leaf): leaf is ContainsLeaf => leaf.test.op === 'contains');
  return [...Map.groupBy(leaves, ({ field, test }) => JSON.stringify([field, test.cased])).values()];
}

const OF_EXPRESSIONS = new WeakMap<Expression, ReadonlyMap<Leaf, Together>>();

/** With which others of its expression a leaf is searched; undefined if with none. Made once. */
export function togetherWith(leaf: Leaf, expression: Expression): Together | undefined {
  const known = OF_EXPRESSIONS.get(expression) ?? togetherIn(expression);
  OF_EXPRESSIONS.set(expression, known);
  return known.get(leaf);
}

function togetherIn(expression: Expression): ReadonlyMap<Leaf, Together> {
  const groups = containsIn(expression).filter(({ length }) => length > 1);
  return new Map(
    groups.flatMap((leaves) => {
      const placesIn = createListsSearch(leaves.map(({ test }) => test.values));
      return leaves.map((leaf) => [leaf, { form: formOf(leaf.test), leaves, placesIn }] as const);
    }),
  );
}

/** The form in which a test compares texts. */
export function formOf({ cased }: { readonly cased: boolean }): 'text' | 'folded' {
  return cased ? 'text' : 'folded';
}

const OF_VALUES = new WeakMap<ContainsLeaf['test'], Together['placesIn']>();

/** For each value of a test: the place of the first of the texts that contains it; -1 if none does. Made once. */
export function placesOfValues(test: ContainsLeaf['test']): Together['placesIn'] {
  const placesIn = OF_VALUES.get(test) ?? createListsSearch(test.values.map((value) => [value]));
  OF_VALUES.set(test, placesIn);
  return placesIn;
}
