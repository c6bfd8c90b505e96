import { describe, expect, it } from 'vitest';
import { type BacktestOptions, backtest, createBacktest } from '../../src/backtest/backtest.ts';
import type { PastEntry } from '../../src/backtest/past-entry.ts';
import type { Incoming } from '../../src/ledger/rpc.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { migrate } from '../../src/ledger/store/schema.ts';
import { compile, type Rule } from '../../src/sigma/index.ts';
import {
  counting,
  createScene,
  DAY,
  deleted,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  entries as ordinary,
  route,
  SECOND,
} from '../ledger/scene.ts';
import { absence, firstSeen } from '../support/rules.ts';

const RULES = [
  onAction('vm.deleted', { level: 'medium' }),
  counting('vm.deleted', 3),
  onAction('key.deleted', { level: 'critical' }),
];

function past({ id, createdAt, occurredAt, text }: Incoming, more: Partial<PastEntry> = {}): PastEntry {
  return { id, createdAt, occurredAt, text, body: JSON.parse(text), ...more };
}

const run = (entries: readonly Incoming[], rules: readonly Rule[] = RULES, more: Partial<BacktestOptions> = {}) =>
  backtest(
    entries.map((each) => past(each)),
    { engine: compile({ version: 'one', rules }), ...more },
  );

describe('a backtest of what is missed', () => {
  const missed = absence('no backup', onAction('backup'), { timespanMs: 2 * HOUR, level: 'high' });
  const backup = (id: string, at: number) => entry(id, at, { action: 'backup' });

  it('opens an alert when a watch would have, with the last entry', async () => {
    const result = await run([backup('a', NOON), ...ordinary(3, NOON + 2 * HOUR + 7 * MINUTE, HOUR)], missed);
    expect(result.alerts).toMatchObject([
      { rule: 'no backup', count: 1, firstAt: NOON + 2 * HOUR, opening: { id: 'a' } },
    ]);
    // The first tick whose watermark is later, and five seconds for what is high.
    expect(result.messages.map(({ at }) => at)).toEqual([NOON + 2 * HOUR + 6 * MINUTE + 30 * SECOND]);
    expect(result.rules.map(({ rule }) => rule)).toEqual(['no backup']);
  });

  it('misses each time, and nothing after the last entry unless time is to go on', async () => {
    const entries = [backup('a', NOON), backup('b', NOON + 5 * HOUR), backup('c', NOON + 6 * HOUR)];
    expect((await run(entries, missed)).alerts.map(({ count }) => count)).toEqual([1]);
    const going = createBacktest({ engine: compile({ version: 'one', rules: missed }) });
    going.add(entries.map((each) => past(each)));
    expect(going.end(NOON + 9 * HOUR).alerts.map(({ count, lastAt }) => [count, lastAt])).toEqual([
      [2, NOON + 8 * HOUR],
    ]);
  });

  it('misses what a ledger misses', async () => {
    const entries = [0, 1, 2, 6, 7, 8.5, 13].map((hour, i) => backup(`b${i}`, NOON + hour * HOUR));
    const scene = createScene(missed);
    for (let minute = 0, next = 0; minute < 14 * 60; minute++) {
      const now = NOON + minute * MINUTE;
      const page = entries.slice(next).filter(({ createdAt }) => createdAt <= now);
      next += page.length;
      scene.record(page, { now });
    }
    const rows = scene.store.all<{ count: number; last_at: number }>('SELECT count, last_at FROM alerts');
    const { alerts } = await run([...entries, ...ordinary(1, NOON + 14 * HOUR - 6 * MINUTE, 1)], missed);
    expect(alerts.map(({ count, lastAt }) => ({ count, last_at: lastAt }))).toEqual(rows);
    expect(rows).toEqual([{ count: 2, last_at: NOON + 10.5 * HOUR }]);
  });
});

