/** Sigma's time periods: a number and one of `s m h d`. Pure. */

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** What to write, for hints. */
export const TIMESPAN_HINT = 'a number and one of s, m, h, d: 90s, 5m, 24h, 7d';

/**
 * The milliseconds of a period; null where the text is none, or nothing.
 *
 * @example parseTimespan('5m') // 300_000
 */
export function parseTimespan(text: string): number | null {
  const found = /^(\d{1,9})([smhd])$/.exec(text);
  if (found === null) return null;
  const ms = Number(found[1]) * UNIT_MS[found[2] as keyof typeof UNIT_MS];
  return ms > 0 ? ms : null;
}
