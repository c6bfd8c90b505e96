/**
 * One poll of the audit log, from a checkpoint to the next.
 *
 * Contract: reads KV once, begins with the ledger, then follows the scan page by page. The next page is asked for while one
 * is recorded; each is recorded before the next, and the checkpoint moves in the ledger's transaction that records it. A poll may die at any await,
 * run twice, or overlap another. What exceeds its budget is left to the next poll. KV is written last, and only when the
 * ledger says so; its failure never fails a poll. Upstream failures are thrown after everything read is recorded.
 */

import type { HealthState } from '../alert/health-state.ts';
import type { Checkpoint, Scan } from '../audit-log/checkpoint.ts';
import { checkpointFrom, checkpointText, type Read, rewindFrom } from '../audit-log/checkpoint-text.ts';
import { earliest } from '../audit-log/clocks.ts';
import type { AuditLog, Page } from '../audit-log/entry.ts';
import { givenUp, isUnreachable } from '../audit-log/gap.ts';
import type { Reread } from '../audit-log/reread.ts';
import { asksForLess, withoutCursor, withoutFilters, withoutOldCursor } from '../audit-log/restart.ts';
import { type ActiveScan, boundsOf, readsFrom, unreadFrom } from '../audit-log/scan.ts';
import { follow, nextQuery, startOrResumeScan } from '../audit-log/tail.ts';
import { BATCH_ENTRIES_MAX } from '../ledger/model.ts';
import type { Begun, IntakeCounts, KvView, LedgerApi, OpenedAlert } from '../ledger/rpc.ts';
import { flushHalving, type RecordedBatch, recordPage, toIncoming } from './batching.ts';
import { createPages, isRejection, type Pages } from './pages.ts';
import { type RereadRun, readAgain } from './reread.ts';

/** The part of a KV namespace that a poll needs. */
export interface CheckpointKv {
  get(keys: string[]): Promise<Map<string, string | null>>;
  put(key: string, value: string): Promise<void>;
}

export interface PollDeps {
  readonly kv: CheckpointKv;
  readonly ledger: LedgerApi;
  readonly auditLog: AuditLog;
  /** Wall clock, ms. */
  readonly now: () => number;
  readonly allowedLatenessMs: number;
  /** Where a first start begins, ms since the epoch. */
  readonly startAt: number;
  readonly suppressFirstRead: boolean;
  /** The poll's budget: upstream requests, and ms. */
  readonly requests: number;
  readonly ms: number;
  /** Waits until a request just made is on its way: recording may block the thread that sends it. */
  readonly sent?: () => Promise<void>;
}

/** `asked to wait`: the upstream asked to be left alone, and was. */
export type StopReason = 'scan ended' | 'budget' | 'overtaken' | 'stuck' | 'asked to wait';

export interface PollResult extends IntakeCounts {
  /** Where its checkpoint came from. */
  readonly how: Begun['how'];
  readonly stopped: StopReason;
  readonly pages: number;
  /** Pages of re-reads. */
  readonly reread: number;
  readonly opened: readonly OpenedAlert[];
  readonly watermark: number;
  /** As the ledger had it after the last page; null where none was recorded. */
  readonly health: HealthState | null;
  /** Problems that did not stop the poll, in words. */
  readonly notes: readonly string[];
}

/** KV's keys: a copy of the ledger's checkpoint, and the operator's order to rewind. */
export const KV_CHECKPOINT = 'checkpoint';
export const KV_REWIND = 'rewind';

/** Cursors and queries dropped in one poll without the scan moving. After more, the cursor is not the problem. */
const DROPS_MAX = 3;

const UNREACHABLE =
  'the log is longer than the pages of a tick, and its cursors do not last until the next: what was read is recorded, and ' +
  'what is older is left out until the pages reach it (PLAN = "paid" reads more of them)';

/** Of a poll's requests, how many re-reads may make: a scan comes first. */
const REREAD_SHARE = 1 / 4;

/** One poll under way. */
interface Run {
  readonly deps: PollDeps;
  readonly pages: Pages;
  readonly how: Begun['how'];
  readonly waitMs: number;
  readonly deadline: number;
  /** Requests that the client had sent before the poll. */
  readonly requestsBefore: number;
  readonly counts: { -readonly [count in keyof IntakeCounts | 'pages' | 'reread']: number };
  readonly opened: OpenedAlert[];
  readonly notes: string[];
  checkpoint: Checkpoint;
  health: HealthState | null;
  /** What to read again, once the scan has ended. */
  reread: Reread | null;
  /** Whether the ledger asked for a copy of the checkpoint in KV. */
  publish: boolean;
  /** Cursors and queries dropped since the scan last moved. */
  dropped: number;
}

