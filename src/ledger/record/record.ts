/**
 * Records a batch, or the oldest staged entries. Call both in a transaction: entries, the alerts they open, the deliveries
 * these enqueue and the checkpoint are stored together or not at all.
 */
import type { Checkpoint } from '../../audit-log/checkpoint.ts';
import { dateOffset, readBy } from '../../audit-log/clocks.ts';
import { endScan } from '../../audit-log/tail.ts';
import { checkClocks } from '../health/reading.ts';
import type { Batch, Recorded } from '../rpc.ts';
import { noteArrivals } from './arrivals.ts';
import { commit, isSaveDue } from './commit.ts';
import { type LedgerContext, requireState } from './context.ts';
import { dedupe, type Unrecorded } from './dedupe.ts';
import type { SortedReads } from './own-reads.ts';
import { quarantinedIds } from './quarantine.ts';
import { settleRevisions } from './revisions.ts';
import { hasStaged, stage, takeStaged } from './staging.ts';

/** Records a batch, or stages it. */
export function record(context: LedgerContext, batch: Batch, now: number): Recorded {
  const { store, options, intake, unsaved, ownReads } = context;
  const state = requireState(store);
  if (batch.expectedVersion !== state.checkpoint.version) return { kind: 'conflict' };
  const ids = batch.entries.map((entry) => entry.id);
  const deduped = dedupe(store, batch.entries, {
    floor: state.checkpoint.floor,
    // What was evicted stays so, even if RETENTION grows: it would count again.
    expiredBefore: Math.max(
      state.latestBegan - options.retentionMs,
      batch.began - options.retentionMs,
      state.evictedThrough ?? Number.NEGATIVE_INFINITY,
    ),
    skip: quarantinedIds(store, ids),
  });
  const { unrecorded, expired } = deduped;
  const isStaged = batch.handle === 'stage' && !(batch.ends && !hasStaged(store));
  const fresh = isStaged ? ownReads.withoutKnown(unrecorded) : [];
  const { added: staged, refused } = stage(store, fresh);
  const sorted = sortReads(context, isStaged ? [] : unrecorded, batch.save || isSaveDue(state, now), now);
  const known = deduped.known + sorted.known + (isStaged ? unrecorded.length - fresh.length : 0);
  const { began: beganAt, evaluatedAt = beganAt, suppressBefore } = batch;
  const result = intake(state, sorted.entries, batch.invalid, { began: evaluatedAt, suppressBefore }, now);
  const { recorded, quarantined, opened } = result;
  const before = unsaved.current(state);
  const arrived = noteArrivals(context, result.state, before, sorted.arrived, readBy(batch.times), now);
  checkClocks(store, dateOffset(batch.times), options.receivers, now);
  const changes = { ...deduped, refused: deduped.refused + refused };
  const settled = settleRevisions(context, arrived, changes, result.revisions, now);
  const ended = batch.ends && batch.next !== null;
  const next = batch.next !== null && ended ? afterLastPage(context, batch.next) : batch.next;
  const counters = { ...settled.state.counters, expired: settled.state.counters.expired + expired };
  const latestBegan = recorded > 0 ? Math.max(state.latestBegan, batch.began) : state.latestBegan;
  return commit(
    context,
    { ...settled.state, counters, latestBegan },
    next,
    {
      changed: sorted.others + quarantined + staged > 0 || settled.changed,
      ended,
      // That every page was read must outlive the memory: a staged entry may crash the ledger.
      save: batch.save || sorted.sampled > 0 || next?.scan?.flushing === true,
      now,
    },
    { recorded, quarantined, opened, staged, known, own: sorted.own, expired },
  );
}

/** Records up to `most` staged entries, oldest first. The scan ends with the last of them. */
export function flush(context: LedgerContext, expectedVersion: number, most: number, now: number): Recorded {
  const { store, options, intake, unsaved } = context;
  const state = requireState(store);
  const checkpoint = unsaved.current(state);
  if (expectedVersion !== state.checkpoint.version || !checkpoint.scan?.flushing) return { kind: 'conflict' };
  const deduped = dedupe(store, takeStaged(store, most), {
    floor: checkpoint.floor,
    expiredBefore: Number.NEGATIVE_INFINITY,
    skip: new Set(),
  });
  const { began, suppressBefore } = checkpoint.scan;
  const sorted = sortReads(context, deduped.unrecorded, true, now);
  const result = intake(state, sorted.entries, [], { began: began ?? now, suppressBefore }, now);
  const { recorded, quarantined, opened } = result;
  const arrived = noteArrivals(context, result.state, checkpoint, sorted.arrived, now, now);
  const settled = settleRevisions(context, arrived, deduped, result.revisions, now);
  const ended = !hasStaged(store);
  const next = ended ? endScan(checkpoint, options.allowedLatenessMs) : checkpoint;
  const latestBegan = recorded > 0 ? Math.max(state.latestBegan, began ?? now) : state.latestBegan;
  return commit(
    context,
    { ...settled.state, latestBegan },
    next,
    { changed: true, ended, save: true, now },
    { recorded, quarantined, opened, staged: 0, known: deduped.known + sorted.known, own: sorted.own, expired: 0 },
  );
}

/** Sorts our own reads out of new entries. `isSaving`: rows are written anyway. */
function sortReads(
  { ownReads, options }: LedgerContext,
  entries: readonly Unrecorded[],
  isSaving: boolean,
  now: number,
): Omit<SortedReads, 'reads'> & { readonly others: number } {
  const sorted = ownReads.sort(entries, now, isSaving) ?? {
    ...{ entries, arrived: entries, own: 0, known: 0 },
    ...{ sampled: 0, overflowed: false },
  };
  if (sorted.overflowed) ownReads.reportOverflow(options.receivers, now);
  return { ...sorted, others: sorted.entries.length - sorted.sampled };
}

/** The checkpoint after the scan's last page: the scan has ended, or its staged entries are recorded first. */
function afterLastPage({ store, options }: LedgerContext, next: Checkpoint): Checkpoint {
  return !hasStaged(store) || next.scan === null
    ? endScan(next, options.allowedLatenessMs)
    : { ...next, scan: { ...next.scan, flushing: true } };
}
