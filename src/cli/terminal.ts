/**
 * Text for a terminal: tables, sections, times. And the only way to it: nothing that others wrote (a rule file, its name, a
 * server, an entry) commands it, since all that is printed goes through `printable`.
 */
import { createInterface } from 'node:readline/promises';
import { formatDuration } from '../text/duration.ts';
import { escapeInvisible } from '../text/invisible.ts';
import { utcText } from '../text/times.ts';
import { oneLine } from '../text/untrusted.ts';
import { FAILED, OK } from './failure.ts';

const WIDTH = 300;

/** Text that others wrote, as one harmless line. */
export function safe(text: string): string {
  return oneLine(text, WIDTH);
}

/** `text` with its own line breaks, and every other character that a terminal would interpret as `\uXXXX`. */
export function printable(text: string): string {
  return text.split('\n').map(escapeInvisible).join('\n');
}

/** Prints results. */
export function out(text: string): void {
  process.stdout.write(printable(text));
}

/** Prints problems. */
export function err(text: string): void {
  process.stderr.write(printable(text));
}

/** Asks for a line; null at the end of the input. */
export async function ask(question: string): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
  try {
    return await Promise.race([lines.question(printable(question)), ended]);
  } finally {
    lines.close();
  }
}

/** Shows how far a long run is, in one line that the next replaces. Nothing if nobody looks. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${printable(text)}`);
}

/**
 * Prints an error that nobody expected like any other text, and exits with `FAILED`. Node itself would print it raw. A reader
 * that has read enough, as `head` does, is no error.
 */
export function printCrashes(): void {
  process.once('uncaughtException', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(OK);
    err(`${error instanceof Error ? error.stack : error}\n`);
    process.exit(FAILED);
  });
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
