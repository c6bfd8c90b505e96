/** `tocsin: absence`: how it is written, what it becomes, its tests, and the problems it has. */
import { describe, expect, test } from 'vitest';
import { createSequence } from '../../../src/sigma/correlate/sequence.ts';
import { compile } from '../../../src/sigma/engine.ts';
import { runTests } from '../../../src/sigma/rule-tests/run.ts';
import { parsed, problemsOf, ruleWith } from '../rules.ts';

const HOUR = 60 * 60_000;
const DETECTION = `${ruleWith('sel: {action: backup}\ncondition: sel')}name: backup\n`;
const absence = (keys: string, more = '') => `${DETECTION}tocsin: {absence: ${keys}${more}}\n`;

test('a detection with absence becomes a correlation over an inner part', () => {
  const { rules } = parsed(absence('{after: 25h, group-by: [actor.id]}')).ruleSet;
  expect(rules.map(({ id, partOf, alerts }) => [id, partOf, alerts])).toEqual([
    ['r-1#inner', 'r-1', false],
    ['r-1', undefined, true],
  ]);
  expect(rules[1]).toMatchObject({
    type: 'absence',
    rules: ['r-1#inner'],
    groupBy: ['actor.id'],
    timespanMs: 25 * HOUR,
  });
});

describe('a sequence', () => {
  const found = (latenessMs: number, hours: readonly (number | string)[]) => {
    const sequence = createSequence(compile(parsed(absence('{after: 25h, group-by: [actor.id]}')).ruleSet), {
      latenessMs,
    });
    return hours.map((hour) =>
      sequence
        .add({ action: typeof hour === 'string' ? 'other' : 'backup', actor: { id: 'ci' } }, Number(hour) * HOUR)
        .correlationMatches.map(({ rule, group, window }) => [
          rule.id,
          group[0]?.value,
          window.at / HOUR,
          window.value / HOUR,
        ]),
    );
  };

  test('says what is absent by the time of each entry', () => {
    const one = ['r-1', 'ci', 25, 0];
    expect(found(0, [0, '25', '26', '60', 61, '100'])).toEqual([[], [], [one], [], [], [['r-1', 'ci', 86, 61]]]);
  });

  test('and not before it is sure, where entries may come late', () => {
    expect(found(2 * HOUR, [0, '26', 24, '50', '52'])).toEqual([[], [], [], [], [['r-1', 'ci', 49, 24]]]);
  });
});

describe('its tests', () => {
  const run = (entries: string, match: boolean) => {
    const tests = `, defaults: {actor.id: ci}, tests: [{name: it, entries: [${entries}], match: ${match}}]`;
    const { ruleSet, tests: read } = parsed(absence('{after: 25h, group-by: [actor.id]}', tests));
    return runTests(compile(ruleSet), read).map(({ found }) => found);
  };

  test.each([
    ['nothing comes for longer', '{action: backup}, {at: +26h, action: other}', true],
    ['it comes too late', '{action: backup}, {at: +26h, action: backup}', true],
    ['it comes in time', '{action: backup, repeat: 7, every: 1d}', false],
    ['it may still come', '{action: backup}, {at: +25h, action: other}', false],
    ['it never came', '{action: other}, {at: +99d, action: other}', false],
    [
      'another one comes',
      '{action: backup}, {at: +20h, action: backup, actor.id: other}, {at: +6h, action: other}',
      true,
    ],
    [
      'it comes in time, and is only read later',
      '{action: backup}, {at: +26h, action: other}, {at: -5h, action: backup}',
      false,
    ],
  ])('%s', (_, entries, match) => {
    expect(run(entries, match)).toEqual([]);
    expect(run(entries, !match)).toHaveLength(1);
  });

  test.each([
    [
      '{action: backup}, {at: +20h, action: other}',
      true,
      'it does not match: the test ends 20 hours after the last one comes, and more than 1 day 1 hour must pass; its selections hold: entry 1',
    ],
    [
      '{action: other}',
      true,
      'it does not match: no entry comes that could be missed; its selections hold: no entry (entry 1: `sel` needs action backup, and the entry has other)',
    ],
    [
      "{action: backup, at: '2026-01-05T12:00:00Z'}, {at: +26h, action: other}",
      false,
      'it matches at 2026-01-06T13:00:00.000Z: no entry came for actor.id ci in 1 day 1 hour after 2026-01-05T12:00:00.000Z',
    ],
  ])('a test that fails (%s) says why', (entries, match, text) => {
    expect(run(entries, match)).toEqual([text]);
  });
});

describe('what is wrong', () => {
  test.each([
    [
      '{group-by: [actor.id]}',
      'error: "absence" does not say after how long (such as {after: 25h, group-by: [actor.id]})',
    ],
    ['25h', 'error: "absence" must be a map, not text (such as {after: 25h, group-by: [actor.id]})'],
    ['{after: 25}', 'error: "after" must be a duration (with its unit: "25s" for seconds, "25m" for minutes)'],
    ['{after: 30s}', 'error: "after" is too short (at least 1m: the log is read once a minute)'],
    ['{after: 400d}', 'error: "after" is too long (at most 366d)'],
    [
      '{after: 60d}',
      'notice: "after" is longer than the default retention of 30 days (it still alerts, but the last entry may no longer be shown)',
    ],
    [
      '{after: 1h, field: a}',
      'error: unknown key "field" (an absence has no field: "group-by" says of whom each is missed)',
    ],
    ['{timespan: 1h}', 'error: unknown key "timespan" (it is called "after": after: 25h)'],
    ['{after: 1h, group_by: a}', 'error: unknown key "group_by" (did you mean "group-by"?)'],
  ])('%s', (keys, problem) => {
    expect(problemsOf(absence(keys)).map((text) => text.replace(/^\S+ /, ''))).toContain(problem);
  });

  test('with first_seen', () => {
    expect(problemsOf(absence('{after: 1h}', ', first_seen: {field: a}'))).toEqual([
      'x.yml:8:10: error: a rule can\'t have both "first_seen" and "absence" (write two rules)',
    ]);
  });

  test('in a correlation, and counted by one', () => {
    const many =
      'title: Many\nid: c-1\ncorrelation: {type: event_count, rules: [backup], timespan: 1m, condition: {gte: 2}}\n';
    expect(problemsOf(`${DETECTION}---\n${many}tocsin: {absence: {after: 1h}}\n`)).toEqual([
      'x.yml:12:10: error: "absence" is for detections',
    ]);
    expect(problemsOf(`${absence('{after: 1h}')}---\n${many}`)).toEqual([
      'x.yml:12:42: error: "backup" matches where nothing comes (refer to a detection of what comes, without "absence")',
    ]);
  });
});
