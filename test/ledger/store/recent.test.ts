/** The counts of the chart, which are kept in the state: the same as counting rows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChart } from '../../../src/ledger/read/views.ts';
import { type RecentCounts, STEP_MS, withRecent } from '../../../src/ledger/store/recent.ts';
import { readState } from '../../../src/ledger/store/state.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON, onAction, type Scene } from '../scene.ts';

describe('counts by steps', () => {
  it.each<[string, RecentCounts, readonly number[], readonly number[], RecentCounts]>([
    ['nothing', {}, [], [], {}],
    ['an entry at the first and at the last ms of a step', {}, [STEP_MS, 2 * STEP_MS - 1], [], { 1: [2, 0] }],
    ['entries and alerts beside those from before', { 3: [1, 1] }, [3 * STEP_MS], [3 * STEP_MS], { 3: [2, 2] }],
    ['times before 1970', { 0: [1, 0] }, [-1], [], { '-1': [1, 0], 0: [1, 0] }],
  ])('%s', (_, before, entries, alerts, after) => {
    expect(withRecent(before, entries, alerts)).toEqual(after);
  });

  it('keep the newest hundred steps, whatever the order', () => {
    const times = Array.from({ length: 300 }, (_, i) => ((i * 7) % 300) * STEP_MS);
    const kept = times.reduce<RecentCounts>((counts, at) => withRecent(counts, [at], []), {});
    expect(Object.keys(kept).map(Number)).toEqual(Array.from({ length: 100 }, (_, i) => 200 + i));
  });
});

/** The entries that opened alerts. */
const OPENING = 'alerts JOIN entries ON entries.seq = first_seq';

/** What the chart showed when it counted rows. */
function countedRows({ store }: Scene, now: number): { entries: number[]; alerts: number[] } {
  const from = (Math.floor(now / STEP_MS) - 47) * STEP_MS;
  const count = (column: string, table: string): number[] =>
    Array.from({ length: 48 }, (_, step) => {
      const [first, end] = [from + step * STEP_MS, from + (step + 1) * STEP_MS];
      const sql = `SELECT count(*) AS n FROM ${table} WHERE ${column} >= ? AND ${column} < ?`;
      return store.all<{ n: number }>(sql, first, end)[0]?.n ?? 0;
    });
  return { entries: count('occurred_at', 'entries'), alerts: count('occurred_at', OPENING) };
}

describe('the chart', () => {
  it('is what counting rows gives: over midnight, a restart, late entries, a rewind, an eviction', () => {
    const deletion = fc.record({ ago: fc.integer({ min: 0, max: 30 * 60 }), actor: fc.integer({ min: 0, max: 3 }) });
    const step = fc.record({
      page: fc.array(deletion, { maxLength: 8 }),
      minutes: fc.integer({ min: 1, max: 400 }),
      afterwards: fc.constantFrom('nothing', 'restart', 'again'),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const rule = onAction('vm.deleted', {
          tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: HOUR, dedupReopenMs: null },
        });
        let scene = createScene([rule], { retentionMs: 2 * DAY });
        let now = NOON;
        steps.forEach(({ page, minutes, afterwards }, n) => {
          now += minutes * MINUTE;
          const entries = page.map(({ ago, actor }, i) =>
            entry(`${n}-${i}`, now - ago * MINUTE, { action: 'vm.deleted', actor: { id: `a${actor}` } }),
          );
          scene.record(entries, { now });
          // Read again, as after a rewind.
          if (afterwards === 'again') scene.record(entries, { now });
          if (afterwards === 'restart') scene = scene.reopened();
          expect(readChart(scene.store, now)).toMatchObject(countedRows(scene, now));
        });
        scene.store.close();
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it('keeps what was evicted, and is empty before the first entry', () => {
    const scene = createScene();
    expect(readChart(scene.store, NOON).entries).toEqual(Array(48).fill(0));
    scene.record([entry('a', NOON)]);
    scene.store.run('DELETE FROM entries');
    expect(readChart(scene.store, NOON).entries.at(-1)).toBe(1);
    expect(readState(scene.store)?.recent).toEqual({ [NOON / STEP_MS]: [1, 0] });
  });
});
