/**
 * The Worker's log: one line of JSON each, safe to print. Nothing else in src writes to `console`: `wrangler tail` shows lines
 * in a terminal, and what others wrote is in many of them.
 */
import { jsonLine } from './invisible.ts';
import { maskSecrets } from './mask.ts';

/** Writes a line. The caller keeps secrets out of it, besides those in what others sent. */
export function log(level: 'log' | 'warn' | 'error', line: Readonly<Record<string, unknown>>): void {
  console[level](maskSecrets(jsonLine(line)));
}
