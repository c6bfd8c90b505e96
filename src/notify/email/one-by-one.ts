/**
 * One mail to each recipient by itself, for when one of them is at fault and the others are still to be notified.
 *
 * Contract: never rejects. A few mails are sent at once, each with its own time limit, so that one that hangs delays no
 * other. What failed and may work later is retried once, after a pause, and not later: a delivery that is retried goes to
 * all recipients (see `outcomeOfAll`). Nothing is started once `signal` has aborted.
 */
import { pause, within } from '../../http/deadline.ts';
import { isRetryable, type MailResult } from './answer.ts';

/** An invocation may have six connections open: other receivers need some. */
const AT_ONCE = 4;
/** Shares of the time limit for all. */
const SHARE_OF_EACH = 1 / 3;
const SHARE_OF_PAUSE = 1 / 10;
if (!(2 * SHARE_OF_EACH + SHARE_OF_PAUSE < 1)) throw new Error('a mail and its retry must fit into the time limit');

export interface OneByOne {
  /** One result per recipient, null until there is one. Filled in as they come, so that it can be read at any time. */
  readonly results: (MailResult | null)[];
  /** Sends to the recipient at this index. Never rejects. */
  readonly sendTo: (index: number) => Promise<MailResult>;
  /** For all of them. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Sends to every recipient that has a place in `results`. */
export async function sendOneByOne(work: OneByOne): Promise<void> {
  const { results, timeoutMs, signal } = work;
  await sendToAll(work, [...results.keys()]);
  const again = [...results.keys()].filter((index) => isRetryable(results[index] ?? null));
  if (again.length === 0 || signal.aborted) return;
  await pause(timeoutMs * SHARE_OF_PAUSE);
  await sendToAll(work, again);
}

async function sendToAll({ results, sendTo, timeoutMs, signal }: OneByOne, indexes: readonly number[]): Promise<void> {
  const waiting = [...indexes];
  const eachMs = timeoutMs * SHARE_OF_EACH;
  const late: MailResult = {
    kind: 'late',
    reason: `Cloudflare's Email Service did not answer within ${eachMs / 1000} s`,
  };
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const index = next;
      results[index] = await within(eachMs, late, () => sendTo(index));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
