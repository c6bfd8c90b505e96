/** The security log: what is recorded, in which order, and that what a day writes and what a page reads is bounded. */
import { describe, expect, it } from 'vitest';
import type { RefusalCounts, SecurityAct, SecurityEvent } from '../../src/ledger/rpc.ts';
import {
  countRefusals,
  EVENTS_SHOWN_MAX,
  OPERATOR_SECRET,
  readSecurityLog,
  recordSecurity,
} from '../../src/ledger/security-log.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { migrate } from '../../src/ledger/store/schema.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON } from './scene.ts';
import { planOf, recordStatements, wholeReads } from './store/plans.ts';

const NONE = { detail: null, address: null, agent: null };
const event = (act: SecurityAct, who = 'Ada'): SecurityEvent => ({ act, who, ...NONE });

/** Refusals of the hour at hand. */
const at = (from: number, counts: RefusalCounts) => [{ from, counts }];

function createStore() {
  const store = nodeStore();
  migrate(store);
  return store;
}

describe('an event', () => {
  it('is read as it was recorded, newest first, also where some share a millisecond', () => {
    const store = createStore();
    const whole: SecurityEvent = {
      act: 'viewer added',
      who: 'operator secret',
      detail: 'Bob',
      address: '2001:db8::7',
      agent: 'a\u001b[2J',
    };
    expect(recordSecurity(store, whole, NOON)).toBe('recorded');
    for (const who of ['first', 'second', 'third']) recordSecurity(store, event('sign-in', who), NOON + 1);
    const { events, next } = readSecurityLog(store, null, NOON);
    expect(events.map(({ who }) => who)).toEqual(['third', 'second', 'first', 'operator secret']);
    expect(events.at(-1)).toEqual({ ...whole, id: NOON * 1000, at: NOON });
    expect(events[0]).toMatchObject({ at: NOON + 1 });
    expect(next).toBeNull();
  });

  it('has its own time and day, and refusals their hour, also after a clock that was years ahead', () => {
    const store = createStore();
    const ahead = NOON + 2 * 365 * DAY;
    for (let i = 0; i < 100; i++) expect(recordSecurity(store, event('sign-in'), ahead)).toBe('recorded');
    expect(recordSecurity(store, event('sign-in'), ahead)).toBe('too many');
    for (let hour = 0; hour < 30; hour++) countRefusals(store, at(ahead, { ahead: 1 }), ahead + hour * HOUR);
    for (const time of [NOON, NOON, NOON + HOUR, NOON + 1]) {
      expect(recordSecurity(store, event('sign-in', `at ${time}`), time)).toBe('recorded');
    }
    const { events } = readSecurityLog(store, ahead * 1000, NOON + HOUR);
    expect(events.map(({ who, id }) => [who, id])).toEqual([
      [`at ${NOON + HOUR}`, (NOON + HOUR) * 1000],
      [`at ${NOON + 1}`, (NOON + 1) * 1000],
      [`at ${NOON}`, NOON * 1000 + 1],
      [`at ${NOON}`, NOON * 1000],
    ]);
    expect(countRefusals(store, at(NOON, { now: 1 }), NOON)).toBe(true);
    expect(readSecurityLog(store, null, NOON).refusals).toEqual(at(NOON, { now: 1 }));
  });

  it('is read a page at a time, each once', () => {
    const store = createStore();
    const names = Array.from({ length: 2 * EVENTS_SHOWN_MAX + 1 }, (_, i) => String(i));
    names.forEach((who, i) => {
      recordSecurity(store, event('sign-in', who), NOON + i);
    });
    const seen: string[] = [];
    let before: number | null = null;
    do {
      const { events, next } = readSecurityLog(store, before, NOON);
      expect(events.length).toBeLessThanOrEqual(EVENTS_SHOWN_MAX);
      seen.push(...events.map(({ who }) => who));
      before = next;
    } while (before !== null);
    expect(seen).toEqual(names.toReversed());
  });

  it('is kept for a year', () => {
    const scene = createScene([]);
    recordSecurity(scene.store, event('sign-in', 'old'), NOON);
    recordSecurity(scene.store, event('sign-in', 'young'), NOON + 2 * HOUR);
    countRefusals(scene.store, at(NOON, { unauthenticated: 1 }), NOON);
    countRefusals(scene.store, at(NOON + 2 * HOUR, { unauthenticated: 2 }), NOON + 2 * HOUR);
    const kept = (now: number) => {
      scene.record([entry(`at ${now}`, now)], { now });
      const { events } = readSecurityLog(scene.store, null, now);
      return [events.map(({ who }) => who), scene.count('refusals')];
    };
    expect(kept(NOON + 365 * DAY)).toEqual([['young', 'old'], 2]);
    expect(kept(NOON + 365 * DAY + HOUR + MINUTE)).toEqual([['young'], 1]);
  });
});

