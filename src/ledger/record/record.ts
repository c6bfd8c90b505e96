/**
 * Records a batch, or the oldest staged entries. Call both in a transaction: entries, the alerts they open, the deliveries
 * these enqueue and the checkpoint are stored together or not at all.
 */
import type { Checkpoint } from '../../audit-log/checkpoint.ts';
import { dateOffset, readBy } from '../../audit-log/clocks.ts';
import { endScan } from '../../audit-log/tail.ts';
import { checkClocks } from '../health/reading.ts';
import type { Batch, Recorded } from '../rpc.ts';
import { commit, isSaveDue } from './commit.ts';
import { type LedgerContext, requireState, withRereads } from './context.ts';
import { dedupe } from './dedupe.ts';
import { quarantinedIds } from './quarantine.ts';
import { recordReread } from './record-reread.ts';
import { expiredBefore } from './retention.ts';
import { hasStaged, stage, takeStaged } from './staging.ts';
import { takeIn } from './take-in.ts';

/** Records a batch, or stages it. */
export function record(context: LedgerContext, batch: Batch, now: number): Recorded {
  const { store, options, unsaved, ownReads } = context;
  const state = withRereads(context, requireState(store), now);
  if (batch.expectedVersion !== state.checkpoint.version) return { kind: 'conflict' };
  if (batch.reread !== null) return recordReread(context, state, batch, batch.reread, now);
  const ids = batch.entries.map((entry) => entry.id);
  const deduped = dedupe(store, batch.entries, {
    floor: state.checkpoint.floor,
    expiredBefore: expiredBefore(state, batch.began, options.retentionMs),
    skip: quarantinedIds(store, ids),
  });
  const { unrecorded, expired } = deduped;
  // While anything is staged, all is: what a dead tick staged would else be recorded after what was read later.
  const isStaged = hasStaged(store) || (batch.handle === 'stage' && !batch.ends);
  const fresh = isStaged ? ownReads.withoutKnown(unrecorded) : [];
  const { added: staged, refused } = stage(store, fresh, readBy(batch.times));
  const { began, suppressBefore } = batch;
  const horizon = batch.horizon ?? began - options.allowedLatenessMs;
  const taken = takeIn(
    context,
    state,
    unsaved.current(state),
    {
      ...deduped,
      unrecorded: isStaged ? [] : unrecorded,
      refused: deduped.refused + refused,
      invalid: batch.invalid,
      scanContext: { began, horizon, suppressBefore },
      readBy: readBy(batch.times),
      isSaving: batch.save || isSaveDue(state, now),
    },
    now,
  );
  const known = deduped.known + taken.known + (isStaged ? unrecorded.length - fresh.length : 0);
  checkClocks(store, dateOffset(batch.times), options.receivers, now);
  const ended = batch.ends && batch.next !== null;
  const next = batch.next !== null && ended ? afterLastPage(context, batch.next) : staging(batch.next, isStaged);
  const { recorded, quarantined, opened, own } = taken;
  const counters = { ...taken.state.counters, expired: taken.state.counters.expired + expired };
  return commit(
    context,
    { ...taken.state, counters },
    next,
    {
      changed: taken.changed || staged > 0,
      // What is staged is recorded first.
      ended: ended && next?.scan === null,
      // That every page was read must outlive the memory: a staged entry may crash the ledger.
      save: batch.save || taken.isSampled || next?.scan?.flushing === true,
      answered: true,
      now,
    },
    { recorded, quarantined, opened, staged, known, own, expired },
  );
}

/** Records up to `most` staged entries, oldest first. The scan ends with the last of them. */
export function flush(context: LedgerContext, expectedVersion: number, most: number, now: number): Recorded {
  const { store, options, unsaved } = context;
  const state = withRereads(context, requireState(store), now);
  const checkpoint = unsaved.current(state);
  if (expectedVersion !== state.checkpoint.version || !checkpoint.scan?.flushing) return { kind: 'conflict' };
  const deduped = dedupe(store, takeStaged(store, most), {
    floor: checkpoint.floor,
    expiredBefore: Number.NEGATIVE_INFINITY,
    skip: new Set(),
  });
  const { suppressBefore } = checkpoint.scan;
  const began = checkpoint.scan.began ?? now;
  const scanContext = { began, horizon: began - options.allowedLatenessMs, suppressBefore };
  const taken = takeIn(
    context,
    state,
    checkpoint,
    { ...deduped, invalid: [], scanContext, readBy: now, isSaving: true },
    now,
  );
  const ended = !hasStaged(store);
  const next = ended ? endScan(checkpoint, options.allowedLatenessMs) : checkpoint;
  const { recorded, quarantined, opened, own } = taken;
  return commit(
    context,
    taken.state,
    next,
    { changed: true, ended, save: true, answered: false, now },
    { recorded, quarantined, opened, staged: 0, known: deduped.known + taken.known, own, expired: 0 },
  );
}

/** Whether a scan stages outlives the ledger: a new one can't go on behind what only the lost one had. */
function staging(next: Checkpoint | null, isStaged: boolean): Checkpoint | null {
  return next === null || next.scan === null || !isStaged ? next : { ...next, scan: { ...next.scan, staged: true } };
}

/** The checkpoint after the scan's last page: the scan has ended, or its staged entries are recorded first. */
function afterLastPage({ store, options }: LedgerContext, next: Checkpoint): Checkpoint {
  return !hasStaged(store) || next.scan === null
    ? endScan(next, options.allowedLatenessMs)
    : { ...next, scan: { ...next.scan, flushing: true } };
}
