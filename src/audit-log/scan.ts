/** How a scan's query begins. Pure. */
import type { Checkpoint, Scan, ScanQuery } from './checkpoint.ts';
import { PAGE_LIMIT_MAX } from './entry.ts';
import { isOrderly, levelOf } from './order.ts';

/** A checkpoint with a scan in progress. */
export type ActiveScan = Checkpoint & { readonly scan: Scan };

/** The checkpoint with what its scan lacks where an earlier version stored it. */
export function upgraded(checkpoint: ActiveScan): ActiveScan {
  return { ...checkpoint, scan: { ...ABSENT, ...checkpoint.scan } };
}

const ABSENT = { endedEarly: false, emptyEnd: null, goesOn: null } as const;

/** The parts of a scan that belong to its present query, before its first page. */
export function freshQuery(query: ScanQuery) {
  return {
    query,
    steps: 0,
    brentCheckpoint: null,
    direction: 'unknown' as const,
    sawAscending: false,
    sawDescending: false,
    stepsUp: 0,
    stepsDown: 0,
    filtered: isFiltered(query),
    reached: null,
    first: [],
    last: [],
    emptyEnd: null,
    goesOn: null,
    followed: 0,
    old: 0,
    resumeCursorAt: 0,
  };
}

/** A query for everything created from `from` to `to` (infinite: to the end), oldest first, where the upstream can. */
export function queryFrom(from: number, to: number, unfilteredUpstream: boolean): ScanQuery {
  if (unfilteredUpstream) return {};
  const max = to === Number.POSITIVE_INFINITY ? {} : { created_at_max: new Date(to).toISOString() };
  return { sort: 'created_at:asc', created_at_min: new Date(from).toISOString(), ...max };
}

export function isFiltered(query: ScanQuery): boolean {
  return query.created_at_min !== undefined;
}

/** From and to which time a query asks for entries. */
export function boundsOf({ created_at_min: min, created_at_max: max }: ScanQuery) {
  return {
    min: min === undefined ? Number.NEGATIVE_INFINITY : Date.parse(min),
    max: max === undefined ? Number.POSITIVE_INFINITY : Date.parse(max),
  };
}

/** From where the scan has to read: the watermark, or where the gap begins if the scan reads it too. */
export function readsFrom({ watermark, gap, scan }: ActiveScan): number {
  return scan.deep && gap !== null ? Math.min(watermark, gap.from) : watermark;
}

/**
 * A newest-first scan that has come to an entry from before this has read everything that it has to. Where entries are listed
 * as they arrive, one from before the watermark arrived before the last scan did, and with it what is listed behind it. At
 * the beginning of all reading there was no scan, and the entry may have been late.
 */
export function lowerBound(checkpoint: ActiveScan, allowedLatenessMs: number): number {
  const from = readsFrom(checkpoint);
  return from <= checkpoint.floor ? from - allowedLatenessMs : from;
}

/** Whether the order of pages is only a rough one: entries of this scan, or of one not long before, were out of order. */
export function isRough({ roughUntil, scan }: ActiveScan): boolean {
  return roughUntil !== null && (scan.began ?? 0) < roughUntil;
}

/** The direction of a log in rough order, once a query has come farther than by the allowed lateness; null before. */
export function trendOf(
  { first, last, stepsUp, stepsDown, followed }: Scan,
  allowedLatenessMs: number,
): 'forward' | 'backward' | null {
  const [start, level] = [levelOf(first), levelOf(last)];
  if (start === null || level === null) return null;
  if (level > start + allowedLatenessMs) return isOrderly(stepsDown, followed) ? 'forward' : null;
  return level < start - allowedLatenessMs && isOrderly(stepsUp, followed) ? 'backward' : null;
}

/**
 * The order of the log, where this query has certainly shown it: it has come farther than by the allowed lateness, or has
 * followed a whole page in exact order. Null where it has not: a few entries may be in order by chance, or claim any time.
 */
export function shownOrder(checkpoint: ActiveScan, allowedLatenessMs: number): 'forward' | 'backward' | null {
  return trendOf(checkpoint.scan, allowedLatenessMs) ?? exactOrder(checkpoint);
}

function exactOrder(checkpoint: ActiveScan): 'forward' | 'backward' | null {
  const { scan } = checkpoint;
  return isRough(checkpoint) || scan.followed < PAGE_LIMIT_MAX ? null : trendOf(scan, 0);
}

/**
 * No entry that an oldest-first query still brings occurred before this, unless it is too late; null where its pages have not
 * shown that order. The earliest of its last entries counts, since several may claim a later time. They and what follows may
 * each lie a lateness away from where they belong, though all was in exact order so far.
 */
export function unreadFrom(checkpoint: ActiveScan, allowedLatenessMs: number): number | null {
  const { last } = checkpoint.scan;
  if (shownOrder(checkpoint, allowedLatenessMs) !== 'forward') return null;
  return Math.min(...last) - 2 * allowedLatenessMs;
}

/**
 * How far the query has certainly been followed: of an oldest-first one everything earlier, of a newest-first one everything
 * later. The farthest of its last entries counts, since several may claim another time. They and what follows may each lie a
 * lateness away from where they belong, though all was in exact order so far. Null where the pages show no order.
 */
export function followedTo(checkpoint: ActiveScan, allowedLatenessMs: number): number | null {
  const { direction, last } = checkpoint.scan;
  if (levelOf(last) === null || shownOrder(checkpoint, allowedLatenessMs) !== direction) return null;
  const aside = 2 * allowedLatenessMs;
  return direction === 'backward' ? Math.max(...last) + aside : Math.min(...last) - aside;
}

/** The same of a query that has followed a whole page in exact order, with no lateness left; null where it has not. */
export function exactlyFollowedTo(checkpoint: ActiveScan): number | null {
  const { direction, last } = checkpoint.scan;
  return exactOrder(checkpoint) === direction ? levelOf(last) : null;
}
