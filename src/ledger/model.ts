/**
 * The words that the ledger's rooms share: what an accepted entry is, what evaluating entries reads and what it changes.
 *
 * Contract: types only. Times are ms since the epoch.
 */
import type { Alert } from '../alert/alert.ts';
import type { NotifyDecision } from '../alert/decisions.ts';
import type { AlertNotification } from '../alert/notification.ts';
import type { EntryBody } from '../audit-log/entry.ts';
import type { CorrelationRule, Evidence } from '../sigma/index.ts';

/** An entry that was accepted: numbered, parsed. */
export interface Accepted {
  readonly seq: number;
  readonly id: string;
  readonly createdAt: number;
  readonly body: EntryBody;
}

/** What evaluation must know of what is stored. */
export interface EvaluationReads {
  /** What is stored of a group's window; null where nothing is. */
  window(rule: CorrelationRule, key: string): StoredWindow | null;
  /** Alerts of a rule and key that begin after `from` and before `to`. */
  alerts(rule: string, key: string, from: number, to: number): readonly Alert[];
  /** Entries numbered below `seq` that happened at one of these times; by time, a bounded number. */
  entriesAt(times: readonly number[], seq: number): Iterable<Accepted>;
}

export interface AlertMatch {
  readonly alert: number;
  readonly seq: number;
  readonly at: number;
  readonly decision: NotifyDecision;
  readonly evidence: readonly Evidence[];
  /** Of a correlation: what the number was that made it fire, in words. */
  readonly number: string | null;
}

/** An entry that a correlation counted when it opened or first told an alert. */
export interface ContributingMatch {
  readonly alert: number;
  readonly seq: number;
  readonly at: number;
  readonly evidence: readonly Evidence[];
}

/** How often a rule matched in a batch (a correlation: fired), its latest time, and the entry it matched last. */
export interface ActivityChange {
  readonly rule: string;
  readonly matched: number;
  readonly lastAt: number;
  readonly lastSeq: number;
}

/** What is to be stored. */
export interface Changes {
  /** Touched groups, whole. */
  readonly windows: readonly TouchedWindow[];
  /** Alerts opened or grown, as they are now. */
  readonly alerts: readonly Alert[];
  readonly openedIds: ReadonlySet<number>;
  readonly matches: readonly AlertMatch[];
  readonly contributing: readonly ContributingMatch[];
  readonly activity: readonly ActivityChange[];
  readonly notifications: readonly AlertNotification[];
  readonly lastAlert: number;
}

export interface ScanContext {
  readonly began: number;
  readonly suppressBefore: number | null;
}

/** What is stored of a window. */
export interface StoredWindow {
  /** Null: what is stored was another rule's, before it changed. */
  readonly text: string | null;
}

/** A window as it is after a batch. */
export interface TouchedWindow {
  readonly rule: CorrelationRule;
  readonly key: string;
  /** Nothing was stored of it before. */
  readonly isNew: boolean;
  /** When the latest happening was that the batch added. */
  readonly newest: number;
  readonly text: string;
  /** How many happenings a bound made it forget. */
  readonly dropped: number;
}

/** A record that can't be recorded, as JSON text. */
export interface InvalidRecord {
  readonly id: string | null;
  readonly problem: string;
  readonly text: string;
}

/** So often must an entry alone have brought the ledger down before it is put away. */
export const FAILURES_MAX = 3;
