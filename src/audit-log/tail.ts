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
import type { Checkpoint, Walk, WalkQuery } from './checkpoint.ts';
import type { ListQuery, Page } from './entry.ts';

/** The most the upstream gives in a page (its documentation: `limit` 10 to 100). */
export const PAGE_LIMIT = 100;
/** The least it accepts. */
export const LEAST_PAGE_LIMIT = 10;
/** `Date` has whole seconds, and servers' clocks differ a little: an entry this far ahead of it is not "future". */
const CLOCK_SLACK_MS = 5_000;
const DAY_MS = 24 * 60 * 60_000;

/** What following a page came to. */
export type Followed =
  /** `checkpoint` is where the walk stands once the page is recorded (or staged). */
  | { readonly kind: 'more' | 'ended'; readonly handle: 'record' | 'stage'; readonly checkpoint: Walking }
  /** Its next cursor is one already followed: as good as rejected, once the page is recorded. */
  | { readonly kind: 'circle'; readonly handle: 'record' | 'stage'; readonly checkpoint: Walking };

/** A checkpoint with a walk under way. */
export type Walking = Checkpoint & { readonly walk: Walk };

/** The checkpoint with a walk under way: the one it has, or a new one. */
export function underWay(checkpoint: Checkpoint): Walking {
  const { walk, kept, plain, seenThrough } = checkpoint;
  if (walk !== null) return { ...checkpoint, walk };
  const query: WalkQuery = kept?.query ?? queryFrom(seenThrough, plain);
  return {
    ...checkpoint,
    walk: {
      ...fresh(query),
      // A kept cursor is only ever kept of a log that ignores the filter.
      filtered: kept === null && isFiltered(query),
      cursor: kept?.cursor ?? null,
      limit: kept?.skip ?? PAGE_LIMIT,
      began: null,
      frontier: null,
      draining: false,
      silentBefore: checkpoint.silentBefore,
    },
  };
}

/** The page a walk asks for next. */
export function nextQuery(walk: Walk): ListQuery {
  return { ...walk.query, limit: walk.limit, ...(walk.cursor === null ? {} : { cursor: walk.cursor }) };
}

/** What `page`, the answer to `nextQuery`, means: how to handle it, and where the walk stands after. */
export function follow(checkpoint: Walking, page: Page, overlapMs: number): Followed {
  const { walk } = checkpoint;
  const began = walk.began ?? page.servedAt;
  const edge = began - overlapMs;
  const times = page.entries.map((entry) => entry.createdAt);
  const first = times[0];
  const last = times.at(-1);
  const order = orderOf(times);
  const onward = walk.reached === null || first === undefined || first >= walk.reached;

  const direction = walk.direction !== 'unknown' ? walk.direction : directionOf(order, walk, first, page, checkpoint);
  const falls = walk.falls || !onward || order === 'descending' || order === 'mixed';
  const ascending = walk.ascending && onward && (order === 'ascending' || order === 'flat');
  const min = minimumOf(walk.query);
  const filtered = walk.filtered && times.every((time) => time >= min);
  const passedFront = times.findIndex((time) => time >= edge);
  const oldHere = passedFront === -1 ? times.length : passedFront;

  const stepped: Walk = {
    ...walk,
    began,
    limit: PAGE_LIMIT,
    direction,
    falls,
    ascending,
    filtered,
    reached: last ?? walk.reached,
    frontier: farther(
      walk.frontier,
      times.findLast((time) => time <= page.servedAt + CLOCK_SLACK_MS),
      direction,
    ),
    followed: walk.followed + times.length,
    old: walk.old === walk.followed ? walk.old + oldHere : walk.old,
    steps: walk.steps + 1,
    cursor: page.nextCursor,
  };
  const handle = direction === 'backward' ? 'stage' : 'record';
  const movesKept = keeps(stepped, walk.cursor);
  const moved = movesKept ? { ...stepped, keptAt: stepped.followed } : stepped;
  const kept =
    movesKept && moved.cursor !== null ? { query: moved.query, cursor: moved.cursor, skip: null } : checkpoint.kept;
  const shows = order === 'ascending' ? 'forward' : order === 'descending' ? 'backward' : checkpoint.direction;
  const onwardTo: Walking = { ...checkpoint, kept, direction: shows, walk: moved };

  const ended: Walking = {
    ...onwardTo,
    kept: kept === null ? null : { ...kept, skip: skipOf(moved) },
    walk: { ...moved, cursor: null },
  };
  if (page.nextCursor === null) return { kind: 'ended', handle, checkpoint: ended };
  if (direction === 'backward') {
    // A page of one instant has shown no order: it may end the walk only where another has.
    const descends = order === 'descending' || (order === 'flat' && falls);
    const reachedPast = descends && last !== undefined && last < checkpoint.seenThrough;
    if (reachedPast) return { kind: 'ended', handle, checkpoint: ended };
  } else if (ascending && direction === 'forward' && last !== undefined) {
    const future = last > page.servedAt + CLOCK_SLACK_MS;
    if (last > began && !future) return { kind: 'ended', handle, checkpoint: ended };
  }
  if (page.nextCursor === walk.cursor || page.nextCursor === walk.mark) {
    return { kind: 'circle', handle, checkpoint: onwardTo };
  }
  const powerOfTwo = (moved.steps & (moved.steps - 1)) === 0;
  return {
    kind: 'more',
    handle,
    checkpoint: { ...onwardTo, walk: powerOfTwo ? { ...moved, mark: page.nextCursor } : moved },
  };
}

