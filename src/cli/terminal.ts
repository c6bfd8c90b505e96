/**
 * Text for a terminal: tables, sections, times, JSON. Pure. What others wrote is printed without characters that a
 * terminal would interpret.
 */
import { formatDuration } from '../text/duration.ts';
import { utcText } from '../text/times.ts';
import { oneLine } from '../text/untrusted.ts';

const WIDTH = 300;

/** Text that others wrote, as one harmless line. */
export function safe(text: string): string {
  return oneLine(text, WIDTH);
}

/** A value as one line of JSON without characters that a terminal would interpret. */
export function jsonLine(value: unknown): string {
  // JSON.stringify escapes only the control characters below U+0020.
  return harmless(JSON.stringify(value));
}

/** Text of any length with every character that a terminal would interpret written as JSON does, line breaks included. */
export function harmless(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** An empty line, a heading and its lines; nothing if there are no lines. */
export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

/** Labels and values in two columns. */
export function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
}

/** `2026-01-31 09:30:00 UTC`; `ms` since the epoch. */
export function utc(ms: number): string {
  return utcText(ms) ?? `an impossible time (${ms})`;
}

/** A length of time in its two largest units: `1h34m`. */
export function ago(ms: number | null): string {
  return (
    formatDuration(ms ?? 0)
      .match(/\d+[a-z]/g)
      ?.slice(0, 2)
      .join('') ?? '0s'
  );
}
