import type { AnswerTimes } from '../../src/audit-log/clocks.ts';

/** An answer without delay, by clocks that agree. */
export function answeredAt(ms: number): AnswerTimes {
  return { askedAt: ms, answeredAt: ms, date: ms };
}
