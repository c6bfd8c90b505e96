/**
 * Lengths of time as people write and read them. Everywhere else they are milliseconds, in names that end in `Ms`. Pure.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS = [
  { letter: 'd', word: 'day', ms: DAY },
  { letter: 'h', word: 'hour', ms: HOUR },
  { letter: 'm', word: 'minute', ms: MINUTE },
  { letter: 's', word: 'second', ms: SECOND },
] as const;

const DURATION = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?$/;

/**
 * Milliseconds from `90s`, `5m`, `1h`, `7d` or several of them, largest first (`1h30m`); null if `text` is no duration.
 *
 * @example parseDuration('1h30m') // 5_400_000
 */
export function parseDuration(text: string): number | null {
  const found = DURATION.exec(text);
  if (found === null || text === '') return null;
  return UNITS.reduce((sum, unit, i) => sum + Number(found[i + 1] ?? 0) * unit.ms, 0);
}

/**
 * Text that `parseDuration` reads, to the second: `5m`, `1h30m`, `0s`.
 *
 * @example formatDuration(5_400_000) // '1h30m'
 */
export function formatDuration(ms: number): string {
  const parts = split(ms).map(({ count, unit }) => `${count}${unit.letter}`);
  return parts.join('') || '0s';
}

/**
 * In words, to the second: `10 minutes`, `1 hour 30 minutes`, `less than a second`.
 *
 * @example durationInWords(600_000) // '10 minutes'
 */
export function durationInWords(ms: number): string {
  const parts = split(ms).map(({ count, unit }) => `${count} ${unit.word}${count === 1 ? '' : 's'}`);
  return parts.join(' ') || 'less than a second';
}

function split(ms: number) {
  let left = Number.isFinite(ms) ? Math.max(0, ms) : 0;
  return UNITS.flatMap((unit) => {
    const count = Math.floor(left / unit.ms);
    left -= count * unit.ms;
    return count === 0 ? [] : [{ count, unit }];
  });
}

/** What Sigma accepts as a timespan, for hints. */
export const TIMESPAN_HINT = 'a number and one of s, m, h, d: 90s, 5m, 24h, 7d';

/**
 * Milliseconds from a Sigma timespan, one number and one unit; null if `text` is not one, or is zero.
 *
 * @example parseTimespan('5m') // 300_000
 */
export function parseTimespan(text: string): number | null {
  const found = /^(\d{1,9})([smhd])$/.exec(text);
  const unit = UNITS.find(({ letter }) => letter === found?.[2]);
  return Number(found?.[1]) * (unit?.ms ?? 0) || null;
}

/** What an invalid timespan probably means, for hints. */
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
