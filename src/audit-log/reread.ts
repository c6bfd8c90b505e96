/**
 * Re-reads: parts of the log that are read again beside the scans, for entries that became visible too late for them.
 *
 * Contract: pure. A re-read is a scan with a checkpoint of its own, whose watermark is where it begins; it is followed page
 * by page like any other (tail.ts), over as many ticks as it takes, and moves no watermark. The same page read twice, a
 * re-read that begins again, or one that is lost with the memory costs requests and nothing else.
 *
 * - `probe`: once an hour, the newest page, whatever the watermark is. Oldest first, where the newest page is the last one:
 *   the last hour, from a resume cursor of that time.
 * - `day`: every twelve hours, the last 25, spread over three: what becomes visible after one re-read passed, up to 13
 *   hours late, is found by the next. Not deeper, since marks of own reads are remembered for 27 hours.
 * - `late`: after a late entry, twice as far back as it was late, every tenth of that, until seven days bring no other.
 *
 * Without filters, oldest first, a re-read begins at a resume cursor of that time: there is none from before
 * the first was stored. All times are ms since the epoch; `now` is wall.
 */
import { type Checkpoint, firstCheckpoint, type ResumeCursor } from './checkpoint.ts';
import type { ListQuery, Page } from './entry.ts';
import { asksForLess, withoutCursor, withoutFilters } from './restart.ts';
import type { ActiveScan } from './scan.ts';
import { follow, nextQuery, startOrResumeScan } from './tail.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const DAY_PLAN = { depthMs: DAY_MS + HOUR_MS, everyMs: DAY_MS / 2 };
/** How long the re-read after a late entry goes on without another. */
const LATE_FOR_MS = 7 * DAY_MS;
/** A re-read's pages are spread over this part of the time until the next one, unless that is shorter than a few ticks. */
const SPREAD = 1 / 4;
const SPREAD_MIN_MS = 5 * 60_000;
/** Cursors dropped without coming any farther. After more, the re-read is given up until its next time. */
const DROPS_MAX = 2;
/** One that was given up begins again after so long, or at its next time if that is sooner. */
const RETRY_MS = HOUR_MS;
/** More pages than a day of any log that can be followed has. */
const PAGES_MAX = 20_000;
/** A re-read that no tick has finished in this time is dropped. */
const STALE_AFTER_MS = 2 * DAY_MS;
/** Ticks are a minute apart, but not to the second: one that comes early must not leave a turn out. */
const EARLY_MS = 30_000;
/** A past cursor is at least this much later than the one before. */
const PAST_EVERY_MS = HOUR_MS;

export type RereadKind = 'probe' | 'late' | 'day';

/** Which re-read it is, and how far it has come: what is compared before it moves. */
export interface RereadPlace {
  readonly kind: RereadKind;
  /** Wall: when it began. */
  readonly startedAt: number;
  /** Pages so far. */
  readonly pages: number;
}

/** A re-read under way. */
export interface Reread extends RereadPlace {
  /** Its own: `watermark` is where it begins. */
  readonly checkpoint: ActiveScan;
  /** It reads one page. */
  readonly isOnePage: boolean;
  /** Cursors dropped since it last came farther; and whether any was, so that it had better not take its time. */
  readonly dropped: number;
  readonly hurries: boolean;
  /** Wall: when an empty page seemed to be its end, which the next tick asks again. */
  readonly waitedAt?: number;
}

/** A cursor before which everything was created before `at`. */
export interface PastCursor extends ResumeCursor {
  readonly at: number;
}

/** All re-reads of a ledger: when they last began and ended, and those under way. */
export interface Rereads {
  readonly startedAt: { readonly [kind in RereadKind]: number };
  readonly endedAt: { readonly [kind in RereadKind]: number | null };
  readonly running: { readonly [kind in RereadKind]: Reread | null };
  /** How deep the re-read after a late entry is, and (wall) when the last was found; null: none for seven days. */
  readonly late: { readonly depthMs: number; readonly foundAt: number } | null;
  /** Oldest first, an hour apart. Empty where the upstream filters. */
  readonly past: readonly PastCursor[];
  /** Why the last re-read was given up; null where it was not. */
  readonly problem: string | null;
  /** Wall: when a step was last saved for its own sake. */
  readonly savedAt: number;
}

