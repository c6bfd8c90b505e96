/**
 * The order that pages show, exactly or roughly.
 *
 * Contract: pure. A log in rough order lists entries where they arrived, or a little away from where they belong: by no more
 * than the allowed lateness, except for a few of them. A log in no order is never taken for one in rough order: of its steps,
 * nearly half go far the wrong way.
 */

import { PAGE_LIMIT_MIN } from './entry.ts';

export type Order = 'ascending' | 'descending' | 'flat' | 'mixed';

/** The exact order of times; `flat`: fewer than two different ones. */
export function orderOf(times: readonly number[]): Order {
  const ascends = stepsUp(null, times, 0) > 0;
  const descends = stepsDown(null, times, 0) > 0;
  if (ascends && descends) return 'mixed';
  if (ascends) return 'ascending';
  return descends ? 'descending' : 'flat';
}

/** So many entries show an order. Fewer may be in order by chance, and one of fewer has too much weight. */
export const ORDER_OF = PAGE_LIMIT_MIN;

/** Where these entries lie, whatever a few of them claim: their median; null where they are too few. */
export function levelOf(times: readonly number[]): number | null {
  return times.length < ORDER_OF ? null : medianOf(times);
}

/** The median of any number of times; null where there are none. */
export function medianOf(times: readonly number[]): number | null {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? null;
}

/** How many times are later than the one before by more than `leastMs`. `before`: the time before the first; null: none. */
export function stepsUp(before: number | null, times: readonly number[], leastMs: number): number {
  return times.filter((time, i) => time - (times[i - 1] ?? before ?? time) > leastMs).length;
}

/** As `stepsUp`: how many are earlier. */
export function stepsDown(before: number | null, times: readonly number[], leastMs: number): number {
  return times.filter((time, i) => (times[i - 1] ?? before ?? time) - time > leastMs).length;
}

/** Up to one wrong step in so many is taken for an entry with a wrong date. */
const STEPS_PER_WRONG = 10;

/** Whether so few of the steps between `entries` went the wrong way that the others show an order. */
export function isOrderly(wrongSteps: number, entries: number): boolean {
  return STEPS_PER_WRONG * wrongSteps <= entries;
}
