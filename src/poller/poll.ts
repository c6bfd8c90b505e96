/**
 * The watch: one poll of the audit log, from the checkpoint to the checkpoint.
 *
 * Contract: reads KV once, begins with the ledger, then follows the walk page by page: each page is given to the ledger
 * before the next is asked for, and the checkpoint moves with it in the ledger's transaction. A poll may die at any
 * await, run twice, or overlap another. What it can't do within its budget is the next one's. KV is written last, now
 * and then, and its failure never fails a poll. Upstream failures are thrown on, once what was read is recorded.
 */
import type { Checkpoint } from '../audit-log/checkpoint.ts';
import { checkpointFrom, checkpointText, type Read, rewindFrom } from '../audit-log/checkpoint-text.ts';
import type { AuditLog, ListQuery, Page } from '../audit-log/entry.ts';
import { UpstreamError } from '../audit-log/errors.ts';
import {
  follow,
  LEAST_PAGE_LIMIT,
  nextQuery,
  startOrResumeScan,
  withoutCursor,
  withoutFilters,
} from '../audit-log/tail.ts';
import type { Intake, KvView, LedgerApi, OpenedAlert } from '../ledger/rpc.ts';
import { BATCH_ENTRIES, type Done, flushOrHalve, recordPage, toIncoming } from './batching.ts';

/** The KV namespace as the watch needs it. */
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
  /** The poll's budget: requests to the upstream, and ms. */
  readonly requests: number;
  readonly ms: number;
}

/** What a poll came to. */
export interface PollResult extends Intake {
  readonly how: 'first start' | 'adopted from KV' | 'rewound' | 'resumed';
  /** Why it stopped. */
  readonly stopped: 'scan ended' | 'budget' | 'overtaken' | 'stuck';
  readonly pages: number;
  readonly opened: readonly OpenedAlert[];
  readonly watermark: number;
  /** What went wrong and was put up with: in words. */
  readonly notes: readonly string[];
}

/** KV's keys: the checkpoint as the ledger last gave it out, and the operator's order to read the past again. */
export const KV_CHECKPOINT = 'checkpoint';
export const KV_REWIND = 'rewind';

/**
 * The upstream's `Date` may be ahead of our clock by this, which must be less than the least overlap; further, ours
 * counts: being early loses nothing.
 */
const SKEW_ALLOWED_MS = 30_000;
/** Cursors and queries refused in one poll without the walk moving; more, and it is not the cursor. */
const DROPS_ALLOWED = 2;

/** One poll. Throws `UpstreamError` where the upstream fails, and what the ledger throws. */
export async function poll(deps: PollDeps): Promise<PollResult> {
  const { ledger, allowedLatenessMs } = deps;
  const deadline = deps.now() + deps.ms;
  const before = deps.auditLog.requests;
  const notes: string[] = [];
  const kv = await readKv(deps.kv, notes);
  const begun = await ledger.begin({ kv, startAt: deps.startAt, suppressFirstRead: deps.suppressFirstRead });
  const total = { pages: 0, recorded: 0, staged: 0, known: 0, quarantined: 0, expired: 0 };
  const opened: OpenedAlert[] = [];
  let checkpoint = begun.checkpoint;
  let publish = false;
  /** Cursors dropped since the walk last moved. */
  let dropped = 0;

  const count = (result: Done): void => {
    total.recorded += result.recorded;
    total.staged += result.staged;
    total.known += result.known;
    total.quarantined += result.quarantined;
    total.expired += result.expired;
    opened.push(...result.opened);
    publish ||= result.publish;
    checkpoint = result.checkpoint;
  };
  const finish = async (stopped: PollResult['stopped']): Promise<PollResult> => {
    if (publish) await writeKv(deps.kv, checkpoint, notes);
    return { how: begun.how, stopped, ...total, opened, watermark: checkpoint.watermark, notes };
  };

  for (;;) {
    const at = startOrResumeScan(checkpoint);
    const spent = (): boolean => deps.auditLog.requests - before >= deps.requests || deps.now() >= deadline;
    if (at.scan.flushing) {
      if (!(await flushOrHalve(ledger, at.version, BATCH_ENTRIES, count))) return finish('overtaken');
      if (checkpoint.scan === null) return finish('scan ended');
      if (deps.now() >= deadline) return finish('budget');
      continue;
    }
    let page: Page;
    try {
      page = await fetchPage(deps.auditLog, nextQuery(at.scan));
    } catch (error) {
      const again = dropped < DROPS_ALLOWED && isRefusal(error) ? askedAnew(at, allowedLatenessMs) : null;
      if (again === null) {
        await finish('budget');
        throw error;
      }
      dropped++;
      notes.push(`the upstream refused a ${at.scan.cursor === null ? 'query' : 'cursor'}: asked anew`);
      checkpoint = again;
      continue;
    }
    total.pages++;
    const servedAt = Math.min(page.servedAt, deps.now() + SKEW_ALLOWED_MS);
    const followed = follow(at, { ...page, servedAt }, allowedLatenessMs);
    const moved = followed.checkpoint.scan.frontier !== at.scan.frontier;
    dropped = moved ? 0 : dropped;
    if (followed.kind === 'cursor cycle') {
      notes.push('the upstream gave a cursor twice: asked anew');
      dropped++;
    }
    const stuck = dropped > DROPS_ALLOWED;
    const done = await recordPage(
      ledger,
      {
        expect: at.version,
        next:
          followed.kind === 'cursor cycle'
            ? withoutCursor(followed.checkpoint, allowedLatenessMs)
            : followed.checkpoint,
        ends: followed.kind === 'ended',
        handle: followed.handle,
        began: followed.checkpoint.scan.began ?? servedAt,
        suppressBefore: at.scan.suppressBefore,
        ...toIncoming(page),
        save: spent() || stuck,
      },
      count,
    );
    if (!done) return finish('overtaken');
    if (checkpoint.scan === null) return finish('scan ended');
    if (stuck) return finish('stuck');
    if (spent()) return finish('budget');
  }
}

/** A cursor or query that the upstream will not have, as its documentation's 400, 404 and 422 say. */
function isRefusal(error: unknown): boolean {
  return error instanceof UpstreamError && (error.kind === 'bad-request' || error.kind === 'not-found');
}

/** Where to go on when the upstream refuses: without the cursor, or else without filters; null: nowhere. */
function askedAnew(at: ReturnType<typeof startOrResumeScan>, allowedLatenessMs: number): Checkpoint | null {
  return at.scan.cursor === null ? withoutFilters(at) : withoutCursor(at, allowedLatenessMs);
}

/** A page; one over the client's cap is asked for again as small as may be. */
async function fetchPage(auditLog: AuditLog, query: ListQuery): Promise<Page> {
  try {
    return await auditLog.list(query);
  } catch (error) {
    const smaller = error instanceof UpstreamError && error.kind === 'too-large' && query.limit > LEAST_PAGE_LIMIT;
    if (!smaller) throw error;
    return auditLog.list({ ...query, limit: LEAST_PAGE_LIMIT });
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
    notes.push(`KV's "${key}" can't be read and is left alone: ${result.problem}`);
    return null;
  };
  return { checkpoint: read(KV_CHECKPOINT, checkpointFrom), rewind: read(KV_REWIND, rewindFrom) };
}

async function writeKv(kv: CheckpointKv, checkpoint: Checkpoint, notes: string[]): Promise<void> {
  try {
    await kv.put(KV_CHECKPOINT, checkpointText(checkpoint));
  } catch (error) {
    notes.push(`KV did not take the checkpoint (the ledger has it): ${String(error)}`);
  }
}