describe('a backtest of rules that learn', () => {
  const learning = firstSeen('first login', onAction('login'), {
    ...{ fields: ['actor.id'], learnMs: 2 * HOUR, timespanMs: 10 * HOUR, level: 'medium' },
  });
  const login = (id: string, at: number) => entry(id, at, { action: 'login' });

  it('learns from entries that match nothing, and stores few of them', async () => {
    const store = nodeStore();
    migrate(store);
    const before = ordinary(300, NOON - 3 * HOUR, 30 * SECOND);
    const result = await run([...before, login('a', NOON), login('b', NOON + 1)], learning, { store });
    expect(result.alerts.map(({ rule, count, firstAt }) => [rule, count, firstAt])).toEqual([['first login', 1, NOON]]);
    expect(result.rules.map(({ rule }) => rule)).toEqual(['first login']);
    expect(store.all('SELECT 1 FROM entries').length).toBeLessThan(25);
    store.close();
  });

  it('is quiet where the log began later', async () => {
    const result = await run([...ordinary(3, NOON - HOUR, SECOND), login('a', NOON)], learning);
    expect(result.alerts).toEqual([]);
  });

  it('opens what a ledger opens, whatever comes late', async () => {
    const entries = [
      ...ordinary(40, NOON - 59 * MINUTE, 61 * SECOND, 'late'),
      ...ordinary(5, NOON - 59 * MINUTE - 900, 7, 'later'),
      login('a', NOON),
    ];
    const short = firstSeen('first login', onAction('login'), {
      ...{ fields: ['actor.id'], learnMs: 59 * MINUTE + 900, timespanMs: 64 * MINUTE, level: 'medium' },
    });
    const scene = createScene(short);
    for (const each of entries) scene.record([each]);
    const [{ count = 0 } = {}] = scene.store.all<{ count: number }>('SELECT count FROM alerts');
    const { alerts } = await run(entries, short);
    expect([alerts.length, count]).toEqual([1, 1]);
  });
});

