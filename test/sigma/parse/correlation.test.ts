/** Correlations as they are written: what each type has, lacks and cannot be. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSequence } from '../../../src/sigma/correlate/sequence.ts';
import { compile } from '../../../src/sigma/engine.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { CORRELATION_TYPES, type CorrelationRule } from '../../../src/sigma/rule.ts';
import { OPTIONS, parsed, problemsOf, ruleWith } from '../rules.ts';

const detection = (name: string) => `${ruleWith('sel: {a: 1}\ncondition: sel', `id-${name}`)}name: ${name}\n`;
const RULES = ['one', 'two', 'three'].map(detection).join('---\n');
const LINES = RULES.split('\n').length;

/** A correlation whose section has these lines. */
const correlation = (section: string, id = 'c-1') =>
  `title: Many\nid: ${id}\ncorrelation:\n${section.replace(/^/gm, '  ')}\n`;
const whole = (section: string) => `${RULES}---\n${correlation(section)}`;

const ruleOf = (section: string): CorrelationRule => {
  const rule = parsed(whole(section)).ruleSet.rules.find(({ kind }) => kind === 'correlation');
  if (rule?.kind !== 'correlation') throw new Error('no correlation');
  return rule;
};

/** The problems, their places counted from the first line of the section. */
const problemsIn = (section: string): readonly string[] =>
  problemsOf(whole(section)).map((problem) =>
    problem.replace(/^x\.yml:(\d+):(\d+): /, (_, line, column) => `${line - LINES - 3}:${column - 2} `),
  );

const base = (type: string, condition: string, rules = '[one, two]') =>
  `type: ${type}\nrules: ${rules}\ngroup-by: [who]\ntimespan: 5m\ncondition: ${condition}`;

describe('every type', () => {
  const rows: readonly [string, string, Partial<CorrelationRule>][] = [
    ['event_count', base('event_count', '{gte: 10}'), { type: 'event_count', condition: [{ op: 'gte', value: 10 }] }],
    [
      'a range',
      base('event_count', '{gt: 100, lte: 200}'),
      {
        condition: [
          { op: 'gt', value: 100 },
          { op: 'lte', value: 200 },
        ],
      },
    ],
    ['value_count', base('value_count', '{field: User, gte: 10}'), { type: 'value_count', fields: ['User'] }],
    ['of several fields', base('value_count', '{field: [User, Host], gte: 10}'), { fields: ['User', 'Host'] }],
    ['value_sum', base('value_sum', '{field: bytes, gt: 1000000}'), { type: 'value_sum', fields: ['bytes'] }],
    [
      'with more digits than JavaScript holds',
      base('value_sum', '{field: n, gt: 9007199254740993}'),
      { condition: [{ op: 'gt', value: 2 ** 53 }] },
    ],
    ['with a fraction', base('value_sum', '{field: n, lt: -0.5}'), { condition: [{ op: 'lt', value: -0.5 }] }],
    ['value_avg', base('value_avg', '{field: bytes, gt: 500.5}'), { type: 'value_avg', percentile: null }],
    ['value_median', base('value_median', '{field: bytes, gt: 500}'), { type: 'value_median', percentile: null }],
    ['a share', base('value_percentile', '{field: image, lte: 1}'), { type: 'value_percentile', percentile: null }],
    ['a percentile', base('value_percentile', '{field: ms, percentile: 99.9, gt: 250}'), { percentile: 99.9 }],
    ['percentile 0', base('value_percentile', '{field: ms, percentile: 0, gt: 250}'), { percentile: 0 }],
    [
      'temporal, of all rules',
      'type: temporal\nrules: [one, two, three]\ngroup-by: [who]\ntimespan: 5m',
      { type: 'temporal', condition: [{ op: 'gte', value: 3 }], expression: null },
    ],
    ['of some', base('temporal', '{gte: 2}', '[one, two, three]'), { condition: [{ op: 'gte', value: 2 }] }],
    [
      'temporal_ordered',
      'type: temporal_ordered\nrules: [two, one]\ngroup-by: [who]\ntimespan: 5m',
      { type: 'temporal_ordered', rules: ['id-two', 'id-one'], condition: [{ op: 'gte', value: 2 }] },
    ],
    [
      'a condition over rules',
      base('temporal', 'one and not id-two'),
      {
        condition: [],
        expression: {
          kind: 'and',
          of: [
            { kind: 'leaf', rule: 0 },
            { kind: 'not', of: { kind: 'leaf', rule: 1 } },
          ],
        },
      },
    ],
    [
      'with patterns',
      base('temporal_ordered', '1 of t* or all of them', '[one, two, three]'),
      {
        expression: {
          kind: 'or',
          of: [
            {
              kind: 'or',
              of: [
                { kind: 'leaf', rule: 1 },
                { kind: 'leaf', rule: 2 },
              ],
            },
            {
              kind: 'and',
              of: [
                { kind: 'leaf', rule: 0 },
                { kind: 'leaf', rule: 1 },
                { kind: 'leaf', rule: 2 },
              ],
            },
          ],
        },
      },
    ],
    ['no group-by: one group', 'type: event_count\nrules: one\ntimespan: 1d\ncondition: {gt: 5}', { groupBy: [] }],
    [
      'one text as group-by',
      'type: event_count\nrules: one\ngroup-by: a.b\ntimespan: 30d\ncondition: {gt: 5}',
      { groupBy: ['a.b'], rules: ['id-one'], timespanMs: 2_592_000_000 },
    ],
    [
      'aliases, by names and ids',
      `${base('event_count', '{gt: 5}')}\naliases: {who: {one: src, id-two: dst}}`,
      { aliases: { who: { 'id-one': 'src', 'id-two': 'dst' } } },
    ],
    [
      'of the field that counts',
      `${base('value_count', '{field: what, gt: 5}')}\naliases: {what: {one: src, two: dst}}`,
      { fields: ['what'], aliases: { what: { 'id-one': 'src', 'id-two': 'dst' } } },
    ],
  ];
  test.each(rows)('%s', (_, section, expected) => {
    expect(ruleOf(section)).toMatchObject(expected);
    expect(problemsIn(section)).toEqual([]);
  });
});

