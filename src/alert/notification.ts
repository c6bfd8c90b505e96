/**
 * The content of a message as plain data: built and stored with the decision, rendered and sent later, perhaps by another
 * version of the Worker. It holds everything that the message shows: a receiver looks nothing up.
 */
import type { Evidence, Level } from '../sigma/index.ts';
import type { ShownKeyPart } from './key.ts';
import type { Numbered } from './number-wording.ts';

/** An entry as a message shows it. Every string in it may have been written by an attacker. */
export interface EntryView {
  /** "" if the entry was evicted and only its alert still holds some of it. */
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
 * An alert opened; its count reached 10, 100, 1,000 …; or its period closed after further matches. `entry` and `evidence`
 * are those of the match that caused the notification; for a resolved alert, of its last stored match.
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
    readonly key: readonly ShownKeyPart[];
    /** Matches so far. */
    readonly count: number;
    /** Event time of the first and the last match, ms since the epoch; the period ends `periodMs` after the first. */
    readonly firstAt: number;
    readonly lastAt: number;
    readonly periodMs: number;
  };
  readonly entry: EntryView;
  readonly evidence: readonly Evidence[];
  /** For a correlation: the number that met its condition, the condition, and the first contributing entries. */
  readonly window:
    | (Numbered & {
        /** In words: `20 or more`. */
        readonly condition: string;
        readonly first: readonly EntryView[];
      })
    | null;
}

/** Kinds of health alert that last, with a beginning and an end. */
export type HealthProblemKind =
  | 'blind'
  /** The upstream's `Date` and our clock differ. */
  | 'clocks-apart'
  /** The audit log has no new entries. */
  | 'silent-log'
  /** Entries that the pages of a tick do not reach. */
  | 'unread-entries'
  /** A receiver has no usable setting, or takes no messages any more. */
  | 'unhealthy-receiver'
  /** Messages to a receiver have waited for more than ten minutes. */
  | 'backlog'
  /** The upstream refuses our API key. */
  | 'key-refused'
  /** The API key expires soon, or has (API_KEY_EXPIRES_AT). */
  | 'key-expiring'
  /** The log stopped showing our own reads. */
  | 'incomplete-log'
  /** Most of what Cloudflare's plan allows a day is used; nearly all of it. */
  | 'limit-near'
  | 'limit-reached';

/** Kinds of health alert that are events: no message says that they are over. */
export type HealthEventKind =
  | 'dead-delivery'
  | 'quarantine'
  /** A correlation has more groups or events than are kept. */
  | 'overflow'
  /** More marks of our own reads than are kept. */
  | 'forgotten-marks'
  /** Entries became visible later than the allowed lateness, or nearly so late. */
  | 'late-entries'
  | 'lateness-near'
  /** Recorded entries came back with other content. */
  | 'changed-entries'
  /** The ledger can't write. The only kind that the ledger does not enqueue. */
  | 'ledger-failing';

export type HealthAlertKind = HealthProblemKind | HealthEventKind;

interface HealthContent<Kind extends HealthAlertKind> {
  readonly kind: Kind;
  /** What an older version stored has none: read it with `healthLevelOf` (health-words.ts). */
  readonly level: Level;
  /** Which one, where a kind has several: a receiver's name. */
  readonly subject: string | null;
  /** What is wrong, in one line. What others wrote in it is defanged where it was put there (text/untrusted.ts). */
  readonly summary: string;
  /** What to do. */
  readonly hint: string;
  /** Wall time, ms since the epoch. */
  readonly since: number;
}

/** A health alert was raised, or is resolved. */
export type HealthNotification =
  | { readonly kind: 'health'; readonly health: HealthContent<HealthAlertKind> }
  | { readonly kind: 'health-resolved'; readonly health: HealthContent<HealthProblemKind> };

/** The alerts of one rule, of which a digest has messages. */
export interface DigestRule {
  readonly ruleId: string;
  readonly title: string;
  readonly level: Level;
  readonly alerts: number;
  readonly messages: number;
  /** Event time of the first and the last match, ms since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The first few of the alerts. */
  readonly ids: readonly number[];
}

/** A health alert, or its end, whose message is in a digest. */
export type DigestHealth =
  | { readonly kind: 'health'; readonly health: Pick<HealthContent<HealthAlertKind>, 'kind' | 'subject'> }
  | { readonly kind: 'health-resolved'; readonly health: Pick<HealthContent<HealthProblemKind>, 'kind' | 'subject'> };

/** What waited for a receiver during an outage and is not sent by itself, in one message. */
export interface DigestNotification {
  readonly kind: 'digest';
  readonly digest: {
    readonly receiver: string;
    /** The highest of what it bundles. */
    readonly level: Level;
    /** Wall time, ms since the epoch: since when nothing reached the receiver, and when something did again. */
    readonly downFrom: number;
    readonly downTo: number;
    /** Of messages: about alerts, and about Tocsin itself. */
    readonly messages: number;
    readonly healthMessages: number;
    /** All of them, those of `more` included. */
    readonly rules: number;
    readonly alerts: number;
    /** The most severe first, then those with the most alerts. */
    readonly first: readonly DigestRule[];
    readonly more: { readonly rules: number; readonly alerts: number };
    /** The first of the health alerts; `healthMessages` counts all of them. */
    readonly health: readonly DigestHealth[];
  };
}

export type Notification = AlertNotification | HealthNotification | DigestNotification;

/** The id of the test alert (ledger/deliver/test-delivery.ts), which no other alert has. */
export const TEST_ALERT = 0;

/** A test of the receivers has neither a page nor a level, and must not be taken for an alert. */
export function isTest(notification: Notification): boolean {
  return 'alert' in notification && notification.alert.id === TEST_ALERT;
}
