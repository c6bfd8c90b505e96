/** What a request needs of the ledger before it can go on: it is not waited for long. */
import { within } from '../http/deadline.ts';

/** The ledger answers in milliseconds, and in a second or so where it must start. */
const LEDGER_MS = 3_000;

/** What the ledger answers; throws what it throws, and if it does not answer in time. It may still do what it was asked. */
export async function inTime<T>(ask: () => Promise<T>): Promise<T> {
  const answer = await within<{ readonly value: T } | null>(LEDGER_MS, null, async () => ({ value: await ask() }));
  if (answer === null) throw new Error('the ledger does not answer');
  return answer.value;
}
