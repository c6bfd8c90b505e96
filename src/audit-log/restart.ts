/**
 * A scan whose cursor is lost: the upstream rejected or repeated it. And one whose filters the upstream refuses.
 *
 * Contract: pure. What is recorded or staged stays so, and a scan goes on as near as possible to where it was. It leaves out
 * only what is certainly recorded or staged, whatever the order of the log is and whatever single entries claim.
 */
import type { ResumeCursor, Scan } from './checkpoint.ts';
import { emptyEndAgain, isAtEmptyEnd } from './empty-end.ts';
import { PAGE_LIMIT_MAX } from './entry.ts';
import { medianOf } from './order.ts';
import { type ActiveScan, boundsOf, exactlyFollowedTo, followedTo, freshQuery, queryFrom, upgraded } from './scan.ts';

/** The scan without its cursor, which the upstream rejected or repeated: it goes on with another query or cursor. */
export function withoutCursor(stored: ActiveScan, allowedLatenessMs: number): ActiveScan {
  const checkpoint = upgraded(stored);
  const { scan, unfilteredUpstream } = checkpoint;
  const resumeCursor = resumeCursorWithout(checkpoint.resumeCursor, scan.cursor);
  const { from, min, max, goesOn } = stillToRead(checkpoint, allowedLatenessMs);
  return {
    ...checkpoint,
    resumeCursor,
    scan: {
      ...scan,
      from,
      ...freshQuery(resumeCursor?.query ?? queryFrom(min, max, unfilteredUpstream)),
      emptyEnd: emptyEndAgain(scan),
      ...(resumeCursor === null ? { goesOn } : { filtered: false }),
      cursor: resumeCursor?.cursor ?? null,
      limit: PAGE_LIMIT_MAX,
    },
  };
}

/** The same, where the cursor was made in an earlier tick: upstreams whose cursors never last that long are noticed. */
export function withoutOldCursor(checkpoint: ActiveScan, allowedLatenessMs: number): ActiveScan {
  const { cursorsLost, frontier, frontierThen } = checkpoint.scan;
  const again = withoutCursor(checkpoint, allowedLatenessMs);
  const hasProgress = frontier !== frontierThen || asksForLess(again, checkpoint) || isAtEmptyEnd(checkpoint.scan);
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

/** What the scan has to read, and the query that it reads next. */
interface StillToRead {
  readonly from: number;
  readonly min: number;
  readonly max: number;
  readonly goesOn: Scan['goesOn'];
}

/**
 * From where the scan has to read, and which part of that it reads next.
 *
 * - Oldest first, it goes on from what it has certainly followed. Where only exact order says how far that is, something may
 *   still be listed behind it that belongs before. So first it asks again for what it has followed, which is a page or little
 *   more, to its end, and then goes on from there.
 * - Where it may have come to its end, it asks for the same again.
 * - In any other order, or where that brings nothing, only a query that has come to its end is certain. So it reads in
 *   parts, of any size: first what is later than the last entries it read, and then (tail.ts) what is earlier. What was
 *   created after the scan's beginning is left to the next one.
 */
function stillToRead(checkpoint: ActiveScan, allowedLatenessMs: number): StillToRead {
  const { from, query, direction, began, head, filtered, last, cursorsLost, goesOn } = checkpoint.scan;
  const { min, max } = boundsOf(query);
  const again = { from, min: Math.max(from, min), max, goesOn };
  if (!filtered || began === null || head === null || isAtEmptyEnd(checkpoint.scan)) return again;
  if (direction === 'forward') {
    const noFarther = began - allowedLatenessMs;
    const certain = Math.min(followedTo(checkpoint, allowedLatenessMs) ?? min, noFarther);
    const exact = Math.min(exactlyFollowedTo(checkpoint) ?? min, noFarther);
    // A small certain step would be asked for again and again, where the other way costs as much once.
    if (certain > min && 2 * (certain - min) >= exact - min) {
      return { from: from === min ? certain : from, min: certain, max, goesOn };
    }
    // What is earlier than a part is read later, to its end.
    if (exact > min && from < min) return { from, min: exact, max, goesOn };
    // Where all that was read last is of the instant where the part ends, half of it.
    const at = exact < max ? exact : Math.floor((min + max) / 2);
    const to = goesOn === null ? finite(max) : goesOn.to;
    if (exact > min && at > min && at < max) return { from, min, max: at, goesOn: { at, to } };
  }
  if (direction !== 'backward' && cursorsLost === 0) return again;
  const end = Math.min(max, head);
  const middle = medianOf(last.filter((time) => time > min && time < end));
  return middle === null ? { ...again, max: end } : { from, min: middle, max: end, goesOn };
}

function finite(time: number): number | null {
  return Number.isFinite(time) ? time : null;
}

/** The scan without `sort` and filter, which the upstream refuses; null if it has none already. */
export function withoutFilters(checkpoint: ActiveScan): ActiveScan | null {
  if (checkpoint.unfilteredUpstream) return null;
  return { ...checkpoint, unfilteredUpstream: true, scan: { ...checkpoint.scan, query: {}, filtered: false } };
}
