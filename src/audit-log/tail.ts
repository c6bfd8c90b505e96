/**
 * The tail: which page to request next, and what a page means for the checkpoint.
 *
 * Contract: pure functions over a `Checkpoint`; the loop that requests and records is in poller/poll.ts. They lose nothing
 * that the upstream shows, however it orders its log:
 *
 * - Sorted and filtered, oldest first: pages are recorded as they come. The scan ends at a null cursor, or after a page
 *   whose last entry is later than both clocks were at the first page, or is one of this tick's own requests. A page that
 *   ends in the future of its own answer doesn't end the scan: it has entries with wrong dates, and there may be others
 *   behind them.
 * - Newest first (sort and filter ignored): pages are staged from the newest until a descending page ends before the
 *   watermark; then they are recorded oldest first. What the pages of a tick don't reach, where cursors don't last until
 *   the next tick, becomes the gap (gap.ts).
 * - Oldest first (filter ignored): as the first, from a resume cursor before which every entry is older than the allowed
 *   lateness.
 * - Each of them in rough order (order.ts): the same, but an entry may lie a lateness away from where it belongs. So a scan
 *   from the newest ends a lateness before the watermark.
 *
 * The upstream is not trusted to sort or filter: the order of every page is checked. At the end of a scan the watermark
 * becomes the scan's beginning (the earlier of both clocks: clocks.ts) minus the allowed lateness. No entry's `created_at`
 * moves it. What a lost cursor means is in restart.ts.
 */
import type { Checkpoint, ResumeCursor, Scan, ScanQuery } from './checkpoint.ts';
import { earliest, isFuture, latest } from './clocks.ts';
import { type ListQuery, PAGE_LIMIT_MAX, PAGE_LIMIT_MIN, type Page } from './entry.ts';
import { gapAfter, isGapDue } from './gap.ts';
import { levelOf, ORDER_OF, type Order, orderOf, stepsDown, stepsUp } from './order.ts';
import { type ActiveScan, freshQuery, isFiltered, isRough, lowerBound, minimumOf, queryFrom, trendOf } from './scan.ts';

const DAY_MS = 24 * 60 * 60_000;
/** A page out of order makes the order a rough one for so long. */
const ROUGH_FOR_MS = 7 * DAY_MS;

/**
 * How to handle a page, and the checkpoint once that is done. `cursor cycle`: the page's next cursor was followed before,
 * which is as good as a rejected one.
 */
export interface FollowResult {
  readonly kind: 'more' | 'ended' | 'cursor cycle';
  readonly handle: 'record' | 'stage';
  readonly checkpoint: ActiveScan;
}

/** The checkpoint with its scan, or with a new one if it has none. */
export function startOrResumeScan(checkpoint: Checkpoint): ActiveScan {
  const { scan, resumeCursor, unfilteredUpstream, watermark, gap } = checkpoint;
  if (scan !== null) return { ...checkpoint, scan };
  const deep = isGapDue(checkpoint);
  const from = deep && gap !== null ? Math.min(watermark, gap.from) : watermark;
  const query: ScanQuery = resumeCursor?.query ?? queryFrom(from, null, unfilteredUpstream);
  return {
    ...checkpoint,
    scan: {
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
      unreadBefore: null,
      suppressBefore: checkpoint.suppressBefore,
    },
  };
}

/** The query for the scan's next page. */
export function nextQuery(scan: Scan): ListQuery {
  return { ...scan.query, limit: scan.limit, ...(scan.cursor === null ? {} : { cursor: scan.cursor }) };
}

/** Follows `page`, the answer to `nextQuery`. */
export function follow(checkpoint: ActiveScan, page: Page, allowedLatenessMs: number): FollowResult {
  const { scan } = checkpoint;
  const times = page.entries.map((entry) => entry.createdAt);
  const order = orderOf(times);
  const stepped = stepScan(checkpoint, page, times, order, allowedLatenessMs);
  const handle = stepped.staged ? 'stage' : 'record';
  const roughUntil = isMixed(scan, order, times[0]) ? (stepped.began ?? 0) + ROUGH_FOR_MS : checkpoint.roughUntil;
  const exact = order === 'ascending' ? 'forward' : order === 'descending' ? 'backward' : null;
  const shown = trendOf(stepped, allowedLatenessMs) ?? exact ?? checkpoint.direction;
  const at: ActiveScan = { ...checkpoint, direction: shown, roughUntil, scan: stepped };

  const moves = movesResumeCursor(at, scan.cursor, allowedLatenessMs);
  // A malformed record has no time: it may be a recent one, and right when it is read again, with its page.
  const again = page.malformed.length > 0;
  const resumesAt = again ? scan.cursor : stepped.cursor;
  const isNew = moves && resumesAt !== null && resumesAt !== checkpoint.resumeCursor?.cursor;
  const moved = isNew ? { ...stepped, resumeCursorAt: again ? scan.followed : stepped.followed } : stepped;
  const fallback = again ? (checkpoint.resumeCursor?.cursor ?? null) : scan.cursor;
  const resumeCursor: ResumeCursor | null = isNew
    ? { query: moved.query, cursor: resumesAt, skip: null, fallback }
    : checkpoint.resumeCursor;
  const next: ActiveScan = { ...at, resumeCursor, scan: moved };

  if (isLastPage(page, times, next, order, allowedLatenessMs)) {
    const ended = {
      ...next,
      resumeCursor: resumeCursor === null ? null : { ...resumeCursor, skip: skipOf(moved) },
      scan: { ...moved, cursor: null },
    };
    return { kind: 'ended', handle, checkpoint: ended };
  }
  if (page.nextCursor === scan.cursor || page.nextCursor === scan.brentCheckpoint) {
    return { kind: 'cursor cycle', handle, checkpoint: next };
  }
  // Brent's algorithm: remember the cursor at each power of two; in a cycle it comes back.
  const isPowerOfTwo = (moved.steps & (moved.steps - 1)) === 0;
  const remembering = isPowerOfTwo ? { ...moved, brentCheckpoint: page.nextCursor } : moved;
  return { kind: 'more', handle, checkpoint: { ...next, scan: remembering } };
}

