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

/** What was probably meant by a text that is no period, for hints. */
export function timespanHint(text: string): string {
  const found = /^\s*(\d{1,6})\s*([a-z]*)\s*$/i.exec(text);
  const parts = /^\s*(\d{1,4})h\s*(\d{1,4})m\s*$/i.exec(text);
  if (parts !== null) return `one number and one unit: "${Number(parts[1]) * 60 + Number(parts[2])}m"`;
  if (found === null || Number(found[1]) === 0) return TIMESPAN_HINT;
  const count = Number(found[1]);
  const unit = found[2] ?? '';
  if (unit === '') return `with its unit: "${count}s" for seconds, "${count}m" for minutes`;
  if (unit === 'M') return `minutes are "${count}m", and a month is "30d"`;
  if (/^(w|weeks?)$/i.test(unit)) return `in days: "${count * 7}d"`;
  const letter = /^(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)$/i.test(unit) ? unit[0] : undefined;
  return letter === undefined ? TIMESPAN_HINT : `did you mean "${count}${letter.toLowerCase()}"?`;
}
