/** A day's usage: when a day begins and ends, and how near the limits it is. */
import { describe, expect, it } from 'vitest';
import {
  allowancesOf,
  canCatchUp,
  isSpentByVisitors,
  most,
  newDay,
  plus,
  resetsAt,
  rolledOver,
  usageStatus,
  VISITOR_READS_AHEAD,
} from '../../../src/ledger/health/usage.ts';
import { UsageMeter } from '../../../src/ledger/health/usage-meter.ts';
import { allowanceText, mostUsed, usageText } from '../../../src/ledger/health/usage-words.ts';
import type { Allowance, DayUsage } from '../../../src/ledger/rpc.ts';
import { DAY, HOUR, MINUTE, NOON, SECOND } from '../scene.ts';

const MIDNIGHT = NOON + 12 * HOUR;
const unstored = (): void => {
  throw new Error('the storage is full');
};
const used = (now: number, counts: Partial<DayUsage> = {}): DayUsage => ({ ...newDay(now), ...counts });

describe('a day', () => {
  it.each<[string, number, number, boolean]>([
    ['goes on until the last millisecond before 00:00 UTC', NOON, MIDNIGHT - 1, true],
    ['ends at 00:00 UTC', NOON, MIDNIGHT, false],
    ['ends though nothing was counted for days', NOON, NOON + 5 * DAY, false],
    ['goes on where the clock is set back within it', NOON, NOON - HOUR, true],
    ['goes on where the clock is set back over midnight', MIDNIGHT + MINUTE, MIDNIGHT - 30 * SECOND, true],
    ['goes on where it is set back by an hour', MIDNIGHT, MIDNIGHT - HOUR, true],
    ['starts over where the clock was far ahead', MIDNIGHT, MIDNIGHT - HOUR - 1, false],
    ['starts over where the clock was days ahead', NOON + 9 * DAY, NOON, false],
  ])('%s', (_, before, now, goesOn) => {
    const usage = used(before, { rowsWritten: 7, rowsRead: 8, kvWrites: 9, requests: 10, ledgerRequests: 11 });
    expect(rolledOver(usage, now)).toEqual(goesOn ? usage : used(now));
  });

  it('is of UTC', () => {
    expect(newDay(Date.UTC(2026, 0, 5, 23, 59, 59, 999)).day * DAY).toBe(Date.UTC(2026, 0, 5));
    expect(resetsAt(newDay(NOON))).toBe(Date.UTC(2026, 0, 6));
  });

  it('adds, and takes the greater of two counts', () => {
    const a = plus(used(NOON, { rowsRead: 5 }), { rowsRead: 2, requests: 1 });
    expect(a).toEqual(used(NOON, { rowsRead: 7, requests: 1 }));
    expect(most(a, used(NOON, { rowsRead: 3, requests: 4 }))).toEqual(used(NOON, { rowsRead: 7, requests: 4 }));
  });
});

describe("the free plan's limit", () => {
  it.each<[Allowance, number]>([
    ['rowsWritten', 100_000],
    ['rowsRead', 5_000_000],
    ['visitorReads', 1_000_000],
    ['kvWrites', 1_000],
    ['requests', 100_000],
    ['ledgerRequests', 100_000],
  ])('of %s is %i: near from 80 %%, reached from 99 %%', (of, limit) => {
    const stateAt = (count: number) => allowancesOf(used(NOON, { [of]: count }), 'free').find((each) => each.of === of);
    expect(stateAt(0.8 * limit - 1)).toEqual({ of, used: 0.8 * limit - 1, limit, state: 'ok' });
    expect(stateAt(0.8 * limit)).toMatchObject({ state: 'near' });
    expect(stateAt(0.99 * limit - 1)).toMatchObject({ state: 'near' });
    expect(stateAt(0.99 * limit)).toMatchObject({ state: 'reached' });
    expect(stateAt(3 * limit)).toMatchObject({ state: 'reached' });
    const others = allowancesOf(used(NOON, { [of]: limit }), 'free').filter((each) => each.of !== of);
    expect(others.map(({ state }) => state)).toEqual(Array(5).fill('ok'));
  });

  it('does not exist on the paid plan, however much is used', () => {
    const all = used(NOON, {
      rowsWritten: 9e9,
      rowsRead: 9e9,
      visitorReads: 9e9,
      kvWrites: 9e9,
      requests: 9e9,
      ledgerRequests: 9e9,
    });
    for (const each of allowancesOf(all, 'paid')) expect(each).toMatchObject({ limit: null, state: 'ok' });
  });
});