/** Polls once. Throws `UpstreamError` if the upstream fails, and whatever the ledger throws. */
export async function poll(deps: PollDeps): Promise<PollResult> {
  const run = await beginPoll(deps);
  // What is staged can be recorded meanwhile.
  if (run.waitMs > 0 && run.checkpoint.scan?.flushing !== true) return resultOf(run, 'asked to wait');
  for (;;) {
    const scan = startOrResumeScan(run.checkpoint);
    const stopped = scan.scan.flushing ? await flushBatch(run, scan) : await readPage(run, scan);
    if (stopped === null) continue;
    await publish(run);
    if (stopped === 'scan ended' && run.waitMs === 0) await readAgain(rereadRun(run));
    return resultOf(run, run.waitMs > 0 ? 'asked to wait' : stopped);
  }
}

/** What re-reading needs of the poll, whose scan has ended. */
function rereadRun(run: Run): RereadRun {
  const { ledger, auditLog, allowedLatenessMs, requests, now } = run.deps;
  return {
    ...{ ledger, auditLog, allowedLatenessMs, now },
    pages: Math.max(1, Math.floor(requests * REREAD_SHARE)),
    due: run.reread,
    version: () => run.checkpoint.version,
    isSpent: () => isSpent(run),
    add: (batch) => add(run, batch),
    read: () => run.counts.reread++,
    note: (note) => run.notes.push(note),
  };
}

function resultOf({ how, counts, opened, notes, checkpoint, health }: Run, stopped: StopReason): PollResult {
  return { how, stopped, ...counts, opened, watermark: checkpoint.watermark, health, notes };
}

async function beginPoll(deps: PollDeps): Promise<Run> {
  const { ledger, startAt, suppressFirstRead } = deps;
  const deadline = deps.now() + deps.ms;
  const notes: string[] = [];
  const kv = await readKv(deps.kv, notes);
  const { how, checkpoint, waitMs, reread } = await ledger.begin({ kv, startAt, suppressFirstRead });
  return {
    deps,
    pages: createPages(deps.auditLog),
    how,
    waitMs,
    deadline,
    requestsBefore: deps.auditLog.requests,
    counts: { pages: 0, reread: 0, recorded: 0, staged: 0, known: 0, own: 0, quarantined: 0, expired: 0 },
    opened: [],
    notes,
    checkpoint,
    health: null,
    reread,
    publish: false,
    dropped: 0,
  };
}

/** Records a batch of staged entries. Null: go on. */
async function flushBatch(run: Run, { version }: ActiveScan): Promise<StopReason | null> {
  const { ledger, now } = run.deps;
  if (!(await flushHalving(ledger, version, BATCH_ENTRIES_MAX, (batch) => add(run, batch)))) return 'overtaken';
  if (run.checkpoint.scan === null) return 'scan ended';
  return now() >= run.deadline ? 'budget' : null;
}

/** Requests and records the scan's next page. Null: go on. */
async function readPage(run: Run, scan: ActiveScan): Promise<StopReason | null> {
  const { deps } = run;
  const page = await fetchPageOrDrop(run, scan);
  if (page === null) return null;
  run.counts.pages++;
  const { kind, handle, checkpoint } = follow(scan, page, deps.allowedLatenessMs, isSpent(run));
  if (checkpoint.scan.frontier !== scan.scan.frontier) run.dropped = 0;
  if (kind === 'cursor cycle') {
    run.notes.push('the upstream repeated a cursor: dropped');
    run.dropped++;
  }
  const isStuck = run.dropped > DROPS_MAX;
  const next = kind === 'cursor cycle' ? withoutCursor(checkpoint, deps.allowedLatenessMs) : checkpoint;
  const waits = kind === 'waits';
  const givesUp = kind !== 'ended' && !waits && isSpent(run) && isUnreachable(checkpoint);
  if (givesUp) run.notes.push(UNREACHABLE);
  const began = checkpoint.scan.began ?? earliest(page.times);
  const batch = {
    expectedVersion: scan.version,
    next: givesUp ? givenUp(checkpoint, deps.allowedLatenessMs) : next,
    ends: kind === 'ended',
    handle,
    began,
    horizon: handle === 'stage' ? null : horizonOf(scan, checkpoint.scan, began, deps.allowedLatenessMs),
    times: page.times,
    suppressBefore: scan.scan.suppressBefore,
    ...toIncoming(page),
    save: isSpent(run) || isStuck || waits,
    reread: null,
  };
  if (kind === 'more' && !batch.save) await askAhead(run, checkpoint, page);
  if (!(await recordPage(deps.ledger, batch, (recorded) => add(run, recorded)))) return 'overtaken';
  if (run.checkpoint.scan === null) return 'scan ended';
  if (isStuck) return 'stuck';
  if (waits) return 'budget';
  // A page that was asked for is within the budget.
  return isSpent(run) && !run.pages.isAhead ? 'budget' : null;
}

