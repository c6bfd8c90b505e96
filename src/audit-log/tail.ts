/**
 * The tail: which page to ask for next, and what a page that came means for the checkpoint.
 *
 * Contract: pure functions over a `Checkpoint`; the loop that asks and records is `watch.ts`. They lose nothing that
 * the upstream shows, in any of its dialects:
 *
 * - Sorted and filtered, oldest first: pages are recorded as they come. The walk ends at a null cursor, or when a page
 *   has passed the walk's own beginning. A page that ends in the future of the answer that brought it has passed
 *   nothing: entries with wrong dates lie there, and behind them there may be more.
 * - Newest first (sort and filter ignored): pages are staged from the head until a page that descends ends before
 *   seen-through; then recorded oldest first.
 * - Oldest first (filter ignored): as the first, from a kept cursor before which everything is older than the overlap.
 *
 * Neither sort nor filter is believed: each page's order is looked at. When a walk ends, seen-through becomes its
 * beginning (by the upstream's `Date`) less the overlap. No entry's `created_at` ever moves it.
 */
import type { Checkpoint, Scan, ScanQuery } from './checkpoint.ts';
import type { ListQuery, Page } from './entry.ts';

/** The most the upstream gives in a page (its documentation: `limit` 10 to 100). */
export const PAGE_LIMIT = 100;
/** The least it accepts. */
export const PAGE_LIMIT_MIN = 10;
/** `Date` has whole seconds, and servers' clocks differ a little: an entry this far ahead of it is not "future". */
const CLOCK_SLACK_MS = 5_000;
const DAY_MS = 24 * 60 * 60_000;

/** What following a page came to. */
export type Followed =
  /** `checkpoint` is where the walk stands once the page is recorded (or staged). */
  | { readonly kind: 'more' | 'ended'; readonly handle: 'record' | 'stage'; readonly checkpoint: ActiveScan }
  /** Its next cursor is one already followed: as good as rejected, once the page is recorded. */
  | { readonly kind: 'cursor cycle'; readonly handle: 'record' | 'stage'; readonly checkpoint: ActiveScan };

/** A checkpoint with a walk under way. */
export type ActiveScan = Checkpoint & { readonly scan: Scan };

/** The checkpoint with a walk under way: the one it has, or a new one. */
export function startOrResumeScan(checkpoint: Checkpoint): ActiveScan {
  const { scan, resumeCursor, unfilteredUpstream, watermark } = checkpoint;
  if (scan !== null) return { ...checkpoint, scan };
  const query: ScanQuery = resumeCursor?.query ?? queryFrom(watermark, unfilteredUpstream);
  return {
    ...checkpoint,
    scan: {
      ...fresh(query),
      // A kept cursor is only ever kept of a log that ignores the filter.
      filtered: resumeCursor === null && isFiltered(query),
      cursor: resumeCursor?.cursor ?? null,
      limit: resumeCursor?.skip ?? PAGE_LIMIT,
      began: null,
      frontier: null,
      flushing: false,
      suppressBefore: checkpoint.suppressBefore,
    },
  };
}

/** The page a walk asks for next. */
export function nextQuery(scan: Scan): ListQuery {
  return { ...scan.query, limit: scan.limit, ...(scan.cursor === null ? {} : { cursor: scan.cursor }) };
}

/** What `page`, the answer to `nextQuery`, means: how to handle it, and where the walk stands after. */
export function follow(checkpoint: ActiveScan, page: Page, allowedLatenessMs: number): Followed {
  const { scan } = checkpoint;
  const began = scan.began ?? page.servedAt;
  const edge = began - allowedLatenessMs;
  const times = page.entries.map((entry) => entry.createdAt);
  const first = times[0];
  const last = times.at(-1);
  const order = orderOf(times);
  const onward = scan.reached === null || first === undefined || first >= scan.reached;

  const direction = scan.direction !== 'unknown' ? scan.direction : directionOf(order, scan, first, page, checkpoint);
  const sawDescending = scan.sawDescending || !onward || order === 'descending' || order === 'mixed';
  const ascending = scan.ascending && onward && (order === 'ascending' || order === 'flat');
  const min = minimumOf(scan.query);
  const filtered = scan.filtered && times.every((time) => time >= min);
  const passedFront = times.findIndex((time) => time >= edge);
  const oldHere = passedFront === -1 ? times.length : passedFront;

  const stepped: Scan = {
    ...scan,
    began,
    limit: PAGE_LIMIT,
    direction,
    sawDescending,
    ascending,
    filtered,
    reached: last ?? scan.reached,
    frontier: farther(
      scan.frontier,
      times.findLast((time) => time <= page.servedAt + CLOCK_SLACK_MS),
      direction,
    ),
    followed: scan.followed + times.length,
    old: scan.old === scan.followed ? scan.old + oldHere : scan.old,
    steps: scan.steps + 1,
    cursor: page.nextCursor,
  };
  const handle = direction === 'backward' ? 'stage' : 'record';
  const moves = movesResumeCursor(stepped, scan.cursor);
  const moved = moves ? { ...stepped, resumeCursorAt: stepped.followed } : stepped;
  const resumeCursor =
    moves && moved.cursor !== null ? { query: moved.query, cursor: moved.cursor, skip: null } : checkpoint.resumeCursor;
  const shows = order === 'ascending' ? 'forward' : order === 'descending' ? 'backward' : checkpoint.direction;
  const onwardTo: ActiveScan = { ...checkpoint, resumeCursor, direction: shows, scan: moved };

  const ended: ActiveScan = {
    ...onwardTo,
    resumeCursor: resumeCursor === null ? null : { ...resumeCursor, skip: skipOf(moved) },
    scan: { ...moved, cursor: null },
  };
  if (page.nextCursor === null) return { kind: 'ended', handle, checkpoint: ended };
  if (direction === 'backward') {
    // A page of one instant has shown no order: it may end the walk only where another has.
    const descends = order === 'descending' || (order === 'flat' && sawDescending);
    const reachedPast = descends && last !== undefined && last < checkpoint.watermark;
    if (reachedPast) return { kind: 'ended', handle, checkpoint: ended };
  } else if (ascending && direction === 'forward' && last !== undefined) {
    const future = last > page.servedAt + CLOCK_SLACK_MS;
    if (last > began && !future) return { kind: 'ended', handle, checkpoint: ended };
  }
  if (page.nextCursor === scan.cursor || page.nextCursor === scan.brentCheckpoint) {
    return { kind: 'cursor cycle', handle, checkpoint: onwardTo };
  }
  const powerOfTwo = (moved.steps & (moved.steps - 1)) === 0;
  return {
    kind: 'more',
    handle,
    checkpoint: { ...onwardTo, scan: powerOfTwo ? { ...moved, brentCheckpoint: page.nextCursor } : moved },
  };
}

