/**
 * A scan whose cursor is lost: the upstream rejected or repeated it. And one whose filters the upstream refuses.
 *
 * Contract: pure. What is recorded or staged stays so, and a scan goes on as near as possible to where it was.
 */
import type { ResumeCursor } from './checkpoint.ts';
import { PAGE_LIMIT_MAX } from './entry.ts';
import { type ActiveScan, exactlyFollowedTo, followedTo, freshQuery, minimumOf, queryFrom, readsFrom } from './scan.ts';

/** The scan without its cursor, which the upstream rejected or repeated: it goes on with another query or cursor. */
export function withoutCursor(checkpoint: ActiveScan, allowedLatenessMs: number): ActiveScan {
  const { scan } = checkpoint;
  const resumeCursor = resumeCursorWithout(checkpoint.resumeCursor, scan.cursor);
  const { from, to } = stillToRead(checkpoint, allowedLatenessMs);
  const query = resumeCursor?.query ?? queryFrom(from, to, checkpoint.unfilteredUpstream);
  return {
    ...checkpoint,
    resumeCursor,
    scan: {
      ...scan,
      ...freshQuery(query),
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
  const lost = frontier === frontierThen ? cursorsLost + 1 : 1;
  return { ...again, scan: { ...again.scan, cursorsLost: lost, frontierThen: frontier } };
}

/** What to resume from without a cursor: the resume cursor, or where it is itself the one, the cursor before it. */
function resumeCursorWithout(kept: ResumeCursor | null, cursor: string | null): ResumeCursor | null {
  if (kept === null || kept.cursor !== cursor) return kept;
  return kept.fallback === null ? null : { query: kept.query, cursor: kept.fallback, skip: null, fallback: null };
}

/**
 * Between which times the scan has still to read: what it has not certainly followed. Where that is all that this query
 * asked for, though it had a whole page, it is what exact order leaves, since the next cursor may not last any longer.
 * An entry that claims to be later than this may be missed where it is listed by its arrival.
 */
function stillToRead(
  checkpoint: ActiveScan,
  allowedLatenessMs: number,
): { readonly from: number; readonly to: number | null } {
  const { query, direction, began, filtered, first, followed } = checkpoint.scan;
  const from = Math.max(readsFrom(checkpoint), minimumOf(query));
  const to = query.created_at_max === undefined ? null : Date.parse(query.created_at_max);
  const certain = followedTo(checkpoint, allowedLatenessMs);
  const exact = followed < PAGE_LIMIT_MAX ? null : exactlyFollowedTo(checkpoint);
  if (direction === 'backward') {
    const hasProgress = certain !== null && certain < (to ?? first[0] ?? certain);
    return { from, to: (hasProgress ? certain : exact) ?? to };
  }
  if (!filtered || began === null) return { from, to };
  const recorded = (certain !== null && certain > from ? certain : exact) ?? from;
  return { from: Math.max(from, Math.min(recorded, began - allowedLatenessMs)), to };
}

/** The scan without `sort` and filter, which the upstream refuses; null if it has none already. */
export function withoutFilters(checkpoint: ActiveScan): ActiveScan | null {
  if (checkpoint.unfilteredUpstream) return null;
  return { ...checkpoint, unfilteredUpstream: true, scan: { ...checkpoint.scan, query: {}, filtered: false } };
}
