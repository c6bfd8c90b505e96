/** The security log: what is recorded, in which order, and that what a day writes and what a page reads is bounded. */
import { describe, expect, it } from 'vitest';
import type { SecurityAct, SecurityEvent } from '../../src/ledger/rpc.ts';
import { countRefusals, readSecurityLog, recordSecurity, SECURITY_PAGE } from '../../src/ledger/security-log.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { migrate } from '../../src/ledger/store/schema.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON } from './scene.ts';
import { planOf, recordStatements, wholeReads } from './store/plans.ts';

const NONE = { detail: null, address: null, agent: null };
const event = (act: SecurityAct, who = 'Ada'): SecurityEvent => ({ act, who, ...NONE });

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
    // Our clock went back.
    recordSecurity(store, event('sign-in', 'fourth'), NOON);
    const { events, next } = readSecurityLog(store, null, NOON);
    expect(events.map(({ who }) => who)).toEqual(['fourth', 'third', 'second', 'first', 'operator secret']);
    expect(events.at(-1)).toEqual({ ...whole, id: NOON * 1000, at: NOON });
    expect(events[1]).toMatchObject({ at: NOON + 1 });
    expect(next).toBeNull();
  });

  it('is read a page at a time, each once', () => {
    const store = createStore();
    const names = Array.from({ length: 2 * SECURITY_PAGE + 1 }, (_, i) => String(i));
    names.forEach((who, i) => {
      recordSecurity(store, event('sign-in', who), NOON + i);
    });
    const seen: string[] = [];
    let before: number | null = null;
    do {
      const { events, next } = readSecurityLog(store, before, NOON);
      expect(events.length).toBeLessThanOrEqual(SECURITY_PAGE);
      seen.push(...events.map(({ who }) => who));
      before = next;
    } while (before !== null);
    expect(seen).toEqual(names.toReversed());
  });

  it('is kept for a year', () => {
    const scene = createScene([]);
    recordSecurity(scene.store, event('sign-in', 'old'), NOON);
    recordSecurity(scene.store, event('sign-in', 'young'), NOON + 2 * HOUR);
    countRefusals(scene.store, { unauthenticated: 1 }, NOON);
    countRefusals(scene.store, { unauthenticated: 2 }, NOON + 2 * HOUR);
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

  it('has at most 20 openings of one link, and 200 of all', () => {
    const store = createStore();
    const open = (i: number) => recordSecurity(store, event('link opened', `link ${i}`), NOON);
    expect(times(21, () => open(0)).indexOf('too many')).toBe(20);
    expect(times(181, (i) => open(i + 1)).indexOf('full')).toBe(180);
    expect(recordSecurity(store, event('sign-in'), NOON)).toBe('recorded');
  });

  it('writes at most 1,000 rows, and what others do leaves room for the operators', () => {
    const store = createStore();
    const acts = ['sign-in', 'sign-out', 'link opened'] as const;
    const outcomes = acts.map((act) => times(600, (i) => recordSecurity(store, event(act, `${i}`), NOON)));
    expect(outcomes.map((of) => of.indexOf('full'))).toEqual([400, 200, 200]);
    expect(times(201, () => recordSecurity(store, event('resend'), NOON)).indexOf('full')).toBe(200);
    expect(recordSecurity(store, event('restore'), NOON)).toBe('full');
    expect(store.all('SELECT count(*) AS n FROM security_log')).toEqual([{ n: 1_000 }]);
  });
});

describe('refusals', () => {
  it('are one row an hour, however often they come', () => {
    const store = createStore();
    const hour = NOON;
    let [kept, writes] = [0, 0];
    for (let at = hour; at < hour + HOUR; at += 1_000) {
      kept++;
      if (!countRefusals(store, { unauthenticated: kept }, at)) continue;
      kept = 0;
      writes++;
    }
    expect(writes).toBe(15);
    const { refusals } = readSecurityLog(store, null, hour + HOUR - 1);
    expect(refusals).toEqual([{ from: hour, counts: { unauthenticated: 3_600 - kept } }]);
    expect(store.all('SELECT writes FROM refusals')).toEqual([{ writes }]);
  });

  it('of several isolates each find a slot', () => {
    const store = createStore();
    const half = NOON + HOUR / 2;
    expect([1, 2, 3].map((n) => countRefusals(store, { 'rate limit': n, [`isolate ${n}`]: 1 }, half))).toEqual([
      true,
      true,
      true,
    ]);
    expect(readSecurityLog(store, null, half).refusals).toEqual([
      { from: NOON, counts: { 'rate limit': 6, 'isolate 1': 1, 'isolate 2': 1, 'isolate 3': 1 } },
    ]);
  });

  it('are shown for 24 hours, the latest first, and what is damaged as nothing', () => {
    const store = createStore();
    for (const hours of [0, 1, 5, 24]) countRefusals(store, { unauthenticated: hours }, NOON + hours * HOUR);
    store.run("UPDATE refusals SET counts = '{' WHERE hour = ?", NOON / HOUR + 5);
    expect(readSecurityLog(store, null, NOON + 24 * HOUR).refusals).toEqual([
      { from: NOON + 24 * HOUR, counts: { unauthenticated: 24 } },
      { from: NOON + 5 * HOUR, counts: {} },
      { from: NOON + HOUR, counts: { unauthenticated: 1 } },
    ]);
    expect(countRefusals(store, { unauthenticated: 7 }, NOON + 5 * HOUR + HOUR / 2)).toBe(true);
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
    { day: Math.floor(NOON / DAY), counts: JSON.stringify({ '': 1, 'link opened': 1, 'link opened\nAda': 1 }) },
  ]);
});

it('no statement reads more of a table than it returns or counts', () => {
  const plain = createStore();
  const { store, statements } = recordStatements(plain);
  recordSecurity(store, event('sign-in'), NOON);
  countRefusals(store, { unauthenticated: 1 }, NOON);
  readSecurityLog(store, null, NOON);
  // The table of the day has one row.
  const others = statements.filter(({ sql }) => !sql.startsWith('SELECT day'));
  for (const statement of others) expect(wholeReads(planOf(plain, statement)), statement.sql).toEqual([]);
});