describe('a day', () => {
  const times = (n: number, record: (i: number) => string) => Array.from({ length: n }, (_, i) => record(i));

  it('has at most 100 sign-ins of a viewer, and then none until 00:00 UTC', () => {
    const store = createStore();
    const outcomes = times(101, () => recordSecurity(store, event('sign-in'), NOON));
    expect(outcomes.indexOf('too many')).toBe(100);
    expect(recordSecurity(store, event('sign-in', 'Bob'), NOON)).toBe('recorded');
    expect(recordSecurity(store, event('rewind'), NOON)).toBe('recorded');
    expect(recordSecurity(store, event('sign-in'), NOON + 12 * HOUR - 1)).toBe('too many');
    expect(recordSecurity(store, event('sign-in'), NOON + 12 * HOUR)).toBe('recorded');
  });

  it('has at most 20 openings of one link, and 130 of all', () => {
    const store = createStore();
    const open = (i: number) => recordSecurity(store, event('link opened', `link ${i}`), NOON);
    expect(times(21, () => open(0)).indexOf('too many')).toBe(20);
    expect(times(111, (i) => open(i + 1)).indexOf('full')).toBe(110);
    expect(recordSecurity(store, event('sign-in'), NOON)).toBe('recorded');
  });

  it('has room for each act that no other takes, and for LINK_SECRET that nobody else does, and writes 2,000 rows', () => {
    const store = createStore();
    const acts: readonly SecurityAct[] = [
      ...(['sign-in', 'sign-out', 'link opened', 'viewer added', 'viewer revoked', 'receivers tested'] as const),
      ...(['resend', 'rewind', 'restore', 'quarantine', 'alert act', 'silence', 'backfill'] as const),
    ];
    const outcomesOf = (who: (i: number) => string) =>
      acts.map((act) => times(450, (i) => recordSecurity(store, event(act, who(i)), NOON + i)));
    const others = outcomesOf((i) => `operator ${i % 7}`).map((of) => of.indexOf('full'));
    expect(others).toEqual([250, 120, 130, 70, 70, 60, 60, 40, 30, 80, 350, 90, 40]);
    const secrets = outcomesOf(() => OPERATOR_SECRET).map((of) => of.indexOf('too many'));
    expect(secrets).toEqual([100, 50, 20, 30, 30, 30, 30, 20, 10, 40, 190, 40, 20]);
    const rows = [...others, ...secrets].reduce((sum, n) => sum + n, 0);
    expect(store.all('SELECT count(*) AS n FROM security_log')).toEqual([{ n: rows }]);
    expect(rows).toBeLessThanOrEqual(2_000);
  });

  it('has one person’s acts of one kind up to a limit, and their others', () => {
    const store = createStore();
    expect(times(1_000, () => recordSecurity(store, event('resend'), NOON)).indexOf('too many')).toBe(30);
    for (const act of ['viewer added', 'restore', 'quarantine'] as const) {
      expect(recordSecurity(store, event(act), NOON)).toBe('recorded');
    }
  });
});

