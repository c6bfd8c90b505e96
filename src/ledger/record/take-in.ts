/**
 * What a batch has that is new: our own reads are sorted out, the rest is recorded, and what it shows is noted.
 *
 * Contract: called in the batch's transaction, for pages of scans, of re-reads and from staging alike.
 */
import type { Checkpoint } from '../../audit-log/checkpoint.ts';
import type { InvalidRecord, ScanContext } from '../model.ts';
import type { OpenedAlert } from '../rpc.ts';
import type { State } from '../store/state.ts';
import { noteArrivals } from './arrivals.ts';
import type { LedgerContext } from './context.ts';
import type { Deduped, Unrecorded } from './dedupe.ts';
import type { SortedReads } from './own-reads.ts';
import { settleRevisions } from './revisions.ts';

export interface NewInBatch extends Pick<Deduped, 'unrecorded' | 'rewritten' | 'refused'> {
  readonly invalid: readonly InvalidRecord[];
  readonly scanContext: ScanContext;
  /** By when the upstream had read its log for this page. */
  readonly readBy: number;
  /** Rows are written anyway. */
  readonly isSaving: boolean;
}

export interface TakenIn {
  /** The state after it, not stored yet. */
  readonly state: State;
  readonly recorded: number;
  readonly quarantined: number;
  readonly opened: readonly OpenedAlert[];
  readonly own: number;
  /** Own reads that had come back before. */
  readonly known: number;
  /** More than samples of our own reads. */
  readonly changed: boolean;
  readonly isSampled: boolean;
}

/** Takes in what is new. `before`: the checkpoint before the batch. */
export function takeIn(
  context: LedgerContext,
  state: State,
  before: Checkpoint,
  { scanContext, readBy, ...fresh }: NewInBatch,
  now: number,
): TakenIn {
  const sorted = sortReads(context, fresh.unrecorded, fresh.isSaving, now);
  const result = context.intake(state, sorted.entries, fresh.invalid, scanContext, now);
  const { recorded, quarantined, opened } = result;
  context.absences.noteEntries(
    sorted.entries.map(({ occurredAt }) => occurredAt),
    context.options.engine,
  );
  const arrived = noteArrivals(context, result.state, before, sorted.arrived, readBy, now);
  const settled = settleRevisions(context, arrived, fresh, result.revisions, now);
  const latestBegan = recorded > 0 ? Math.max(state.latestBegan, scanContext.began) : state.latestBegan;
  const { own, known, sampled } = sorted;
  return {
    state: { ...settled.state, latestBegan },
    ...{ recorded, quarantined, opened, own, known },
    changed: sorted.entries.length - sampled + quarantined > 0 || settled.changed,
    isSampled: sampled > 0,
  };
}

/** Sorts our own reads out of new entries. */
function sortReads(
  { ownReads, options }: LedgerContext,
  entries: readonly Unrecorded[],
  isSaving: boolean,
  now: number,
): Omit<SortedReads, 'reads'> {
  const sorted = ownReads.sort(entries, now, isSaving) ?? {
    ...{ entries, arrived: entries, own: 0, known: 0 },
    ...{ sampled: 0, overflowed: false },
  };
  if (sorted.overflowed) ownReads.reportOverflow(options.receivers, now);
  return sorted;
}
