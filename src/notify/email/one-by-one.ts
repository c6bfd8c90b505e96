/**
 * One mail to each recipient by itself, for when one of them is at fault and the others are to hear of it all the same.
 *
 * Contract: never rejects. A few are written to at once, each with a time of its own, so that one that hangs holds up
 * nobody. What failed and may pass is tried once more, after a pause: there is no later, for a delivery that is tried
 * again goes to all (see `together`). Nothing is begun once `signal` says that the time is over.
 */
import { pause, within } from '../../http/deadline.ts';
import { type Answer, mayPassSoon } from './answer.ts';

/** The platform lets an invocation have six connections open: other receivers need some. */
const AT_ONCE = 4;
/** Of the time that there is for all. */
const SHARE_OF_EACH = 1 / 3;
const SHARE_OF_PAUSE = 1 / 10;

export interface OneByOne {
  /** One's answer each, null where there is none yet: filled in as they come, so that it can be read at any time. */
  readonly answers: (Answer | null)[];
  /** Writes to the recipient at this place. Never rejects. */
  readonly tell: (place: number) => Promise<Answer>;
  /** For all of them. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Writes to everyone who has a place in `answers`. */
export async function oneByOne(work: OneByOne): Promise<void> {
  const { answers, timeoutMs, signal } = work;
  await tellAll(work, [...answers.keys()]);
  const again = [...answers.keys()].filter((place) => mayPassSoon(answers[place] ?? null));
  if (again.length === 0 || signal.aborted) return;
  await pause(timeoutMs * SHARE_OF_PAUSE);
  await tellAll(work, again);
}

async function tellAll({ answers, tell, timeoutMs, signal }: OneByOne, places: readonly number[]): Promise<void> {
  const waiting = [...places];
  const each = timeoutMs * SHARE_OF_EACH;
  const late: Answer = { kind: 'late', reason: `Cloudflare's Email Service did not answer within ${each / 1000} s` };
  const inTurn = async (): Promise<void> => {
    for (let place = waiting.shift(); place !== undefined && !signal.aborted; place = waiting.shift()) {
      const at = place;
      answers[at] = await within(each, late, () => tell(at));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
}
