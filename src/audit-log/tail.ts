/**
 * The tail: which page to request next, and what a page means for the checkpoint.
 *
 * Contract: pure functions over a `Checkpoint`; the loop that requests and records is in poller/poll.ts. They lose nothing
 * that the upstream shows, however it orders its log:
 *
 * - Sorted and filtered, oldest first: pages are recorded as they come. The scan ends at a null cursor, or when its entries
 *   have come to what is later than both clocks were at the first page, or after one of this tick's own requests.
 * - Newest first (sort and filter ignored): pages are staged from the newest until they have come to what is before the
 *   watermark; then they are recorded oldest first. What the pages of a tick don't reach, where cursors don't last until
 *   the next tick, becomes the gap (gap.ts).
 * - Oldest first (filter ignored): as the first, from a resume cursor before which every entry is older than the allowed
 *   lateness.
 * - Each of them in rough order (order.ts): the same, but an entry may lie a lateness away from where it belongs. So a scan
 *   from the newest ends two latenesses before the watermark.
 *
 * The upstream is not trusted to sort or filter: the order of every page is checked, and from one to the next. Nor is an
 * entry trusted to be of the time that it claims: where a scan is, ten entries show by their median, in an order that their
 * query has certainly shown (`shownOrder`). At the end of a scan the watermark becomes the scan's beginning (the earlier of
 * both clocks: clocks.ts) minus the allowed lateness. No entry's `created_at` moves it. What a lost cursor means is in
 * restart.ts, and where a log ends that has a cursor on every page, in empty-end.ts.
 */
import type { Checkpoint, Scan, ScanQuery } from './checkpoint.ts';
import { earliest, isFuture, latest } from './clocks.ts';
import { emptyEndAfter, isEmpty, isEnd, mayBeEnd } from './empty-end.ts';
import { type ListQuery, PAGE_LIMIT_MAX, PAGE_LIMIT_MIN, type Page } from './entry.ts';
import { gapAfter, isGapDue } from './gap.ts';
import { levelOf, medianOf, ORDER_OF, type Order, orderOf, stepsDown, stepsUp } from './order.ts';
import {
  type ActiveScan,
  boundsOf,
  freshQuery,
  isFiltered,
  isRough,
  lowerBound,
  queryFrom,
  readsFrom,
  shownOrder,
  trendOf,
  upgraded,
} from './scan.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Entries out of order make the order a rough one for so long. */
const ROUGH_FOR_MS = 7 * DAY_MS;

/**
 * How to handle a page, and the checkpoint once that is done. `cursor cycle`: the page's next cursor was followed before,
 * which is as good as a rejected one. `waits`: the page may be the last one of its part, and the next tick asks again.
 */
export interface FollowResult {
  readonly kind: 'more' | 'waits' | 'ended' | 'cursor cycle';
  readonly handle: 'record' | 'stage';
  readonly checkpoint: ActiveScan;
}

/** The checkpoint with its scan, or with a new one if it has none. */
export function startOrResumeScan(checkpoint: Checkpoint): ActiveScan {
  const { scan, resumeCursor, unfilteredUpstream, watermark, gap } = checkpoint;
  if (scan !== null) return upgraded({ ...checkpoint, scan });
  const deep = isGapDue(checkpoint);
  const from = deep && gap !== null ? Math.min(watermark, gap.from) : watermark;
  const query: ScanQuery = resumeCursor?.query ?? queryFrom(from, Number.POSITIVE_INFINITY, unfilteredUpstream);
  return {
    ...checkpoint,
    scan: {
      from,
      ...freshQuery(query),
      // Only a log that ignores the filter has a resume cursor.
      filtered: resumeCursor === null && isFiltered(query),
      cursor: resumeCursor?.cursor ?? null,
      limit: resumeCursor?.skip ?? PAGE_LIMIT_MAX,
      began: null,
      head: null,
      frontier: null,
      staged: false,
      cursorsLost: 0,
      frontierThen: null,
      deep,
      flushing: false,
      endedEarly: false,
      unreadBefore: null,
      suppressBefore: checkpoint.suppressBefore,
    },
  };
}

/** The query for the scan's next page. */
export function nextQuery(scan: Scan): ListQuery {
  return { ...scan.query, limit: scan.limit, ...(scan.cursor === null ? {} : { cursor: scan.cursor }) };
}