/** The checkpoint once the walk has ended and everything it read is recorded. */
export function endScan(checkpoint: Checkpoint, allowedLatenessMs: number): Checkpoint {
  const began = checkpoint.scan?.began ?? null;
  const through = began === null ? checkpoint.watermark : Math.max(checkpoint.watermark, began - allowedLatenessMs);
  // An upstream that refused filters may have learned them, or had only a bad moment: it is asked again each day.
  const sameDay = Math.floor(through / DAY_MS) === Math.floor(checkpoint.watermark / DAY_MS);
  return {
    ...checkpoint,
    unfilteredUpstream: checkpoint.unfilteredUpstream && sameDay,
    watermark: through,
    scan: null,
    suppressBefore: null,
  };
}

/**
 * The walk without its cursor, which the upstream rejected or which leads in a circle: a new query from the earlier of
 * the last recorded `created_at` and its beginning less the overlap. Where the pages did not ascend there is no such
 * time, and the query begins again. What is recorded or staged stays.
 */
export function withoutCursor(checkpoint: ActiveScan, allowedLatenessMs: number): Checkpoint {
  const { scan } = checkpoint;
  const start = Math.max(checkpoint.watermark, minimumOf(scan.query));
  const sure = scan.direction !== 'backward' && scan.ascending && scan.filtered;
  const again =
    sure && scan.reached !== null && scan.began !== null
      ? Math.max(start, Math.min(scan.reached, scan.began - allowedLatenessMs))
      : start;
  return {
    ...checkpoint,
    resumeCursor: null,
    scan: {
      ...fresh(queryFrom(again, checkpoint.unfilteredUpstream)),
      cursor: null,
      limit: PAGE_LIMIT,
      began: scan.began,
      frontier: scan.frontier,
      flushing: scan.flushing,
      suppressBefore: scan.suppressBefore,
    },
  };
}

/** The walk asked again without `sort` and filter, which the upstream refuses; null where it already is. */
export function withoutFilters(checkpoint: ActiveScan): Checkpoint | null {
  if (checkpoint.unfilteredUpstream) return null;
  return { ...checkpoint, unfilteredUpstream: true, scan: { ...checkpoint.scan, query: {}, filtered: false } };
}

function fresh(query: ScanQuery) {
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
  let rises = false;
  let sawDescending = false;
  for (let i = 1; i < times.length; i++) {
    const step = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (step > 0) rises = true;
    if (step < 0) sawDescending = true;
  }
  if (rises && sawDescending) return 'mixed';
  if (rises) return 'ascending';
  return sawDescending ? 'descending' : 'flat';
}

/** The direction a query shows with this page, its first that shows any. */
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
      // Entries of one instant, or none: nothing shown yet. What lies behind decides; until then, as it was last time.
      const assumed = page.entries.length === 0 || page.nextCursor === null || checkpoint.direction === 'forward';
      return assumed ? 'unknown' : 'backward';
    }
  }
}

function farther(frontier: number | null, last: number | undefined, direction: Scan['direction']): number | null {
  if (last === undefined) return frontier;
  if (frontier === null) return last;
  return direction === 'backward' ? Math.min(frontier, last) : Math.max(frontier, last);
}

/** Whether the kept cursor moves on to the walk's next: in an unfiltered log, with everything before it old. */
function movesResumeCursor(scan: Scan, before: string | null): boolean {
  if (scan.direction !== 'forward' || !scan.ascending || scan.filtered) return false;
  return scan.old === scan.followed && scan.cursor !== null && scan.cursor !== before;
}

/**
 * Cursors stand only at page boundaries. Where what lies behind the kept one no longer fits a page, the next walk asks
 * for a first page just as long as the old entries there, and so gets a cursor that stands behind them.
 */
function skipOf(scan: Scan): number | null {
  const behind = scan.followed - scan.resumeCursorAt;
  const old = scan.old - scan.resumeCursorAt;
  return behind > PAGE_LIMIT && old >= PAGE_LIMIT_MIN ? Math.min(PAGE_LIMIT, old) : null;
}
