/**
 * Gives pages to the ledger in batches that it can take.
 *
 * Contract: a batch has at most 100 entries and 512 K characters, unless it is one larger entry. A batch that crashes the
 * ledger is halved until one entry remains. If that fails three times, while the storage takes a trial write, it is a quarantine
 * candidate; after enough such ticks it is quarantined. A call that fails for another reason, or whose answer is lost, makes
 * no candidate.
 */

import { latest, occurredAt } from '../audit-log/clocks.ts';
import type { Malformed, Page } from '../audit-log/entry.ts';
import { BATCH_ENTRIES_MAX, type InvalidRecord } from '../ledger/model.ts';
import type { Batch, Incoming, LedgerApi, Recorded } from '../ledger/rpc.ts';
import { jsonText } from '../text/json.ts';

/** The ledger's answer to a batch that it took. */
export type RecordedBatch = Extract<Recorded, { kind: 'done' }>;

const BATCH_CHARS_MAX = 512 * 1024;
/** What is stored of an invalid record. */
const INVALID_CHARS_MAX = 64 * 1024;
if (!(INVALID_CHARS_MAX < BATCH_CHARS_MAX)) throw new Error('an invalid record must fit into a batch');

/** Records a page; `add` sees every batch that was taken. False if another tick has overtaken this one. */
export async function recordPage(
  ledger: LedgerApi,
  page: Batch,
  add: (batch: RecordedBatch) => void,
): Promise<boolean> {
  const parts = inBatches(page.entries);
  let expectedVersion = page.expectedVersion;
  for (const [index, entries] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const batch: Batch = {
      ...page,
      expectedVersion,
      entries,
      invalid: index === 0 ? page.invalid : [],
      next: isLast ? page.next : null,
      ends: isLast && page.ends,
      save: isLast && page.save,
    };
    const version = await recordHalving(ledger, batch, add);
    if (version === null) return false;
    expectedVersion = version;
  }
  return true;
}

/**
 * Records a batch, halving it if it crashes the ledger. Returns the checkpoint's version after it; null if another tick
 * has overtaken this one. Throws if the ledger does not answer, or if the one entry left is not quarantined yet.
 */
async function recordHalving(
  ledger: LedgerApi,
  batch: Batch,
  add: (batch: RecordedBatch) => void,
): Promise<number | null> {
  try {
    return versionAfter(await ledger.record(batch), add);
  } catch (error) {
    if (!(await isStillAt(ledger, batch.expectedVersion))) return null;
    const [first] = batch.entries;
    if (first === undefined) throw error;
    if (batch.entries.length === 1) {
      const again = await retried(() => ledger.record(batch));
      if (again !== null) return versionAfter(again, add);
      const problem = `it crashed the ledger: ${error instanceof Error ? error.message : String(error)}`;
      const { id, occurredAt: readAt } = first;
      const candidate = { id, problem, text: first.text.slice(0, INVALID_CHARS_MAX), readAt };
      if (!(await ledger.quarantineCandidate(candidate))) throw error;
      return recordHalving(ledger, { ...batch, entries: [] }, add);
    }
    const middle = batch.entries.length >> 1;
    const half = { ...batch, entries: batch.entries.slice(0, middle), next: null, ends: false, save: false };
    const version = await recordHalving(ledger, half, add);
    if (version === null) return null;
    const rest = { ...batch, expectedVersion: version, entries: batch.entries.slice(middle), invalid: [] };
    return recordHalving(ledger, rest, add);
  }
}

/** As `recordHalving`, with up to `most` staged entries. False if another tick has overtaken this one. */
export async function flushHalving(
  ledger: LedgerApi,
  expectedVersion: number,
  most: number,
  add: (batch: RecordedBatch) => void,
): Promise<boolean> {
  try {
    return versionAfter(await ledger.flush(expectedVersion, most), add) !== null;
  } catch (error) {
    if (!(await isStillAt(ledger, expectedVersion))) return false;
    if (most > 1) return flushHalving(ledger, expectedVersion, most >> 1, add);
    const again = await retried(() => ledger.flush(expectedVersion, 1));
    if (again !== null) return versionAfter(again, add) !== null;
    if (!(await ledger.quarantineCandidate(null))) throw error;
    return true;
  }
}

/** A call once more, and once again, since it may have failed for another reason than its entry; null if it fails again. */
async function retried(call: () => Promise<Recorded>): Promise<Recorded | null> {
  return call().catch(() => call().catch(() => null));
}

/** The checkpoint's version after a batch; null if another tick has overtaken this one. */
function versionAfter(result: Recorded, add: (batch: RecordedBatch) => void): number | null {
  if (result.kind === 'conflict') return null;
  add(result);
  return result.checkpoint.version;
}

/** After a failed call: whether the ledger did nothing. False if only its answer was lost; throws if it does not answer. */
async function isStillAt(ledger: LedgerApi, version: number): Promise<boolean> {
  const { checkpoint } = await ledger.begin({ kv: null, startAt: 0, suppressFirstRead: false });
  return checkpoint.version === version;
}

function inBatches(entries: readonly Incoming[]): Incoming[][] {
  const batches: Incoming[][] = [];
  let batch: Incoming[] = [];
  let chars = 0;
  for (const entry of entries) {
    if (batch.length === BATCH_ENTRIES_MAX || (batch.length > 0 && chars + entry.text.length > BATCH_CHARS_MAX)) {
      batches.push(batch);
      batch = [];
      chars = 0;
    }
    batch.push(entry);
    chars += entry.text.length;
  }
  return [...batches, batch];
}

const TOO_DEEP = 'nested too deeply to be shown';

/** A page's records as the ledger takes them; an entry that can't be written as JSON is invalid. */
export function toIncoming(page: Page): {
  readonly entries: readonly Incoming[];
  readonly invalid: readonly InvalidRecord[];
} {
  const readAt = latest(page.times);
  const invalid = page.malformed.map((record) => toInvalidRecord(record, readAt));
  const entries: Incoming[] = [];
  for (const { id, createdAt, body } of page.entries) {
    const text = jsonText(body);
    if (text === null) invalid.push({ id, problem: 'nested too deeply', text: TOO_DEEP, readAt });
    else entries.push({ id, createdAt, occurredAt: occurredAt(createdAt, page.times), text });
  }
  return { entries, invalid };
}

function toInvalidRecord({ problem, body }: Malformed, readAt: number): InvalidRecord {
  const id = typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'string' ? body.id : null;
  const text = jsonText(body) ?? TOO_DEEP;
  return { id: id === '' ? null : id, problem, text: text.slice(0, INVALID_CHARS_MAX), readAt };
}