describe('a backtest', () => {
  it('finds nothing where there is nothing', async () => {
    const result = await run([]);
    expect(result).toEqual({
      before: 0,
      repeated: 0,
      entries: 0,
      from: null,
      to: null,
      rules: [],
      alerts: [],
      messages: [],
      problems: [],
    });
  });

  it('opens an alert for each rule and key, with the entry that opened it', async () => {
    const result = await run([
      ...ordinary(5, NOON - MINUTE, SECOND),
      deleted('d1', NOON, 'alice'),
      deleted('d2', NOON + SECOND, 'bob'),
      deleted('d3', NOON + 2 * SECOND, 'alice'),
      deleted('d4', NOON + 3 * SECOND, 'alice'),
    ]);
    expect(result.entries).toBe(9);
    expect([result.from, result.to]).toEqual([NOON - MINUTE, NOON + 3 * SECOND]);
    expect(result.alerts.map(({ rule, count, opening }) => [rule, count, opening.id])).toEqual([
      ['vm.deleted', 3, 'd1'],
      ['vm.deleted', 1, 'd2'],
      ['many vm.deleted', 1, 'd4'],
    ]);
  });

  it('counts by rule and day what matched, opened and notified', async () => {
    const result = await run([
      deleted('d1', NOON),
      deleted('d2', NOON + SECOND),
      deleted('d3', NOON + DAY),
      deleted('d4', NOON + DAY, 'bob'),
    ]);
    const day = NOON - 12 * HOUR;
    expect(result.rules).toEqual([
      {
        rule: 'vm.deleted',
        days: [
          { day, matches: 2, alerts: 1, notifications: 1 },
          // That it went on is a reminder's matter: of medium, after a quiet hour.
          { day: day + DAY, matches: 2, alerts: 1, notifications: 2 },
        ],
      },
    ]);
    expect(result.alerts.map(({ notified }) => notified)).toEqual([{ everybody: 2 }, { everybody: 1 }]);
  });

  it('says which messages a receiver would have got, in groups', async () => {
    const receivers = [route('slack'), route('pager', { minLevel: 'critical', forPrograms: true })];
    const key = (id: string, at: number): Incoming => {
      const { text, ...rest } = deleted(id, at);
      return { ...rest, text: text.replace('vm.deleted', 'key.deleted') };
    };
    const result = await run([key('k1', NOON + SECOND), deleted('d1', NOON + 2 * SECOND)], RULES, { receivers });
    expect(result.messages).toEqual([
      { at: NOON + MINUTE, receiver: 'pager', level: 'critical', kind: 'opened', alerts: [1] },
      { at: NOON + MINUTE + 5 * SECOND, receiver: 'slack', level: 'critical', kind: 'group', alerts: [1, 2] },
    ]);
  });

  it('reminds of what nobody acts on, as time does', async () => {
    const severe = [onAction('vm.deleted', { level: 'high' })];
    const result = await run([deleted('d1', NOON), deleted('d2', NOON + HOUR), ...ordinary(1, NOON + DAY, 0)], severe);
    expect(result.messages.map(({ kind, at }) => [kind, at - NOON])).toEqual([
      ['opened', 30 * SECOND],
      ['recurred', 4 * HOUR + 30 * SECOND],
    ]);
  });

  it('resolves what was quiet for two weeks', async () => {
    const result = await run([deleted('d1', NOON), ...ordinary(1, NOON + 15 * DAY, 0)]);
    expect(result.alerts.map(({ status }) => status)).toEqual(['resolved']);
  });

  it('is the same bit by bit', async () => {
    const all = [deleted('d1', NOON), deleted('d2', NOON + SECOND), deleted('d3', NOON + HOUR)].map((each) =>
      past(each),
    );
    const engine = compile({ version: 'one', rules: RULES });
    const bits = createBacktest({ engine });
    for (const each of all) bits.add([each]);
    async function* stream() {
      for (const each of all) yield [each];
    }
    const whole = await backtest(all, { engine });
    expect(bits.end()).toEqual(whole);
    expect(await backtest(stream(), { engine })).toEqual(whole);
  });

  it('gives the alerts of a ledger that records the same, with late entries and revisions', async () => {
    const rules = [...RULES, counting('vm.deleted', 4, { id: 'ever more', timespanMs: DAY })];
    const scene = createScene(rules, { receivers: [route('everybody')] });
    const scans: { began: number; page: Incoming[] }[] = [
      { began: NOON, page: [deleted('d1', NOON - MINUTE), deleted('d2', NOON - SECOND)] },
      { began: NOON + MINUTE, page: [deleted('d3', NOON + MINUTE - SECOND), ...ordinary(20, NOON, SECOND)] },
      // Late, and before what opened the alerts.
      { began: NOON + 3 * MINUTE, page: [deleted('d0', NOON - 2 * MINUTE), deleted('d5', NOON + 2 * MINUTE, 'bob')] },
      // A revision: of another actor.
      { began: NOON + 4 * MINUTE, page: [deleted('d5', NOON + 2 * MINUTE, 'carol')] },
      // Longer after than an alert is open.
      { began: NOON + 9 * DAY, page: [deleted('d9', NOON + 9 * DAY - SECOND)] },
    ];
    for (const { began, page } of scans) scene.record(page, { began, now: began });
    const stored = scene.store.all<{
      id: string;
      revision: number;
      created_at: number;
      occurred_at: number;
      body: string;
    }>('SELECT * FROM entries ORDER BY seq');
    const ends = scene.store.all<{ last_seq: number; began: number; horizon: number }>('SELECT * FROM batches');
    const again = stored.map(({ id, revision, created_at, occurred_at, body }, i) => {
      const batch = ends.find(({ last_seq }) => last_seq > i);
      const read = { began: batch?.began ?? 0, horizon: batch?.horizon ?? 0, suppressBefore: null };
      return past({ id, createdAt: created_at, occurredAt: occurred_at, text: body }, { revision, read });
    });
    const engine = compile({ version: 'one', rules });
    const { alerts } = await backtest(again, { engine, receivers: [route('everybody')] });
    const watched = scene.store.all('SELECT * FROM alerts ORDER BY id');
    expect(watched.length).toBeGreaterThan(4);
    expect(
      alerts.map(({ id, rule, key, level, count, firstAt, lastAt }) => [id, rule, key, level, count, firstAt, lastAt]),
    ).toEqual(
      watched.map(({ id, rule, key, level, count, begins, last_at }) => [id, rule, key, level, count, begins, last_at]),
    );
  });
});

