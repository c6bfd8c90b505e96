/**
 * Handing pages over to the ledger, in batches it can take.
 *
 * Contract: a batch is at most 100 entries and 512 K characters, unless one entry alone is larger. One that brings the
 * ledger down is halved, down to the entry that is to blame; that one is suspected, and put away when it has happened
 * often enough. A call that merely failed, or whose answer was lost, blames nobody.
 */
import type { Malformed, Page } from '../audit-log/entry.ts';
import type { InvalidRecord } from '../ledger/model.ts';
import type { Batch, Incoming, LedgerApi, Recorded } from '../ledger/rpc.ts';
import { jsonText } from '../text/json.ts';

/** What a batch that was taken came to. */
export type Done = Extract<Recorded, { kind: 'done' }>;

/** A batch is at most so many entries and characters. */
export const BATCH_ENTRIES = 100;
const BATCH_CHARS = 512 * 1024;
/** What is kept of a record's text that can't be read. */
const RECORD_CHARS = 64 * 1024;

/** Gives a page to the ledger in batches it can take; false where another tick has overtaken this one. */
export async function recordPage(ledger: LedgerApi, page: Batch, count: (result: Done) => void): Promise<boolean> {
  const parts = inParts(page.entries);
  let expect = page.expect;
  for (const [index, entries] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const batch: Batch = {
      ...page,
      expect,
      entries,
      invalid: index === 0 ? page.invalid : [],
      next: isLast ? page.next : null,
      ends: isLast && page.ends,
      save: isLast && page.save,
    };
    const result = await recordOrHalve(ledger, batch, count);
    if (result === null) return false;
    expect = result;
  }
  return true;
}

/**
 * Records a batch; one that brings the ledger down is halved, down to the entry that is to blame. Returns the
 * checkpoint's version after it; null where another tick has overtaken this one. Throws where the ledger does not
 * answer at all, or the one entry is only suspected yet.
 */
async function recordOrHalve(ledger: LedgerApi, batch: Batch, count: (result: Done) => void): Promise<number | null> {
  try {
    return versionAfter(await ledger.record(batch), count);
  } catch (error) {
    if (!(await isStillAt(ledger, batch.expect))) return null;
    const [first] = batch.entries;
    if (first === undefined) throw error;
    if (batch.entries.length === 1) {
      // Once more before anybody is blamed: it may have been the call.
      const again = await ledger.record(batch).catch(() => null);
      if (again !== null) return versionAfter(again, count);
      const problem = `it brought the ledger down: ${error instanceof Error ? error.message : String(error)}`;
      if (!(await ledger.quarantineCandidate({ id: first.id, problem, text: first.text.slice(0, RECORD_CHARS) })))
        throw error;
      return recordOrHalve(ledger, { ...batch, entries: [] }, count);
    }
    const middle = batch.entries.length >> 1;
    const half = { ...batch, entries: batch.entries.slice(0, middle), next: null, ends: false, save: false };
    const version = await recordOrHalve(ledger, half, count);
    if (version === null) return null;
    const rest = { ...batch, expect: version, entries: batch.entries.slice(middle), invalid: [] };
    return recordOrHalve(ledger, rest, count);
  }
}

/** Counts what was taken; the checkpoint's version after it, or null where another tick has overtaken this one. */
function versionAfter(result: Recorded, count: (result: Done) => void): number | null {
  if (result.kind === 'conflict') return null;
  count(result);
  return result.checkpoint.version;
}

/** As `recordOrHalve`, from the stage; false where another tick has overtaken this one. */
export async function flushOrHalve(
  ledger: LedgerApi,
  expect: number,
  most: number,
  count: (result: Done) => void,
): Promise<boolean> {
  try {
    return versionAfter(await ledger.flush(expect, most), count) !== null;
  } catch (error) {
    if (!(await isStillAt(ledger, expect))) return false;
    if (most > 1) return flushOrHalve(ledger, expect, most >> 1, count);
    if (!(await ledger.quarantineCandidate(null))) throw error;
    return true;
  }
}

/** After a call that failed: does the ledger answer, and was it more than the answer that was lost? Throws if not. */
async function isStillAt(ledger: LedgerApi, version: number): Promise<boolean> {
  const { checkpoint } = await ledger.begin({ kv: null, startAt: 0, suppressFirstRead: false });
  return checkpoint.version === version;
}

function inParts(entries: readonly Incoming[]): Incoming[][] {
  const parts: Incoming[][] = [];
  let part: Incoming[] = [];
  let chars = 0;
  for (const entry of entries) {
    if (part.length === BATCH_ENTRIES || (part.length > 0 && chars + entry.text.length > BATCH_CHARS)) {
      parts.push(part);
      part = [];
      chars = 0;
    }
    part.push(entry);
    chars += entry.text.length;
  }
  return [...parts, part];
}

/** A page's records on their way to the ledger; what can't be written down is unfit. */
export function toIncoming(page: Page): {
  readonly entries: readonly Incoming[];
  readonly invalid: readonly InvalidRecord[];
} {
  const invalid = page.malformed.map(toInvalidRecord);
  const entries: Incoming[] = [];
  for (const { id, createdAt, body } of page.entries) {
    const text = jsonText(body);
    if (text === null) invalid.push({ id, problem: 'nested too deeply', text: 'nested too deeply to be shown' });
    else entries.push({ id, createdAt, text });
  }
  return { entries, invalid };
}

function toInvalidRecord({ problem, body }: Malformed): InvalidRecord {
  const id = typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'string' ? body.id : null;
  const text = jsonText(body) ?? 'nested too deeply to be shown';
  return { id: id === '' ? null : id, problem, text: text.slice(0, RECORD_CHARS) };
}
