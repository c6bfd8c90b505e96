/**
 * Records a page of a re-read: what became visible too late for the scans.
 *
 * Contract: call it in a transaction, from the checkpoint that the tick knows. Entries go the way of all others; the place of
 * the re-read moves in the same transaction, and the watermark does not. The step after a page that brought nothing is saved
 * with the last page of a tick, at most every five minutes for a re-read that begins more often.
 */
import { dateOffset, readBy } from '../../audit-log/clocks.ts';
import { afterStep, dueReread, isAt, planOf, type RereadPlace, type RereadStep } from '../../audit-log/reread.ts';
import { checkClocks } from '../health/reading.ts';
import type { Batch, Recorded } from '../rpc.ts';
import { type State, writeState } from '../store/state.ts';
import { QUIET_SAVE_MS } from './commit.ts';
import { healthAfter, type LedgerContext, withNextVersion } from './context.ts';
import { dedupe } from './dedupe.ts';
import { quarantinedIds } from './quarantine.ts';
import { expiredBefore } from './retention.ts';
import { takeIn } from './take-in.ts';

/** Records what of `batch` was created before the watermark and is not known. `state` has the current re-reads. */
export function recordReread(
  context: LedgerContext,
  state: State,
  batch: Batch,
  { from, step }: { readonly from: RereadPlace; readonly step: RereadStep },
  now: number,
): Recorded {
  const { store, options, unsaved, rereads, ownReads } = context;
  if (!isAt(rereads.current(state, now), from)) return { kind: 'conflict' };
  const checkpoint = unsaved.current(state);
  const { began, suppressBefore, invalid, times } = batch;
  const old = batch.entries.filter(({ createdAt }) => createdAt < checkpoint.watermark);
  const ids = old.map(({ id }) => id);
  const deduped = dedupe(store, old, {
    floor: Math.max(checkpoint.floor, state.readFrom),
    expiredBefore: expiredBefore(state, began, options.retentionMs),
    skip: quarantinedIds(store, ids),
  });
  // The next scan reads from there on.
  const scanContext = { began, horizon: checkpoint.watermark, suppressBefore };
  const fresh = { ...deduped, invalid, scanContext, readBy: readBy(times), isSaving: false };
  const taken = takeIn(context, state, checkpoint, fresh, now);
  checkClocks(store, dateOffset(times), options.receivers, now);
  const before = taken.state.rereads ?? rereads.current(state, now);
  const after = batch.next === null ? before : afterStep(before, from, step, now);
  const reread = dueReread(after, checkpoint, state.readFrom, now);
  const { recorded, quarantined, opened, own } = taken;
  const known = deduped.known + taken.known;
  const health = healthAfter(context, taken.state, now);
  const counts = { recorded, quarantined, opened, own, staged: 0, known, expired: 0, publish: false, reread, health };
  const isLast = batch.next !== null && (batch.save || reread === null);
  const isRare = (planOf(after, from.kind)?.everyMs ?? 0) >= QUIET_SAVE_MS;
  const isWorthSaving = isLast && (isRare || now - after.savedAt >= QUIET_SAVE_MS);
  if (!(taken.changed || taken.isSampled || isWorthSaving)) {
    rereads.keep(after);
    return { kind: 'done', checkpoint, ...counts };
  }
  const movedAt = unsaved.movedAt(state);
  const saved = withNextVersion({ ...taken.state, checkpoint, movedAt, rereads: { ...after, savedAt: now } }, now);
  writeState(store, saved, ownReads.text());
  unsaved.clear();
  rereads.clear();
  return { kind: 'done', checkpoint: saved.checkpoint, ...counts };
}
