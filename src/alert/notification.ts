/**
 * The content of a message as plain data: built and stored with the decision, rendered and sent later, perhaps by another
 * version of the Worker. It holds everything that the message shows: a receiver looks nothing up.
 */
import type { Evidence, Level } from '../sigma/index.ts';
import type { GroupKind } from './groups.ts';
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

/** How an alert was resolved, and why. */
export interface Resolution {
  readonly reason: 'true positive' | 'expected' | 'false positive' | 'duplicate' | 'superseded' | 'quiet';
  /** Who: a person's or a receiver's name, or `tocsin`. */
  readonly by: string;
  readonly comment: string | null;
}

/** An alert of which a correlation's message is, in place of a message of its own. */
export interface InhibitedAlert {
  readonly id: number;
  readonly title: string;
  readonly level: Level;
  readonly count: number;
}

/**
 * What there is to say about one alert. `entry` and `evidence` are those of the match that caused the notification; for one
 * that waited, and for a resolved alert, of its last stored match. What is optional is missing in what an older version
 * stored.
 */
export interface AlertNotification {
  readonly kind: 'opened' | 'raised' | 'updated' | 'recurred' | 'resolved';
  /** Why a receiver is notified: a `NotifyReason` (notify.ts), or `its acknowledgement ended`. */
  readonly reason?: string;
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
    /** Event time of the first and the last match, ms since the epoch. */
    readonly firstAt: number;
    readonly lastAt: number;
    /** The dedup period, ms. */
    readonly periodMs: number;
    /** How many networks (/24, /64) its matches came from. */
    readonly networks?: number;
    /** The first of those that the receiver was not notified of before. */
    readonly newNetworks?: readonly string[];
    /** Who acknowledged it; null: nobody has. */
    readonly acknowledgedBy?: string | null;
  };
  readonly entry: EntryView;
  readonly evidence: readonly Evidence[];
  /** The receiver that did not take it in time. */
  readonly insteadOf?: string;
  /** Whom the route says to mention, in the receiver's own words: `@oncall`. A list: routes of several decisions do. */
  readonly mention?: string | readonly string[];
  /** What the rule's Sigma `fields` have in the entry, at most 8. */
  readonly fields?: readonly { readonly field: string; readonly value: string | null }[];
  /** Of a resolved alert. */
  readonly resolution?: Resolution;
  /** It is no news: a receiver that edits changes its message by it, and sends one only where that is not there any more. */
  readonly edits?: true;
  /** The alerts that this correlation inhibited, at most 10, and how many more there are. */
  readonly inhibited?: readonly InhibitedAlert[];
  readonly inhibitedMore?: number;
  /** The ids of those that are more; absent where an older version counted them only. */
  readonly inhibitedRest?: readonly number[];
  /** For a correlation: the number that met its condition, the condition, and the first contributing entries. */
  readonly window:
    | (Numbered & {
        /** In words: `20 or more`. */
        readonly condition: string;
        readonly first: readonly EntryView[];
      })
    | null;
}

/** One of the other alerts of a group. */
export interface GroupedAlert {
  readonly id: number;
  readonly title: string;
  readonly level: Level;
  readonly kind: AlertNotification['kind'];
  readonly count: number;
  /** Event time of its last match, ms since the epoch. */
  readonly lastAt: number;
  /** The actor's name, else the id. */
  readonly actor: string | null;
  readonly address: string | null;
}

/** How many of a group's alerts have this rule, actor or address. */
export interface NamedCount {
  readonly name: string;
  readonly alerts: number;
}

/** Decisions about several alerts in one message (groups.ts). Attackers may have written the names in it. */
export interface GroupNotification {
  readonly kind: 'group';
  /** The receiver that did not take it in time. */
  readonly insteadOf?: string;
  /** Whom the routes of its decisions say to mention: each once, those of the most severe first. */
  readonly mention?: readonly string[];
  readonly group: {
    /** Beside those of groups.ts: what waited during an outage of the receiver. */
    readonly kind: GroupKind | 'outage';
    /** The highest in it. */
    readonly level: Level;
    /** Whose all alerts are: an actor's name or id; where none has an actor, their address; else null. */
    readonly subject: string | null;
    /** How many alerts, and how many decisions about them. */
    readonly alerts: number;
    readonly decisions: number;
    /** Event time of the earliest match, ms since the epoch. */
    readonly since: number;
    /** The most severe and then the newest decision. */
    readonly first: AlertNotification;
    /** The most severe first, at most 15, without that of `first`. */
    readonly others: readonly GroupedAlert[];
    /** How many alerts are neither `first` nor in `others`. */
    readonly more: number;
    /**
     * The alerts that correlations among those inhibited, at most 10, and how many more there are. `first` has its own. Missing:
     * none, or an older version stored it.
     */
    readonly inhibited?: readonly InhibitedAlert[];
    readonly inhibitedMore?: number;
    /** How many different ones there are: actors by their ids. */
    readonly distinct: { readonly rules: number; readonly actors: number; readonly addresses: number };
    /** Those with the most alerts, at most 5 of each; empty where there are fewer than two. */
    readonly rules: readonly NamedCount[];
    readonly actors: readonly NamedCount[];
    readonly addresses: readonly NamedCount[];
    /** Of kind `outage`. */
    readonly outage?: Outage;
  };
}

/** An outage of a receiver, and what waited meanwhile and is not sent by itself. */
export interface Outage {
  /** Wall time, ms since the epoch: since when nothing reached the receiver, and when something did again. */
  readonly from: number;
  readonly to: number;
  /** How many messages, those about Tocsin itself included. */
  readonly messages: number;
  readonly healthMessages: number;
  /** The summaries of the first 10 messages about Tocsin itself. */
  readonly health: readonly string[];
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

export type Notification = AlertNotification | GroupNotification | HealthNotification;

/** The most mentions of one message: so many fit into every receiver's line. */
export const MENTIONS_MAX = 5;

/** Whom a message mentions. */
export function mentionsIn(notification: Notification): readonly string[] {
  if ('health' in notification) return [];
  const { mention } = notification;
  // An older version stored that of a group with its first alert.
  return [mention ?? ('group' in notification ? notification.group.first.mention : undefined) ?? []]
    .flat()
    .slice(0, MENTIONS_MAX);
}

/** The id of the test alert (ledger/deliver/test-delivery.ts), which no other alert has. */
export const TEST_ALERT = 0;

/** A test of the receivers has neither a page nor a level, and must not be taken for an alert. */
export function isTest(notification: Notification): boolean {
  return 'alert' in notification && notification.alert.id === TEST_ALERT;
}
