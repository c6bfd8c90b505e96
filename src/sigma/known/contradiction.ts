/**
 * Finds conditions that can never hold: they ask for what they exclude, or for two values of a field that has one.
 *
 * Contract: `true` only if no entry can satisfy the condition; in doubt, and where finding out would take too long, `false`.
 * Pure.
 */
import { textOf } from '../evaluate/scalar.ts';
import { matcherOf, type ScalarTest } from '../evaluate/scalar-test.ts';
import { isTrue, leavesIn } from '../formula.ts';
import type { ParsedCondition, ParsedLeaf } from '../parse/parsed-condition.ts';
import { expressionOf } from '../resolve/expression.ts';
import type { Test } from '../rule.ts';

/** Whether a field has at most one value, and no list. */
export type IsSingle = (field: string) => boolean;

/** What must hold, or must not. */
interface Demand {
  readonly of: ParsedCondition;
  readonly holds: boolean;
}

/** Values compared with values, for one condition. */
const COMPARISONS_MAX = 100_000;

/** Whether no entry satisfies the condition. */
export function neverHolds(condition: ParsedCondition, isSingle: IsSingle): boolean {
  const demands = new Map<ParsedCondition, boolean>();
  const open: Demand[] = [{ of: condition, holds: true }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { of, holds } = next;
    const before = demands.get(of);
    if (before === holds) continue;
    if (before !== undefined) return true;
    demands.set(of, holds);
    if (of.kind === 'not') open.push({ of: of.of, holds: !holds });
    else if (of.kind === (holds ? 'and' : 'or')) open.push(...of.of.map((child) => ({ of: child, holds })));
  }
  const all = [...demands].map(([of, holds]) => ({ of, holds }));
  const parts = all.filter(({ of, holds }) => of.kind === 'or' && holds);
  const byField = Map.groupBy(all, ({ of }) => singleField(of, isSingle));
  byField.delete(null);
  return (
    [...byField.values()].some(isEmpty) ||
    parts.some(({ of }) => of.kind === 'or' && of.of.length > 0 && of.of.every((child) => neverHolds(child, isSingle)))
  );
}

/** The field that a condition is about, if it is about the value of one that has no list; else null. */
function singleField(condition: ParsedCondition, isSingle: IsSingle): string | null {
  const leaves = leavesIn(condition);
  const field = leaves[0]?.field ?? null;
  if (field === null || !isSingle(field)) return null;
  return leaves.every((leaf) => leaf.field === field && testOf(leaf) !== null) ? field : null;
}

/** Whether no value of a field meets all demands: one of them names the values that there can be. */
function isEmpty(demands: readonly Demand[]): boolean {
  const named = demands.find(({ of, holds }) => holds && valuesIn(of) !== null);
  const values = named === undefined ? null : valuesIn(named.of);
  if (values === null) return false;
  const comparisons = demands.reduce((sum, { of }) => sum + leavesIn(of).length, 0);
  if (comparisons * values.length > COMPARISONS_MAX) return false;
  return !values.some((value) =>
    demands.every(({ of, holds }) => of === named?.of || isTrue(of, (leaf) => meets(value, leaf)) === holds),
  );
}

/** The values of which a condition asks for one; null if it asks for something else too. */
function valuesIn(condition: ParsedCondition): readonly (string | number | boolean)[] | null {
  const leaves = condition.kind === 'or' ? condition.of : [condition];
  const values = leaves.flatMap((leaf) => (leaf.kind === 'leaf' && leaf.test.op === 'equals' ? [leaf.test.value] : []));
  return values.length === leaves.length && values.length > 0 ? values : null;
}

/** Made once for each leaf: a matcher belongs to its test. */
const TESTS = new WeakMap<ParsedLeaf, ScalarTest | null>();

/** The test of a single value; null if a leaf is about something else. */
function testOf(leaf: ParsedLeaf): ScalarTest | null {
  const before = TESTS.get(leaf);
  if (before !== undefined) return before;
  const made = expressionOf(leaf);
  const test = made.kind === 'leaf' && isScalarTest(made.test) ? made.test : null;
  TESTS.set(leaf, test);
  return test;
}

function isScalarTest(test: Test): test is ScalarTest {
  return !['fieldref', 'null', 'exists', 'during'].includes(test.op);
}

function meets(value: string | number | boolean, leaf: ParsedLeaf): boolean {
  const test = testOf(leaf);
  if (test === null) return true;
  const { form, matches } = matcherOf(test);
  return matches(form === 'scalar' ? value : textOf(value, form === 'text'));
}