/** Follows `page`, the answer to `nextQuery`. `isLast`: it is this tick's last one. */
export function follow(stored: ActiveScan, page: Page, allowedLatenessMs: number, isLast = false): FollowResult {
  const checkpoint = upgraded(stored);
  const { scan, unfilteredUpstream } = checkpoint;
  const times = page.entries.map((entry) => entry.createdAt);
  const order = orderOf(times);
  const waits = mayBeEnd(page, scan, isLast);
  const stepped = {
    ...stepScan(checkpoint, page, times, order, allowedLatenessMs),
    emptyEnd: emptyEndAfter(page, scan, waits),
  };
  const handle = stepped.staged ? 'stage' : 'record';
  const exact = order === 'ascending' ? 'forward' : order === 'descending' ? 'backward' : null;
  const shown = trendOf(stepped, allowedLatenessMs) ?? exact ?? checkpoint.direction;
  const ordered = withOrder({ ...checkpoint, direction: shown, scan: stepped });
  const next = withResumeCursor(ordered, scan, page, times, allowedLatenessMs);

  const end = waits && isEnd(next.scan) ? 'end' : endOf(page, next, allowedLatenessMs);
  if (end !== null) {
    const { from, goesOn } = next.scan;
    const { min } = boundsOf(next.scan.query);
    const endedEarly = next.scan.endedEarly || (end === 'own read' && isRough(next));
    if (goesOn !== null) {
      const query = queryFrom(goesOn.at, goesOn.to ?? Number.POSITIVE_INFINITY, unfilteredUpstream);
      const on = { endedEarly, from: from === min ? goesOn.at : from, ...freshQuery(query), cursor: null };
      return { kind: 'more', handle, checkpoint: { ...next, scan: { ...next.scan, ...on } } };
    }
    // A resume cursor's query is from when it was made, and the log ignores it.
    if (min > from && next.resumeCursor === null) {
      const rest = { endedEarly, ...freshQuery(queryFrom(from, min, unfilteredUpstream)), cursor: null };
      return { kind: 'more', handle, checkpoint: { ...next, scan: { ...next.scan, ...rest } } };
    }
    const skip = skipOf(next.scan);
    const resumeCursor = next.resumeCursor === null ? null : { ...next.resumeCursor, skip };
    const ended = { ...next.scan, endedEarly, cursor: null };
    return { kind: 'ended', handle, checkpoint: { ...next, resumeCursor, scan: ended } };
  }
  if (waits) return { kind: 'waits', handle, checkpoint: next };
  if (page.nextCursor === scan.cursor || page.nextCursor === scan.brentCheckpoint) {
    const part = isEmpty(page) ? withoutNewer(next) : null;
    return part === null
      ? { kind: 'cursor cycle', handle, checkpoint: next }
      : { kind: 'more', handle, checkpoint: part };
  }
  // Brent's algorithm: remember the cursor at each power of two; in a cycle it comes back.
  const isPowerOfTwo = (next.scan.steps & (next.scan.steps - 1)) === 0;
  const remembering = isPowerOfTwo ? { ...next.scan, brentCheckpoint: page.nextCursor } : next.scan;
  return { kind: 'more', handle, checkpoint: { ...next, scan: remembering } };
}

/** `checkpoint` after a page, with what its scan shows of the log's order. */
function withOrder(checkpoint: ActiveScan): ActiveScan {
  const { scan } = checkpoint;
  if (!(scan.sawAscending && scan.sawDescending)) return checkpoint;
  // What the scan has left out, since the order was exact, it reads after all.
  const from = isRough(checkpoint) ? scan.from : readsFrom(checkpoint);
  return { ...checkpoint, roughUntil: (scan.began ?? 0) + ROUGH_FOR_MS, scan: { ...scan, from } };
}

