/**
 * What the parts of a ledger share: its store, its options, its intake, and the checkpoint that is not saved yet.
 */
import type { RoutedReceiver } from '../../routing/routing.ts';
import type { Engine } from '../../sigma/index.ts';
import { readState, type State, type UnsavedCheckpoint } from '../store/state.ts';
import type { Store } from '../store/store.ts';
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
  /** When the upstream key expires, wall, ms; null: not known. */
  readonly apiKeyExpiresAt?: number | null;
  /** What our own reads are recognized by; null or absent: nothing. */
  readonly ownReads?: OwnReadsOptions | null;
}

export interface LedgerContext {
  readonly store: Store;
  readonly options: LedgerOptions;
  readonly intake: Intake;
  readonly unsaved: UnsavedCheckpoint;
  readonly ownReads: OwnReadsMemory;
}

/** The stored state. Throws in a ledger that has not begun. */
export function requireState(store: Store): State {
  const state = readState(store);
  if (state === null) throw new Error('the ledger is new: begin() comes first');
  return state;
}

/** The state under the checkpoint's next version, as saved at `now`. */
export function withNextVersion(state: State, now: number): State {
  return { ...state, savedAt: now, checkpoint: { ...state.checkpoint, version: state.checkpoint.version + 1 } };
}
