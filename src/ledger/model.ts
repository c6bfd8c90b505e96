/**
 * Types that the ledger's folders share: an accepted entry, what evaluation reads, and what it changes. Times are ms since
 * the epoch.
 */
import type { Alert } from '../alert/alert.ts';
import type { NotifyDecision } from '../alert/decisions.ts';
import type { AlertNotification } from '../alert/notification.ts';
import type { EntryBody } from '../audit-log/entry.ts';
import type { CorrelationRule, Evidence } from '../sigma/index.ts';

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
  /** Alerts of a rule and key that begin after `from` and before `to`. */
  alerts(rule: string, key: string, from: number, to: number): readonly Alert[];
  /** A bounded number of entries before `seq` that occurred at one of these times, by time. */
  entriesAt(times: readonly number[], seq: number): Iterable<Accepted>;
  /** The versions of an entry that were accepted before this revision, in their order. */
  versionsBefore(revision: Accepted): readonly Accepted[];
  /** Whether one of these entries has matched in this alert. Known of the matches that are stored. */
  hasMatched(alert: number, seqs: readonly number[]): boolean;
}

export interface AlertMatch {
  readonly alert: number;
  readonly seq: number;
  readonly at: number;
  readonly decision: NotifyDecision;
  readonly evidence: readonly Evidence[];
  /** Of a correlation: the number that fired it, in words. */
  readonly number: string | null;
  /** Of an event count that opens an alert: how many events it counted, this one included. */
  readonly counted: number | null;
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

/** What evaluation decided, to be stored. */
export interface Changes {
  /** The windows that were opened, whole. */
  readonly windows: readonly TouchedWindow[];
  /** The alerts that were opened or joined, as they are now. */
  readonly alerts: readonly Alert[];
  readonly openedIds: ReadonlySet<number>;
  readonly matches: readonly AlertMatch[];
  readonly contributing: readonly ContributingMatch[];
  readonly activity: readonly ActivityChange[];
  readonly notifications: readonly AlertNotification[];
  readonly lastAlert: number;
}

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

/** Selects open alerts in the words of the partial index alerts_by_level, which has those of a level by id. */
export const OPEN = "INDEXED BY alerts_by_level WHERE state = 'open'";

/** How far pages count alerts and messages, and one more: each is a row read. `tocsin status` counts them all. */
export const PAGE_COUNTED_MAX = 50;

/** The most entries of a batch. */
export const BATCH_ENTRIES_MAX = 100;