/** Whether a page, or the step to it from the one before, goes against the order shown so far. `scan`: before the page. */
function isMixed({ reached, direction, sawDescending }: Scan, order: Order, first: number | undefined): boolean {
  if (order === 'mixed') return true;
  const isUp = order === 'ascending' || (reached !== null && first !== undefined && first > reached);
  const isDown = order === 'descending' || (reached !== null && first !== undefined && first < reached);
  return (isUp && (isDown || sawDescending)) || (isDown && direction === 'forward');
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
  const goesOn = scan.reached === null || first === undefined || first >= scan.reached;
  const past = times.filter((time) => !isFuture(time, page.times));
  const before = scan.last.at(-1) ?? null;
  const min = minimumOf(scan.query);
  const firstRecent = times.findIndex((time) => time >= began - allowedLatenessMs);
  const oldHere = firstRecent === -1 ? times.length : firstRecent;
  const stepped: Scan = {
    ...scan,
    began,
    head: scan.head ?? latest(page.times),
    limit: PAGE_LIMIT_MAX,
    sawDescending: scan.sawDescending || !goesOn || order === 'descending' || order === 'mixed',
    ascending: scan.ascending && goesOn && (order === 'ascending' || order === 'flat'),
    stepsUp: scan.stepsUp + stepsUp(before, past, allowedLatenessMs),
    stepsDown: scan.stepsDown + stepsDown(before, past, allowedLatenessMs),
    filtered: scan.filtered && times.every((time) => time >= min),
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
  return { ...stepped, direction, staged, frontier: farther(scan.frontier, past.at(-1), direction) };
}

/** Whether a page is the last one that its scan has to read. `next`: the checkpoint after the page. */
function isLastPage(
  page: Page,
  times: readonly number[],
  next: ActiveScan,
  order: Order,
  allowedLatenessMs: number,
): boolean {
  const { direction, ascending, sawDescending, head, first, staged, followed } = next.scan;
  if (page.nextCursor === null) return true;
  const last = times.at(-1);
  if (last === undefined) return false;
  if (direction === 'backward') {
    const bound = lowerBound(next, allowedLatenessMs);
    if (isRough(next)) {
      // What lies a lateness before the bound has nothing from after the bound behind it.
      const isBefore = next.scan.last.every((time) => time < bound - allowedLatenessMs);
      return isBefore && trendOf(next.scan, allowedLatenessMs) === 'backward';
    }
    // A page of one instant shows no order: it can end the scan only after another page has descended.
    const descends = order === 'descending' || (order === 'flat' && sawDescending);
    return descends && followed >= ORDER_OF && last < bound;
  }
  const isOrdered = isRough(next) ? trendOf(next.scan, allowedLatenessMs) === 'forward' : ascending;
  if (direction !== 'forward' || !isOrdered || staged || head === null) return false;
  // Each read may be logged: a log that has a cursor on every page would show the reads of this scan for ever.
  if (page.endsInOwnRead) return true;
  if (isRough(next) || followed < ORDER_OF || (first[0] ?? head) > head) return false;
  return last > head && !isFuture(last, page.times);
}

/** The checkpoint after the scan has ended and everything it read is recorded. */
export function endScan(checkpoint: Checkpoint, allowedLatenessMs: number): Checkpoint {
  const began = checkpoint.scan?.began ?? null;
  const watermark = began === null ? checkpoint.watermark : Math.max(checkpoint.watermark, began - allowedLatenessMs);
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

function farther(frontier: number | null, last: number | undefined, direction: Scan['direction']): number | null {
  if (last === undefined) return frontier;
  if (frontier === null) return last;
  return direction === 'backward' ? Math.min(frontier, last) : Math.max(frontier, last);
}

/** Whether the resume cursor moves to the scan's next cursor: in an unfiltered log, with only old entries before it. */
function movesResumeCursor(next: ActiveScan, before: string | null, allowedLatenessMs: number): boolean {
  const { direction, ascending, filtered, began, old, followed, cursor } = next.scan;
  if (direction !== 'forward' || filtered || cursor === null || cursor === before) return false;
  if (!isRough(next)) return ascending && old === followed && followed >= ORDER_OF;
  const isForward = trendOf(next.scan, allowedLatenessMs) === 'forward';
  const level = levelOf(next.scan.last);
  return isForward && level !== null && began !== null && level < began - 2 * allowedLatenessMs;
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
