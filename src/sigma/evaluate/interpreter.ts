/**
 * Interprets an expression on an entry: whether it is true, and its evidence, the selections, fields and values that made
 * it true.
 *
 * Contract: this is what rules mean; generated code (codegen/) is tested against it. The evidence is what is true and
 * matters, in the rule's order; for a rule that only matches because something is not so, the values that differ. Bounded,
 * because attackers write the values. Pure.
 */
import { isTrue, leavesIn } from '../formula.ts';
import type { Evidence, Expression, Leaf } from '../rule.ts';
import { isDuring, localTimes } from './local-time.ts';
import { isNull, type Scalar } from './scalar.ts';
import { matcherOf } from './scalar-test.ts';
import { firstRelated } from './search.ts';
import { APART_MAX, formOf, placesOfValues, togetherWith } from './together.ts';
import type { Values } from './values.ts';

const ITEMS_MAX = 16;
const VALUE_LENGTH_MAX = 256;
/** Of a leaf. */
const SCALARS_MAX = 16;

/** Whether an expression is true of an entry. */
export function holds(expression: Expression, entry: Values): boolean {
  return isTrue(expression, (leaf) => isLeafTrue(leaf, expression, entry));
}

/** The evidence of an expression that is true of an entry. */
export function explain(expression: Expression, entry: Values): readonly Evidence[] {
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

/** Whether one comparison of an expression is true of an entry. */
export function isLeafTrue(leaf: Leaf, expression: Expression, entry: Values): boolean {
  return placeOf(leaf, expression, entry) !== NOWHERE;
}

/** The place of a leaf that is not true. */
const NOWHERE = -1;

/** The place of the first of a field's scalars that makes a leaf true; 0 where it is true without one. */
function placeOf(leaf: Leaf, expression: Expression, entry: Values): number {
  const known = entry.places.get(leaf);
  if (known !== undefined) return known;
  const isLong = leaf.test.op === 'contains' && entry.lengthOf(leaf.field) > APART_MAX;
  const together = isLong ? togetherWith(leaf, expression) : undefined;
  if (together === undefined) entry.places.set(leaf, firstPlace(leaf, entry));
  else {
    const places = together.placesIn(textsIn(together.form, leaf.field, entry));
    for (const [i, one] of together.leaves.entries()) entry.places.set(one, places[i] as number);
  }
  return entry.places.get(leaf) as number;
}

function firstPlace({ field, test }: Leaf, entry: Values): number {
  switch (test.op) {
    case 'null':
      return isNull(entry.value(field)) ? 0 : NOWHERE;
    case 'exists':
      return (entry.value(field) !== undefined) === test.present ? 0 : NOWHERE;
    case 'during':
      return isDuring(test, entry.at) ? 0 : NOWHERE;
    case 'fieldref': {
      const form = formOf(test);
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
export function evidenceOf(
  leaves: Iterable<Leaf>,
  entry: Values,
  scalarsOf: (leaf: Leaf) => readonly Scalar[],
): readonly Evidence[] {
  const found = new Map<string, Evidence>();
  for (const leaf of leaves) {
    const { selection, field } = leaf;
    const first = firstOf(leaf, entry);
    const scalars = scalarsOf(leaf);
    for (const scalar of scalars.length > 0 ? scalars : [first]) {
      const value = shortened(String(scalar));
      found.set(JSON.stringify([selection, field, value]), { selection, field, value });
      if (found.size === ITEMS_MAX) return [...found.values()];
    }
  }
  return [...found.values()];
}

/** The first of a field's scalars, or what there is in place of one. */
function firstOf({ field, test }: Leaf, entry: Values): Scalar {
  if (test.op === 'during') return localTimes(test, entry.at) ?? absence(undefined);
  const [first = absence(entry.value(field))] = entry.in('scalar', field);
  return first;
}

function absence(value: unknown): string {
  if (value === undefined) return 'missing';
  return isNull(value) ? 'null' : '…';
}

function shortened(text: string): string {
  return text.length <= VALUE_LENGTH_MAX ? text : text.slice(0, VALUE_LENGTH_MAX).toWellFormed();
}

/** The scalars that make a leaf true: the first, and for each text that is contained, the first with it. */
function matchingScalars({ field, test }: Leaf, place: number, entry: Values): readonly Scalar[] {
  if (test.op === 'null' || test.op === 'exists' || test.op === 'during') return [];
  const scalars = entry.in('scalar', field);
  const isList = test.op === 'contains' && scalars.length > 1;
  const all = isList ? placesOfValues(test)(textsIn(formOf(test), field, entry)) : [];
  const places = [...new Set([place, ...all])].filter((one) => one !== NOWHERE).slice(0, SCALARS_MAX);
  return places.flatMap((one) => scalars.slice(one, one + 1));
}