describe('in words', () => {
  const status = (counts: Partial<DayUsage>, plan: 'free' | 'paid' = 'free') => usageStatus(used(NOON, counts), plan);

  it.each<[string, Partial<DayUsage>, 'free' | 'paid', RegExp]>([
    [
      'each count beside its limit',
      {
        rowsWritten: 12_345,
        rowsRead: 410_000,
        visitorReads: 300_000,
        kvWrites: 40,
        requests: 2_890,
        ledgerRequests: 5_790,
      },
      'free',
      /^12,345 of 100,000 rows written \(12 %\), 410,000 of 5,000,000 rows read \(8 %\), 300,000 of 1,000,000 rows read for pages \(30 %\), at least 40 of 1,000 KV writes \(4 %\), at least 2,890 of 100,000 requests to the Worker \(2 %\), 5,790 of 100,000 requests to the ledger \(5 %\); resets at 00:00 UTC$/,
    ],
    ['79,999 is not yet 80 %', { rowsWritten: 79_999 }, 'free', /^79,999 of 100,000 rows written \(79 %\),/],
    ['what is near', { rowsWritten: 80_000 }, 'free', /\(80 %, NEAR THE LIMIT\).*; resets at/],
    ['what is reached', { rowsRead: 4_990_000 }, 'free', /rows read \(99 %, LIMIT REACHED\).*; BLIND until 00:00 UTC$/],
    [
      "the visitors' part keeps nothing from being recorded",
      { visitorReads: 1_000_000 },
      'free',
      /pages \(100 %, LIMIT REACHED\).*; resets at/,
    ],
    ['KV writes keep nothing from being read', { kvWrites: 1_000 }, 'free', /\(100 %, LIMIT REACHED\).*; resets at/],
    ['the paid plan', { rowsWritten: 250_000 }, 'paid', /^250,000 rows written, 0 rows read, .*; no limits a day/],
  ])('%s', (_, counts, plan, text) => {
    expect(usageText(status(counts, plan))).toMatch(text);
  });

  it('the one that is nearest to its limit', () => {
    expect(mostUsed(status({ rowsWritten: 50_000, kvWrites: 501 }))).toMatchObject({ percent: 50, of: 'KV writes' });
    expect(mostUsed(status({ rowsWritten: 50_000 }, 'paid'))).toBeNull();
    expect(allowanceText({ of: 'rowsRead', used: 1, limit: null, state: 'ok' })).toBe('1 rows read');
  });
});

describe('what can wait', () => {
  it.each<[number, number, 'free' | 'paid', boolean]>([
    [10_000, 0, 'free', true],
    [10_001, 0, 'free', false],
    [1, 49_999, 'free', true],
    [1, 50_000, 'free', false],
    [10_001, 50_000, 'paid', true],
  ])('may write %i rows where %i are written, on the %s plan: %s', (rows, rowsWritten, plan, can) => {
    expect(canCatchUp(rows, used(NOON, { rowsWritten }), plan)).toBe(can);
  });
});

