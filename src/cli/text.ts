/**
 * Texts for a terminal, put together: tables, sections, times, numbers. Pure; whatever others wrote comes out as text
 * that commands no terminal.
 */
import { formatDuration } from '../text/duration.ts';
import { oneLine } from '../text/untrusted.ts';

const WIDTH = 300;

/** What somebody else wrote, as one harmless line. */
export function safe(text: string): string {
  return oneLine(text, WIDTH);
}

/** A heading and its lines, after an empty one; nothing where there are none. */
export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

/** Labels and values, in two columns. */
export function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
}

const YEAR_10000 = Date.UTC(10_000, 0, 1);

/** `2026-01-31 09:30:00 UTC`; `ms` since the epoch. */
export function utc(ms: number): string {
  if (!(ms >= 0 && ms < YEAR_10000)) return `an impossible time (${ms})`;
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** To the second below an hour, to the minute below a day: its two largest units. */
export function ago(ms: number | null): string {
  return (
    formatDuration(ms ?? 0)
      .match(/\d+[a-z]/g)
      ?.slice(0, 2)
      .join('') ?? '0s'
  );
}

/** `1,234,567`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 match`, `2 matches`. */
export function counted(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
