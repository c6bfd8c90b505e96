/**
 * The checkpoint: how far the log has been read, and the scan in progress.
 *
 * Its promise: everything the upstream showed with a `created_at` from `floor` to before `watermark` is recorded (except
 * entries that become visible after the allowed lateness, and the gap), and everything the scan has read is recorded or
 * staged. It is plain data. The ledger keeps it in the transaction that records a page, and it is copied to KV for people to read.
 *
 * Pure. All times are ms since the epoch.
 */

/** What a cursor is bound to: the query without `cursor` and `limit`. */
export interface ScanQuery {
  /** Absent if the upstream refuses to sort. */
  readonly sort?: string;
  /** RFC 3339. Absent if the upstream refuses to filter. */
  readonly created_at_min?: string;
  /** RFC 3339. Present where the scan reads its entries in parts, after it lost a cursor (restart.ts). */
  readonly created_at_max?: string;
}

/** Where an empty page that has a cursor seemed to be the end of a part of the log. */
export interface EmptyEnd {
  /** `Scan.reached` there. */
  readonly after: number | null;
  /** So many ticks in a row have seen no more. */
  readonly ticks: number;
  /** The query's last page was this one. */
  readonly isHere: boolean;
}

/** One query followed page by page to its end, over one or more ticks. */
export interface Scan {
  /** From where it has to read: what was created before is recorded. */
  readonly from: number;
  readonly query: ScanQuery;
  /** The next page; null: the query's first. */
  readonly cursor: string | null;
  /** The next page's `limit`. */
  readonly limit: number;
  /** A time before the log was read for the scan's first page (`earliest`); null before it. */
  readonly began: number | null;
  /** The later of both clocks at the first page (`latest`): what is later was not there yet; null before it. */
  readonly head: number | null;
  /** Pages followed since the query began. */
  readonly steps: number;
  /** A cursor followed before, to detect a cycle of cursors (Brent's algorithm). */
  readonly brentCheckpoint: string | null;
  /**
   * The order that this query's pages have shown. `forward`: oldest first, recorded as they come. `backward`: any other
   * order, staged until the end of the scan.
   */
  readonly direction: 'unknown' | 'forward' | 'backward';
  /** An entry so far is later, or older, than the one before it, be that on the page before. */
  readonly sawAscending: boolean;
  readonly sawDescending: boolean;
  /** How many entries so far are later, or earlier, than the one before by more than the allowed lateness. */
  readonly stepsUp: number;
  readonly stepsDown: number;
  /** Every entry so far respects `created_at_min` and `created_at_max`. */
  readonly filtered: boolean;
  /** `created_at` of the last entry followed. */
  readonly reached: number | null;
  /** `created_at` of the query's first entries, and of the last ones followed: up to ten, and none from the future. */
  readonly first: readonly number[];
  readonly last: readonly number[];
  /**
   * In rough order it ended at a read of its own, which may be listed a lateness too early: what is behind that is left to the
   * next scan.
   */
  readonly endedEarly: boolean;
  readonly emptyEnd: EmptyEnd | null;
  /**
   * What the scan asks for after this query: what was created from `at` to `to` (null: to the end). Null: nothing, or what is
   * earlier than this query (`from`).
   */
  readonly goesOn: { readonly at: number; readonly to: number | null } | null;
  /** Entries followed; those at the front that are older than the allowed lateness; those before the resume cursor. */
  readonly followed: number;
  readonly old: number;
  readonly resumeCursorAt: number;
  /** The farthest `created_at` that any query of this scan has reached: when it changes, the scan has moved. */
  readonly frontier: number | null;
  /** Entries of this scan are staged, or were. */
  readonly staged: boolean;
  /** How often in a row a cursor did not last until the next tick and the scan came no farther; the frontier at the last. */
  readonly cursorsLost: number;
  readonly frontierThen: number | null;
  /** It reads the gap too. */
  readonly deep: boolean;
  /** All pages are read; the staged entries are being recorded, oldest first. */
  readonly flushing: boolean;
  /** Not all pages are read, and they can't be: what lies before this time becomes the gap. Null: all are read. */
  readonly unreadBefore: number | null;
  /** Matches of entries created before this are backfilled and notify nobody (first start or rewind, if asked). */
  readonly suppressBefore: number | null;
}

/** Where the next scan begins, for an upstream that can't be filtered. */
export interface ResumeCursor {
  readonly query: ScanQuery;
  readonly cursor: string;
  /** The first page's `limit`, so that its end is at the edge of the allowed lateness; null: the usual limit. */
  readonly skip: number | null;
  /** The cursor of the page before it, which the upstream has accepted; null: there is none. */
  readonly fallback: string | null;
}

/**
 * Entries that could not be read: the log was longer than the pages of a tick, and its cursors do not last until the next.
 * It is tried again from time to time, since the upstream or the number of pages may have changed.
 */
export interface Gap {
  /** Entries created from `from` to before `to`, some of which may be recorded all the same. */
  readonly from: number;
  readonly to: number;
  /** How many more scans end before one tries to read it again. */
  readonly scansLeft: number;
}

export interface Checkpoint {
  /** Compared and incremented at each commit. */
  readonly version: number;
  readonly watermark: number;
  /** The beginning of the last scan that ended; null where none has, since the first start or a rewind. */
  readonly lastBegan: number | null;
  /** Entries created before this are ignored (first start; a rewind lowers it). */
  readonly floor: number;
  readonly scan: Scan | null;
  readonly resumeCursor: ResumeCursor | null;
  /** The direction that the last scan showed, assumed for a page that shows none. */
  readonly direction: 'unknown' | 'forward' | 'backward';
  /** The upstream answered 400 to `sort` and `created_at_min`: query without them. */
  readonly unfilteredUpstream: boolean;
  /** `Scan.suppressBefore` for the next scan. */
  readonly suppressBefore: number | null;
  /** Before the watermark, and not read. */
  readonly gap: Gap | null;
  /** Entries were in no exact order: until this time (of a scan's beginning) the order of any page is only a rough one. */
  readonly roughUntil: number | null;
}

/** A checkpoint with everything since `floor` still to read. */
export function firstCheckpoint(floor: number, suppressBefore: number | null): Checkpoint {
  return {
    version: 0,
    watermark: floor,
    lastBegan: null,
    floor,
    scan: null,
    resumeCursor: null,
    direction: 'unknown',
    unfilteredUpstream: false,
    suppressBefore,
    gap: null,
    roughUntil: null,
  };
}

/**
 * The checkpoint after an operator's rewind, which reads everything since `to` again. A rewind only goes back: after the
 * watermark it changes nothing, since skipping ahead would lose entries.
 */
export function rewound(checkpoint: Checkpoint, to: number, suppress: boolean): Checkpoint {
  if (to >= checkpoint.watermark) return checkpoint;
  return {
    ...checkpoint,
    watermark: to,
    lastBegan: null,
    floor: Math.min(checkpoint.floor, to),
    scan: null,
    resumeCursor: null,
    gap: checkpoint.gap !== null && to <= checkpoint.gap.from ? null : checkpoint.gap,
    // What was to be backfilled still is, as is everything before the watermark.
    suppressBefore: suppress
      ? Math.max(checkpoint.watermark, checkpoint.suppressBefore ?? to, checkpoint.scan?.suppressBefore ?? to)
      : null,
  };
}