/** `checkpoint` after a page, with the resume cursor that this leaves. `before`: the scan before the page. */
function withResumeCursor(
  checkpoint: ActiveScan,
  before: Scan,
  page: Page,
  times: readonly number[],
  allowedLatenessMs: number,
): ActiveScan {
  if (!movesResumeCursor(checkpoint, before, times, allowedLatenessMs)) return checkpoint;
  const { scan, resumeCursor } = checkpoint;
  // A malformed record has no time: it may be a recent one, and right when it is read again, with its page.
  const again = page.malformed.length > 0;
  const cursor = again ? before.cursor : scan.cursor;
  if (cursor === null || cursor === resumeCursor?.cursor) return checkpoint;
  const fallback = again ? (resumeCursor?.cursor ?? null) : before.cursor;
  return {
    ...checkpoint,
    resumeCursor: { query: scan.query, cursor, skip: null, fallback },
    scan: { ...scan, resumeCursorAt: again ? before.followed : scan.followed },
  };
}

/** The scan after a page, with what the page shows of the log's order. */
function stepScan(
  checkpoint: ActiveScan,
  page: Page,
  times: readonly number[],
  order: Order,
  allowedLatenessMs: number,
): Scan {
  const { scan } = checkpoint;
  const began = scan.began ?? earliest(page.times);
  const first = times[0];
  const past = times.filter((time) => !isFuture(time, page.times));
  const before = scan.last.at(-1) ?? null;
  const { min, max } = boundsOf(scan.query);
  const firstRecent = times.findIndex((time) => time >= began - allowedLatenessMs);
  const oldHere = firstRecent === -1 ? times.length : firstRecent;
  const stepped: Scan = {
    ...scan,
    began,
    head: scan.head ?? latest(page.times),
    limit: PAGE_LIMIT_MAX,
    sawAscending: scan.sawAscending || stepsUp(scan.reached, times, 0) > 0,
    sawDescending: scan.sawDescending || stepsDown(scan.reached, times, 0) > 0,
    stepsUp: scan.stepsUp + stepsUp(before, past, allowedLatenessMs),
    stepsDown: scan.stepsDown + stepsDown(before, past, allowedLatenessMs),
    filtered: scan.filtered && times.every((time) => time >= min && time <= max),
    reached: times.at(-1) ?? scan.reached,
    first: [...scan.first, ...past].slice(0, ORDER_OF),
    last: [...scan.last, ...past].slice(-ORDER_OF),
    followed: scan.followed + times.length,
    old: scan.old === scan.followed ? scan.old + oldHere : scan.old,
    steps: scan.steps + 1,
    cursor: page.nextCursor,
  };
  const direction =
    trendOf(stepped, allowedLatenessMs) ??
    (scan.direction === 'unknown' ? directionOf(order, scan, first, page, checkpoint) : scan.direction);
  const staged = scan.staged || direction === 'backward';
  return { ...stepped, direction, staged, frontier: farther(scan.frontier, medianOf(stepped.last), direction) };
}

/**
 * Whether a page is the last one that its query has to read, and why; null: it is not. `next`: the checkpoint after the page.
 * What one entry claims ends no scan: where they are listed as they arrive, everything else may still be behind it.
 */
function endOf(page: Page, next: ActiveScan, allowedLatenessMs: number): 'end' | 'own read' | null {
  const { direction, sawDescending, head, first, last } = next.scan;
  if (page.nextCursor === null) return 'end';
  if (page.entries.length === 0) return null;
  const shown = shownOrder(next, allowedLatenessMs);
  const level = levelOf(last);
  if (direction === 'backward') {
    const bound = lowerBound(next, allowedLatenessMs);
    if (shown !== 'backward' || level === null) return null;
    // Each entry may lie a lateness away from where it belongs: two before the bound, there is nothing from after it behind.
    const isPast = isRough(next) ? last.every((time) => time < bound - 2 * allowedLatenessMs) : level < bound;
    return isPast ? 'end' : null;
  }
  if (direction !== 'forward' || head === null) return null;
  // Each read may be logged: a log that has a cursor on every page would show the reads of this scan for ever.
  if (page.endsInOwnRead) return (isRough(next) ? shown === 'forward' : !sawDescending) ? 'own read' : null;
  if (isRough(next) || shown !== 'forward' || level === null) return null;
  return (levelOf(first) ?? head) <= head && level > head ? 'end' : null;
}

