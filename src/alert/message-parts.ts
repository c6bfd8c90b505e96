/**
 * What a message is made of, for every receiver that people read: a headline, facts, passages, buttons.
 *
 * Contract: types only. Every string is one line, harmless to read (text/untrusted.ts) and not escaped: escaping is up
 * to the receiver, which knows its markup, and so is how an instant is shown.
 */
import type { Button } from './links.ts';

/** An instant, ms since the epoch, which every receiver shows in its own way. */
export interface Instant {
  readonly at: number;
}

/** A row: its label, and its value in lines. */
export type Fact =
  /** Others may have written it. */
  | { readonly kind: 'untrusted'; readonly label: string; readonly lines: readonly string[] }
  /** Words, numbers and times of our own. */
  | { readonly kind: 'trusted'; readonly label: string; readonly lines: readonly (readonly (string | Instant)[])[] };

/** A heading and lines below it, which others may have written. */
export interface Passage {
  readonly heading: string;
  readonly lines: readonly string[];
}

export interface Wording {
  /** How bad and what, and how it stands: `[HIGH] API key deleted`. */
  readonly headline: string;
  /** All of it in one line, for a phone's lock screen. */
  readonly summary: string;
  /** What came of it, where it is not new: `Grown to 100 matches over 1 hour.` */
  readonly state: string | null;
  /** What it is, in a sentence or two. */
  readonly description: string | null;
  readonly facts: readonly Fact[];
  readonly passages: readonly Passage[];
  /** What to do: the operator's words, or one address (`runbookAddress`). */
  readonly runbook: {
    readonly heading: string;
    readonly lines: readonly string[];
    readonly href: string | null;
  } | null;
  /** What it may be besides. */
  readonly harmless: string | null;
  /** What to find it again by; `at` what it says of when. */
  readonly footer: readonly (string | Instant)[];
  readonly buttons: readonly Button[];
}
