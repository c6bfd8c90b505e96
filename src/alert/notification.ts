/**
 * What is to be said, as plain data: made and stored when it is decided, rendered and sent later, maybe by another
 * version of the Worker. It holds all that a message shows; a receiver looks nothing up.
 */
import type { Evidence, Level } from '../sigma/index.ts';
import type { Numbered } from './number-wording.ts';

/** An entry as a message shows it. Every string in it may have been written by an attacker. */
export interface EntryView {
  /** "" where the entry is no more (retention), and only its alert remembers some of it. */
  readonly id: string;
  /** ms since the epoch */
  readonly createdAt: number;
  readonly action: string | null;
  readonly actor: { readonly id: string | null; readonly name: string | null; readonly type: string | null };
  readonly target: { readonly id: string | null; readonly type: string | null };
  readonly clientIp: string | null;
  readonly method: string | null;
  readonly path: string | null;
  readonly statusCode: string | null;
  readonly userAgent: string | null;
}

/**
 * What is to be said about an alert: it opened; its count reached 10, 100, 1,000 …; or its period closed after growth.
 * `entry` and `evidence` are of the match that brought it about; of a resolved one, of its last kept match.
 */
export interface AlertNotification {
  readonly kind: 'opened' | 'updated' | 'resolved';
  readonly alert: {
    readonly id: number;
    readonly ruleId: string;
    readonly title: string;
    readonly description: string | null;
    readonly level: Level;
    readonly runbook: string | null;
    readonly falsepositives: readonly string[];
    readonly tags: readonly string[];
    /** The dedup key: the fields and their values. */
    readonly key: readonly { readonly field: string; readonly value: string }[];
    /** Matches so far. */
    readonly count: number;
    /** Event time of the first and the last match, ms since the epoch; the period ends `periodMs` after the first. */
    readonly firstAt: number;
    readonly lastAt: number;
    readonly periodMs: number;
  };
  readonly entry: EntryView;
  readonly evidence: readonly Evidence[];
  /** For a correlation: the number that fired it, what the rule asks for, and the first entries that were counted. */
  readonly window:
    | (Numbered & {
        /** In words: `20 or more`. */
        readonly condition: string;
        readonly first: readonly EntryView[];
      })
    | null;
}

export type HealthAlertKind =
  | 'blind'
  | 'dead-delivery'
  | 'quarantine'
  | 'overflow'
  /** A receiver has no usable setting, or nothing reaches it any more. */
  | 'unhealthy-receiver'
  /** The upstream refuses our API key. */
  | 'key-refused'
  /** The API key expires soon, or has (API_KEY_EXPIRES_AT). */
  | 'key-expiring';

/** What is to be said about Tocsin itself. */
export interface HealthNotification {
  readonly kind: 'health' | 'health-resolved';
  readonly health: {
    readonly kind: HealthAlertKind;
    /** What it is about, where one kind has several: a receiver's name. */
    readonly subject: string | null;
    /** One line, in words: what is wrong. */
    readonly summary: string;
    /** What to do about it. */
    readonly hint: string;
    /** Wall time, ms since the epoch. */
    readonly since: number;
  };
}

export type Notification = AlertNotification | HealthNotification;
