/**
 * Compares the time of an entry with named times, in their time zones.
 *
 * Contract: without a time, an entry is neither in any range nor outside. Never throws. Pure.
 */
import { isActive, localTimeText } from '../../text/time-ranges.ts';
import type { Test } from '../rule.ts';

export type DuringTest = Extract<Test, { readonly op: 'during' }>;

/** A day before the latest and after the earliest date of JavaScript: what clocks show is a date too. */
const DATES_MS = 8.64e15 - 86_400_000;
/** Time zones that are shown. */
const ZONES_MAX = 3;

/** Whether an entry of this time satisfies the comparison. */
export function isDuring({ outside, ranges }: DuringTest, at: number | null): boolean {
  return isDate(at) && isActive(ranges, at) !== outside;
}

/** The time as clocks show it in the time zones of the ranges; null without one. */
export function localTimes({ ranges }: DuringTest, at: number | null): string | null {
  if (!isDate(at)) return null;
  const zones = [...new Set(ranges.map(({ timeZone }) => timeZone))].slice(0, ZONES_MAX);
  return zones.map((zone) => localTimeText(zone, at)).join(', ');
}

function isDate(at: number | null): at is number {
  return at !== null && Math.abs(at) < DATES_MS;
}
