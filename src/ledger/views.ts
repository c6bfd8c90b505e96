/**
 * What people look at: an entry with what matched it and what its actor did around it, an alert with its timeline and
 * everything that was said of it, how things stand, how often rules matched.
 *
 * Contract: reads only, by indexes (test/ledger/read/seeded.test.ts asserts each plan); each list is bounded. Times are ms since the epoch.
 * Strings of entries are as attackers wrote them: whoever shows them escapes them. Null where there is no such thing,
 * or where `scope` does not hold it: the two are not told apart.
 */
import type { EntryView } from '../alert/notification.ts';
import type { Evidence } from '../sigma/rule.ts';
import type { Status } from './health/status.ts';

/** One entry in a list. */
export interface EntryLine extends EntryView {
  readonly seq: number;
}

/** An alert in a list. */
export interface AlertLine {
  readonly id: number;
  readonly rule: string;
  readonly title: string;
  readonly level: string;
  readonly state: 'open' | 'closed' | 'resolved';
  /** Read in silence: nobody was told. */
  readonly history: boolean;
  readonly count: number;
  /** Event time of the first match; the period ends `periodMs` after. */
  readonly begins: number;
  readonly periodMs: number;
  readonly lastAt: number;
  /** The dedup key. */
  readonly key: readonly { readonly field: string; readonly value: string }[];
}

/** An entry's part in an alert. */
export interface Part {
  readonly alert: AlertLine;
  /** `matched`: it opened or joined the alert. `counted`: a correlation counted it. */
  readonly part: 'matched' | 'counted';
  /** What was said then, or why nothing was: `opened: first match`, `grouped`, `history` … */
  readonly said: string;
  readonly evidence: readonly Evidence[];
}

export interface EntryPage {
  readonly entry: EntryLine;
  /** Its JSON as it is stored; `cut`: long strings in it were cut, and the upstream has it whole. */
  readonly text: string;
  readonly cut: boolean;
  /** Rules that match it as they are now, and why: also those that raise no alert themselves. */
  readonly rules: readonly {
    readonly id: string;
    readonly title: string;
    readonly level: string;
    readonly evidence: readonly Evidence[];
  }[];
  /** The rules have changed since it was evaluated. */
  readonly rulesChanged: boolean;
  /** Of the scope's alert only, where one was asked for. */
  readonly parts: readonly Part[];
  readonly story: Story;
}

/** What the same actor did before and after: the nearest entries, in the order of time in both. */
export interface Story {
  readonly actor: string | null;
  readonly withinMs: number;
  readonly before: readonly EntryLine[];
  readonly after: readonly EntryLine[];
  /** There is more within that time. */
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
  /** Ids among them that lie in the scope asked for; all of them where none was. */
  readonly open: readonly string[];
}

export interface DeliveryLine {
  readonly id: number;
  readonly receiver: string;
  /** `opened`, `grown`, `resolved`. */
  readonly what: string;
  /** `held`: decided not to be sent, for `reason`. */
  readonly state: 'pending' | 'delivered' | 'dead' | 'held';
  readonly reason: string | null;
  readonly attempts: number;
  readonly queuedAt: number;
  readonly dueAt: number;
  readonly settledAt: number | null;
}

export interface AlertPage {
  readonly alert: AlertLine;
  /** In the order of time. `entry` is null where retention has thrown it out. */
  readonly timeline: readonly {
    readonly seq: number;
    readonly at: number;
    readonly entry: EntryLine | null;
    readonly part: 'matched' | 'counted';
    readonly said: string;
    readonly evidence: readonly Evidence[];
    /** Of a correlation's match: what the number was that made it fire, in words. */
    readonly number: string | null;
  }[];
  /** Matches that were counted and not kept. */
  readonly more: number;
  /** Oldest first. */
  readonly deliveries: readonly DeliveryLine[];
  /** What was said when its period closed, or why nothing was; null while it is open. */
  readonly closing: string | null;
}

/** `open`: open alerts only. `before`: ids below this one, for the next page. */
export interface AlertQuery {
  readonly state: 'open' | 'all';
  readonly level: string | null;
  readonly rule: string | null;
  readonly before: number | null;
}

export interface AlertList {
  /** Newest first, at most 50. */
  readonly alerts: readonly AlertLine[];
  /** What `before` would be of the next page; null at the end. */
  readonly next: number | null;
}

export interface ReceiverHealth {
  readonly name: string;
  readonly from: string;
  /** `unset`: its setting is missing or wrong. `failing`: its last attempts failed. `unproven`: nothing was sent yet. */
  readonly state: 'healthy' | 'unset' | 'failing' | 'unproven';
  /** Why it is not healthy, in words. */
  readonly reason: string | null;
  readonly lastDeliveredAt: number | null;
  readonly failingSince: number | null;
  readonly pending: number;
  readonly dead: number;
}

export interface Overview {
  readonly status: Status;
  /** Counts by created_at and by first match, in steps from `from`. */
  readonly chart: {
    readonly from: number;
    readonly stepMs: number;
    readonly entries: readonly number[];
    readonly alerts: readonly number[];
  };
  /** Open alerts, the gravest and then the newest first, at most 20; how many there are by level is in `status`. */
  readonly open: readonly AlertLine[];
  readonly receivers: readonly ReceiverHealth[];
  /** Entries recorded last, newest first, at most 10. */
  readonly newest: readonly EntryLine[];
}

export interface RuleActivity {
  readonly rule: string;
  /** Entries it matched (a correlation: times it fired) since it was first seen. */
  readonly matched: number;
  readonly lastAt: number;
  /** The id of the entry it matched last; null where it is gone. */
  readonly lastEntry: string | null;
}

/** What the Worker's pages ask of the ledger, by RPC. */
export interface LedgerViews {
  status(): Promise<Status>;
  overview(): Promise<Overview>;
  /** `scope`: only if it is one of this alert's entries. */
  entry(id: string, scope: number | null): Promise<EntryPage | null>;
  /** The stored JSON, whole; null where it is not recorded, was cut, or lies outside the scope. */
  entryText(id: string, scope: number | null): Promise<string | null>;
  alert(id: number): Promise<AlertPage | null>;
  alerts(query: AlertQuery): Promise<AlertList>;
  rules(): Promise<readonly RuleActivity[]>;
}
