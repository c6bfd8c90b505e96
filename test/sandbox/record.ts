/** The records of the sandbox's log, and their times as text. Pure. */

/** A record of the log, with its position and the time from which it is visible. */
export interface LogRecord {
  /** Its position in the log: ms since the epoch, with microseconds as a fraction. */
  readonly createdAt: number;
  /** When it becomes visible, ms since the epoch. Later than `createdAt`: a late entry. */
  readonly appearsAt: number;
  readonly body: unknown;
}

/** An ordinary entry, as in API.md. */
export interface EntryBody {
  readonly id: string;
  readonly action: string;
  readonly actor: { readonly id: string; readonly name: string | null; readonly type: 'user' | 'api_key' } | null;
  readonly client_ip: string;
  readonly created_at: string;
  readonly method: string;
  readonly path: string;
  readonly status_code: number;
  readonly user_agent: string;
  readonly target: { readonly id: string; readonly type: string } | null;
}

export type Precision = 'microseconds' | 'seconds';

/** A time cut to the precision in which it is written, so that order and text agree. */
export function cutTo(precision: Precision, ms: number): number {
  return precision === 'seconds' ? Math.floor(ms / 1000) * 1000 : Math.floor(ms * 1000) / 1000;
}

/**
 * RFC 3339 text.
 *
 * @example writeInstant('microseconds', 1735689600123.456) // '2025-01-01T00:00:00.123456Z'
 */
export function writeInstant(precision: Precision, ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (precision === 'seconds') return `${text}Z`;
  const micros = Math.min(999_999, Math.round((ms - seconds * 1000) * 1000));
  return `${text}.${String(micros).padStart(6, '0')}Z`;
}

/**
 * RFC 3339 text as ms since the epoch, with microseconds as a fraction; null if it is not RFC 3339. Simple, and on purpose
 * not the code under test.
 */
export function readPrecisely(text: string): number | null {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.exec(text);
  if (parts === null) return null;
  const whole = Date.parse(`${parts[1]}${parts[3]}`);
  if (Number.isNaN(whole)) return null;
  const micros = Number((parts[2] ?? '.').slice(1, 7).padEnd(6, '0'));
  // Whole microseconds are exact in a double until the year 2255, so this equals the result of `cutTo`.
  return (whole * 1000 + micros) / 1000;
}
