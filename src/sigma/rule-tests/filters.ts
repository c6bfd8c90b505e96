/**
 * Runs the tests of filters, and finds filters that seem to exclude all that their rules match.
 *
 * Contract: a filter is tested on entries that its rules match without filters. Pure.
 */
import { type Problem, truncate } from '../../yaml/diagnostics.ts';
import { createReadField, type DerivedFields } from '../evaluate/field.ts';
import { holds, isLeafTrue } from '../evaluate/interpreter.ts';
import { shortfall } from '../evaluate/near.ts';
import { Values } from '../evaluate/values.ts';
import type { ParsedFilter } from '../resolve/filters.ts';
import type { Expression } from '../rule.ts';
import { shortfallText } from './explain.ts';
import type { RuleTest } from './rule-test.ts';
import type { FailedTest } from './run.ts';

export interface FilterTestOptions {
  /** As of `compile`. */
  readonly derived?: DerivedFields;
}

/** Runs the tests of filters; returns those that fail. */
export function runFilterTests(
  filters: readonly ParsedFilter[],
  tests: readonly RuleTest[],
  { derived = new Map() }: FilterTestOptions,
): readonly FailedTest[] {
  const byId = new Map(filters.map((filter) => [filter.id, filter]));
  const readField = createReadField(derived);
  return tests.flatMap((test) => {
    const filter = byId.get(test.rule);
    if (filter === undefined) return [];
    const { entries, match } = test;
    const [found] = entries.flatMap(({ body, at }, i) => {
      const name = entries.length === 1 ? 'the entry' : `entry ${i + 1} of ${entries.length}`;
      return resultOf(filter, new Values(body, readField, at), name, match) ?? [];
    });
    return found === undefined ? [] : [{ test, matched: !match, found }];
  });
}

/** What is wrong with an entry that should be left or excluded; null: nothing. */
function resultOf({ expression, rules }: ParsedFilter, entry: Values, name: string, isLeft: boolean): string | null {
  const isMatched = rules.some(({ detections }) => detections.some((each) => holds(each, entry)));
  if (!isMatched) return `none of the rules that it filters matches ${name}, with the filter or without`;
  if (holds(expression, entry) === isLeft) return null;
  if (isLeft) return `the filter excludes ${name}: ${shortfallText(expression, entry)}`;
  const negated: Expression = { kind: 'not', of: expression };
  // What must not be so is what the condition asks for, without a "not".
  const isPlain = shortfall(negated, entry).every((leaf) => isLeafTrue(leaf, negated, entry));
  const why = isPlain ? 'its condition holds, so it leaves it: is a "not" missing?' : shortfallText(negated, entry);
  return `the filter does not exclude ${name}: ${why}`;
}

export interface FilterProblem {
  readonly problem: Problem;
  /** The ids of the rules whose tests fail for that reason. */
  readonly emptied: readonly string[];
}

/**
 * The filters that exclude every entry with which a rule's tests match: probably a mistake, unless the filter has a test with an
 * entry that it leaves.
 */
export function filterProblems(
  filters: readonly ParsedFilter[],
  tests: readonly RuleTest[],
  { derived = new Map() }: FilterTestOptions,
): readonly FilterProblem[] {
  const readField = createReadField(derived);
  const byRule = Map.groupBy(
    tests.filter(({ kind, match }) => kind !== 'filter' && match),
    ({ rule }) => rule,
  );
  return filters.flatMap((filter) => {
    if (tests.some(({ kind, rule, match }) => kind === 'filter' && rule === filter.id && match)) return [];
    const matched = filter.rules.map(({ id, title, detections }) => {
      const entries = (byRule.get(id) ?? []).flatMap((test) =>
        test.entries.map(({ body, at }) => new Values(body, readField, at)),
      );
      return { id, title, entries: entries.filter((entry) => detections.some((each) => holds(each, entry))) };
    });
    const isEmptied = ({ entries }: (typeof matched)[number]) =>
      entries.length > 0 && !entries.some((entry) => holds(filter.expression, entry));
    const tested = matched.filter(({ entries }) => entries.length > 0);
    const emptied = tested.filter(isEmptied);
    const [first] = emptied;
    if (first === undefined || (filter.isForAny && emptied.length < tested.length)) return [];
    const of = filter.isForAny ? 'any rule' : `the rule "${truncate(first.title)}"`;
    const problem: Problem = {
      ...{ path: filter.path, ...filter.place, severity: 'warning' },
      message: `the filter "${truncate(filter.title)}" excludes every entry with which the tests of ${of} match`,
      hint: 'is a "not" missing in its condition? If it is right, add a test with an entry that it leaves: {entry: …, excluded: false}',
    };
    return [{ problem, emptied: emptied.map(({ id }) => id) }];
  });
}
