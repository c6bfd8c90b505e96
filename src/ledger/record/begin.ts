/**
 * Where a tick begins to read: at the ledger's checkpoint. A new ledger takes KV's, or starts at the settings' time. An
 * operator's rewind in KV is applied once, and so is the mark of a restore.
 */
import { type Checkpoint, rewound } from '../../audit-log/checkpoint.ts';
import type { Rewind } from '../../audit-log/checkpoint-text.ts';
import type { BeginInput, Begun } from '../rpc.ts';
import { firstState, readState, type State, writeState } from '../store/state.ts';
import { type LedgerContext, nextReread, withNextVersion, withRereads } from './context.ts';
import { waitOf } from './failures.ts';
import { afterRestore, withRewinds } from './restore.ts';

/** Call it in a transaction. Throws in a new ledger where KV can't be read. */
export function begin(context: LedgerContext, input: BeginInput, now: number): Begun {
  const { store, unsaved } = context;
  const stored = readState(store);
  if (stored === null) return firstBegin(context, input, now);

  if (input.kv !== null) unsaved.isMissingInKv = input.kv.checkpoint === null;
  const state = withRereads(context, stored, now);
  const saved = saveRewind(context, state, input.kv?.rewind ?? null, now);
  const waitMs = waitOf(state, now);
  if (saved === null) {
    const checkpoint = unsaved.current(state);
    return { checkpoint, how: 'resumed', waitMs, reread: nextReread(context, state, checkpoint, now) };
  }
  return { checkpoint: saved.checkpoint, how: 'rewound', waitMs, reread: null };
}

/**
 * Applies the mark of a restore; false where this ledger was not restored: it knows the mark's id, and has not applied it.
 * Call it in a transaction.
 */
export function finishRestore(context: LedgerContext, mark: Rewind, now: number): boolean {
  const stored = readState(context.store);
  if (stored === null) return false;
  if (stored.restored?.id === mark.id) return true;
  return saveRewind(context, withRereads(context, stored, now), mark, now) !== null;
}

/** Applies a rewind and saves the state; null where there is nothing to apply. */
function saveRewind(context: LedgerContext, state: State, rewind: Rewind | null, now: number): State | null {
  const { store, unsaved, rereads } = context;
  const rewoundState = applyRewind({ ...state, checkpoint: unsaved.current(state) }, rewind, now);
  if (rewoundState === null) return null;
  // A scan that was dropped reads its staged entries again; a scan that goes on still needs them.
  if (rewoundState.checkpoint.scan === null) store.run('DELETE FROM staging');
  const saved = withNextVersion(rewoundState, now);
  writeState(store, saved);
  unsaved.clear();
  rereads.clear();
  return saved;
}

function firstBegin({ store, options }: LedgerContext, input: BeginInput, now: number): Begun {
  if (input.kv === null) throw new Error('the ledger is new and KV, where its checkpoint may lie, cannot be read');
  // A watermark in the future proves nothing about what was read.
  const found = input.kv.checkpoint !== null && input.kv.checkpoint.watermark <= now ? input.kv.checkpoint : null;
  const suppressBefore = input.suppressFirstRead && found === null ? now : null;
  // A start in the future would watch nothing until then, and look healthy.
  const first = firstState(now, found?.floor ?? Math.min(input.startAt, now), suppressBefore);
  const from = found === null ? first : adopting(first, adopted(found, now, options.allowedLatenessMs));
  // The mark of a restore is that of the lost ledger.
  const start = (input.kv.rewind?.restored ? null : applyRewind(from, input.kv.rewind, now)) ?? from;
  writeState(store, start);
  return {
    checkpoint: start.checkpoint,
    how: found === null ? 'first start' : 'adopted from KV',
    waitMs: 0,
    reread: null,
  };
}

function adopting(first: State, checkpoint: Checkpoint): State {
  return { ...first, checkpoint, readFrom: checkpoint.watermark };
}

/**
 * KV's checkpoint for a new ledger: no later than now less the allowed lateness, and without a scan whose staged entries
 * are lost or whose end would move the watermark into the future.
 */
function adopted(found: Checkpoint, now: number, allowedLatenessMs: number): Checkpoint {
  const isLost = found.scan?.direction === 'backward' || found.scan?.staged || found.scan?.flushing;
  const scan = isLost || (found.scan?.began ?? now) - allowedLatenessMs > now ? null : found.scan;
  const watermark = Math.min(found.watermark, now - allowedLatenessMs);
  // The resume cursor may lie behind what only the lost ledger had staged.
  const resumeCursor = isLost ? null : found.resumeCursor;
  // The lost ledger has recorded, and reported, what lies before the watermark, except for the gap.
  const floor = Math.min(watermark, found.gap?.from ?? watermark);
  return { ...found, version: 1, lastBegan: null, floor, scan, resumeCursor, watermark };
}

/** The state after a rewind; null without a rewind, or where it was applied before. */
function applyRewind(state: State, rewind: Rewind | null, now: number): State | null {
  if (rewind === null || state.rewinds.includes(rewind.id)) return null;
  if (rewind.restored) return afterRestore(state, rewind, rewind.restored, now);
  return {
    ...state,
    checkpoint: rewound(state.checkpoint, rewind.to, rewind.suppress),
    readFrom: Math.min(state.readFrom, rewind.to),
    rewinds: withRewinds(state, rewind.id),
  };
}
