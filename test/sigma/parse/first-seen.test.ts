/** `tocsin: first_seen`: how it is written, what it becomes, and the problems it has. */
import { describe, expect, test } from 'vitest';
import { createSequence } from '../../../src/sigma/correlate/sequence.ts';
import { compile } from '../../../src/sigma/engine.ts';
import { listedRules } from '../../../src/sigma/rule.ts';
import { runTests } from '../../../src/sigma/rule-tests/run.ts';
import { parsed, problemsOf, ruleWith } from '../rules.ts';

const DETECTION = `${ruleWith('sel: {action: login}\ncondition: sel')}name: login\n`;
const DAY = 24 * 60 * 60_000;

const firstSeen = (keys: string, more = '') => `${DETECTION}tocsin: {first_seen: ${keys}${more}}\n`;
const BARE = firstSeen('{field: client_ip}');
const BY_ACTOR = firstSeen('{field: client_ip, group-by: [actor.id]}');

const ruleOf = (text: string) => {
  const rule = parsed(text).ruleSet.rules.find(({ id }) => id === 'r-1');
  if (rule?.kind !== 'correlation') throw new Error('no correlation');
  return rule;
};

describe('a detection with first_seen', () => {
  test('becomes one rule that people know', () => {
    const { rules } = parsed(firstSeen('{field: client_ip, group-by: [actor.id], learn: 3d, forget: 10d}')).ruleSet;
    expect(rules.map(({ id, partOf, alerts, kind }) => [id, partOf, alerts, kind])).toEqual([
      ['r-1#inner', 'r-1', false, 'detection'],
      ['r-1', undefined, true, 'correlation'],
    ]);
    expect(rules[1]).toMatchObject({
      ...{ type: 'first_seen', rules: ['r-1#inner'], fields: ['client_ip'], groupBy: ['actor.id'] },
      ...{ timespanMs: 10 * DAY, condition: [{ op: 'gte', value: 3 * DAY }], title: 'A rule', name: 'login' },
    });
    expect(listedRules(rules).map(({ id }) => id)).toEqual(['r-1']);
  });

  test('learns for a week and forgets after thirty days, if it does not say', () => {
    expect(ruleOf(BARE)).toMatchObject({
      timespanMs: 30 * DAY,
      condition: [{ op: 'gte', value: 7 * DAY }],
      groupBy: [],
    });
    expect(ruleOf(firstSeen('{field: [action, target.type]}')).fields).toEqual(['action', 'target.type']);
  });

  test('is another rule where it means something else', () => {
    const versions = [
      ...[BARE, BY_ACTOR, firstSeen('{field: action}'), firstSeen('{field: client_ip, learn: 1d}')],
      ...[firstSeen('{field: client_ip, forget: 10d}'), DETECTION],
    ].map((text) => parsed(text).ruleSet.version);
    expect(new Set(versions).size).toBe(versions.length);
  });

  test('can be filtered: what is left out is neither learned nor new', () => {
    const filter = `title: Office
logsource: {product: nirvana}
filter: {rules: [login], selection: {actor.id: bot}, condition: not selection}
`;
    const found = (text: string) => {
      const sequence = createSequence(compile(parsed(text, filter).ruleSet));
      const seen = (day: number, id: string, client_ip: string) =>
        sequence.add({ action: 'login', actor: { id }, client_ip }, day * DAY).correlationMatches.length;
      return [seen(0, 'ada', 'a'), seen(8, 'bot', 'b'), seen(8, 'ada', 'b'), seen(9, 'bot', 'c')];
    };
    expect(found(BARE)).toEqual([0, 0, 1, 0]);
  });

  test('can be a part of a correlation, by its name, and then does not alert by itself', () => {
    const both = `title: A new address, then a key
id: c-1
correlation: {type: temporal, rules: [login, key], group-by: [actor.id], timespan: 1h}
`;
    const key = `${ruleWith('sel: {action: key}\ncondition: sel', 'r-2')}name: key\n`;
    const { ruleSet } = parsed(BY_ACTOR, both, key);
    expect(ruleSet.rules.flatMap(({ id, alerts }) => (alerts ? [id] : []))).toEqual(['c-1']);
    const sequence = createSequence(compile(ruleSet));
    const seen = (day: number, action: string, client_ip: string) =>
      sequence
        .add({ action, actor: { id: 'ada' }, client_ip }, day * DAY)
        .correlationMatches.map(({ rule }) => rule.id);
    expect(seen(0, 'login', 'a')).toEqual([]);
    expect(seen(8, 'login', 'a')).toEqual([]);
    expect(seen(8, 'key', 'a')).toEqual([]);
    expect(seen(9, 'login', 'b')).toEqual(['r-1']);
    expect(seen(9, 'key', 'b')).toEqual(['c-1']);
  });

  test('says which value is new, before what its selections found', () => {
    const sequence = createSequence(compile(parsed(BY_ACTOR).ruleSet));
    const add = (day: number, client_ip: unknown) =>
      sequence.add({ action: 'login', actor: { id: 'ada' }, client_ip }, day * DAY).correlationMatches[0]?.evidence;
    add(0, 'a');
    expect(add(8, 'b')).toEqual([
      { selection: 'first_seen', field: 'client_ip', value: 'b' },
      { selection: 'sel', field: 'action', value: 'login' },
    ]);
    expect(add(8, { a: 'x'.repeat(300) })?.[0]?.value).toHaveLength(256);
    expect(add(9, null)).toBeUndefined();
  });
});

