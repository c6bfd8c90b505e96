/**
 * What new entries show about the log: that entries arrive, and how late they become visible, our own reads included.
 *
 * Contract: call it in the transaction that records them, with the checkpoint from before. Health alerts are raised in it.
 */
import type { Checkpoint } from '../../audit-log/checkpoint.ts';
import { afterLateEntry } from '../../audit-log/reread.ts';
import { measureLateness, withLateness } from '../health/lateness.ts';
import { checkLateness } from '../health/reading.ts';
import type { State } from '../store/state.ts';
import type { LedgerContext } from './context.ts';
import type { Unrecorded } from './dedupe.ts';

/** The state after these were recorded. `readBy`: by when the upstream had read its log for them, ms. */
export function noteArrivals(
  { store, options, rereads }: LedgerContext,
  state: State,
  before: Checkpoint,
  unrecorded: readonly Unrecorded[],
  readBy: number,
  now: number,
): State {
  // A revision has arrived before.
  const entries = unrecorded.filter(({ revision }) => revision === 0);
  if (entries.length === 0) return state;
  const { allowedLatenessMs, receivers } = options;
  const { watermark, lastBegan, gap } = before;
  // What could not be read before is not late.
  const measured = measureLateness(
    entries.filter(({ createdAt }) => gap === null || createdAt < gap.from || createdAt >= gap.to),
    { watermark, lastBegan, readFrom: state.readFrom, allowedLatenessMs },
    readBy,
  );
  checkLateness(store, measured, allowedLatenessMs, receivers, now);
  const newestAt = entries
    .filter(showsArrival)
    .reduce<number | undefined>((newest, { occurredAt }) => Math.max(newest ?? occurredAt, occurredAt), state.newestAt);
  const found =
    measured.beyond === null ? null : afterLateEntry(rereads.current(state, now), measured.beyond.atMostMs, now);
  const lateness = withLateness(state.lateness ?? [], measured.latest, now);
  const again = found === null ? {} : { rereads: found };
  return {
    ...state,
    ...again,
    ...(newestAt === undefined ? {} : { newestAt }),
    ...(lateness.length === 0 ? {} : { lateness }),
  };
}

/** Whether an entry shows that the log has entries: a read of ours shows only that it records reads. */
function showsArrival({ mark }: Unrecorded): boolean {
  return mark !== 'own';
}
