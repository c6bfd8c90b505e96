/**
 * How many entries and alerts there were lately, for the chart: counted in the state, which is written with each batch
 * anyway, so that nobody has to count rows.
 *
 * Contract: pure. By event time, in steps of half an hour; the newest `STEPS_KEPT` are kept, whatever the clock says. What is
 * evicted stays counted.
 */

/** Steps begin at whole half hours. */
export const STEP_MS = 30 * 60_000;
/** A day and more: some may be ahead of the clock that a page is shown by. */
const STEPS_KEPT = 100;

/** By the number of the step since the epoch. */
export type RecentCounts = Readonly<Record<number, readonly [entries: number, alerts: number]>>;

/** With these as well. Times in ms since the epoch: of entries, and of the matches that opened alerts. */
export function withRecent(recent: RecentCounts, entries: readonly number[], alerts: readonly number[]): RecentCounts {
  const counts = new Map(Object.entries(recent).map(([step, counted]) => [Number(step), counted]));
  const add = (at: number, entry: 0 | 1): void => {
    const step = Math.floor(at / STEP_MS);
    const [known, alerted] = counts.get(step) ?? [0, 0];
    counts.set(step, [known + entry, alerted + 1 - entry]);
  };
  for (const at of entries) add(at, 1);
  for (const at of alerts) add(at, 0);
  return Object.fromEntries([...counts].sort(([a], [b]) => a - b).slice(-STEPS_KEPT));
}
