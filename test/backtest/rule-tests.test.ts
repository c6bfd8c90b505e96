/** Tests of rules that expect alerts: what the ledger's own code opens for them. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_ENTRY } from '../../src/audit-log/default-entry.ts';
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import { testRules } from '../../src/backtest/rule-tests.ts';
import { parseRules, problemText, testProblem } from '../../src/sigma/build.ts';

const head = (id: string, more = '') => `title: Rule ${id}\nid: ${id}\nname: ${id}\n${more}`;
const detection = (id: string, items: string, more = '') =>
  `${head(id, more)}logsource: {product: nirvana}\ndetection: {sel: {${items}}, condition: sel}\n`;
const DELETED = detection('deleted', 'action: vm.deleted', 'level: medium\n');
const MANY = `${head('many', 'level: high\n')}correlation: {type: event_count, rules: [deleted], group-by: [actor.id], timespan: 1m, condition: {gte: 3}}\n`;

/** What fails of the tests of some files. */
function failuresOf(...files: readonly string[]): readonly string[] {
  const parsed = parseRules(
    files.map((text, i) => ({ path: `${i}.yml`, text })),
    { defaultEntry: DEFAULT_ENTRY },
  );
  const errors = parsed.problems.filter(({ severity }) => severity === 'error');
  expect(errors.map((problem) => problemText(problem))).toEqual([]);
  return testRules(parsed, { derived: DERIVED_FIELDS }).map((failed) => problemText(testProblem(failed)));
}

const expecting = (entries: string, alerts: string) =>
  `tocsin: {tests: [{name: it, entries: [${entries}], expect: [${alerts}]}]}\n`;
/** Why one test fails; null if it passes. */
const failureOf =
  (rule: string, ...rest: readonly string[]) =>
  (entries: string, alerts: string) =>
    failuresOf(rule + expecting(entries, alerts), ...rest)
      .map((text) => text.replace(/^.*the test "it" fails: /, ''))
      .join('\n') || null;

describe('a detection', () => {
  const failure = failureOf(DELETED);
  const TWICE =
    '{action: vm.deleted}, {at: +10s, action: vm.deleted}, {at: +10s}, {at: +20s, action: vm.deleted, actor.id: u-2}';

  test.each([
    [
      'an alert for each key',
      TWICE,
      '{key: {actor.id: u-1}, matches: 2, notifications: 1, at: +0s, level: medium}, {key: {actor.id: u-2}, matches: 1, at: +40s}',
    ],
    ['only what is given is compared', TWICE, '{}, {matches: 1}'],
    ['none', '{}, {action: vm.created}', ''],
    [
      'time passes between alerts',
      '{action: vm.deleted}, {at: +8d, action: vm.deleted}',
      '{matches: 1}, {matches: 1, at: 2026-01-13T12:00:00Z}',
    ],
    [
      'a match after the dedup period notifies again',
      '{action: vm.deleted}, {at: +4h, action: vm.deleted}',
      '{matches: 2, notifications: 2}',
    ],
    ['an entry that comes again counts once', '{id: a, action: vm.deleted, repeat: 2}', '{matches: 1}'],
    [
      'an entry that changes counts once',
      '{id: a, action: vm.deleted}, {id: a, action: vm.deleted, status_code: 204}',
      '{matches: 1}',
    ],
    ['a number in a key', '{action: vm.deleted, actor.id: 7}', '{key: {actor.id: 7}}'],
  ])('%s', (_, entries, alerts) => {
    expect(failure(entries, alerts)).toBe(null);
  });

  const ALICE = '{key: {actor.id: u-1}, matches: 2, notifications: 1, level: medium, at: +0s}';
  const BOB = '{key: {actor.id: u-2}, matches: 1, notifications: 1, level: medium, at: +40s}';

  test.each([
    ['one too many', '{}', `it opens 2 alerts: ${ALICE}, ${BOB} (not expected)`],
    ['none expected', '', `it opens 2 alerts: ${ALICE} (not expected), ${BOB} (not expected)`],
    [
      'one is missing',
      '{}, {}, {level: high, at: +1m}',
      `it opens 2 alerts: ${ALICE}, ${BOB}; missing: {level: high, at: +1m}`,
    ],
    [
      'fields differ',
      '{matches: 3, level: high}, {key: {actor.id: u-1}}',
      `it opens 2 alerts: ${ALICE} (matches and level not as expected), ${BOB} (key not as expected)`,
    ],
    [
      'other fields of a key',
      '{key: {actor.id: u-1, action: x}}, {}',
      `it opens 2 alerts: ${ALICE} (key not as expected), ${BOB}`,
    ],
    [
      'notifications',
      '{notifications: 0}, {at: +39s}',
      `it opens 2 alerts: ${ALICE} (notifications not as expected), ${BOB} (at not as expected)`,
    ],
  ])('says how it differs: %s', (_, alerts, found) => {
    expect(failure(TWICE, alerts)).toBe(found);
  });

  test('says that nothing opens', () => {
    expect(failure('{}', '{matches: 1}')).toBe('it opens no alert; missing: {matches: 1}');
  });

  test('shows keys as one would write them', () => {
    const rule = `${DELETED}tocsin: {dedup: {by: [target.id, status_code, user_agent]}, tests: [{name: it, expect: [], entry: {action: vm.deleted, target: null, user_agent: 'a, b'}}]}\n`;
    expect(failuresOf(rule).join()).toContain(
      '{key: {target.id: null, status_code: 200, user_agent: "a, b"}, matches: 1',
    );
  });
});

