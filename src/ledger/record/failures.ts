/**
 * Failures around recording: a tick that failed, and an entry that crashes the ledger each time it is recorded alone. Call
 * both functions in a transaction.
 */
import { oneLine, untrustedLine } from '../../text/untrusted.ts';
import { raiseHealthAlert } from '../health/health-alerts.ts';
import type { InvalidRecord } from '../model.ts';
import type { TickFailure } from '../rpc.ts';
import { failureOf, readState, type State, writeState } from '../store/state.ts';
import { type LedgerContext, requireState } from './context.ts';
import { isRecordedOrStaged } from './dedupe.ts';
import { quarantinedIds, recordFailure } from './quarantine.ts';
import { oldestStaged, takeStaged } from './staging.ts';

/** No upstream needs to be left alone for longer, whatever it asks for. */
const RETRY_AFTER_MAX_MS = 60 * 60_000;
/** How many characters of a failure's message are stored. */
const MESSAGE_CHARS = 500;

/** How long the upstream is still to be left alone, ms. A longer wait than any is our clock set back meanwhile. */
export function waitOf({ failure }: State, now: number): number {
  const waitMs = (failure?.retryAt ?? now) - now;
  return waitMs > RETRY_AFTER_MAX_MS ? 0 : Math.max(0, waitMs);
}

/** Stores that a tick failed: one row. The tick read nothing, so the checkpoint keeps its version. */
export function recordFailedTick({ store, options, unsaved }: LedgerContext, failure: TickFailure, now: number): void {
  const state = readState(store);
  if (state === null) return;
  const since = failureOf(state, unsaved.movedAt(state))?.since ?? now;
  const message = oneLine(failure.message, MESSAGE_CHARS);
  const { kind, retryAfterMs = null } = failure;
  // Another tick, which overlapped, may have been asked to wait.
  const waitMs = Math.max(waitOf(state, now), Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS));
  const retryAt = waitMs === 0 ? null : now + waitMs;
  writeState(store, { ...state, failure: { kind, message, since, at: now, retryAt } });
  if (failure.kind === 'key') raiseHealthAlert(store, 'key-refused', message, options.receivers, now);
}

/** Counts a crash against `record` (null: the oldest staged entry); true once it is in quarantine. */
export function quarantineCandidate(
  { store, options }: LedgerContext,
  record: InvalidRecord | null,
  now: number,
): boolean {
  const candidate = record ?? oldestStaged(store);
  // A recorded entry crashes nothing: the call failed, or its answer was lost.
  if (record !== null && record.id !== null && isRecordedOrStaged(store, record.id, record.text)) return false;
  if (candidate === null) return false;
  const isQuarantined = candidate.id !== null && quarantinedIds(store, [candidate.id]).size > 0;
  if (!isQuarantined && !recordFailure(store, candidate, now)) return false;
  if (record === null) takeStaged(store, 1);
  if (isQuarantined) return true;
  const state = requireState(store);
  const counters = { ...state.counters, quarantined: state.counters.quarantined + 1 };
  writeState(store, { ...state, counters });
  const summary = `an entry that crashed the ledger was quarantined: ${untrustedLine(candidate.problem, MESSAGE_CHARS)}`;
  raiseHealthAlert(store, 'quarantine', summary, options.receivers, now);
  return true;
}