describe('refusals', () => {
  it('are one row an hour, however often they come', () => {
    const store = createStore();
    const hour = NOON;
    let [kept, writes] = [0, 0];
    for (let time = hour; time < hour + HOUR; time += 1_000) {
      kept++;
      if (!countRefusals(store, at(time, { unauthenticated: kept }), time)) continue;
      kept = 0;
      writes++;
    }
    expect(writes).toBe(15);
    const { refusals } = readSecurityLog(store, null, hour + HOUR - 1);
    expect(refusals).toEqual([{ from: hour, counts: { unauthenticated: 3_600 - kept } }]);
    expect(store.all('SELECT writes FROM refusals')).toEqual([{ writes }]);
  });

  it('of a burst early in an hour, in eight isolates, are all counted at once', () => {
    const store = createStore();
    const first = NOON + 1_000;
    const outcomes = Array.from({ length: 9 }, (_, n) =>
      countRefusals(store, at(first, { [`isolate ${n}`]: 1 }), first),
    );
    expect(outcomes.indexOf(false)).toBe(8);
    expect(Object.keys(readSecurityLog(store, null, first).refusals[0]?.counts ?? {})).toHaveLength(8);
  });

  it('count in the hour when they came, at most a day ago, and not in one to come', () => {
    const store = createStore();
    const late = [
      { from: NOON - 1, counts: { unauthenticated: 1 } },
      { from: NOON - 5 * HOUR, counts: { unauthenticated: 2 } },
      { from: NOON - 50 * HOUR, counts: { unauthenticated: 3 } },
      { from: NOON + 5 * HOUR, counts: { unauthenticated: 4 } },
    ];
    expect(countRefusals(store, late, NOON)).toBe(true);
    expect(countRefusals(store, late, NOON)).toBe(true);
    expect(readSecurityLog(store, null, NOON).refusals).toEqual([
      { from: NOON, counts: { unauthenticated: 8 } },
      { from: NOON - HOUR, counts: { unauthenticated: 2 } },
      { from: NOON - 5 * HOUR, counts: { unauthenticated: 4 } },
      { from: NOON - 23 * HOUR, counts: { unauthenticated: 6 } },
    ]);
    expect(store.all('SELECT sum(writes) AS n FROM refusals')).toEqual([{ n: 2 }]);
  });

  it('are shown for 24 hours, the latest first, and what is damaged as nothing', () => {
    const store = createStore();
    for (const hours of [0, 1, 5, 24]) {
      const time = NOON + hours * HOUR;
      countRefusals(store, at(time, { unauthenticated: hours }), time);
    }
    store.run("UPDATE refusals SET counts = '{' WHERE hour = ?", NOON / HOUR + 5);
    expect(readSecurityLog(store, null, NOON + 24 * HOUR).refusals).toEqual([
      { from: NOON + 24 * HOUR, counts: { unauthenticated: 24 } },
      { from: NOON + HOUR, counts: { unauthenticated: 1 } },
    ]);
    const later = NOON + 5 * HOUR + HOUR / 2;
    expect(countRefusals(store, at(later, { unauthenticated: 7 }), later)).toBe(true);
  });
});

it('what does not fit costs a row read and nothing else, and a damaged count is begun again', () => {
  const plain = createStore();
  for (let i = 0; i < 20; i++) recordSecurity(plain, event('link opened'), NOON);
  const { store, statements } = recordStatements(plain);
  expect(recordSecurity(store, event('link opened'), NOON)).toBe('too many');
  expect(statements.map(({ sql }) => sql)).toEqual(['SELECT day, counts FROM security_day']);
  plain.run("UPDATE security_day SET counts = '{'");
  expect(recordSecurity(plain, event('link opened'), NOON)).toBe('recorded');
  expect(plain.all('SELECT day, counts FROM security_day')).toEqual([
    { day: Math.floor(NOON / DAY), counts: JSON.stringify({ 'link opened\nAda': 1, 'link opened': 1 }) },
  ]);
});

it('no statement reads more of a table than it returns or counts', () => {
  const plain = createStore();
  const { store, statements } = recordStatements(plain);
  recordSecurity(store, event('sign-in'), NOON);
  countRefusals(store, at(NOON, { unauthenticated: 1 }), NOON);
  readSecurityLog(store, null, NOON);
  // The table of the day has one row.
  const others = statements.filter(({ sql }) => !sql.startsWith('SELECT day'));
  for (const statement of others) expect(wholeReads(planOf(plain, statement)), statement.sql).toEqual([]);
});