describe('a correlation', () => {
  test.each([
    [
      'opens where the condition is met, with its group',
      '{action: vm.deleted, repeat: 4, every: 1s}',
      '{key: {actor.id: u-1}, matches: 2, level: high, at: +2s}',
    ],
    ['does not below it', '{action: vm.deleted, repeat: 2, every: 1s}', ''],
    [
      'an entry may come late',
      '{action: vm.deleted}, {at: +30s, action: vm.deleted}, {at: -20s, action: vm.deleted}',
      '{matches: 1, at: +30s}',
    ],
  ])('%s', (_, entries, alerts) => {
    expect(failureOf(MANY, DELETED)(entries, alerts)).toBe(null);
  });

  test('what only it counts does not alert', () => {
    expect(failureOf(DELETED, MANY)('{action: vm.deleted}', '{}')).toBe(
      'the rule opens no alerts: only correlations count its matches',
    );
  });
});

test('no other rule changes the result of a test', () => {
  const generating = MANY.replace('high', 'critical').replace('correlation: {', 'correlation: {generate: true, ');
  const entries = '{action: vm.deleted, repeat: 3, every: 1s}';
  expect(failureOf(DELETED, generating)(entries, '{matches: 3, notifications: 1}')).toBe(null);
});

test('of a correlation with generate, the message stands for those it counts', () => {
  const generating = MANY.replace('correlation: {', 'correlation: {generate: true, ');
  expect(
    failureOf(generating, DELETED)('{action: vm.deleted, repeat: 3, every: 1s}', '{matches: 1, notifications: 1}'),
  ).toBe(null);
});

test('the mark is as Tocsin found it, and other derived fields are computed', () => {
  const mark = detection('mark', 'tocsin.mark: [missing, reused]');
  expect(failureOf(mark)('{tocsin.mark: missing}, {tocsin.mark: own}, {}', '{matches: 1}')).toBe(null);
  const network = detection('network', 'tocsin.client_network: 198.51.100.0/24');
  expect(failureOf(network)('{client_ip: 198.51.100.9}, {}', '{matches: 1}')).toBe(null);
});

test('fails where the plain tests of sigma fail, in the order of the file', () => {
  const tests = `tocsin:
  tests:
    - {name: a, entry: {}, match: true}
    - {name: b, entry: {}, expect: [{}]}
    - {name: c, entry: {action: vm.deleted}, match: true}
    - {name: d, entry: {}, match: true}
`;
  expect(failuresOf(DELETED + tests).map((text) => text.slice(0, 38))).toEqual([
    '0.yml:9:7: error: the test "a" fails: ',
    '0.yml:10:7: error: the test "b" fails:',
    '0.yml:12:7: error: the test "d" fails:',
  ]);
});
