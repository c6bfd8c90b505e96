/** What one receiver gets of ordinary noise, a day after the other. */
import { describe, expect, it } from 'vitest';
import type { Level } from '../../src/sigma/index.ts';
import { createInbox, type Seen } from './inbox.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS = 4;

const count = (length: number): readonly number[] => Array.from({ length }, (_, i) => i);
const days = (of: (day: number) => readonly Seen[]): readonly Seen[] => count(DAYS).flatMap(of);
const seen = (at: number, level: Level, actor = 'ci', network = 'office'): Seen => ({
  ...{ at, level, actor, network, rule: 'rule' },
});

/** Messages by day. */
function messages(matches: readonly Seen[]): readonly number[] {
  const inbox = createInbox();
  for (const match of matches.toSorted((a, b) => a.at - b.at)) inbox.see(match);
  inbox.runTo(DAYS * DAY - 1);
  return count(DAYS).map((day) => inbox.sent.filter(({ at }) => Math.floor(at / DAY) === day).length);
}

const every10s = (level: Level) => count((DAYS * DAY) / 10_000).map((i) => seen(i * 10_000, level));
const kubectl = (level: Level) =>
  days((day) =>
    count(8).flatMap((hour) =>
      count(10).map((user) => seen(day * DAY + hour * HOUR + user * 6 * MINUTE, level, `user ${user}`)),
    ),
  );

describe('messages of a day', () => {
  const rows: readonly [name: string, matches: readonly Seen[], byDay: readonly number[]][] = [
    ['a forgotten job with an expired key, every 10 s, medium', every10s('medium'), [4, 1, 0, 0]],
    ['the same at high: nobody acts, so there is one reminder a day', every10s('high'), [6, 1, 1, 1]],
    ['ten people use kubectl, hourly in working hours, critical', kubectl('critical'), [15, 4, 4, 4]],
    ['the same at high', kubectl('high'), [12, 1, 1, 1]],
    [
      'thirty people whose console session expired, each morning, medium',
      days((day) => count(30).map((user) => seen(day * DAY + user * 5 * MINUTE, 'medium', `user ${user}`))),
      [6, 2, 2, 2],
    ],
    [
      'CI from 97 networks, high',
      count(DAYS * 97).map((i) => seen((i * DAY) / 97, 'high', 'ci', `network ${i % 97}`)),
      [6, 1, 1, 1],
    ],
    [
      'a mobile user in a new network each hour, high',
      count(DAYS * 24).map((hour) => seen(hour * HOUR, 'high', 'ana', `network ${hour}`)),
      [4, 1, 1, 1],
    ],
    [
      '200 people once a day, medium',
      days((day) => count(200).map((user) => seen(day * DAY + (user * DAY) / 200, 'medium', `user ${user}`))),
      [11, 7, 6, 6],
    ],
  ];
  it.each(rows)('%s', (_, matches, byDay) => {
    expect(messages(matches)).toEqual(byDay);
  });
});