/** The checkpoint once the walk has ended and everything it read is recorded. */
export function walkEnded(checkpoint: Checkpoint, overlapMs: number): Checkpoint {
  const began = checkpoint.walk?.began ?? null;
  const through = began === null ? checkpoint.seenThrough : Math.max(checkpoint.seenThrough, began - overlapMs);
  // An upstream that refused filters may have learned them, or had only a bad moment: it is asked again each day.
  const sameDay = Math.floor(through / DAY_MS) === Math.floor(checkpoint.seenThrough / DAY_MS);
  return { ...checkpoint, plain: checkpoint.plain && sameDay, seenThrough: through, walk: null, silentBefore: null };
}

/**
 * The walk without its cursor, which the upstream rejected or which leads in a circle: a new query from the earlier of
 * the last recorded `created_at` and its beginning less the overlap. Where the pages did not ascend there is no such
 * time, and the query begins again. What is recorded or staged stays.
 */
export function withoutCursor(checkpoint: Walking, overlapMs: number): Checkpoint {
  const { walk } = checkpoint;
  const start = Math.max(checkpoint.seenThrough, minimumOf(walk.query));
  const sure = walk.direction !== 'backward' && walk.ascending && walk.filtered;
  const again =
    sure && walk.reached !== null && walk.began !== null
      ? Math.max(start, Math.min(walk.reached, walk.began - overlapMs))
      : start;
  return {
    ...checkpoint,
    kept: null,
    walk: {
      ...fresh(queryFrom(again, checkpoint.plain)),
      cursor: null,
      limit: PAGE_LIMIT,
      began: walk.began,
      frontier: walk.frontier,
      draining: walk.draining,
      silentBefore: walk.silentBefore,
    },
  };
}

/** The walk asked again without `sort` and filter, which the upstream refuses; null where it already is. */
export function withoutFilters(checkpoint: Walking): Checkpoint | null {
  if (checkpoint.plain) return null;
  return { ...checkpoint, plain: true, walk: { ...checkpoint.walk, query: {}, filtered: false } };
}

function fresh(query: WalkQuery) {
  return {
    query,
    steps: 0,
    mark: null,
    direction: 'unknown' as const,
    falls: false,
    ascending: true,
    filtered: isFiltered(query),
    reached: null,
    followed: 0,
    old: 0,
    keptAt: 0,
  };
}

function queryFrom(from: number, plain: boolean): WalkQuery {
  return plain ? {} : { sort: 'created_at:asc', created_at_min: new Date(from).toISOString() };
}

function isFiltered(query: WalkQuery): boolean {
  return query.created_at_min !== undefined;
}

function minimumOf(query: WalkQuery): number {
  return query.created_at_min === undefined ? Number.NEGATIVE_INFINITY : Date.parse(query.created_at_min);
}

type Order = 'ascending' | 'descending' | 'flat' | 'mixed';

function orderOf(times: readonly number[]): Order {
  let rises = false;
  let falls = false;
  for (let i = 1; i < times.length; i++) {
    const step = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (step > 0) rises = true;
    if (step < 0) falls = true;
  }
  if (rises && falls) return 'mixed';
  if (rises) return 'ascending';
  return falls ? 'descending' : 'flat';
}

/** The direction a query shows with this page, its first that shows any. */
function directionOf(
  order: Order,
  walk: Walk,
  first: number | undefined,
  page: Page,
  checkpoint: Checkpoint,
): Walk['direction'] {
  switch (order) {
    case 'ascending':
      return 'forward';
    case 'descending':
    case 'mixed':
      return 'backward';
    case 'flat': {
      if (walk.reached !== null && first !== undefined && first !== walk.reached) {
        return first > walk.reached ? 'forward' : 'backward';
      }
      // Entries of one instant, or none: nothing shown yet. What lies behind decides; until then, as it was last time.
      const assumed = page.entries.length === 0 || page.nextCursor === null || checkpoint.direction === 'forward';
      return assumed ? 'unknown' : 'backward';
    }
  }
}

function farther(frontier: number | null, last: number | undefined, direction: Walk['direction']): number | null {
  if (last === undefined) return frontier;
  if (frontier === null) return last;
  return direction === 'backward' ? Math.min(frontier, last) : Math.max(frontier, last);
}

/** Whether the kept cursor moves on to the walk's next: in an unfiltered log, with everything before it old. */
function keeps(walk: Walk, before: string | null): boolean {
  if (walk.direction !== 'forward' || !walk.ascending || walk.filtered) return false;
  return walk.old === walk.followed && walk.cursor !== null && walk.cursor !== before;
}

/**
 * Cursors stand only at page boundaries. Where what lies behind the kept one no longer fits a page, the next walk asks
 * for a first page just as long as the old entries there, and so gets a cursor that stands behind them.
 */
function skipOf(walk: Walk): number | null {
  const behind = walk.followed - walk.keptAt;
  const old = walk.old - walk.keptAt;
  return behind > PAGE_LIMIT && old >= LEAST_PAGE_LIMIT ? Math.min(PAGE_LIMIT, old) : null;
}
