/**
 * Texts for a terminal, put together: tables, sections, times, numbers. Pure; whatever others wrote comes out as text
 * that commands no terminal.
 */
import { formatDuration } from '../text/duration.ts';
import { utcText } from '../text/times.ts';
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

/** `2026-01-31 09:30:00 UTC`; `ms` since the epoch. */
export function utc(ms: number): string {
  return utcText(ms) ?? `an impossible time (${ms})`;
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