/** The re-reads of a ledger that begins at `now`. */
export function firstRereads(now: number): Rereads {
  return {
    startedAt: { probe: now, late: now, day: now },
    endedAt: { probe: null, late: null, day: null },
    running: { probe: null, late: null, day: null },
    late: null,
    past: [],
    problem: null,
    savedAt: now,
  };
}

/** How deep each re-read is, and how often it begins, ms; null: never, as things are. */
export function planOf({ late }: Pick<Rereads, 'late'>, kind: RereadKind) {
  switch (kind) {
    case 'probe':
      return { depthMs: HOUR_MS, everyMs: HOUR_MS };
    case 'late':
      return late === null ? null : { depthMs: late.depthMs, everyMs: late.depthMs / 10 };
    case 'day':
      return DAY_PLAN;
  }
}

/** The re-reads without what is over: seven days without a late entry, or a re-read that no tick went on with. */
export function currentRereads(rereads: Rereads, now: number): Rereads {
  const late = rereads.late !== null && Math.abs(now - rereads.late.foundAt) < LATE_FOR_MS ? rereads.late : null;
  const live = (kind: RereadKind): Reread | null => {
    const running = rereads.running[kind];
    const isOver = running === null || Math.abs(now - running.startedAt) > STALE_AFTER_MS;
    return isOver || planOf({ late }, kind) === null ? null : running;
  };
  return { ...rereads, late, running: { probe: live('probe'), late: live('late'), day: live('day') } };
}

/**
 * The re-read whose next page is due; null: none. `main`: the checkpoint of the scans, none of which is under way.
 * `readFrom`: what was created before is not read.
 */
export function dueReread(rereads: Rereads, main: Checkpoint, readFrom: number, now: number): Reread | null {
  for (const kind of ['probe', 'late', 'day'] as const) {
    const plan = planOf(rereads, kind);
    if (plan === null) continue;
    const running = rereads.running[kind];
    if (running !== null && isPageDue(running, plan.everyMs, now)) return running;
    if (running !== null || Math.abs(now - rereads.startedAt[kind]) < plan.everyMs - EARLY_MS) continue;
    const started = startReread(rereads, kind, main, Math.max(readFrom, main.watermark - plan.depthMs), now);
    if (started !== null) return started;
  }
  return null;
}

/** Whether its pages are behind time, spread as they should be. */
function isPageDue({ startedAt, hurries, waitedAt, checkpoint }: Reread, everyMs: number, now: number): boolean {
  if (waitedAt !== undefined && Math.abs(now - waitedAt) < EARLY_MS) return false;
  const { head, frontier, direction } = checkpoint.scan;
  const from = checkpoint.watermark;
  if (hurries || SPREAD * everyMs < SPREAD_MIN_MS || head === null || frontier === null || head <= from) return true;
  const read = direction === 'backward' ? head - frontier : frontier - from;
  return Math.abs(now - startedAt) / (SPREAD * everyMs) >= read / (head - from);
}

function startReread({ past }: Rereads, kind: RereadKind, main: Checkpoint, from: number, now: number): Reread | null {
  if (from >= main.watermark) return null;
  const fresh = { ...firstCheckpoint(from, null), direction: main.direction };
  const place = { kind, startedAt: now, pages: 0, dropped: 0, hurries: false };
  if (main.resumeCursor !== null) {
    const cursor = past.findLast(({ at }) => at <= from) ?? past[0];
    if (cursor === undefined) return null;
    const { at: _, ...resumeCursor } = cursor;
    return { ...place, isOnePage: false, checkpoint: startOrResumeScan({ ...fresh, resumeCursor }) };
  }
  const scan = startOrResumeScan({ ...fresh, unfilteredUpstream: main.unfilteredUpstream });
  if (kind !== 'probe') return { ...place, isOnePage: false, checkpoint: scan };
  const query = main.unfilteredUpstream ? {} : { sort: 'created_at:desc' };
  return { ...place, isOnePage: true, checkpoint: { ...scan, scan: { ...scan.scan, query, filtered: false } } };
}

/** The query for a re-read's next page. */
export function rereadQuery({ checkpoint }: Reread): ListQuery {
  return nextQuery(checkpoint.scan);
}

/** A re-read after a step: it goes on, has ended, or is given up for a reason. */
export type RereadStep =
  | { readonly kind: 'more'; readonly next: Reread; readonly waits?: boolean }
  | { readonly kind: 'ended' }
  | { readonly kind: 'given up'; readonly problem: string };

