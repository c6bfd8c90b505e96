/** The tests in a rule's own file: parsed, run, and reported if they fail. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { runTests, testProblem } from '../../../src/sigma/rule-tests/run.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import { problemsOf, ruleWith } from '../rules.ts';

const FAILED = `${ruleWith('sel: {action: failed}\ncondition: sel', 'r-1')}name: failed\n`;
const DONE = `${ruleWith('sel: {action: done}\ncondition: sel', 'r-2')}name: done\n`;

const withTests = (document: string, tests: string) => `${document}tocsin: {tests: [${tests}]}\n`;

const MANY = `title: Many
id: c-1
name: many
correlation: {type: event_count, rules: [failed], group-by: [who], timespan: 1m, condition: {gte: 2}}
`;
const THEN = `title: Many and then
id: c-2
correlation: {type: temporal_ordered, rules: [many, done], group-by: [who], timespan: 1m}
`;

const entry = (second: number, action: string, who = 'ada') =>
  `{created_at: '2026-01-05T12:00:${String(second).padStart(2, '0')}Z', action: ${action}, who: ${who}}`;

/** What fails of the tests of some files. */
function failuresOf(...files: readonly string[]): readonly string[] {
  const { ruleSet, problems, tests } = parseRules(files.map((text, i) => ({ path: `${i}.yml`, text })));
  expect(problems).toEqual([]);
  return runTests(compile(ruleSet), tests).map((failed) => problemText(testProblem(failed)));
}

describe('a test of a detection', () => {
  test.each([
    ['that matches, and should', 'failed', true, []],
    ['that does not, and should not', 'done', false, []],
    [
      'that does not, and should',
      'done',
      true,
      [
        '0.yml:8:18: error: the test "it" fails: the rule does not match: `sel` needs action failed, and the entry has done (expected a match)',
      ],
    ],
    [
      'that matches, and should not',
      'failed',
      false,
      ['0.yml:8:18: error: the test "it" fails: the rule matches: `sel` finds action failed (expected no match)'],
    ],
  ])('%s', (_, action, match, failures) => {
    expect(failuresOf(withTests(FAILED, `{name: it, entry: {action: ${action}}, match: ${match}}`))).toEqual(failures);
  });
});

test.each([
  ['each of its entries should match', ['failed', 'failed'], true, []],
  ['the first that does not is named', ['failed', 'done', 'done'], true, ['the rule does not match entry 2 of 3']],
  ['none of them should', ['done', 'done'], false, []],
  ['the first that does is named', ['done', 'failed'], false, ['the rule matches entry 2 of 2']],
])('a test of a detection with several entries: %s', (_, actions, match, found) => {
  const entries = actions.map((action) => `{action: ${action}}`).join();
  const failures = failuresOf(withTests(FAILED, `{name: it, entries: [${entries}], match: ${match}}`));
  expect(failures).toHaveLength(found.length);
  expect(failures.join()).toContain(found.join());
});

test('an entry in a test has the doubles that it would have in JSON', () => {
  const text = withTests(
    FAILED.replace('action: failed', 'n|lt: 9007199254740993'),
    '{name: it, entry: {n: N}, match: M}',
  );
  const failures = (n: string, match: boolean) => failuresOf(text.replace('N}', `${n}}`).replace('M}', `${match}}`));
  // As a double it is not less than itself; as text, 9007199254740992 is.
  expect(failures('9007199254740992', false)).toEqual([]);
  expect(failures("'9007199254740992'", true)).toEqual([]);
});

