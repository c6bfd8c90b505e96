/**
 * The one message that is no delivery of the ledger first: the ledger can't write.
 *
 * Contract: called where a tick failed, with what the ledger threw. People are notified at the second such tick in a row in
 * which the ledger also refuses a trial write: the first may be a deploy that replaced the ledger, and an entry that crashes it
 * leaves the trial alone. Then again while it lasts, an hour after the last message; where a daily limit of the plan is
 * reached, whose end is known, not before the next day. What was sent is remembered in a KV key
 * that expires, and in memory. Where KV can't be read or written, the first such tick notifies, and memory alone bounds
 * the rate: too many messages rather than none. Each receiver is sent to by itself. Never throws, and costs nothing in a
 * tick that works.
 */
import { linksTo } from '../access/link.ts';
import { hintOf, levelOfKind } from '../alert/health-words.ts';
import type { HealthNotification } from '../alert/notification.ts';
import type { Config } from '../config/config.ts';
import { within } from '../http/deadline.ts';
import type { Fetch } from '../http/post.ts';
import { send } from '../ledger/deliver/deliver.ts';
import type { LedgerApi } from '../ledger/rpc.ts';
import { type CreateReceiver, createReceivers, type Outcome, SEND_TIMEOUT_MS } from '../notify/receiver.ts';
import { errorName } from '../text/error-name.ts';
import { parseJson } from '../text/json.ts';
import { untrustedLine } from '../text/untrusted.ts';
import { countKvWrite } from './carried-usage.ts';
import { limitIn, limitsResetAt } from './plan-limit.ts';

/** Settings whose receivers can be created. */
export type TickConfig = Config<KVNamespace, unknown, CreateReceiver>;

export interface LedgerFailure {
  readonly config: TickConfig;
  readonly ledger: LedgerApi;
  readonly error: unknown;
  readonly now: () => number;
  readonly fetch: Fetch;
  readonly log: (line: Readonly<Record<string, unknown>>) => void;
}

/** KV's key for what is remembered. */
export const KV_LEDGER_FAILING = 'ledger-failing';

/** After the last message, nothing is sent for so long. */
const REPEAT_MS = 60 * 60_000;
/** Failed ticks further apart are not in a row: five may be skipped or fail otherwise. */
const IN_A_ROW_MS = 6 * 60_000;
/** A call of KV or of the ledger that hangs must not keep the message back. */
const CALL_TIMEOUT_MS = 10_000;
const SUMMARY_CHARS = 300;

/** A tick failed because the ledger can't write. Wall times, ms. */
interface Mark {
  readonly since: number;
  /** The last such tick, or the last message. */
  readonly at: number;
  readonly isNotified: boolean;
  /** Nothing is sent before, though an hour has passed; absent or null: it is. */
  readonly until?: number | null;
}

/** By the upstream's address, of which a Worker has one: the last mark, and when the ledger last worked. Lost with the isolate. */
const MARKS = new Map<string, Mark>();
const WORKED_AT = new Map<string, number>();

/** After a tick in which the ledger worked. */
export function forgetLedgerFailure({ upstream }: TickConfig, now: number): void {
  WORKED_AT.set(upstream?.baseUrl ?? '', now);
}

/** After a tick that failed with `error` of the ledger's: notifies all receivers, where it is time. */
export async function notifyLedgerFailure(failure: LedgerFailure): Promise<void> {
  const { config, ledger, now, log } = failure;
  try {
    if (await canRecord(ledger)) return;
    const stored = await readMark(config.kv);
    const { baseUrl = '' } = config.upstream ?? {};
    const worked = WORKED_AT.get(baseUrl) ?? Number.NEGATIVE_INFINITY;
    // A time in the future is another clock's: ours was set back since.
    const workedAt = worked > now() ? Number.NEGATIVE_INFINITY : worked;
    const kept = newest([MARKS.get(baseUrl) ?? null, stored.mark], workedAt, now());
    if (kept?.isNotified === true && now() < repeatAt(kept)) return;
    const first: Mark = { since: now(), at: now(), isNotified: false };
    if (kept === null) {
      const isStored = stored.isReadable && (await writeMark(config, first));
      if (isStored) return;
    }
    const { since, at } = kept ?? first;
    const limit = limitIn(messageOf(failure.error));
    const until = limit === null ? null : limitsResetAt(now());
    if (await notifyAll(failure, since, limit)) await writeMark(config, { since, at: now(), isNotified: true, until });
    // While no receiver takes it, the beginning must not be forgotten.
    else if (now() - at >= IN_A_ROW_MS / 2) await writeMark(config, { since, at: now(), isNotified: false });
  } catch (error) {
    log({ at: 'ledger', error: `people could not be notified: ${errorName(error)}` });
  }
}

