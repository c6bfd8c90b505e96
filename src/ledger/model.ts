/**
 * Types that the ledger's folders share: an accepted entry, what evaluation reads, and what it changes. Times are ms since
 * the epoch.
 */
import type { Alert } from '../alert/alert.ts';
import type { AlertNotification, InhibitedAlert } from '../alert/notification.ts';
import type { NotifyDecision } from '../alert/notify.ts';
import type { Silence } from '../alert/silence.ts';
import type { EntryBody } from '../audit-log/entry.ts';
import type { RouteSettings } from '../routing/routing.ts';
import type { CorrelationRule, Evidence, Level } from '../sigma/index.ts';

/** An accepted entry: numbered and parsed. */
export interface Accepted {
  readonly seq: number;
  readonly id: string;
  /** 0: the first with its id. Higher: it came back with other content (record/content.ts). */
  readonly revision: number;
  readonly createdAt: number;
  /** The time it counts with: in windows, evidence and order. Never in the future of when it was read. */
  readonly occurredAt: number;
  /** As rules see it: with the fields that Tocsin derives (store/derived-fields.ts). */
  readonly body: EntryBody;
}

/**
 * What the mark in an entry's User-Agent shows. `own`: a read of ours, recorded as a sample; no rule sees it. `missing`,
 * `reused`: our API key without a genuine mark, or with one that another entry brought: somebody else holds the key.
 */
export type MarkFinding = 'own' | 'missing' | 'reused';

/** What evaluation reads of the past. */
export interface EvaluationReads {
  /** A group's stored window; null where nothing is stored. */
  window(rule: CorrelationRule, key: string): StoredWindow | null;
  /** Alerts of a rule and key: the newest, the one that is not resolved among them. */
  alerts(rule: string, key: string): readonly Alert[];
  /** A bounded number of entries before `seq` that occurred at one of these times, by time. */
  entriesAt(times: readonly number[], seq: number): Iterable<Accepted>;
  /** The versions of an entry that were accepted before this revision, in their order. */
  versionsBefore(revision: Accepted): readonly Accepted[];
  /** The silences that are over entries from this time on. */
  silences(from: number): readonly Silence[];
  /** Whether one of these entries has matched in this alert. Known of the matches that are stored. */
  hasMatched(alert: number, seqs: readonly number[]): boolean;
}

export interface AlertMatch {
  readonly alert: number;
  readonly seq: number;
  readonly at: number;
  readonly decisions: readonly MatchDecision[];
  readonly evidence: readonly Evidence[];
  /** Of a correlation: the number that fired it, in words. */
  readonly number: string | null;
  /** Of an event count that opens an alert: how many events it counted, this one included. */
  readonly counted: number | null;
}

/** A decision about a match for these receivers; absent: for every one. */
export type MatchDecision = NotifyDecision & { readonly receivers?: readonly string[] };

/** A decision to notify some receivers. */
export interface Notify {
  readonly to: readonly NotifyTo[];
  readonly notification: AlertNotification;
  /** The entry that led to it. */
  readonly seq: number;
  readonly isUrgent?: boolean;
  /** A group of its own. */
  readonly group?: 'new receiver' | 'silence ended';
  readonly inhibits: Inhibits | null;
  /** By receiver: the alerts whose matches of this entry it inhibits. */
  readonly inhibited?: ReadonlyMap<string, readonly InhibitedAlert[]>;
  /** The receivers for which one of these would have opened, or been raised, at high or critical. */
  readonly inhibitsNews?: ReadonlySet<string>;
}

/** A receiver of a decision, and how it is notified. */
export interface NotifyTo {
  readonly receiver: string;
  /** Whose alert it is: messages about one are grouped. */
  readonly subject: string;
  readonly settings: RouteSettings;
  /** When the active times of its route begin; null: now. */
  readonly heldUntil: number | null;
}

/** What still waits of these rules, entries and levels is not sent by itself: the correlation's message lists it. */
export interface Inhibits {
  readonly rules: readonly string[];
  readonly seqs: readonly number[];
  readonly level: Level;
}

/** An entry that a correlation counted when it opened an alert, or when people were first notified of the alert. */
export interface ContributingMatch {
  readonly alert: number;
  readonly seq: number;
  readonly at: number;
  readonly evidence: readonly Evidence[];
}

/** How often a rule matched (a correlation: fired) in a batch, its latest event time, and the entry it matched last. */
export interface ActivityChange {
  readonly rule: string;
  readonly matched: number;
  readonly lastAt: number;
  readonly lastSeq: number;
}

/** How many matches a silence suppressed in a batch, the latest event time, and of which alerts. */
export interface SilencedChange {
  readonly matches: number;
  readonly lastAt: number;
  readonly alerts: readonly number[];
}

/** What evaluation decided, to be stored. */
export interface Changes {
  /** The windows that were opened, whole. */
  readonly windows: readonly TouchedWindow[];
  /** The alerts that were opened or joined, as they are now. */
  readonly alerts: readonly Alert[];
  readonly openedIds: ReadonlySet<number>;
  /** As they were stored; null: they are new. */
  readonly before: ReadonlyMap<number, Alert>;
  readonly matches: readonly AlertMatch[];
  readonly contributing: readonly ContributingMatch[];
  readonly activity: readonly ActivityChange[];
  /** What each silence suppressed. */
  readonly silenced: ReadonlyMap<number, SilencedChange>;
  /** In their order. */
  readonly notifications: readonly Notify[];
  readonly lastAlert: number;
}

/** How entries were read. */
export interface ScanContext {
  /** The beginning of the scan, from which retention counts. */
  readonly began: number;
  /** No entry that windows still wait for occurred before this. */
  readonly horizon: number;
  /** Matches of entries that occurred before this notify nobody. */
  readonly suppressBefore: number | null;
}

/** A stored window. */
export interface StoredWindow {
  /** Null: it was stored before its rule changed. */
  readonly text: string | null;
}

/** A window after a batch. */
export interface TouchedWindow {
  readonly rule: CorrelationRule;
  readonly key: string;
  /** It was not stored before. */
  readonly isNew: boolean;
  /** The latest event time that the batch added. */
  readonly newest: number;
  readonly text: string;
  /** How many events it dropped at a limit. */
  readonly dropped: number;
}

/** Nothing came to a group of an `absence` rule in the time up to `at`. */
export interface Absence {
  readonly rule: CorrelationRule;
  /** The group as text (alert/key.ts). */
  readonly key: string;
  readonly at: number;
}

/** A record that can't be recorded, as JSON text. */
export interface InvalidRecord {
  readonly id: string | null;
  readonly problem: string;
  readonly text: string;
  /** The latest time it can count with: by the later of both clocks when it was read. Absent: not known. */
  readonly readAt?: number;
}

/** How often an entry, recorded alone, must crash the ledger before it is quarantined. */
export const FAILURES_MAX = 3;

/** The most revisions of an id. */
export const REVISIONS_MAX = 10;

/** Selects what is in quarantine in the words of the partial index quarantine_by_time, so that SQLite uses it. */
export const QUARANTINED = "state = 'quarantined'";

/** Selects alerts that are not resolved in the words of the partial index alerts_unresolved, which has those of a level by id. */
export const UNRESOLVED = "state IN ('open', 'acknowledged')";
export const OPEN = `INDEXED BY alerts_unresolved WHERE ${UNRESOLVED}`;

/** How far pages count alerts and messages, and one more: each is a row read. `tocsin status` counts them all. */
export const PAGE_COUNTED_MAX = 50;

/** The most entries of a batch. */
export const BATCH_ENTRIES_MAX = 100;