/**
 * No entry that the scan still brings occurred before this, unless it is too late. An oldest-first query says how far it had
 * come before this page, whose entries may be recorded in parts. In another order, and where the scan reads an earlier part
 * later, it is two latenesses before where the scan still has to read, but no earlier than where it begins to.
 */
function horizonOf(before: ActiveScan, { from }: Scan, began: number, allowedLatenessMs: number): number {
  const { min } = boundsOf(before.scan.query);
  const unread = min <= from ? unreadFrom(before, allowedLatenessMs) : null;
  return Math.min(began - allowedLatenessMs, Math.max(readsFrom(before), unread ?? from - 2 * allowedLatenessMs));
}

/** An upstream that answers faster than this gains nothing from being asked a moment earlier. */
const SLOW_ANSWER_MS = 10;

async function askAhead({ deps, pages }: Run, { scan }: ActiveScan, { times }: Page): Promise<void> {
  pages.ask(nextQuery(scan));
  if (times.answeredAt - times.askedAt >= SLOW_ANSWER_MS) await deps.sent?.();
}

function isSpent({ deps, requestsBefore, deadline }: Run): boolean {
  return deps.auditLog.requests - requestsBefore >= deps.requests || deps.now() >= deadline;
}

function add(run: Run, batch: RecordedBatch): void {
  run.counts.recorded += batch.recorded;
  run.counts.staged += batch.staged;
  run.counts.known += batch.known;
  run.counts.own += batch.own;
  run.counts.quarantined += batch.quarantined;
  run.counts.expired += batch.expired;
  run.opened.push(...batch.opened);
  run.publish ||= batch.publish;
  run.checkpoint = batch.checkpoint;
  run.reread = batch.reread;
  run.health = batch.health;
}

/** The scan's next page; null after dropping a cursor or filters that the upstream rejects. */
async function fetchPageOrDrop(run: Run, scan: ActiveScan): Promise<Page | null> {
  const { allowedLatenessMs } = run.deps;
  try {
    return await run.pages.take(nextQuery(scan.scan));
  } catch (error) {
    const hasCursor = scan.scan.cursor !== null;
    const isOld = run.counts.pages === 0 && run.dropped === 0;
    const drop = isOld ? withoutOldCursor : withoutCursor;
    const reduced = hasCursor ? drop(scan, allowedLatenessMs) : withoutFilters(scan);
    if (run.dropped >= DROPS_MAX || !isRejection(error) || reduced === null) {
      await publish(run);
      throw error;
    }
    run.dropped = asksForLess(reduced, scan) ? 0 : run.dropped + 1;
    run.notes.push(`the upstream rejected a ${hasCursor ? 'cursor' : 'query'}: dropped`);
    run.checkpoint = reduced;
    return null;
  }
}

async function readKv(kv: CheckpointKv, notes: string[]): Promise<KvView | null> {
  let values: Map<string, string | null>;
  try {
    values = await kv.get([KV_CHECKPOINT, KV_REWIND]);
  } catch (error) {
    notes.push(`KV could not be read: ${String(error)}`);
    return null;
  }
  const read = <T>(key: string, from: (text: string) => Read<T>): T | null => {
    const text = values.get(key) ?? null;
    if (text === null) return null;
    const result = from(text);
    if (result.ok) return result.value;
    notes.push(`KV's "${key}" can't be read and is ignored: ${result.problem}`);
    return null;
  };
  return { checkpoint: read(KV_CHECKPOINT, checkpointFrom), rewind: read(KV_REWIND, rewindFrom) };
}

/** Copies the checkpoint to KV if the ledger asked for it. */
async function publish({ deps, checkpoint, notes, publish: isDue }: Run): Promise<void> {
  if (!isDue) return;
  try {
    await deps.kv.put(KV_CHECKPOINT, checkpointText(checkpoint));
  } catch (error) {
    notes.push(`KV did not take the checkpoint (the ledger has it): ${String(error)}`);
  }
}
