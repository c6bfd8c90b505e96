/**
 * A scan whose cursor is lost: the upstream rejected or repeated it. And one whose filters the upstream refuses.
 *
 * Contract: pure. What is recorded or staged stays so, and a scan goes on as near as possible to where it was. It leaves out
 * only what is certainly recorded or staged, whatever the order of the log is and whatever single entries claim.
 */
import type { ResumeCursor } from './checkpoint.ts';
import { PAGE_LIMIT_MAX } from './entry.ts';
import { medianOf } from './order.ts';
import { type ActiveScan, boundsOf, exactlyFollowedTo, followedTo, freshQuery, queryFrom } from './scan.ts';

/** The scan without its cursor, which the upstream rejected or repeated: it goes on with another query or cursor. */
export function withoutCursor(checkpoint: ActiveScan, allowedLatenessMs: number): ActiveScan {
  const { scan, unfilteredUpstream } = checkpoint;
  const resumeCursor = resumeCursorWithout(checkpoint.resumeCursor, scan.cursor);
  const { from, min, max } = stillToRead(checkpoint, allowedLatenessMs);
  return {
    ...checkpoint,
    resumeCursor,
    scan: {
      ...scan,
      from,
      ...freshQuery(resumeCursor?.query ?? queryFrom(min, max, unfilteredUpstream)),
      ...(resumeCursor === null ? {} : { filtered: false }),
      cursor: resumeCursor?.cursor ?? null,
      limit: PAGE_LIMIT_MAX,
    },
  };
}

/** The same, where the cursor was made in an earlier tick: upstreams whose cursors never last that long are noticed. */
export function withoutOldCursor(checkpoint: ActiveScan, allowedLatenessMs: number): ActiveScan {
  const { cursorsLost, frontier, frontierThen } = checkpoint.scan;
  const again = withoutCursor(checkpoint, allowedLatenessMs);
  const hasProgress = frontier !== frontierThen || asksForLess(again, checkpoint);
  return { ...again, scan: { ...again.scan, cursorsLost: hasProgress ? 1 : cursorsLost + 1, frontierThen: frontier } };
}

/** Whether the scan's query asks for less than before: it has come farther. */
export function asksForLess(now: ActiveScan, before: ActiveScan): boolean {
  const [here, there] = [boundsOf(now.scan.query), boundsOf(before.scan.query)];
  return here.min > there.min || here.max < there.max;
}

/** What to resume from without a cursor: the resume cursor, or where it is itself the one, the cursor before it. */
function resumeCursorWithout(kept: ResumeCursor | null, cursor: string | null): ResumeCursor | null {
  if (kept === null || kept.cursor !== cursor) return kept;
  return kept.fallback === null ? null : { query: kept.query, cursor: kept.fallback, skip: null, fallback: null };
}

/**
 * From where the scan has to read, and which part of that it reads next.
 *
 * - Oldest first, it goes on from what it has certainly followed. Where that is all that its query asked for, though it had
 *   a whole page, it goes on from what exact order leaves, since the next cursor may not last any longer. The rest is read at
 *   the end, and then exact order is trusted: else a log whose cursors never last would be read for ever.
 * - In any other order, or where that brings nothing, only a query that has come to its end is certain. So it reads in
 *   parts, of any size: first what is later than the last entries it read, and then (tail.ts) what is earlier. What was
 *   created after the scan's beginning is left to the next one.
 */
function stillToRead(
  checkpoint: ActiveScan,
  allowedLatenessMs: number,
): { readonly from: number; readonly min: number; readonly max: number } {
  const { from, query, direction, began, head, filtered, last, cursorsLost } = checkpoint.scan;
  const { min, max } = boundsOf(query);
  const again = { from, min: Math.max(from, min), max };
  if (!filtered || began === null || head === null) return again;
  if (direction === 'forward') {
    const certain = followedTo(checkpoint, allowedLatenessMs);
    const isCertain = certain !== null && certain > min;
    const followed = isCertain ? certain : exactlyFollowedTo(checkpoint);
    const next = Math.min(followed ?? min, began - allowedLatenessMs);
    const isRest = max !== Number.POSITIVE_INFINITY;
    if (next > min) return { from: from === min && (isCertain || isRest) ? next : from, min: next, max };
  }
  if (direction !== 'backward' && cursorsLost === 0) return again;
  const end = Math.min(max, head);
  const middle = medianOf(last.filter((time) => time > min && time < end));
  return middle === null ? { ...again, max: end } : { from, min: middle, max: end };
}

/** The scan without `sort` and filter, which the upstream refuses; null if it has none already. */
export function withoutFilters(checkpoint: ActiveScan): ActiveScan | null {
  if (checkpoint.unfilteredUpstream) return null;
  return { ...checkpoint, unfilteredUpstream: true, scan: { ...checkpoint.scan, query: {}, filtered: false } };
}
