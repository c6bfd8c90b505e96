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
 *   watermark; then they are recorded oldest first.
 * - Oldest first (filter ignored): as the first, from a resume cursor before which every entry is older than the allowed
 *   lateness.
 *
 * The upstream is not trusted to sort or filter: the order of every page is checked. At the end of a scan the watermark
 * becomes the scan's beginning (the earlier of both clocks: clocks.ts) minus the allowed lateness. No entry's `created_at`
 * moves it.
 */
import type { Checkpoint, Scan, ScanQuery } from './checkpoint.ts';
import { earliest, isFuture, latest } from './clocks.ts';
import { type ListQuery, PAGE_LIMIT_MAX, PAGE_LIMIT_MIN, type Page } from './entry.ts';

const DAY_MS = 24 * 60 * 60_000;

/**
 * How to handle a page, and the checkpoint once that is done. `cursor cycle`: the page's next cursor was followed before,
 * which is as good as a rejected one.
 */
export interface FollowResult {
  readonly kind: 'more' | 'ended' | 'cursor cycle';
  readonly handle: 'record' | 'stage';
  readonly checkpoint: ActiveScan;
}

/** A checkpoint with a scan in progress. */
export type ActiveScan = Checkpoint & { readonly scan: Scan };

/** The checkpoint with its scan, or with a new one if it has none. */
export function startOrResumeScan(checkpoint: Checkpoint): ActiveScan {
  const { scan, resumeCursor, unfilteredUpstream, watermark } = checkpoint;
  if (scan !== null) return { ...checkpoint, scan };
  const query: ScanQuery = resumeCursor?.query ?? queryFrom(watermark, unfilteredUpstream);
  return {
    ...checkpoint,
    scan: {
      ...freshScan(query),
      // Only a log that ignores the filter has a resume cursor.
      filtered: resumeCursor === null && isFiltered(query),
      cursor: resumeCursor?.cursor ?? null,
      limit: resumeCursor?.skip ?? PAGE_LIMIT_MAX,
      began: null,
      head: null,
      frontier: null,
      flushing: false,
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
  const order = orderOf(page.entries.map((entry) => entry.createdAt));
  const stepped = stepScan(checkpoint, page, order, allowedLatenessMs);
  const handle = stepped.direction === 'backward' ? 'stage' : 'record';

  const moves = movesResumeCursor(stepped, scan.cursor);
  const moved = moves ? { ...stepped, resumeCursorAt: stepped.followed } : stepped;
  const resumeCursor =
    moves && moved.cursor !== null ? { query: moved.query, cursor: moved.cursor, skip: null } : checkpoint.resumeCursor;
  const shown = order === 'ascending' ? 'forward' : order === 'descending' ? 'backward' : checkpoint.direction;
  const next: ActiveScan = { ...checkpoint, resumeCursor, direction: shown, scan: moved };

  if (isLastPage(page, moved, order, checkpoint.watermark)) {
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

/** The scan after a page, with what the page shows of the log's order. */
function stepScan(checkpoint: ActiveScan, page: Page, order: Order, allowedLatenessMs: number): Scan {
  const { scan } = checkpoint;
  const began = scan.began ?? earliest(page.times);
  const times = page.entries.map((entry) => entry.createdAt);
  const first = times[0];
  const goesOn = scan.reached === null || first === undefined || first >= scan.reached;
  const direction = scan.direction !== 'unknown' ? scan.direction : directionOf(order, scan, first, page, checkpoint);
  const min = minimumOf(scan.query);
  const firstRecent = times.findIndex((time) => time >= began - allowedLatenessMs);
  const oldHere = firstRecent === -1 ? times.length : firstRecent;
  const lastPast = times.findLast((time) => !isFuture(time, page.times));
  return {
    ...scan,
    began,
    head: scan.head ?? latest(page.times),
    limit: PAGE_LIMIT_MAX,
    direction,
    sawDescending: scan.sawDescending || !goesOn || order === 'descending' || order === 'mixed',
    ascending: scan.ascending && goesOn && (order === 'ascending' || order === 'flat'),
    filtered: scan.filtered && times.every((time) => time >= min),
    reached: times.at(-1) ?? scan.reached,
    frontier: farther(scan.frontier, lastPast, direction),
    followed: scan.followed + times.length,
    old: scan.old === scan.followed ? scan.old + oldHere : scan.old,
    steps: scan.steps + 1,
    cursor: page.nextCursor,
  };
}

/** Whether a page is the last one that its scan has to read. */
function isLastPage(
  page: Page,
  { direction, ascending, sawDescending, head }: Scan,
  order: Order,
  watermark: number,
): boolean {
  if (page.nextCursor === null) return true;
  const last = page.entries.at(-1)?.createdAt;
  if (last === undefined) return false;
  if (direction === 'backward') {
    // A page of one instant shows no order: it can end the scan only after another page has descended.
    const descends = order === 'descending' || (order === 'flat' && sawDescending);
    return descends && last < watermark;
  }
  if (direction !== 'forward' || !ascending || head === null) return false;
  // Each read may be logged: a log that has a cursor on every page would show the reads of this scan for ever.
  if (page.endsInOwnRead) return true;
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
  };
}

/**
 * The scan without its cursor, which the upstream rejected or repeated: a new query from the earlier of the last recorded
 * `created_at` and the scan's beginning minus the allowed lateness. If the pages did not ascend there is no such time, and
 * the query starts over. What is recorded or staged stays so.
 */
export function withoutCursor(checkpoint: ActiveScan, allowedLatenessMs: number): Checkpoint {
  const { scan } = checkpoint;
  const start = Math.max(checkpoint.watermark, minimumOf(scan.query));
  const isOrdered = scan.direction !== 'backward' && scan.ascending && scan.filtered;
  const from =
    isOrdered && scan.reached !== null && scan.began !== null
      ? Math.max(start, Math.min(scan.reached, scan.began - allowedLatenessMs))
      : start;
  return {
    ...checkpoint,
    resumeCursor: null,
    scan: {
      ...freshScan(queryFrom(from, checkpoint.unfilteredUpstream)),
      cursor: null,
      limit: PAGE_LIMIT_MAX,
      began: scan.began,
      head: scan.head,
      frontier: scan.frontier,
      flushing: scan.flushing,
      suppressBefore: scan.suppressBefore,
    },
  };
}

/** The scan without `sort` and filter, which the upstream refuses; null if it has none already. */
export function withoutFilters(checkpoint: ActiveScan): Checkpoint | null {
  if (checkpoint.unfilteredUpstream) return null;
  return { ...checkpoint, unfilteredUpstream: true, scan: { ...checkpoint.scan, query: {}, filtered: false } };
}

function freshScan(query: ScanQuery) {
  return {
    query,
    steps: 0,
    brentCheckpoint: null,
    direction: 'unknown' as const,
    sawDescending: false,
    ascending: true,
    filtered: isFiltered(query),
    reached: null,
    followed: 0,
    old: 0,
    resumeCursorAt: 0,
  };
}

function queryFrom(from: number, unfilteredUpstream: boolean): ScanQuery {
  return unfilteredUpstream ? {} : { sort: 'created_at:asc', created_at_min: new Date(from).toISOString() };
}

function isFiltered(query: ScanQuery): boolean {
  return query.created_at_min !== undefined;
}

function minimumOf(query: ScanQuery): number {
  return query.created_at_min === undefined ? Number.NEGATIVE_INFINITY : Date.parse(query.created_at_min);
}

type Order = 'ascending' | 'descending' | 'flat' | 'mixed';

function orderOf(times: readonly number[]): Order {
  let ascends = false;
  let descends = false;
  for (let i = 1; i < times.length; i++) {
    const step = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (step > 0) ascends = true;
    if (step < 0) descends = true;
  }
  if (ascends && descends) return 'mixed';
  if (ascends) return 'ascending';
  return descends ? 'descending' : 'flat';
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
    case 'mixed':
      return 'backward';
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
function movesResumeCursor(scan: Scan, before: string | null): boolean {
  if (scan.direction !== 'forward' || !scan.ascending || scan.filtered) return false;
  return scan.old === scan.followed && scan.cursor !== null && scan.cursor !== before;
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
