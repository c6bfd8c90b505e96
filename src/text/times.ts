/** Instants as text: RFC 3339 as logs and settings write it, and UTC as people read it. Pure: no clock. */

/** The first instant whose year has more than four digits. */
const YEAR_10000 = Date.UTC(10_000, 0, 1);

/** `2026-01-31 09:30:00 UTC`, or without the seconds; null before 1970, after 9999 and for NaN. `ms` since the epoch. */
export function utcText(ms: number, to: 'seconds' | 'minutes' = 'seconds'): string | null {
  if (!(ms >= 0 && ms < YEAR_10000)) return null;
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, to === 'seconds' ? 19 : 16).replace('T', ' ')} UTC`;
}

/** The length of `2025-01-01T00:00:00`; a fraction and an offset follow. */
const SECONDS_END = 19;
const REST = /^(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const FOUR_CENTURIES_MS = 146_097 * 86_400_000;

/**
 * An RFC 3339 date-time in ms since the epoch, digits finer than a millisecond cut off; null if it is not one.
 *
 * A fraction may have any length. The day must exist in its month, and the offset is required. `T` and `Z` may be lower
 * case, and `T` may be a space (RFC 3339, 5.6). A leap second (`:60`, only at the end of an hour) is legal and reads as
 * the second after it: POSIX time can't represent it.
 *
 * @example readInstant('2025-01-01T01:00:00.123456+01:00') // 1735689600123
 */
export function readInstant(text: string): number | null {
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return null;
  const t = text[10];
  if (t !== 'T' && t !== 't' && t !== ' ') return null;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, SECONDS_END);
  // Negated, so that NaN (not all digits) is refused too.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return null;
  if (!(hour <= 23 && minute <= 59 && (second <= 59 || (second === 60 && minute === 59)))) return null;
  const rest = REST.exec(text.slice(SECONDS_END));
  if (rest === null) return null;
  const millisecond = rest[1] === undefined ? 0 : Number(rest[1].slice(0, 3).padEnd(3, '0'));
  let offset = 0;
  if (rest[2] !== undefined) {
    const hours = Number(rest[3]);
    const minutes = Number(rest[4]);
    if (hours > 23 || minutes > 59) return null;
    offset = (rest[2] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  }
  // Date.UTC reads the years 0 to 99 as 1900 to 1999. 400 years are always the same number of days.
  const utc =
    year >= 100
      ? Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
      : Date.UTC(year + 400, month - 1, day, hour, minute, second, millisecond) - FOUR_CENTURIES_MS;
  return utc - offset;
}

/** The number in text[from, to); NaN if that is not all digits. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