describe('a test of a correlation', () => {
  const many = (entries: readonly string[], match: boolean) =>
    failuresOf(withTests(MANY, `{name: it, entries: [${entries.join()}], match: ${match}}`), FAILED);

  test.each([
    ['matches as expected', [entry(0, 'failed'), entry(59, 'failed')], true, []],
    ['does not, and should not', [entry(0, 'failed'), entry(1, 'failed', 'eve')], false, []],
    ['entries may come late', [entry(30, 'failed'), entry(0, 'done'), entry(1, 'failed')], true, []],
    [
      'entries without a time happen with the one before',
      ['{action: failed, who: a}', '{action: failed, who: a}'],
      true,
      [],
    ],
    [
      'no match: it says how far it came',
      [entry(0, 'failed'), entry(1, 'done'), entry(2, 'failed', 'eve')],
      true,
      [
        '0.yml:5:18: error: the test "it" fails: it does not match: the value came to 1 for who ada (entry 1), 1 for who eve (entry 3), and must be gte 2; “A rule”: entries 1, 3 (expected a match)',
      ],
    ],
    [
      'one did: which',
      [entry(0, 'failed'), entry(1, 'done'), entry(2, 'failed'), entry(3, 'failed')],
      false,
      [
        '0.yml:5:18: error: the test "it" fails: it matches at entry 3 of 4, at 2026-01-05T12:00:02.000Z: the value is 2 for who ada; “A rule”: entries 1, 3 (expected no match)',
      ],
    ],
  ] as const)('%s', (_, entries, match, failures) => {
    expect(many(entries, match)).toEqual(failures);
  });

  test('needs the rules of other files, through a chain', () => {
    const entries = [entry(0, 'failed'), entry(1, 'failed'), entry(2, 'done')];
    const then = (list: readonly string[], match: boolean) =>
      withTests(THEN, `{name: it, entries: [${list.join()}], match: ${match}}`);
    expect(failuresOf(then(entries, true), MANY, DONE, FAILED)).toEqual([]);
    expect(
      failuresOf(
        then(
          [2, 0, 1].map((i) => entries[i] ?? ''),
          false,
        ),
        MANY,
        DONE,
        FAILED,
      ),
    ).toHaveLength(1);
    expect(failuresOf(then(entries.toSpliced(1, 1), false), MANY, DONE, FAILED)).toEqual([]);
  });

  test('does not count the entries of another', () => {
    const one = `{name: it, entries: [${entry(0, 'failed')}], match: false}`;
    expect(failuresOf(withTests(MANY, `${one}, ${one}`), FAILED)).toEqual([]);
  });
});

describe('what is wrong with a test', () => {
  test.each([
    ['no list', '{name: it}', '"tests" must be a list, not a map'],
    ['no map', '[it]', 'a test must be a map, not text (such as {name: …, entry: {…}, match: true})'],
    [
      'nothing expected',
      '[{name: it, entries: [{a: 1}]}]',
      'the test has no "match" (write "match: true", "match: false", or "expect:" and a list of alerts)',
    ],
    ['no entries', '[{name: it, match: true}]', 'the test has no "entries"'],
    [
      'an empty list',
      '[{name: it, entries: [], match: false}]',
      '"entries" must be a list of entries, not an empty list',
    ],
    ['one entry', '[{name: it, entries: {a: 1}, match: true}]', '"entries" must be a list of entries, not a map'],
    ['an entry that is text', '[{name: it, entries: [a], match: true}]', 'an entry must be a map, not text'],
    [
      'the key of detections',
      '[{name: it, entry: {a: 1}, match: true}]',
      'a correlation has no "entry" (write "entries:" and a list)',
    ],
    [
      'no time',
      '[{name: it, entries: [{created_at: noon}], match: true}]',
      '"created_at" is not a valid time (such as "2026-01-05T12:00:00Z")',
    ],
    [
      'a time that never was',
      '[{name: it, entries: [{timestamp: 1e300}], match: true}]',
      '"timestamp" is not a valid time (such as "2026-01-05T12:00:00Z")',
    ],
  ])('%s', (_, tests, problem) => {
    expect(problemsOf(`${MANY}tocsin: {tests: ${tests}}\n---\n${FAILED}`).join('\n')).toContain(`error: ${problem}`);
  });
});