async function canRecord(ledger: LedgerApi): Promise<boolean> {
  try {
    return await within(CALL_TIMEOUT_MS, false, () => ledger.canRecord());
  } catch {
    return false;
  }
}

/** The newest mark that still counts; null: none does. */
function newest(marks: readonly (Mark | null)[], workedAt: number, now: number): Mark | null {
  const counting = marks.filter((mark): mark is Mark => mark !== null && counts(mark, workedAt, now));
  return counting.sort((a, b) => b.at - a.at)[0] ?? null;
}

/**
 * A failed tick counts for the next one, unless the ledger worked between the two. A message counts until the tick after it
 * may be repeated. A time in the future is another clock's.
 */
function counts(mark: Mark, workedAt: number, now: number): boolean {
  const { at, isNotified } = mark;
  if (at > now || now >= (isNotified ? repeatAt(mark) : at) + IN_A_ROW_MS) return false;
  return at > workedAt || (isNotified && now - at < REPEAT_MS);
}

/** When a message may follow one. */
function repeatAt({ at, until }: Mark): number {
  return Math.max(at + REPEAT_MS, until ?? 0);
}

async function readMark(kv: KVNamespace | null): Promise<{ readonly isReadable: boolean; readonly mark: Mark | null }> {
  const unreadable = { isReadable: false, mark: null };
  if (kv === null) return unreadable;
  try {
    const values = await within(CALL_TIMEOUT_MS, null, () => kv.get([KV_LEDGER_FAILING]));
    return values === null ? unreadable : { isReadable: true, mark: markFrom(values.get(KV_LEDGER_FAILING) ?? null) };
  } catch {
    return unreadable;
  }
}

function markFrom(text: string | null): Mark | null {
  const value = parseJson(text ?? 'null') as Partial<Mark> | null | undefined;
  if (typeof value?.since !== 'number' || typeof value.at !== 'number') return null;
  const until = typeof value.until === 'number' ? value.until : null;
  return { since: value.since, at: value.at, isNotified: value.isNotified === true, until };
}

/** Remembers a mark; false where KV did not take it. */
async function writeMark({ kv, upstream }: TickConfig, mark: Mark): Promise<boolean> {
  const { baseUrl = '' } = upstream ?? {};
  MARKS.set(baseUrl, mark);
  if (kv === null) return false;
  const expirationTtl = Math.ceil((mark.isNotified ? repeatAt(mark) - mark.at : IN_A_ROW_MS) / 1000);
  const put = async (): Promise<boolean> => {
    await kv.put(KV_LEDGER_FAILING, JSON.stringify(mark), { expirationTtl });
    countKvWrite(baseUrl);
    return true;
  };
  return await within(CALL_TIMEOUT_MS, false, put).catch(() => false);
}

/** Sends to every receiver at once, whatever becomes of the others; true if any took it. `limit`: of the plan, reached. */
async function notifyAll(
  { config, error, now, fetch, log }: LedgerFailure,
  since: number,
  limit: string | null,
): Promise<boolean> {
  const message = untrustedLine(messageOf(error), SUMMARY_CHARS);
  const notification: HealthNotification = {
    kind: 'health',
    health: {
      kind: 'ledger-failing',
      level: levelOfKind('ledger-failing'),
      subject: null,
      summary:
        limit === null
          ? `the ledger can't write: ${message}`
          : `the plan's ${limit} is reached: blind until 00:00 UTC (${message})`,
      hint: hintOf('ledger-failing'),
      since,
    },
  };
  const outgoing = {
    id: `ledger-failing-${now().toString(36)}`,
    notification,
    links: linksTo(config, null, now()),
  };
  const late: Outcome = { kind: 'retry', reason: 'it did not answer in time', afterMs: null };
  const outcomes = await Promise.all(
    createReceivers(config.receivers, { fetch, now }).map(async (receiver) => {
      // A receiver keeps to its own timeout; this one is for a bug in it.
      const outcome = await within(SEND_TIMEOUT_MS + 1_000, late, () => send(receiver, outgoing));
      log({ at: 'ledger', receiver: receiver.name, ...outcome });
      return outcome;
    }),
  );
  return outcomes.some(({ kind }) => kind === 'delivered');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
