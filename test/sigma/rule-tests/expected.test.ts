/** The alerts that a test expects, as they are read; and what sigma alone can say of them. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { runTests } from '../../../src/sigma/rule-tests/run.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import { ruleWith } from '../rules.ts';

const parse = (more: string, entries = '[{a: 1}]') =>
  parseRules([
    {
      path: 'x.yml',
      text: `${ruleWith('sel: {a: 1}\ncondition: sel')}tocsin: {tests: [{name: it, entries: ${entries}, ${more}}]}\n`,
    },
  ]);

function expectedOf(list: string, entries?: string) {
  const { tests, problems } = parse(`expect: ${list}`, entries);
  expect(problems.map((problem) => problemText(problem))).toEqual([]);
  return tests[0];
}

test('each alert has what it says, and nothing else', () => {
  const all = '[{key: {actor.id: k-1, n: 7, none: null}, matches: 2, notifications: 0, level: high, at: +50s}, {}]';
  expect(expectedOf(all, '[{at: +10s}, {at: +10s}]')?.expect).toEqual([
    {
      key: [
        { field: 'actor.id', value: 'k-1' },
        { field: 'n', value: 7 },
        { field: 'none', value: null },
      ],
      matches: 2,
      notifications: 0,
      level: 'high',
      at: Date.parse('2026-01-05T12:01:00Z'),
    },
    { key: null, matches: null, notifications: null, level: null, at: null },
  ]);
});

test('a date is a date', () => {
  expect(expectedOf('[{at: 2026-01-06}]')?.expect?.[0]?.at).toBe(Date.parse('2026-01-06T00:00:00Z'));
});

test.each([
  ['an alert should open, and the rule matches', '[{}]', '[{a: 2}, {a: 1}]', 0],
  ['an alert should open, and it does not match', '[{}]', '[{a: 2}]', 1],
  ['none should, and it does not match', '[]', '[{a: 2}]', 0],
  ['none should, and it matches', '[]', '[{a: 2}, {a: 1}]', 1],
])('sigma alone says whether the rule matches: %s', (_, list, entries, failures) => {
  const { ruleSet, tests } = parse(`expect: ${list}`, entries);
  expect(runTests(compile(ruleSet), tests)).toHaveLength(failures);
});

describe('what is wrong', () => {
  test.each([
    ['expect: [], match: true', 'the test has both "match" and "expect" (remove one of them)'],
    [
      'expect: {}',
      '"expect" must be a list of alerts, not a map (such as [{key: {actor.id: u-1}, matches: 2}], or [] if none should open)',
    ],
    [
      'expect: [x]',
      'an expected alert must be a map, not text (such as [{key: {actor.id: u-1}, matches: 2}], or [] if none should open)',
    ],
    ['expect: [{match: 2}]', 'unknown key "match" (did you mean "matches"?)'],
    ['expect: [{matches: 0}]', '"matches" must be a whole number from 1'],
    ['expect: [{notifications: some}]', '"notifications" must be a whole number from 0'],
    ['expect: [{level: hgih}]', '"hgih" is not a valid level (did you mean "high"?)'],
    ['expect: [{key: k-1}]', '"key" must be a map, not text (the fields of the dedup key, such as {actor.id: u-1})'],
    [
      'expect: [{at: soon}]',
      '"at" is not a valid time ("+30s" after the first entry, or a date such as "2026-01-05T12:00:00Z")',
    ],
  ])('%s', (more, problem) => {
    expect(parse(more).problems.map((each) => problemText(each).replace(/^.*?: error: /, ''))).toEqual([problem]);
  });
});
