/**
 * Lengths of time as people write and read them. Everywhere else they are milliseconds, in names that end in `Ms`.
 *
 * Pure.
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

const WRITTEN = /^(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?$/;

/**
 * Milliseconds from `90s`, `5m`, `1h`, `7d` or a run of them, largest first (`1h30m`); null where it is none.
 *
 * @example parseDuration('1h30m') // 5_400_000
 */
export function parseDuration(text: string): number | null {
  const found = WRITTEN.exec(text);
  if (found === null || text === '') return null;
  return UNITS.reduce((sum, unit, i) => sum + Number(found[i + 1] ?? 0) * unit.ms, 0);
}

/**
 * As `parseDuration` reads it, to the second: `5m`, `1h30m`, `0s`.
 *
 * @example formatDuration(5_400_000) // '1h30m'
 */
export function formatDuration(ms: number): string {
  const parts = split(ms).map(({ count, unit }) => `${count}${unit.letter}`);
  return parts.join('') || '0s';
}

/**
 * In words, to the second: `10 minutes`, `1 hour 30 minutes`; less than a second is `less than a second`.
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