/** The re-read after a page. `isLast`: it is this tick's last one. */
export function followReread(reread: Reread, page: Page, allowedLatenessMs: number, isLast = false): RereadStep {
  if (reread.isOnePage) return { kind: 'ended' };
  const { kind, checkpoint } = follow(reread.checkpoint, page, allowedLatenessMs, isLast);
  if (kind === 'ended') return { kind: 'ended' };
  const isFarther = checkpoint.scan.frontier !== reread.checkpoint.scan.frontier;
  const pages = reread.pages + 1;
  const next = { ...reread, pages, checkpoint, dropped: isFarther ? 0 : reread.dropped };
  if (pages > PAGES_MAX) return { kind: 'given up', problem: `the log has no end after ${PAGES_MAX} pages` };
  return kind === 'cursor cycle'
    ? dropCursor(next, allowedLatenessMs)
    : { kind: 'more', next, waits: kind === 'waits' };
}

/** The re-read after its cursor or query was rejected, or the cursor repeated. */
export function dropCursor(reread: Reread, allowedLatenessMs: number): RereadStep {
  const { checkpoint, dropped } = reread;
  const hasCursor = checkpoint.scan.cursor !== null;
  const problem = `the upstream rejects or repeats its ${hasCursor ? 'cursors' : 'query'}`;
  const again = hasCursor ? withoutCursor(checkpoint, allowedLatenessMs) : withoutFilters(checkpoint);
  // Oldest first without filters, a new query would begin at the log's first page.
  const isLost = again === null || (checkpoint.resumeCursor !== null && again.resumeCursor === null);
  if (isLost || dropped >= DROPS_MAX) return { kind: 'given up', problem };
  return {
    kind: 'more',
    next: { ...reread, checkpoint: again, dropped: asksForLess(again, checkpoint) ? 0 : dropped + 1, hurries: true },
  };
}

/** Whether a re-read has not moved since it was at that place. */
export function isAt({ running, startedAt }: Rereads, place: RereadPlace): boolean {
  const current = running[place.kind];
  if (current === null) return place.pages === 0 && place.startedAt !== startedAt[place.kind];
  return current.startedAt === place.startedAt && current.pages === place.pages;
}

/** The re-reads after one of them has made a step. */
export function afterStep(rereads: Rereads, { kind, startedAt }: RereadPlace, step: RereadStep, now: number): Rereads {
  const started = { ...rereads, startedAt: { ...rereads.startedAt, [kind]: startedAt } };
  if (step.kind === 'more') {
    const next = step.waits === true ? { ...step.next, waitedAt: now } : step.next;
    return { ...started, running: { ...rereads.running, [kind]: next } };
  }
  const running = { ...rereads.running, [kind]: null };
  if (step.kind === 'ended') {
    return { ...started, running, endedAt: { ...rereads.endedAt, [kind]: now }, problem: null };
  }
  const everyMs = planOf(rereads, kind)?.everyMs ?? 0;
  const againAt = Math.min(startedAt, now - everyMs + RETRY_MS);
  return { ...started, running, startedAt: { ...rereads.startedAt, [kind]: againAt }, problem: step.problem };
}

/** The re-reads after an entry was found that was late by at most so many ms. The first one makes that of the last day due. */
export function afterLateEntry(rereads: Rereads, atMostMs: number, now: number): Rereads {
  const depthMs = Math.min(DAY_MS, Math.max(2 * atMostMs, rereads.late?.depthMs ?? 0));
  const late = { depthMs, foundAt: now };
  if (rereads.late !== null) return { ...rereads, late };
  return { ...rereads, late, startedAt: { ...rereads.startedAt, late: now - DAY_MS, day: now - DAY_MS } };
}

/** The re-reads with the resume cursor of the scans, where it is an hour later than the last one stored. */
export function withPastCursor(rereads: Rereads, { scan, resumeCursor, watermark }: Checkpoint): Rereads {
  const { past } = rereads;
  if (resumeCursor === null || scan !== null) return rereads;
  const last = past.at(-1);
  if (last !== undefined && (last.cursor === resumeCursor.cursor || watermark - last.at < PAST_EVERY_MS))
    return rereads;
  const oldest = watermark - DAY_PLAN.depthMs - PAST_EVERY_MS;
  const needed = past.filter((_, i) => (past[i + 1]?.at ?? watermark) > oldest);
  return { ...rereads, past: [...needed, { ...resumeCursor, skip: null, at: watermark }] };
}