describe('what people did', () => {
  const rules = [onAction('vm.deleted', { level: 'high' })];
  const engine = compile({ version: 'one', rules });
  const entries = [deleted('d1', NOON), deleted('d2', NOON + HOUR), deleted('d3', NOON + 2 * HOUR)].map((each, i) =>
    past(each, { seq: i + 1 }),
  );
  const act = { who: 'Ada', via: 'api', detail: null, rule: 'vm.deleted', key: '{"actor.id":"alice"}', firstAt: NOON };
  const resolve = { ...act, act: 'resolve', detail: '{"reason":"expected"}' };

  it('is done again after the entry it came after', async () => {
    const acts = [{ ...resolve, seq: 1, at: NOON + 5 * MINUTE }];
    const { alerts } = await backtest(entries, { engine, acts });
    expect(alerts.map(({ firstAt, count, status }) => [firstAt - NOON, count, status])).toEqual([
      [0, 1, 'resolved'],
      [HOUR, 2, 'open'],
    ]);
  });

  it('is done to the alert that is not resolved, where the rules open it at another time', async () => {
    const acts = [{ ...resolve, firstAt: NOON - DAY, seq: 1, at: NOON + 5 * MINUTE }];
    expect((await backtest(entries, { engine, acts })).alerts).toHaveLength(2);
  });

  it('is nothing where the rules open no such alert, and what time did is not repeated', async () => {
    const acts = [
      { ...resolve, rule: 'gone', seq: 1, at: NOON + MINUTE },
      { ...resolve, key: '{}', seq: 1, at: NOON + MINUTE },
      { ...resolve, who: 'tocsin', via: null, act: 'resolved', seq: 1, at: NOON + MINUTE },
    ];
    expect((await backtest(entries, { engine, acts })).alerts).toHaveLength(1);
  });

  it('after the last entry, too', async () => {
    const acts = [{ ...resolve, seq: 3, at: NOON + 3 * HOUR }];
    expect((await backtest(entries, { engine, acts })).alerts.map(({ status }) => status)).toEqual(['resolved']);
  });

  it('stops reminders, as they do', async () => {
    const last = past(ordinary(1, NOON + 12 * HOUR, 0)[0] as Incoming, { seq: 4 });
    const acts = [{ ...act, act: 'acknowledge', seq: 1, at: NOON + 5 * MINUTE }];
    const kinds = async (done: BacktestOptions['acts'] = []) =>
      (await backtest([...entries, last], { engine, acts: done })).messages.map(({ kind }) => kind);
    expect(await kinds()).toEqual(['opened', 'recurred']);
    expect(await kinds(acts)).toEqual(['opened']);
  });
});

describe('what is read before the time that counts', () => {
  it('fills windows and opens alerts, and is not counted', async () => {
    const entries = [
      deleted('d1', NOON, 'bob'),
      deleted('d2', NOON + MINUTE),
      deleted('d3', NOON + 2 * MINUTE),
      deleted('d4', NOON + 5 * MINUTE),
    ];
    const result = await run(entries, RULES, { countFrom: NOON + 4 * MINUTE });
    expect([result.before, result.entries, result.from]).toEqual([3, 1, NOON + 5 * MINUTE]);
    expect(result.alerts.map(({ rule, count }) => [rule, count])).toEqual([['many vm.deleted', 1]]);
    expect(result.messages.map(({ alerts }) => alerts)).toEqual([[3]]);
    expect(result.rules.map(({ rule, days }) => [rule, days.map(({ matches, alerts }) => [matches, alerts])])).toEqual([
      ['vm.deleted', [[1, 0]]],
      ['many vm.deleted', [[1, 1]]],
    ]);
  });
});