/** The scan with a query for what was there when it began, which can end; null where new entries come at the end. */
function withoutNewer(checkpoint: ActiveScan): ActiveScan | null {
  const { scan, unfilteredUpstream } = checkpoint;
  const { head, direction, filtered, query } = scan;
  if (head === null || direction !== 'backward' || !filtered) return null;
  const part = freshQuery(queryFrom(boundsOf(query).min, head, unfilteredUpstream));
  return { ...checkpoint, scan: { ...scan, ...part, cursor: null } };
}

/** The checkpoint after the scan has ended and everything it read is recorded. */
export function endScan(checkpoint: Checkpoint, allowedLatenessMs: number): Checkpoint {
  const began = checkpoint.scan?.began ?? null;
  const leftMs = checkpoint.scan?.endedEarly === true ? 2 * allowedLatenessMs : allowedLatenessMs;
  const watermark = began === null ? checkpoint.watermark : Math.max(checkpoint.watermark, began - leftMs);
  // An upstream that refused filters may accept them by now: try again each day.
  const isSameDay = Math.floor(watermark / DAY_MS) === Math.floor(checkpoint.watermark / DAY_MS);
  return {
    ...checkpoint,
    unfilteredUpstream: checkpoint.unfilteredUpstream && isSameDay,
    watermark,
    lastBegan: began ?? checkpoint.lastBegan,
    scan: null,
    suppressBefore: null,
    gap: gapAfter(checkpoint),
  };
}

/** The direction of a query, from the first of its pages that shows one. */
function directionOf(
  order: Order,
  scan: Scan,
  first: number | undefined,
  page: Page,
  checkpoint: Checkpoint,
): Scan['direction'] {
  switch (order) {
    case 'ascending':
      return 'forward';
    case 'descending':
      return 'backward';
    case 'mixed':
      return checkpoint.direction === 'forward' ? 'forward' : 'backward';
    case 'flat': {
      if (scan.reached !== null && first !== undefined && first !== scan.reached) {
        return first > scan.reached ? 'forward' : 'backward';
      }
      // Entries of one instant, or no entries, show nothing. The next page decides; until then, assume the last direction.
      const isOpen = page.entries.length === 0 || page.nextCursor === null || checkpoint.direction === 'forward';
      return isOpen ? 'unknown' : 'backward';
    }
  }
}

function farther(frontier: number | null, at: number | null, direction: Scan['direction']): number | null {
  if (at === null || frontier === null) return at ?? frontier;
  return direction === 'backward' ? Math.min(frontier, at) : Math.max(frontier, at);
}

/**
 * Whether the resume cursor moves to the scan's next cursor: in an unfiltered log, with only old entries before it. Where
 * they lie only about where they belong, an entry from the future at the end of the page lies behind all that is to come. What
 * is to come may be a lateness late, and listed as much too early; what the page ends with, as much too late.
 */
function movesResumeCursor(
  next: ActiveScan,
  before: Scan,
  times: readonly number[],
  allowedLatenessMs: number,
): boolean {
  const { query, filtered, began, sawAscending, sawDescending, old, followed, last, cursor } = next.scan;
  // One part of the log has no end where new entries come, or leaves out what is read later.
  const isPart = query.created_at_max !== undefined || boundsOf(query).min > next.scan.from;
  if (filtered || isPart || cursor === null || cursor === before.cursor) return false;
  // A short page has exactly the old entries behind the resume cursor, which the last scan has followed.
  const isShort = before.limit < PAGE_LIMIT_MAX && times.length === before.limit && sawAscending && !sawDescending;
  const isForward = shownOrder(next, allowedLatenessMs) === 'forward';
  if (!isRough(next)) return (isForward || isShort) && old === followed;
  const isOld = (time: number): boolean => began !== null && time < began - 3 * allowedLatenessMs;
  const level = levelOf(last);
  return isForward && level !== null && isOld(level) && times.length > 0 && times.slice(-ORDER_OF).every(isOld);
}

/**
 * There are cursors only at page boundaries. If the entries after the resume cursor no longer fit one page, the next scan
 * first requests exactly the old ones among them, and so gets a cursor behind them.
 */
function skipOf(scan: Scan): number | null {
  const behind = scan.followed - scan.resumeCursorAt;
  const old = scan.old - scan.resumeCursorAt;
  return behind > PAGE_LIMIT_MAX && old >= PAGE_LIMIT_MIN ? Math.min(PAGE_LIMIT_MAX, old) : null;
}
