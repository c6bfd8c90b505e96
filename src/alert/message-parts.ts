/**
 * The parts of a message, for every receiver that people read: a headline, facts, passages, buttons.
 *
 * Contract: pure. Every string is one line that is safe to read (text/untrusted.ts) and not escaped: each receiver escapes
 * for its own markup, and shows instants in its own way.
 */
import { trustedLine } from '../text/untrusted.ts';
import type { Button } from './links.ts';

/** An instant, ms since the epoch. */
export interface Instant {
  readonly at: number;
}

/** A row: a label, and a value in lines. */
export type Fact =
  /** Others may have written it. */
  | { readonly kind: 'untrusted'; readonly label: string; readonly lines: readonly string[] }
  /** Our own words, numbers and times. */
  | { readonly kind: 'trusted'; readonly label: string; readonly lines: readonly (readonly (string | Instant)[])[] };

/** A heading and lines below it, which others may have written. */
export interface Passage {
  readonly heading: string;
  readonly lines: readonly string[];
}

export interface Wording {
  /** The level and what happened: `[HIGH] API key deleted`. */
  readonly headline: string;
  /** All of it in one line, for a phone's lock screen. */
  readonly summary: string;
  /** What changed since the alert opened: `Update: 100 matches over 1 hour. …`. Null: it is new. */
  readonly change: string | null;
  /** What the rule detects, in a sentence or two. */
  readonly description: string | null;
  readonly facts: readonly Fact[];
  readonly passages: readonly Passage[];
  /** What to do: the operator's words, or one URL. */
  readonly runbook: {
    readonly heading: string;
    readonly lines: readonly string[];
    readonly href: string | null;
  } | null;
  /** `Known false positives: …` */
  readonly falsePositives: string | null;
  /** What identifies the alert, to find it again. */
  readonly footer: readonly (string | Instant)[];
  readonly buttons: readonly Button[];
}

/** The most pieces of evidence, lines of a runbook, and so on, in one message. */
export const LINES_MAX = 8;
const LINE_MAX = 300;
/** Text beyond it is not read. */
const TEXT_MAX = 8_000;

/** The first lines of our own or the operator's text (a runbook) that are not blank; "…" if there are more. */
export function linesOf(text: string): string[] {
  const lines = text
    .slice(0, TEXT_MAX)
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .filter((line) => line.trim() !== '');
  const isCut = lines.length > LINES_MAX;
  return [...lines.slice(0, LINES_MAX).map((line) => trustedLine(line, LINE_MAX)), ...(isCut ? ['…'] : [])];
}

/** `lines` in parts of at most `max` together, by their lengths with a line break each. A longer line is a part by itself. */
export function inParts(
  lines: readonly string[],
  max: number,
  lengthOf: (line: string) => number,
): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let room = 0;
  for (const line of lines) {
    const length = lengthOf(line) + 1;
    if (parts.length === 0 || length > room) {
      parts.push([]);
      room = max;
    }
    parts.at(-1)?.push(line);
    room -= length;
  }
  return parts;
}