describe('its tests are sequences', () => {
  const withTest = (entries: string, match: boolean) =>
    problemsOf(
      firstSeen(
        '{field: client_ip, group-by: [actor.id]}',
        `, tests: [{name: it, entries: [${entries}], match: ${match}}]`,
      ),
    );
  const entry = (day: number, ip: string, id = 'ada') =>
    `{action: login, created_at: '2026-01-${String(day).padStart(2, '0')}T12:00:00Z', client_ip: ${ip}, actor: {id: ${id}}}`;

  test.each([
    ['a new value', [entry(1, 'a'), entry(9, 'b')], true],
    ['a known value', [entry(1, 'a'), entry(9, 'a')], false],
    ['still learning', [entry(1, 'a'), entry(7, 'b')], false],
    ['somebody who is new', [entry(1, 'a'), entry(9, 'b', 'eve')], false],
  ])('%s', (_, entries, match) => {
    const text = firstSeen(
      '{field: client_ip, group-by: [actor.id]}',
      `, tests: [{name: it, entries: [${entries.join(', ')}], match: true}]`,
    );
    const { ruleSet, tests } = parsed(text);
    const sequence = createSequence(compile(ruleSet));
    const [only] = tests;
    const matched = only?.entries.some(({ body, at }) => sequence.add(body, at).correlationMatches.length > 0);
    expect(matched).toBe(match);
  });

  test.each([
    [
      'the first that matches, in a log that is watched for a week',
      ['{action: other}', '{at: +7d, action: login}'],
      true,
    ],
    ['the first of all', ['{action: login}'], false],
    ['the first that matches, after less', ['{action: other}', '{at: +6d, action: login}'], false],
    ['it comes once, and no more', ['{action: login}', '{at: +7d, action: login}', '{at: +20d, action: login}'], false],
  ])('without groups, %s', (_, entries, match) => {
    const keys = ', defaults: {client_ip: a}';
    const text = firstSeen(
      '{field: client_ip}',
      `${keys}, tests: [{name: it, entries: [${entries.join(', ')}], match: ${match}}]`,
    );
    const { ruleSet, tests } = parsed(text);
    expect(runTests(compile(ruleSet), tests)).toEqual([]);
  });

  test('and an entry alone has no sequence', () => {
    expect(withTest(entry(1, 'a'), false)).toEqual([]);
    expect(
      problemsOf(firstSeen('{field: client_ip}', ', tests: [{name: it, entry: {action: login}, match: false}]')),
    ).not.toEqual([]);
  });
});