describe('the meter', () => {
  it('counts rows to the day of the call that was counted last', () => {
    const meter = new UsageMeter('free', MIDNIGHT - MINUTE);
    meter.add({ ledgerRequests: 1 }, MIDNIGHT - 1);
    meter.addRows(10, 2);
    expect(meter.saved()).toEqual(used(NOON, { rowsRead: 10, rowsWritten: 2, ledgerRequests: 1 }));
    meter.add({ ledgerRequests: 1 }, MIDNIGHT);
    meter.addRows(5, 1);
    expect(meter.current(MIDNIGHT)).toEqual(used(MIDNIGHT, { rowsRead: 5, rowsWritten: 1, ledgerRequests: 1 }));
  });

  it('goes on from what was stored, with the rows that starting read', () => {
    const meter = new UsageMeter('free', NOON);
    meter.addRows(3, 0);
    meter.restore(used(NOON, { rowsRead: 100, rowsWritten: 20 }));
    expect(meter.current(NOON)).toEqual(used(NOON, { rowsRead: 103, rowsWritten: 20 }));
  });

  it.each<[string, DayUsage | undefined]>([
    ['nothing was stored', undefined],
    ['what was stored is of yesterday', used(NOON - DAY, { rowsRead: 100 })],
    ['what was stored is of a clock that was days ahead', used(NOON + 3 * DAY, { rowsRead: 100 })],
  ])('begins with nothing where %s', (_, stored) => {
    const meter = new UsageMeter('free', NOON);
    meter.restore(stored);
    expect(meter.current(NOON)).toEqual(used(NOON));
  });

  it('started with the clock set back over midnight goes on with the later day', () => {
    const meter = new UsageMeter('free', MIDNIGHT - MINUTE);
    meter.addRows(1, 1);
    meter.restore(used(MIDNIGHT, { rowsWritten: 20 }));
    expect(meter.current(MIDNIGHT - MINUTE)).toEqual(used(MIDNIGHT, { rowsRead: 1, rowsWritten: 21 }));
    expect(meter.current(MIDNIGHT + MINUTE)).toMatchObject({ rowsWritten: 21 });
  });

  it('learns from a tick what an earlier start had counted and not stored, and nothing twice', () => {
    const first = new UsageMeter('free', NOON);
    first.addRows(100, 10);
    const stored = first.saved();
    first.addRows(50, 5);
    const carried = first.carried();
    first.adopt(carried, NOON);
    expect(first.saved()).toMatchObject({ rowsRead: 150, rowsWritten: 15 });

    const second = new UsageMeter('free', NOON + MINUTE);
    second.addRows(7, 0);
    second.restore(stored);
    for (let n = 0; n < 2; n++) second.adopt(carried, NOON + MINUTE);
    expect(second.saved()).toMatchObject({ rowsRead: 157, rowsWritten: 15 });
    // Another isolate knows less.
    second.adopt({ ...carried, usage: stored }, NOON + MINUTE);
    expect(second.saved()).toMatchObject({ rowsRead: 157, rowsWritten: 15 });
    second.adopt({ by: NOON, usage: used(NOON - DAY, { rowsRead: 9_999 }) }, NOON + MINUTE);
    expect(second.saved()).toMatchObject({ rowsRead: 157 });
  });

  it('counts what views read as the visitors’ too, also of one that fails', () => {
    const meter = new UsageMeter('free', NOON);
    meter.addRows(5, 0);
    const read = (rows: number) => meter.visit(() => meter.addRows(rows, 0), unstored);
    read(3);
    expect(() =>
      meter.visit(() => {
        meter.addRows(4, 0);
        throw new Error('the view failed');
      }, unstored),
    ).toThrow('the view failed');
    expect(meter.saved()).toEqual(used(NOON, { rowsRead: 12, visitorReads: 7 }));
    meter.add({}, MIDNIGHT);
    read(1);
    expect(meter.saved()).toEqual(used(MIDNIGHT, { rowsRead: 1, visitorReads: 1 }));
  });

  it('stores ahead what visitors read: a row for so many, of the day that it is', () => {
    const stored: DayUsage[] = [];
    const ahead = VISITOR_READS_AHEAD;
    const meter = new UsageMeter('free', NOON);
    const read = (rows: number, of = meter) =>
      of.visit(
        () => of.addRows(rows, 0),
        () => stored.push(of.saved()),
      );
    read(0);
    expect(stored).toEqual([]);
    read(3);
    expect(stored).toEqual([used(NOON, { rowsRead: 3, visitorReads: 3 + ahead })]);
    read(ahead);
    expect(stored).toHaveLength(1);
    // What a batch stores does not take it back, and what is known stays exact.
    expect(meter.saved()).toEqual(used(NOON, { rowsRead: 3 + ahead, visitorReads: 3 + ahead }));
    read(1);
    expect(stored.at(-1)).toMatchObject({ visitorReads: 4 + 2 * ahead });
    expect([meter.current(NOON), meter.carried().usage]).toEqual(
      [0, 1].map(() => used(NOON, { rowsRead: 4 + ahead, visitorReads: 4 + ahead })),
    );
    const next = new UsageMeter('free', NOON);
    next.restore(stored.at(-1));
    next.adopt(meter.carried(), NOON);
    read(1, next);
    expect(stored.at(-1)).toMatchObject({ visitorReads: 5 + 3 * ahead });
    next.add({}, MIDNIGHT);
    expect(next.saved()).toEqual(used(MIDNIGHT));
    read(2, next);
    expect(stored.at(-1)).toEqual(used(MIDNIGHT, { rowsRead: 2, visitorReads: 2 + ahead }));
    expect(stored).toHaveLength(4);
    read(9_999, new UsageMeter('paid', NOON));
    expect(stored).toHaveLength(4);
  });

  it('that could not store what visitors read shows the view, and tries again', () => {
    const meter = new UsageMeter('free', NOON);
    const view = () => {
      meter.addRows(2, 0);
      return 'shown';
    };
    expect(meter.visit(view, unstored)).toBe('shown');
    expect(meter.saved()).toMatchObject({ visitorReads: 2 });
    const stored: DayUsage[] = [];
    expect(meter.visit(view, () => stored.push(meter.saved()))).toBe('shown');
    expect(stored).toEqual([used(NOON, { rowsRead: 4, visitorReads: 4 + VISITOR_READS_AHEAD })]);
  });

  it('goes on from what an older version stored, which did not count the visitors', () => {
    const { visitorReads: _, ...older } = used(NOON, { rowsRead: 100 });
    const meter = new UsageMeter('free', NOON);
    meter.visit(() => meter.addRows(2, 0), unstored);
    meter.restore(older as DayUsage);
    expect(meter.saved()).toEqual(used(NOON, { rowsRead: 102, visitorReads: 2 }));
    meter.adopt({ by: NOON - 1, usage: older as DayUsage }, NOON);
    expect(meter.saved()).toMatchObject({ visitorReads: 2 });
  });

  it.each<[number, 'free' | 'paid', boolean]>([
    [999_999, 'free', false],
    [1_000_000, 'free', true],
    [9e9, 'paid', false],
  ])('of %i rows, visitors of the %s plan have used up their part: %s', (visitorReads, plan, isSpent) => {
    expect(isSpentByVisitors(used(NOON, { visitorReads }), plan)).toBe(isSpent);
  });
});
