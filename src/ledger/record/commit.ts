/**
 * The end of a batch's transaction: moves the checkpoint, resolves quiet alerts, alerts on absences, and saves the state
 * where that is worth a row. A checkpoint that brought nothing new stays in memory until the next save.
 */
import type { Checkpoint } from '../../audit-log/checkpoint.ts';
import { withPastCursor } from '../../audit-log/reread.ts';
import { resolveHealthAlert } from '../health/health-alerts.ts';
import { checkUnread } from '../health/unread.ts';
import type { Recorded } from '../rpc.ts';
import { type State, writeState } from '../store/state.ts';
import { alertOnAbsences, completeUpTo, withAbsentFrom } from './absences.ts';
import { healthAfter, type LedgerContext, nextReread, withNextVersion } from './context.ts';
import { waitOf } from './failures.ts';
import { isQuietDue, resolveQuiet } from './quiet.ts';

/** A checkpoint that brought nothing new is saved no more often than this. */
export const QUIET_SAVE_MS = 5 * 60_000;
/** The checkpoint goes to KV no more often than this. */
export const PUBLISH_MS = 2 * 60_000;
/** Of KV's free plan (developers.cloudflare.com/kv/platform/limits). */
const KV_WRITES_A_DAY = 1_000;
if (!((24 * 60 * 60_000) / PUBLISH_MS < KV_WRITES_A_DAY)) throw new Error('KV would refuse the checkpoint');

/** What a batch did, as far as saving depends on it. */
interface BatchEffect {
  /** Something was recorded, quarantined or staged; a sample of our own reads is nothing new. */
  readonly changed: boolean;
  /** The scan ended. */
  readonly ended: boolean;
  /** Save the checkpoint in any case. */
  readonly save: boolean;
  /** The upstream has answered. */
  readonly answered: boolean;
  /** Wall, ms. */
  readonly now: number;
}

type Counts = Omit<Extract<Recorded, { kind: 'done' }>, 'kind' | 'checkpoint' | 'publish' | 'reread' | 'health'>;

/** Commits `state` with the checkpoint `next` (null: the current one). */
export function commit(
  context: LedgerContext,
  state: State,
  next: Checkpoint | null,
  { changed, ended, save, answered, now }: BatchEffect,
  counts: Counts,
): Recorded {
  const { store, options, unsaved, ownReads, rereads, absences } = context;
  const before = unsaved.current(state);
  const checkpoint = next ?? before;
  const moved = ended || changed || hasAdvanced(before, checkpoint);
  const movedAt = moved ? now : unsaved.movedAt(state);
  if (moved) {
    resolveHealthAlert(store, 'blind', 'reading goes on', options.receivers, now);
    if (answered)
      resolveHealthAlert(store, 'key-refused', 'the upstream accepts the API key again', options.receivers, now);
  }
  checkUnread(store, before, checkpoint, options.receivers, now);
  if (ended) ownReads.checkAfterScan(options.allowedLatenessMs, options.receivers, now);
  const resolves = isQuietDue(store, checkpoint.watermark);
  const expecting = withAbsentFrom(state, (before.scan ?? before).suppressBefore);
  const absent = absences.due(store, expecting, options.engine, completeUpTo(checkpoint));
  // A recovery is saved at once: after a restart the ledger would otherwise show the failure again.
  const recovered = moved && (state.failure ?? null) !== null;
  if (!(changed || save || resolves || absent.length > 0 || recovered || isSaveDue(state, now))) {
    if (checkpoint.watermark >= before.watermark) unsaved.keep(checkpoint, movedAt);
    const health = healthAfter(context, state, now);
    const reread = nextReread(context, state, checkpoint, now);
    return { kind: 'done', checkpoint, publish: false, reread, health, ...counts };
  }
  // Our clock may have been ahead.
  const publish = (changed || unsaved.isMissingInKv) && Math.abs(now - state.publishedAt) >= PUBLISH_MS;
  // What another tick was asked to wait outlives the success of this one, which overlapped.
  const failure = moved && waitOf(state, now) === 0 ? null : (state.failure ?? null);
  const publishedAt = publish ? now : state.publishedAt;
  const again = state.rereads === undefined ? {} : { rereads: withPastCursor(state.rereads, checkpoint) };
  const { state: alerted, opened } = alertOnAbsences(store, options, expecting, absent, now);
  const saved = withNextVersion({ ...alerted, ...again, checkpoint, movedAt, publishedAt, failure }, now);
  if (resolves) resolveQuiet(store, options, checkpoint.watermark, saved.lastSeq, now);
  writeState(store, saved, ownReads.text());
  unsaved.clear();
  rereads.clear();
  const reread = nextReread(context, saved, saved.checkpoint, now);
  const health = healthAfter(context, saved, now);
  const all = { ...counts, opened: [...counts.opened, ...opened] };
  return { kind: 'done', checkpoint: saved.checkpoint, publish, reread, health, ...all };
}

/** Whether a checkpoint is saved though nothing is new. */
export function isSaveDue({ savedAt }: State, now: number): boolean {
  return Math.abs(now - savedAt) >= QUIET_SAVE_MS;
}

/** Whether the scan's frontier lies elsewhere than before. */
function hasAdvanced(before: Checkpoint, after: Checkpoint): boolean {
  const frontier = after.scan?.frontier ?? null;
  return frontier !== null && frontier !== (before.scan?.frontier ?? null);
}