describe('what is wrong', () => {
  test.each([
    ['{group-by: [actor.id]}', 'error: "first_seen" has no field (such as {field: client_ip, group-by: [actor.id]})'],
    ['client_ip', 'error: "first_seen" must be a map, not text (such as {field: client_ip, group-by: [actor.id]})'],
    ['{field: a, fields: b}', 'error: unknown key "fields" (it is called "field": field: client_ip, or a list)'],
    [
      '{field: a, timespan: 3d}',
      'error: unknown key "timespan" (it is called "forget": for how long a value is remembered)',
    ],
    ['{field: a, learm: 3d}', 'error: unknown key "learm" (did you mean "learn"?)'],
    ['{field: a, learn: 3}', 'error: "learn" must be a duration (with its unit: "3s" for seconds, "3m" for minutes)'],
    ['{field: a, forget: 1w}', 'error: "forget" must be a duration (in days: "7d")'],
    [
      '{field: a, learn: 10d, forget: 5d}',
      'error: "learn" is longer than "forget" (what was learned first would be forgotten before the end)',
    ],
    ['{field: a, learn: 59m}', 'error: "learn" is too short (at least 1h: entries may come so late)'],
    ['{field: a, forget: 400d}', 'error: "forget" is too long (at most 366d)'],
    [
      '{field: a, forget: 90d}',
      'notice: "forget" is longer than the default retention of 30 days (when the rule changes, what was last seen before the oldest entry that is kept counts as new)',
    ],
    [
      '{field: a, group-by: a}',
      'error: "a" is the group itself, where it is never new (remove it from "group-by": without that, it is new for all entries)',
    ],
    ["{field: ''}", 'error: empty field name in "field"'],
    ['{field: [a, a]}', 'notice: duplicate field "a" (remove one)'],
  ])('%s', (keys, problem) => {
    expect(problemsOf(firstSeen(keys)).map((text) => text.replace(/^\S+ /, ''))).toEqual([problem]);
  });

  test('on what is no detection', () => {
    const correlation = `title: Many
id: c-1
correlation: {type: event_count, rules: [login], timespan: 1m, condition: {gte: 2}}
tocsin: {first_seen: {field: client_ip}}
`;
    expect(problemsOf(`${DETECTION}---\n${correlation}`)).toEqual([
      'x.yml:12:10: error: "first_seen" is for detections (write it in a detection of its own, and refer to that one by its name)',
    ]);
  });

  test('as the type of a correlation: that is not Sigma', () => {
    const text = `title: Many\nid: c-1\ncorrelation: {type: first_seen, rules: [login], timespan: 1m}\n`;
    expect(problemsOf(`${DETECTION}---\n${text}`)[0]).toContain('error: unknown correlation type "first_seen"');
  });
});

describe('a test that fails says', () => {
  const failure = (entries: string, match: boolean) => {
    const tests = `, defaults: {actor.id: u-1, client_ip: a}, tests: [{name: it, entries: [${entries}], match: ${match}}]`;
    const { ruleSet, tests: read } = parsed(firstSeen('{field: client_ip, group-by: [actor.id]}', tests));
    return runTests(compile(ruleSet), read).map(({ found }) => found);
  };

  test.each([
    [
      '{action: login}, {action: login, client_ip: b, at: +6d}',
      true,
      'it does not match: new values: entry 2 for actor.id u-1, known for 6 days; entry 1 for actor.id u-1, known for less than a second; it learns for 7 days; its selections hold: entries 1–2',
    ],
    [
      '{action: login}, {action: out, client_ip: b, at: +8d}',
      true,
      'it does not match: new values: entry 1 for actor.id u-1, known for less than a second; it learns for 7 days; its selections hold: entry 1',
    ],
    [
      '{action: out}',
      true,
      'it does not match: no entry has a new value; its selections hold: no entry (entry 1: `sel` needs action login, and the entry has out)',
    ],
    [
      '{action: login, repeat: 8, every: 1d}, {action: login, client_ip: b, at: +1h}',
      false,
      'it matches at entry 9 of 9, at 2026-01-12T13:00:00.000Z: client_ip b is new for actor.id u-1, known for 7 days 1 hour; its selections hold: entries 1–9',
    ],
  ])('%s', (entries, match, found) => {
    expect(failure(entries, match)).toEqual([found]);
  });
});
