/**
 * What the parts of a ledger share: its store, its options, its intake, and the checkpoint and re-reads not saved yet.
 */

import type { HealthState } from '../../alert/health-state.ts';
import type { Checkpoint } from '../../audit-log/checkpoint.ts';
import { dueReread, type Reread } from '../../audit-log/reread.ts';
import type { RoutedReceiver, Routing } from '../../routing/routing.ts';
import type { Engine } from '../../sigma/index.ts';
import { healthStateOf } from '../health/facts.ts';
import type { Removed } from '../health/receivers.ts';
import type { UsageMeter } from '../health/usage-meter.ts';
import { readState, type State, type UnsavedCheckpoint, type UnsavedRereads } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import type { AbsencesMemory } from './absences.ts';
import type { Intake } from './intake.ts';
import type { OwnReadsMemory, OwnReadsOptions } from './own-reads-memory.ts';

/** Durations in ms. */
export interface LedgerOptions {
  readonly engine: Engine;
  readonly allowedLatenessMs: number;
  readonly retentionMs: number;
  readonly blindAfterMs: number;
  /** The receivers that notifications are enqueued for. */
  readonly receivers: readonly RoutedReceiver[];
  /** The tree of routes; null or absent: everything goes to every receiver. */
  readonly routing?: Routing | null;
  /** When the upstream key expires, wall, ms; null: not known. */
  readonly apiKeyExpiresAt?: number | null;
  /** What our own reads are recognized by; null or absent: nothing. */
  readonly ownReads?: OwnReadsOptions | null;
  /** Counts what of the day's allowances is used; null or absent: nothing does. */
  readonly usage?: UsageMeter | null;
  /** The most entries of a step of a pass (evaluated.ts). Tests set it. */
  readonly stepEntries?: number;
}

export interface LedgerContext {
  readonly store: Store;
  readonly options: LedgerOptions;
  readonly intake: Intake;
  readonly unsaved: UnsavedCheckpoint;
  readonly removed: Removed;
  readonly ownReads: OwnReadsMemory;
  readonly rereads: UnsavedRereads;
  readonly absences: AbsencesMemory;
}

/** The stored state. Throws in a ledger that has not begun. */
export function requireState(store: Store): State {
  const state = readState(store);
  if (state === null) throw new Error('the ledger is new: begin() comes first');
  return state;
}

/** The health after a batch that left this state. */
export function healthAfter(
  { store, options, unsaved, removed }: LedgerContext,
  state: State,
  now: number,
): HealthState {
  return healthStateOf(store, state, { ...options, unsaved, removed }, now);
}

/** The state with the re-reads as they are now, saved or not. */
export function withRereads({ rereads }: LedgerContext, state: State, now: number): State {
  return { ...state, rereads: rereads.current(state, now) };
}

/** The re-read whose next page is due; null: none, or a scan is under way. */
export function nextReread(
  { rereads }: LedgerContext,
  state: State,
  checkpoint: Checkpoint,
  now: number,
): Reread | null {
  return checkpoint.scan === null ? dueReread(rereads.current(state, now), checkpoint, state.readFrom, now) : null;
}

/** The state under the checkpoint's next version, as saved at `now`. */
export function withNextVersion(state: State, now: number): State {
  return { ...state, savedAt: now, checkpoint: { ...state.checkpoint, version: state.checkpoint.version + 1 } };
}
