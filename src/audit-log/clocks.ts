/**
 * What time it was when a page was answered, by two clocks of which one may be wrong: ours, and the upstream's `Date`.
 *
 * Contract: pure. Whichever clock is wrong, and however late the answer came: what the page could not show yet is not before
 * `earliest`, and no entry is in the future unless it is by both clocks.
 */

/** When an answer came, ms since the epoch. */
export interface AnswerTimes {
  /** Our clock before the attempt that succeeded, and after its whole answer. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /** The answer's `Date`, in whole seconds; null without a readable one. */
  readonly date: number | null;
}

/** `Date` has whole seconds. */
const DATE_UNIT_MS = 1_000;
/** `Date` has whole seconds, and a server's entries and answers may come from different clocks. */
const FUTURE_AFTER_MS = 5_000;

/**
 * A time at which the upstream had not yet read its log for this answer. `Date` may be from the end of an answer that took
 * a minute; our clock may have been set back meanwhile.
 */
export function earliest({ askedAt, answeredAt, date }: AnswerTimes): number {
  return date === null ? askedAt : Math.min(askedAt, date - Math.max(0, answeredAt - askedAt));
}

/** The later of both clocks when the answer came. */
export function latest({ answeredAt, date }: AnswerTimes): number {
  return Math.max(answeredAt, date ?? answeredAt);
}

/** By when the upstream had read its log for this answer, by the clock that dates scans: the earlier of both. */
export function readBy({ answeredAt, date }: AnswerTimes): number {
  return date === null ? answeredAt : Math.min(answeredAt, date + DATE_UNIT_MS - 1);
}

/** How far `Date` lies ahead of our clock, at least, ms; negative: behind; 0 without a `Date`. */
export function dateOffset({ askedAt, answeredAt, date }: AnswerTimes): number {
  if (date === null) return 0;
  const first = Math.min(askedAt, answeredAt);
  const last = Math.max(askedAt, answeredAt);
  if (date > last) return date - last;
  return Math.min(0, date + DATE_UNIT_MS - 1 - first);
}

/** When an entry in this answer happened, as far as that can be: no later than it was shown. */
export function occurredAt(createdAt: number, times: AnswerTimes): number {
  return isFuture(createdAt, times) ? latest(times) : createdAt;
}

/** Whether an entry in this answer is dated in the future. */
export function isFuture(createdAt: number, times: AnswerTimes): boolean {
  return createdAt > latest(times) + FUTURE_AFTER_MS;
}
