/**
 * Interprets an expression on an entry: whether it is true, and its evidence, the selections, fields and values that made
 * it true.
 *
 * Contract: this is what rules mean; generated code (codegen/) is tested against it. The evidence is what is true and
 * matters, in the rule's order; for a rule that only matches because something is not so, the values that differ. Bounded,
 * because attackers write the values. Pure.
 */
import { isTrue, leavesIn } from '../formula.ts';
import type { EntryBody, Evidence, Expression, Leaf } from '../rule.ts';
import { isNull, type Scalar } from './scalar.ts';
import { matcherOf, type ScalarTest } from './scalar-test.ts';
import { firstRelated } from './search.ts';
import { APART_MAX, togetherWith } from './together.ts';
import { Values } from './values.ts';

const ITEMS_MAX = 16;
const VALUE_LENGTH_MAX = 256;
/** Matching scalars of a field, and values of a list, that are distinguished. */
const SCALARS_MAX = 16;
const VALUES_MAX = 32;

/** Whether an expression is true of an entry. */
export function holds(expression: Expression, entry: Values): boolean {
  return isTrue(expression, (leaf) => placeOf(leaf, expression, entry) !== NOWHERE);
}

/** The evidence of an expression that is true of an entry. */
export function explain(expression: Expression, body: EntryBody): readonly Evidence[] {
  const entry = new Values(body);
  const place = (leaf: Leaf) => placeOf(leaf, expression, entry);
  const evidence = evidenceOf(reasonsFor(expression, true, place), entry, (leaf) =>
    matchingScalars(leaf, place(leaf), entry),
  );
  // Without a reason, nothing was what the rule excludes: any of its fields shows that.
  return evidence.length > 0
    ? evidence
    : evidenceOf(
        leavesIn(expression).filter(({ field }) => field !== null),
        entry,
        () => [],
      );
}

/** The place of a leaf that is not true. */
const NOWHERE = -1;

/** The place of the first of a field's scalars that makes a leaf true; 0 where it is true without one. */
function placeOf(leaf: Leaf, expression: Expression, entry: Values): number {
  const known = entry.places.get(leaf);
  if (known !== undefined) return known;
  const together = togetherWith(leaf, expression);
  if (together === undefined || entry.lengthOf(leaf.field) <= APART_MAX) {
    const place = firstPlace(leaf, entry);
    entry.places.set(leaf, place);
    return place;
  }
  const places = together.placesIn(textsIn(together.form, leaf.field, entry));
  for (const [i, one] of together.leaves.entries()) entry.places.set(one, places[i] as number);
  return entry.places.get(leaf) as number;
}

function firstPlace({ field, test }: Leaf, entry: Values): number {
  switch (test.op) {
    case 'null':
      return isNull(entry.value(field)) ? 0 : NOWHERE;
    case 'exists':
      return (entry.value(field) !== undefined) === test.present ? 0 : NOWHERE;
    case 'fieldref': {
      const form = test.cased ? 'text' : 'folded';
      return firstRelated(textsIn(form, field, entry), textsIn(form, test.field, entry), test.compare);
    }
    default: {
      const { form, matches } = matcherOf(test);
      return entry.in(form, field).findIndex(matches);
    }
  }
}

function textsIn(form: 'text' | 'folded', field: string | null, entry: Values): readonly string[] {
  return entry.in(form, field) as readonly string[];
}

/** The leaves whose being true makes a node true (`expected`) or false. */
function* reasonsFor(node: Expression, expected: boolean, place: (leaf: Leaf) => number): Iterable<Leaf> {
  switch (node.kind) {
    case 'leaf':
      if (expected) yield node;
      return;
    case 'not':
      yield* reasonsFor(node.of, !expected, place);
      return;
    case 'and':
    case 'or':
      for (const child of node.of) {
        if (isTrue(child, (leaf) => place(leaf) !== NOWHERE) === expected) yield* reasonsFor(child, expected, place);
      }
  }
}

/** Leaves as evidence, each piece once, up to a limit: of each, these scalars of its field, or else its first. */
function evidenceOf(
  leaves: Iterable<Leaf>,
  entry: Values,
  scalarsOf: (leaf: Leaf) => readonly Scalar[],
): readonly Evidence[] {
  const found = new Map<string, Evidence>();
  for (const leaf of leaves) {
    const { selection, field } = leaf;
    const [first = absence(entry.value(field))] = entry.in('scalar', field);
    const scalars = scalarsOf(leaf);
    for (const scalar of scalars.length > 0 ? scalars : [first]) {
      const value = shortened(String(scalar));
      found.set(JSON.stringify([selection, field, value]), { selection, field, value });
      if (found.size === ITEMS_MAX) return [...found.values()];
    }
  }
  return [...found.values()];
}

function absence(value: unknown): string {
  if (value === undefined) return 'missing';
  return isNull(value) ? 'null' : '…';
}

function shortened(text: string): string {
  return text.length <= VALUE_LENGTH_MAX ? text : text.slice(0, VALUE_LENGTH_MAX).toWellFormed();
}

/** The scalars that make a leaf true: for each of its values, the first that matches it, unless texts are long. */
function matchingScalars({ field, test }: Leaf, place: number, entry: Values): readonly Scalar[] {
  if (test.op === 'null' || test.op === 'exists') return [];
  const scalars = entry.in('scalar', field);
  const first = scalars.slice(place, place + 1);
  if (test.op === 'fieldref' || !('values' in test) || test.values.length === 1) return first;
  if (scalars.length === 1 || entry.lengthOf(field) > APART_MAX) return first;
  const { form, matches } = matcherOf(test);
  const inForm = entry.in(form, field);
  const distinct = new Map(scalars.map((scalar, i) => [scalar, inForm[i] as Scalar]));
  const matching: (readonly [scalar: Scalar, inForm: Scalar])[] = [];
  for (const one of distinct) {
    if (matching.length === SCALARS_MAX) break;
    if (matches(one[1])) matching.push(one);
  }
  const firsts = matching.length > 1 ? firstsOf(test, matching) : [];
  return firsts.length > 0 ? firsts.map(([scalar]) => scalar) : first;
}

/** For each value of a test, the first of the scalars that matches it. */
function firstsOf<T extends readonly [scalar: Scalar, inForm: Scalar]>(
  test: ScalarTest & { values: readonly unknown[] },
  scalars: readonly T[],
): readonly T[] {
  const firsts = test.values.slice(0, VALUES_MAX).map((value) => {
    const { matches } = matcherOf({ ...test, values: [value] } as ScalarTest);
    return scalars.find(([, inForm]) => matches(inForm));
  });
  return firsts.filter((first) => first !== undefined);
}