describe('an attacker behind what is known', () => {
  const HOURS = 10;
  /** When people are notified of a match at `at`, after it; null: within the next hours never. */
  const notifiedAfterMs = (noise: readonly Seen[], act: 'acknowledge' | null, attack: Seen): number | null => {
    const inbox = createInbox();
    for (const match of noise) inbox.see(match);
    inbox.runTo(attack.at - MINUTE);
    if (act !== null) inbox.acknowledge();
    const before = inbox.sent.length;
    inbox.see(attack);
    inbox.runTo(attack.at + HOURS * HOUR);
    const first = inbox.sent.slice(before)[0];
    return first === undefined ? null : first.at - attack.at;
  };
  const noisy = (level: Level) => count(200).map((i) => seen(i * MINUTE, level));
  const at = 201 * MINUTE;
  const rows: readonly [string, readonly Seen[], 'acknowledge' | null, Seen, number | null][] = [
    ['an open alert: from another network', noisy('high'), null, seen(at, 'high', 'ci', 'tor'), 299_000],
    ['an acknowledged one: from another network', noisy('high'), 'acknowledge', seen(at, 'high', 'ci', 'tor'), 299_000],
    ['an acknowledged one: a higher level', noisy('medium'), 'acknowledge', seen(at, 'critical'), 5_000],
    ['an acknowledged one: the same again', noisy('high'), 'acknowledge', seen(at, 'high'), null],
    ['a medium alert: the same again', noisy('medium'), null, seen(at, 'medium'), null],
  ];
  it.each(rows)('%s', (_, noise, act, attack, after) => {
    const first = notifiedAfterMs(noise, act, attack);
    if (after === null) expect(first).toBeNull();
    else expect(first ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(after);
  });
});

describe('a flood', () => {
  const level = { critical: 'critical', high: 'high', medium: 'medium' } as const;
  const burst = (of: Level, actors: number, withinMs: number): readonly Seen[] =>
    count(actors).map((actor) => seen((actor * withinMs) / actors, of, `actor ${actor}`));
  const run = (matches: readonly Seen[], untilMs: number) => {
    const inbox = createInbox();
    for (const match of matches.toSorted((a, b) => a.at - b.at)) inbox.see(match);
    inbox.runTo(untilMs);
    const named = new Set(inbox.sent.flatMap(({ alerts }) => [...alerts.keys()]));
    return { inbox, named };
  };

  it('5,000 critical alerts of a rule in ten minutes are 20 messages, and one a minute', () => {
    const { inbox, named } = run(burst(level.critical, 5_000, 10 * MINUTE), 15 * MINUTE);
    expect(named.size).toBe(5_000);
    expect(inbox.sent.length).toBeLessThanOrEqual(20 + 11);
    expect(inbox.sent.slice(20).every(({ at }, i, rest) => i === 0 || at - (rest[i - 1]?.at ?? 0) >= 5_000)).toBe(true);
  });

  it('among 5,000 medium alerts one critical is notified within ten seconds', () => {
    const at = 5 * MINUTE;
    const critical: Seen = { ...seen(at, level.critical, 'mallory'), rule: 'key deleted' };
    const noise = burst(level.medium, 5_000, 10 * MINUTE).map((each, i) => ({ ...each, rule: `rule ${i % 60}` }));
    const { inbox, named } = run([...noise, critical], 40 * MINUTE);
    const alert = inbox.alerts.find(({ seen: of }) => of.actor === 'mallory')?.id ?? 0;
    const sentAt = inbox.sent.find(({ alerts }) => alerts.has(alert))?.at ?? Number.POSITIVE_INFINITY;
    expect(sentAt - at).toBeLessThanOrEqual(10_000);
    expect(named.size).toBe(5_001);
    for (const { id, seen: of } of inbox.alerts) {
      const first = inbox.sent.find(({ alerts }) => alerts.has(id))?.at ?? Number.POSITIVE_INFINITY;
      expect(first - of.at).toBeLessThanOrEqual(20 * MINUTE);
    }
  });

  it('the first alert of another rule in it goes by itself', () => {
    const at = 5 * MINUTE;
    const other: Seen = { ...seen(at, level.high, 'mallory'), rule: 'members' };
    const { inbox } = run([...burst(level.high, 500, 10 * MINUTE), other], 20 * MINUTE);
    const alert = inbox.alerts.find(({ seen: of }) => of.actor === 'mallory')?.id ?? 0;
    const message = inbox.sent.find(({ alerts }) => alerts.has(alert));
    expect([message?.alerts.size, (message?.at ?? 0) - at]).toEqual([1, 30_000]);
  });

  it('is over ten minutes after it was last noticed', () => {
    const later = 3 * HOUR;
    const { inbox } = run(
      [
        ...burst(level.high, 25, MINUTE),
        ...burst(level.high, 1, 1).map((each) => ({ ...each, at: later, actor: 'late', rule: 'other' })),
      ],
      later + HOUR,
    );
    expect(inbox.sent.at(-1)).toMatchObject({ at: later + 30_000, group: 'of late' });
  });
});
