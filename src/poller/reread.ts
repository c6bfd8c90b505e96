/**
 * Reads parts of the log again after the scan of a poll has ended, as far as that is due (audit-log/reread.ts).
 *
 * Contract: each page is recorded before the next is requested, with its re-read's place in the same transaction. It may die
 * at any await, run twice, or overlap another. It fails no poll: what the upstream does not give now is asked for by the next
 * tick. Only an upstream that asks to be left alone is thrown, so that ticks obey.
 */
import { earliest } from '../audit-log/clocks.ts';
import type { AuditLog, Page } from '../audit-log/entry.ts';
import { UpstreamError } from '../audit-log/errors.ts';
import { dropCursor, followReread, type Reread, type RereadStep, rereadQuery } from '../audit-log/reread.ts';
import type { Batch, LedgerApi } from '../ledger/rpc.ts';
import { type RecordedBatch, recordPage, toIncoming } from './batching.ts';
import { fetchPage, isRejection } from './pages.ts';

/** What it needs of its poll. */
export interface RereadRun {
  readonly ledger: LedgerApi;
  readonly auditLog: AuditLog;
  readonly allowedLatenessMs: number;
  /** Wall clock, ms. */
  readonly now: () => number;
  /** The most pages. */
  readonly pages: number;
  readonly due: Reread | null;
  /** The checkpoint's version. */
  version(): number;
  /** Whether the poll's budget is spent. */
  isSpent(): boolean;
  add(batch: RecordedBatch): void;
  /** A page was read. */
  read(): void;
  note(text: string): void;
}

/** Reads what is due, page by page. Throws `UpstreamError` with a `retryAfterMs`, and whatever the ledger throws. */
export async function readAgain(run: RereadRun): Promise<void> {
  let due = run.due;
  for (let pages = 0; due !== null && pages < run.pages && !run.isSpent(); pages++) {
    const isLastPage = pages + 1 === run.pages;
    const read = await readPage(run, due, isLastPage);
    if (read === null) return;
    const { reread, page, step } = read;
    const isLast = isLastPage || run.isSpent();
    if (step.kind === 'given up') run.note(`the log could not be read again (${reread.kind}): ${step.problem}`);
    let next: Reread | null = null;
    const batch = batchOf(run, reread, page, step, isLast);
    const isTaken = await recordPage(run.ledger, batch, (recorded) => {
      run.add(recorded);
      next = recorded.reread;
    });
    if (!isTaken) return;
    due = next;
  }
}

/** The re-read's next page, and what becomes of it. A re-read whose cursors are rejected may be given up, without a page. */
async function readPage(
  run: RereadRun,
  due: Reread,
  isLastPage: boolean,
): Promise<{ readonly reread: Reread; readonly page: Page | null; readonly step: RereadStep } | null> {
  let reread = due;
  while (!run.isSpent()) {
    try {
      const page = await fetchPage(run.auditLog, rereadQuery(reread));
      run.read();
      return { reread, page, step: followReread(reread, page, run.allowedLatenessMs, isLastPage || run.isSpent()) };
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.retryAfterMs !== undefined) throw error;
      if (!isRejection(error)) {
        run.note(`the log could not be read again (${reread.kind}): ${error.message}`);
        return null;
      }
      const step = dropCursor(reread, run.allowedLatenessMs);
      if (step.kind !== 'more') return { reread, page: null, step };
      reread = step.next;
    }
  }
  return null;
}

function batchOf(run: RereadRun, reread: Reread, page: Page | null, step: RereadStep, isLast: boolean): Batch {
  const { kind, startedAt, pages } = reread;
  const now = run.now();
  const times = page?.times ?? { askedAt: now, answeredAt: now, date: null };
  return {
    expectedVersion: run.version(),
    // Its own, which only says that this is the page's last part.
    next: reread.checkpoint,
    ends: false,
    handle: 'record',
    began: earliest(times),
    times,
    horizon: null,
    suppressBefore: null,
    ...(page === null ? { entries: [], invalid: [] } : toIncoming(page)),
    save: isLast,
    reread: { from: { kind, startedAt, pages }, step },
  };
}