describe('what is wrong', () => {
  const rows: readonly [string, string, string][] = [
    // The section's keys.
    ['no type', 'rules: one\ntimespan: 5m', '1:1 error: the correlation has no type (such as "type: event_count")'],
    [
      'an unknown type',
      base('event-count', '{gte: 5}'),
      '1:7 error: unknown correlation type "event-count" (did you mean "event_count"?)',
    ],
    [
      'a type that is a number',
      base('5', '{gte: 5}'),
      '1:7 error: "type" must be text, not a number (put it in quotes)',
    ],
    [
      'no rules',
      base('event_count', '{gte: 5}', '[]'),
      '2:8 error: the correlation refers to no rules (list their ids or names under "rules:")',
    ],
    [
      'the key of Sigma 1',
      base('event_count', '{gte: 5}').replace('timespan', 'timeframe'),
      '4:1 error: unknown key "timeframe" (it is called "timespan" in Sigma 2)',
    ],
    [
      'a key misspelled',
      base('event_count', '{gte: 5}').replace('group-by', 'group_by'),
      '3:1 error: unknown key "group_by" (did you mean "group-by"?)',
    ],
    [
      'a field outside the condition',
      `${base('value_count', '{gte: 5}')}\nfield: a`,
      '6:1 error: unknown key "field" (it belongs in the condition: {field: …, gte: …})',
    ],
    [
      'a level inside',
      `${base('event_count', '{gte: 5}')}\nlevel: high`,
      '6:1 error: unknown key "level" (it belongs at the root of the document)',
    ],
    // Its timespan.
    [
      'no timespan',
      'type: event_count\nrules: one\ncondition: {gt: 5}',
      '1:1 error: the correlation has no timespan (such as "timespan: 5m")',
    ],
    ...(
      [
        ['5M', 'minutes are "5m", and a month is "30d"'],
        ['2H', 'did you mean "2h"?'],
        ['10min', 'did you mean "10m"?'],
        ['1w', 'in days: "7d"'],
        ['300', 'with its unit: "300s" for seconds, "300m" for minutes'],
        ['1h30m', 'one number and one unit: "90m"'],
        ['0s', 'a number and one of s, m, h, d: 90s, 5m, 24h, 7d'],
        ['soon', 'a number and one of s, m, h, d: 90s, 5m, 24h, 7d'],
        ['-5m', 'a number and one of s, m, h, d: 90s, 5m, 24h, 7d'],
        ['[5m]', 'a number and one of s, m, h, d: 90s, 5m, 24h, 7d'],
      ] as const
    ).map(([timespan, hint]): [string, string, string] => [
      `the timespan ${timespan}`,
      base('event_count', '{gte: 5}').replace('5m', timespan),
      `4:11 error: "timespan" must be a duration (${hint})`,
    ]),
    [
      'a timespan of years',
      base('event_count', '{gte: 5}').replace('5m', '400d'),
      '4:11 error: the timespan is too long (at most 366d)',
    ],
    [
      'a timespan longer than entries are kept',
      base('event_count', '{gte: 5}').replace('5m', '90d'),
      '4:11 notice: the timespan is longer than the default retention of 30 days (it still matches, but the first entries it counted may no longer be shown)',
    ],
    // Fields.
    [
      'a field for a type without one',
      base('event_count', '{field: a, gte: 5}'),
      '5:13 error: "event_count" has no field (remove "field")',
    ],
    ['of rules either', base('temporal', '{field: a, gte: 2}'), '5:13 error: "temporal" has no field (remove "field")'],
    [
      'no field',
      base('value_count', '{gte: 5}'),
      '5:12 error: "value_count" needs a field (such as {field: actor.id, gte: 10})',
    ],
    [
      'fields',
      base('value_sum', '{fields: a, gte: 5}'),
      '5:13 error: unknown comparison "fields" of a sum (did you mean "field"?)',
    ],
    [
      'several fields',
      base('value_sum', '{field: [a, b], gte: 5}'),
      '5:24 error: "value_sum" takes one field (only "value_count" takes several)',
    ],
    [
      'a field that is a number',
      base('value_sum', '{field: 5, gte: 5}'),
      '5:20 error: "field" must be a list of texts, not a number',
    ],
    ['a field without a name', base('value_sum', '{field: "", gte: 5}'), '5:20 error: empty field name'],
    [
      'one field twice',
      base('value_count', '{field: [a, a], gte: 5}'),
      '5:24 notice: duplicate field "a" (remove one)',
    ],
    [
      'one group twice',
      base('event_count', '{gte: 5}').replace('[who]', '[who, who]'),
      '3:17 notice: duplicate field "who" in "group-by" (remove one)',
    ],
    [
      'a group without a name',
      base('event_count', '{gte: 5}').replace('[who]', '[""]'),
      '3:12 error: empty field name in "group-by" (remove "group-by" for one group of all entries)',
    ],
    [
      'a group that is a map',
      base('event_count', '{gte: 5}').replace('[who]', '{who: 1}'),
      '3:11 error: "group-by" must be a list of texts, not a map',
    ],
    // Percentiles.
    [
      'a percentile elsewhere',
      base('value_avg', '{field: a, percentile: 5, gte: 5}'),
      '5:23 error: "percentile" is for "value_percentile", not for "value_avg" (remove it, or write "value_percentile")',
    ],
    [
      'one of the median',
      base('value_median', '{field: a, percentile: 50, gte: 5}'),
      '5:23 error: "percentile" is for "value_percentile", not for "value_median" (the median is percentile 50)',
    ],
    [
      'percentile 101',
      base('value_percentile', '{field: a, percentile: 101, gte: 5}'),
      '5:35 error: "percentile" must be a number from 0 to 100, not 101 (such as 95)',
    ],
    [
      'percentile p95',
      base('value_percentile', '{field: a, percentile: p95, gte: 5}'),
      '5:35 error: "percentile" must be a number from 0 to 100, not text (such as 95)',
    ],
    // Comparisons.
    [
      'no condition',
      base('event_count', '~'),
      '5:12 error: the correlation has no condition (such as "condition: {gte: 10}")',
    ],
    [
      'a condition that is text',
      base('event_count', '">= 5"'),
      '5:12 error: the condition must be a map of comparisons, not text (such as {gte: 10})',
    ],
    [
      'a condition over rules that is a list',
      base('temporal', '[one]'),
      '5:12 error: the condition must be a map of comparisons, not a list (such as {gte: 2}, or text such as "a and not b")',
    ],
    [
      'no comparison',
      base('value_sum', '{field: a}'),
      '5:12 error: the condition has no comparison (such as {field: bytes, gt: 1000})',
    ],
    ['an empty map', base('event_count', '{}'), '5:12 error: the condition has no comparison (such as {gte: 10})'],
    [
      'a sign',
      base('event_count', '{">=": 5}'),
      '5:13 error: unknown comparison ">=" of a count (did you mean "gte"?)',
    ],
    [
      'a typo',
      base('event_count', '{get: 5}'),
      '5:13 error: unknown comparison "get" of a count (did you mean "gte"?)',
    ],
    [
      'a fraction',
      base('event_count', '{gte: 2.5}'),
      '5:18 error: "gte" must compare the count with a whole number, not 2.5 (such as gte: 10)',
    ],
    [
      'a negative count',
      base('value_count', '{field: a, gte: -1}'),
      '5:28 error: "gte" must compare the count of values with a whole number, not -1 (such as gte: 10)',
    ],
    [
      'a number in quotes',
      base('event_count', '{gte: "5"}'),
      '5:18 error: "gte" must compare the count with a whole number, not text (remove the quotes)',
    ],
    [
      'a number that is a list',
      base('value_avg', '{field: a, gte: [5]}'),
      '5:28 error: "gte" must compare the average with a number, not a list (such as gte: 10)',
    ],
    [
      'no finite number',
      base('value_sum', '{field: a, gte: .inf}'),
      '5:28 error: .inf is beyond the largest number, 1.7976931348623157e+308 (no number is greater: remove it, or write a number within these limits)',
    ],
    [
      'no number',
      base('value_sum', '{field: a, gte: .nan}'),
      '5:28 error: "gte" must compare the sum with a number, not text (such as gte: 10)',
    ],
    [
      'a number in quotes',
      base('value_sum', "{field: a, gte: '9007199254740993'}"),
      '5:28 error: "gte" must compare the sum with a number, not text (remove the quotes)',
    ],
    [
      'more than numbers are',
      base('value_avg', '{field: a, lt: 1e400}'),
      '5:27 error: 1e400 is beyond the largest number, 1.7976931348623157e+308 (every number is less: remove it, or write a number within these limits)',
    ],
    [
      'a count of more digits than JavaScript holds',
      base('event_count', '{gte: 9007199254740993}'),
      '5:18 error: "gte" exceeds what a window can keep (at most 10000)',
    ],
    [
      'a count beyond all numbers',
      base('event_count', '{gte: 1e400}'),
      '5:18 error: "gte" must compare the count with a whole number, not 1e400 (such as gte: 10)',
    ],
    [
      'more than a window keeps',
      base('event_count', '{gte: 10001}'),
      '5:18 error: "gte" exceeds what a window can keep (at most 10000)',
    ],
    // What a condition comes to.
    ['lt: 0', base('event_count', '{lt: 0}'), '5:12 error: the condition can never be met (the count is from 1 on)'],
    [
      'eq: 0',
      base('value_count', '{field: a, eq: 0}'),
      '5:12 error: the condition can never be met (the count of values is from 1 on)',
    ],
    [
      'a range of nothing',
      base('event_count', '{gt: 5, lt: 3}'),
      '5:12 error: the condition can never be met (the count is from 1 on)',
    ],
    [
      'no whole number between',
      base('event_count', '{gt: 5, lt: 6}'),
      '5:12 error: the condition can never be met (the count is from 1 on)',
    ],
    [
      'no sum between',
      base('value_sum', '{field: a, gt: 5, lte: 5}'),
      '5:12 error: the condition can never be met (the sum is any number)',
    ],
    [
      'equal and not',
      base('value_avg', '{field: a, eq: 5, neq: 5}'),
      '5:12 error: the condition can never be met (the average is any number)',
    ],
    [
      'more rules than there are',
      base('temporal', '{gte: 3}'),
      '5:12 error: the condition can never be met (the count of rules is 1 to 2)',
    ],
    [
      'a share above all',
      base('value_percentile', '{field: a, gt: 100}'),
      '5:12 error: the condition can never be met (the share is at most 100)',
    ],
    [
      'gte: 0',
      base('event_count', '{gte: 0}'),
      '5:12 notice: every entry meets the condition: it matches whenever its rules do (write a greater number, or remove the correlation)',
    ],
    [
      'gte: 1',
      base('event_count', '{gte: 1}'),
      '5:12 notice: every entry meets the condition: it matches whenever its rules do (write a greater number, or remove the correlation)',
    ],
    [
      'any share',
      base('value_percentile', '{field: a, lte: 100}'),
      '5:12 notice: every entry meets the condition: it matches whenever its rules do (write a greater number, or remove the correlation)',
    ],
    ...['{lt: 5}', '{lte: 5}', '{neq: 5}', '{gte: 1, lt: 9}', '{eq: 1}'].map((condition): [string, string, string] => [
      condition,
      base('event_count', condition),
      '5:12 notice: one entry meets the condition: the first one matches (a window is evaluated when an entry comes, and ends with it; what does not come is found by "absence")',
    ]),
    [
      'temporal of one rule',
      'type: temporal\nrules: [one]\ntimespan: 5m',
      '1:1 notice: "temporal" of one rule matches whenever that rule does (add another rule)',
    ],
    // Conditions over rules.
    [
      'a rule that is not there',
      base('temporal', 'one and twoo'),
      '5:20 error: unknown rule "twoo" (did you mean "two"?)',
    ],
    [
      'a rule that is not among those referred to',
      base('temporal', 'one and three'),
      '5:20 error: unknown rule "three" (known: one, two)',
    ],
    ['a pattern of nothing', base('temporal', '1 of x*'), '5:17 error: no rule matches "x*" (known: one, two)'],
    [
      'a condition that breaks off',
      base('temporal', 'one and'),
      '5:16 error: in the condition: expected a rule at the end',
    ],
    [
      'a rule not spoken of',
      base('temporal', 'one'),
      '2:14 notice: the condition does not name "two" (name it there, or remove it here)',
    ],
    [
      'never met',
      base('temporal', 'one and not one or two and not (one or two)'),
      '5:12 error: the condition can never be met (at least one of the rules is satisfied when it is evaluated)',
    ],
    [
      'absence of all',
      base('temporal', 'not one and not two'),
      '5:12 error: the condition can never be met (at least one of the rules is satisfied when it is evaluated)',
    ],
    // Aliases.
    [
      'aliases that are a list',
      `${base('event_count', '{gt: 5}')}\naliases: [who]`,
      '6:10 error: "aliases" must be a map, not a list (such as alias: {rule: field})',
    ],
    [
      'an alias that is text',
      `${base('event_count', '{gt: 5}')}\naliases: {who: src}`,
      '6:16 error: the alias "who" must map rules to fields, and this is text (such as {rule: field})',
    ],
    [
      'an alias of nothing',
      `${base('event_count', '{gt: 5}')}\naliases: {who: {}}`,
      '6:16 error: the alias "who" must map rules to fields, and this is an empty map (such as {rule: field})',
    ],
    [
      'an alias without a field',
      `${base('event_count', '{gt: 5}')}\naliases: {who: {one: a, two: }}`,
      '6:30 error: the alias "who" has no field for "two"',
    ],
    [
      'an unused alias',
      `${base('event_count', '{gt: 5}')}\naliases: {x: {one: a, two: b}}`,
      '6:11 notice: the alias "x" is not used (add it to "group-by", or remove it)',
    ],
    [
      'an alias for a rule that is not there',
      `${base('event_count', '{gt: 5}')}\naliases: {who: {one: a, tow: b}}`,
      '6:25 error: unknown rule "tow" (did you mean "two"?)',
    ],
    [
      'an alias for a rule not referred to',
      `${base('event_count', '{gt: 5}')}\naliases: {who: {one: a, two: b, three: c}}`,
      '6:33 error: the correlation does not refer to "three" (known: one, two)',
    ],
    [
      'an alias for one rule twice',
      `${base('event_count', '{gt: 5}')}\naliases: {who: {one: a, id-one: b, two: c}}`,
      '6:25 error: the alias "who" has two fields for the rule "id-one"',
    ],
    [
      'an alias that leaves a rule out',
      `${base('event_count', '{gt: 5}')}\naliases: {who: {one: a}}`,
      '6:11 notice: the alias "who" has no field for "two" (its field "who" is used)',
    ],
    // Rules.
    [
      'a rule twice',
      base('event_count', '{gt: 5}', '[one, id-one]'),
      '2:14 notice: duplicate rule "id-one" (it is also "one": remove one)',
    ],
    [
      'a rule twice where rules count',
      base('temporal', '{gte: 2}', '[one, one]'),
      '2:14 error: duplicate rule "one" counts only once (remove one)',
    ],
    [
      'an unknown rule',
      base('event_count', '{gt: 5}', '[one, twoo]'),
      '2:14 error: unknown rule "twoo" (did you mean "two"?)',
    ],
    [
      'more rules than can be followed',
      base('event_count', '{gt: 5}', `[${Array.from({ length: 1_001 }, () => 'one').join()}]`),
      '2:4009 error: the correlation refers to more than 1000 rules',
    ],
    [
      'generate that is text',
      `${base('event_count', '{gt: 5}')}\ngenerate: "yes"`,
      '6:11 error: "generate" must be true or false, not text',
    ],
  ];
  test.each(rows)('%s', (_, section, problem) => {
    const problems = problemsIn(section);
    expect(problems).toContain(problem);
    // A mistake is reported once.
    const errors = problems.filter((one) => one.includes(' error: '));
    expect(errors.length).toBeLessThanOrEqual(LEAVES_MORE.test(problem) ? 2 : 1);
  });
});

