/**
 * How late entries become visible, measured as they are recorded.
 *
 * Contract: pure. An entry that was not shown by the last complete scan, though created before that scan began, is late by
 * at least the time between the two, and at most by its age when it was read. An entry from before the watermark is later
 * than the allowed lateness: no scan looks for it any more. By the clocks that date scans (audit-log/clocks.ts).
 */
import type { Checkpoint } from '../../audit-log/checkpoint.ts';
import type { Incoming, SeenLateness } from '../rpc.ts';
import type { HourLateness } from '../store/state.ts';

const HOUR_MS = 60 * 60_000;
/** How long what was seen is shown, and counts. */
export const SEEN_FOR_HOURS = 24;

/** What recorded entries show. */
export interface MeasuredLateness {
  /** The latest of them; null: none was late. */
  readonly latest: SeenLateness | null;
  /** Those that are later than allowed: how many, and the lateness that would have caught them all, ms. */
  readonly beyond: { readonly count: number; readonly atMostMs: number } | null;
}

/** Where reading stood before the entries were recorded. */
interface ReadSoFar extends Pick<Checkpoint, 'watermark' | 'lastBegan'> {
  /** What was created before this has not been read by this ledger, and so is not late. */
  readonly readFrom: number;
  readonly allowedLatenessMs: number;
}

/** Measures entries that are new. `readBatchBy`: by when the upstream had read its log for those that were not staged. */
export function measureLateness(
  entries: readonly Pick<Incoming, 'createdAt' | 'readBy'>[],
  { watermark, lastBegan, readFrom, allowedLatenessMs }: ReadSoFar,
  readBatchBy: number,
): MeasuredLateness {
  let latest: SeenLateness | null = null;
  let count = 0;
  let beyondMs = 0;
  for (const { createdAt, readBy = readBatchBy } of entries) {
    const atMostMs = readBy - createdAt;
    const isBeyond = createdAt < watermark;
    const atLeastMs = Math.min(atMostMs, isBeyond ? allowedLatenessMs : (lastBegan ?? createdAt) - createdAt);
    if (createdAt < readFrom || atLeastMs <= 0) continue;
    latest = later(latest, { atLeastMs, atMostMs });
    // After the allowed lateness was raised, the watermark does not move for a while.
    if (!isBeyond || atMostMs <= allowedLatenessMs) continue;
    count++;
    beyondMs = Math.max(beyondMs, atMostMs);
  }
  return { latest, beyond: count === 0 ? null : { count, atMostMs: beyondMs } };
}

/** The hours with one more measurement, without those that are too old to count. `now`: wall, ms. */
export function withLateness(
  hours: readonly HourLateness[],
  latest: SeenLateness | null,
  now: number,
): readonly HourLateness[] {
  const hour = Math.floor(now / HOUR_MS);
  const kept = hours.filter((each) => isRecent(each, now) && each.hour !== hour);
  const current = later(hours.find((each) => each.hour === hour) ?? null, latest);
  return current === null ? kept : [...kept, { hour, atLeastMs: current.atLeastMs, atMostMs: current.atMostMs }];
}

/** The latest of the last 24 hours; null where no entry was late. */
export function recentLateness(hours: readonly HourLateness[], now: number): SeenLateness | null {
  const all = hours.filter((each) => isRecent(each, now));
  const latest = all.reduce<SeenLateness | null>(later, null);
  return latest === null ? null : { atLeastMs: latest.atLeastMs, atMostMs: latest.atMostMs };
}

function isRecent({ hour }: HourLateness, now: number): boolean {
  return Math.abs(Math.floor(now / HOUR_MS) - hour) < SEEN_FOR_HOURS;
}

function later(a: SeenLateness | null, b: SeenLateness | null): SeenLateness | null {
  if (a === null || b === null) return a ?? b;
  if (a.atLeastMs !== b.atLeastMs) return a.atLeastMs > b.atLeastMs ? a : b;
  return a.atMostMs >= b.atMostMs ? a : b;
}
