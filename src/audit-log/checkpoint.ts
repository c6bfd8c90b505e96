/**
 * The checkpoint: how far the log has been read, and the walk under way.
 *
 * Its one promise: everything the upstream showed with a `created_at` from `floor` to before `watermark` is recorded
 * (what appears later than the overlap excepted), and everything the walk has passed is recorded or staged. It is
 * plain data, kept by the ledger in the transaction that records a page, and copied to KV for people to read.
 *
 * Pure: no clock, no I/O. All times are milliseconds since the epoch.
 */

/** What a cursor is bound to: the whole query but for `cursor` and `limit`. */
export interface ScanQuery {
  /** Absent where the upstream refuses to sort. */
  readonly sort?: string;
  /** RFC 3339. Absent where the upstream refuses to filter. */
  readonly created_at_min?: string;
}

/** One query followed page by page, over as many ticks as it takes, to its end. */
export interface Scan {
  readonly query: ScanQuery;
  /** The page to ask for next; null is the query's first. */
  readonly cursor: string | null;
  /** How many entries to ask for next. */
  readonly limit: number;
  /** The upstream's `Date` at the walk's first page; null before it. */
  readonly began: number | null;
  /** Pages followed since the query began. */
  readonly steps: number;
  /** A cursor met before, to notice when cursors go round in a circle (Brent). */
  readonly brentCheckpoint: string | null;
  /**
   * What the pages of this query have shown of its order. `forward`: oldest first, recorded as they come.
   * `backward`: anything else, staged until the walk's end.
   */
  readonly direction: 'unknown' | 'forward' | 'backward';
  /** Some entry so far is older than the one before it. */
  readonly sawDescending: boolean;
  /** Every page so far ascends, and each begins where the one before ended, or later. */
  readonly ascending: boolean;
  /** Every entry so far is as young as `created_at_min` asks. */
  readonly filtered: boolean;
  /** `created_at` of the last entry followed. */
  readonly reached: number | null;
  /** Entries followed; those of them, from the front, older than the overlap; those before the kept cursor. */
  readonly followed: number;
  readonly old: number;
  readonly resumeCursorAt: number;
  /** The farthest `created_at` any query of this walk has come to: what "the walk has moved" is judged by. */
  readonly frontier: number | null;
  /** The pages are all read; what they brought is being recorded from the stage, oldest first. */
  readonly flushing: boolean;
  /** Matches of entries created before this are history and notify nobody (first start or rewind, when asked). */
  readonly suppressBefore: number | null;
}

/** Where the next walk begins, for an upstream that can only be read from its first entry on. */
export interface ResumeCursor {
  readonly query: ScanQuery;
  readonly cursor: string;
  /** Ask for just so many at first, so that a page boundary comes to stand at the overlap's edge; null: no need. */
  readonly skip: number | null;
}

export interface Checkpoint {
  /** Compared and swapped at each commit. */
  readonly version: number;
  readonly watermark: number;
  /** Entries created before this are none of ours (first start; a rewind lowers it). */
  readonly floor: number;
  readonly scan: Scan | null;
  readonly resumeCursor: ResumeCursor | null;
  /** The direction the last walk proved: what to assume of a page that shows none. */
  readonly direction: 'unknown' | 'forward' | 'backward';
  /** The upstream answered 400 to `sort` and `created_at_min`: ask without. */
  readonly unfilteredUpstream: boolean;
  /** As `Walk.suppressBefore`, for the next walk to begin. */
  readonly suppressBefore: number | null;
}

/** A checkpoint from which everything since `floor` is still to be read. */
export function firstCheckpoint(floor: number, suppressBefore: number | null): Checkpoint {
  return {
    version: 0,
    watermark: floor,
    floor,
    scan: null,
    resumeCursor: null,
    direction: 'unknown',
    unfilteredUpstream: false,
    suppressBefore,
  };
}

/**
 * The checkpoint after an operator's rewind: everything since `to` is read again. A rewind only goes back: to a time
 * that is not yet seen through it changes nothing, since skipping ahead would lose entries.
 */
export function rewound(checkpoint: Checkpoint, to: number, suppress: boolean): Checkpoint {
  if (to >= checkpoint.watermark) return checkpoint;
  return {
    ...checkpoint,
    watermark: to,
    floor: Math.min(checkpoint.floor, to),
    scan: null,
    resumeCursor: null,
    // What was to be read in silence is no less so than what was seen through.
    suppressBefore: suppress
      ? Math.max(checkpoint.watermark, checkpoint.suppressBefore ?? to, checkpoint.scan?.suppressBefore ?? to)
      : null,
  };
}