/** Mistakes that leave something else missing besides. */
const LEAVES_MORE = /"timeframe"|"field" \(it|"fields"|of a count \(did/;

test("a condition can't use a name with spaces, but its id", () => {
  const blank = detection('one').replace('name: one', 'name: the first');
  const text = (condition: string) =>
    `${blank}---\n${detection('two')}---\n${correlation(base('temporal', condition, '[the first, two]'))}`;
  expect(problemsOf(text('id-one and two'))).toEqual([]);
  expect(problemsOf(text('first and two'))).toEqual([
    expect.stringContaining('unknown rule "first" (a name with spaces can\'t be used here: use the id)'),
  ]);
});

test('whatever is written: problems or rules that can be run, and nothing thrown', () => {
  const scalar = fc.oneof(
    fc.constantFrom(
      'one',
      'two',
      'id-one',
      'c-1',
      '5m',
      '1h',
      'a',
      'who',
      'one and not two',
      '1 of t*',
      true,
      null,
      {},
      [],
    ),
    fc.integer({ min: -2, max: 12 }),
    fc.double(),
    fc.string(),
  );
  const mostly = (good: fc.Arbitrary<unknown>, odd: fc.Arbitrary<unknown> = scalar) =>
    fc.oneof({ weight: 15, arbitrary: good }, { weight: 1, arbitrary: odd });
  const key = fc.constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq', 'field', 'percentile', 'get');
  const section = fc.record(
    {
      type: mostly(fc.constantFrom(...CORRELATION_TYPES)),
      rules: mostly(
        fc.subarray(['one', 'two', 'three'], { minLength: 1 }),
        fc.subarray(['one', 'id-one', 'c-1', 'nobody']),
      ),
      timespan: mostly(fc.constant('5m')),
      condition: fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom({ gte: 2 }, { field: 'n', gt: 1 }, 'one or two', undefined) },
        { weight: 1, arbitrary: fc.dictionary(key, fc.oneof(scalar, fc.nat(5)), { maxKeys: 3 }) },
      ),
      'group-by': mostly(fc.subarray(['who', 'a'])),
      aliases: mostly(fc.constantFrom(undefined, { who: { one: 'a' } }), fc.dictionary(fc.string(), scalar)),
      generate: mostly(fc.boolean()),
    },
    { requiredKeys: ['type', 'rules', 'timespan'] },
  );
  let ran = 0;
  fc.assert(
    fc.property(section, (written) => {
      const document = JSON.stringify({ title: 'Many', id: 'c-1', correlation: written });
      const { ruleSet, problems } = parseRules([{ path: 'x.yml', text: `${RULES}---\n${document}\n` }], OPTIONS);
      const errors = problems.filter(({ severity }) => severity === 'error');
      expect(ruleSet.rules.some(({ kind }) => kind === 'correlation')).toBe(errors.length === 0);
      if (errors.length > 0) return;
      ran++;
      const sequence = createSequence(compile(ruleSet));
      for (const at of [0, 1, 2, 300_001]) sequence.add({ a: 1, who: 'x', n: at }, at);
    }),
    { numRuns: 400 },
  );
  expect(ran).toBeGreaterThan(20);
});
