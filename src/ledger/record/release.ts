/**
 * Releases a record from quarantine: what reading the entry now would record is recorded and evaluated, and may alert.
 *
 * Contract: taken out and recorded in one transaction, so that a crash loses and doubles nothing. What can't be recorded
 * stays in quarantine, with the reason: a record that is still malformed, an entry that crashes the ledger again, one that is
 * older than RETENTION or than the beginning of reading. What was recorded meanwhile is only taken out. Nobody but an operator
 * calls this, so notifications are not suppressed, whatever they would have been when it was first read.
 */
import { ENTRY_ID } from '../../audit-log/client.ts';
import { occurredAt } from '../../audit-log/clocks.ts';
import { readRecord } from '../../audit-log/page.ts';
import type { Engine } from '../../sigma/index.ts';
import { jsonText, parseJson } from '../../text/json.ts';
import type { FreshRecord, Incoming, Released } from '../rpc.ts';
import { type State, writeState } from '../store/state.ts';
import { type LedgerContext, requireState } from './context.ts';
import { type Deduped, dedupe } from './dedupe.ts';
import { findQuarantined, hasKey, type QuarantineRow, removeQuarantined, setProblem } from './quarantine.ts';
import { expiredBefore } from './retention.ts';
import { settleRevisions } from './revisions.ts';
import { isStagedOtherwise } from './staging.ts';
import { isStorageSound } from './trial-write.ts';

/**
 * Releases the record with this key or id. `fresh`: what the upstream has of it, where the first call returned `ask`. Runs
 * its own transactions. Never throws for what the record is or what the storage refuses.
 */
export function release(context: LedgerContext, name: string, fresh: FreshRecord | null, now: number): Released {
  const found = findQuarantined(context.store, name);
  if (found.kind !== 'found') return { name, ...found };
  const { row } = found;
  const { key } = row;
  const entry = entryFrom(context, row, fresh);
  if (typeof entry === 'string') {
    if (fresh === null && row.id !== null && ENTRY_ID.test(row.id)) return { name, kind: 'ask', key, id: row.id };
    return { name, kind: 'refused', key, problem: entry };
  }
  try {
    return { name, key, ...context.store.transaction(() => recordReleased(context, key, entry, now)) };
  } catch (error) {
    return { name, kind: 'failed', key, problem: afterCrash(context, key, error, now) };
  }
}

/** The entry to record, from what is stored or what the upstream has; or why there is none, in words. */
function entryFrom({ options }: LedgerContext, row: QuarantineRow, fresh: FreshRecord | null): Incoming | string {
  const { key, read_at, body, cut } = row;
  if (fresh !== null && fresh.text !== null) {
    return soundEntry(key, fresh.text, Math.max(read_at, fresh.readAt), options.engine);
  }
  const stored = soundEntry(key, body, read_at, options.engine);
  if (typeof stored !== 'string') return stored;
  const problem = cut === 1 ? 'not all of it was kept' : stored;
  return fresh === null ? problem : `${problem}, and the upstream has no entry with this id`;
}

function soundEntry(key: string, stored: string, readAt: number, engine: Engine): Incoming | string {
  const parsed = parseJson(stored);
  if (parsed === undefined) return 'nested too deeply';
  const record = readRecord(parsed);
  if ('problem' in record) return record.problem;
  const { id, createdAt, body } = record;
  if (!hasKey(key, id)) return 'the upstream has another entry under its id';
  const text = jsonText(body);
  if (text === null) return 'nested too deeply';
  try {
    engine.evaluate(body);
  } catch (error) {
    return `evaluation failed: ${String(error)}`;
  }
  const times = { askedAt: readAt, answeredAt: readAt, date: null };
  return { id, createdAt, occurredAt: occurredAt(createdAt, times), text };
}

type Result =
  | Pick<Extract<Released, { kind: 'recorded' }>, 'kind' | 'opened'>
  | Pick<Extract<Released, { kind: 'known' }>, 'kind'>
  | { readonly kind: 'refused' | 'failed'; readonly problem: string };

/** Call it in a transaction. */
function recordReleased(context: LedgerContext, key: string, entry: Incoming, now: number): Result {
  const { store, options, intake, ownReads, unsaved } = context;
  if (isStagedOtherwise(store, entry)) {
    // That version may be an older one, and would be recorded last.
    return { kind: 'failed', problem: 'a scan is about to record another version of it: try again in a minute' };
  }
  const state = requireState(store);
  const began = lastBegan(context, state);
  const { floor, watermark } = unsaved.current(state);
  // A scan under way may still bring whatever is from after the watermark.
  const scanContext = { began, horizon: watermark, suppressBefore: null };
  const bounds = { floor, expiredBefore: expiredBefore(state, began, options.retentionMs), skip: new Set<string>() };
  const deduped = dedupe(store, [entry], bounds);
  if (deduped.known === 0 && deduped.unrecorded.length === 0) {
    return { kind: 'refused', problem: whyNot(entry, floor, deduped) };
  }
  removeQuarantined(store, key);
  const entries = ownReads.sort(deduped.unrecorded, now, true)?.entries ?? deduped.unrecorded;
  const result = intake(state, entries, [], scanContext, now);
  if (result.recorded !== entries.length) throw new Error('it was not recorded');
  const settled = settleRevisions(context, result.state, deduped, result.revisions, now);
  // Only a batch moves the checkpoint: a tick that is reading meanwhile goes on.
  writeState(store, settled.state, ownReads.text());
  return result.recorded > 0 ? { kind: 'recorded', opened: result.opened } : { kind: 'known' };
}

/** Why reading the entry now would not record it. */
function whyNot({ createdAt }: Incoming, floor: number, { expired }: Deduped): string {
  if (createdAt < floor) return 'it is dated before Tocsin began to read: rewind to an earlier time first';
  return expired > 0 ? 'it is older than RETENTION' : 'its id is recorded, and was changed too often';
}

/** The latest beginning of a scan that is known. */
function lastBegan({ options, unsaved }: LedgerContext, state: State): number {
  return Math.max(state.latestBegan, unsaved.current(state).watermark + options.allowedLatenessMs);
}

/** Why it was not recorded, in words. It is in quarantine as before, since the transaction was rolled back. */
function afterCrash(context: LedgerContext, key: string, thrown: unknown, now: number): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (!isStorageSound(context, now)) return `the ledger can't write: ${message}`;
  const problem = `released, it crashed the ledger again: ${message}`;
  try {
    context.store.transaction(() => setProblem(context.store, key, problem));
  } catch {
    // The reason is in the answer.
  }
  return problem;
}
