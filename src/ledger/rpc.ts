/**
 * The ledger's interfaces: for ticks, operators and pages. The Durable Object answers them by RPC, the simulation in the
 * same process.
 *
 * Contract: a call may fail, be answered late, or arrive twice without harm. Plain data only. Times are ms since the epoch.
 */
import type { Acknowledgement, Alert, Resolution, ResolveReason } from '../alert/alert.ts';
import type { ShownDecision } from '../alert/decision-wording.ts';
import type { HealthState } from '../alert/health-state.ts';
import type { AlertStatus } from '../alert/identity.ts';
import type { ShownKeyPart } from '../alert/key.ts';
import type { EntryView } from '../alert/notification.ts';
import type { ShownVia } from '../alert/route-wording.ts';
import type { Silence } from '../alert/silence.ts';
import type { Checkpoint } from '../audit-log/checkpoint.ts';
import type { RestoreMark, Rewind } from '../audit-log/checkpoint-text.ts';
import type { AnswerTimes } from '../audit-log/clocks.ts';
import type { Reread, RereadPlace, RereadStep } from '../audit-log/reread.ts';
import type { Outcome } from '../notify/receiver.ts';
import type { Evidence, Level, NearMiss } from '../sigma/index.ts';
import type { InvalidRecord, MarkFinding } from './model.ts';

/** What a tick read from KV. */
export interface KvView {
  readonly checkpoint: Checkpoint | null;
  readonly rewind: Rewind | null;
}

export interface BeginInput {
  /** Null: KV could not be read. */
  readonly kv: KvView | null;
  /** Where a first start begins to read. */
  readonly startAt: number;
  /** A first start notifies nobody of entries created before now. */
  readonly suppressFirstRead: boolean;
  /** What the ledger last said of the day; null or absent: this isolate does not know it. */
  readonly usage?: CarriedUsage | null;
  /** Writes to KV that this isolate has not reported yet. */
  readonly kvWrites?: number;
}

/** What of the day's allowances is used, as far as the ledger saw it. */
export interface DayUsage {
  /** UTC days since the epoch. */
  readonly day: number;
  /** Of the ledger, as its storage reports them, and one for each alarm that was set. */
  readonly rowsWritten: number;
  readonly rowsRead: number;
  /** Of those, the ones read for pages, links and the lookup. */
  readonly visitorReads: number;
  /** Of ticks. */
  readonly kvWrites: number;
  /** Of the Worker: ticks, and web requests that reach the ledger. */
  readonly requests: number;
  /** Of the ledger: calls and alarms. */
  readonly ledgerRequests: number;
}

/** One of the counts. */
export type Allowance = Exclude<keyof DayUsage, 'day'>;

/**
 * The day's usage, in the memory of the isolate that ticks run in: the ledger is evicted after ten quiet seconds, sooner than
 * it saves what a quiet tick used.
 */
export interface CarriedUsage {
  /** Which start of the ledger counted it: when that was, wall, ms. */
  readonly by: number;
  readonly usage: DayUsage;
}

export interface Begun {
  /** Where the tick reads on. */
  readonly checkpoint: Checkpoint;
  readonly how: 'first start' | 'adopted from KV' | 'rewound' | 'resumed';
  /** The upstream asked to be left alone for so long, ms; 0 if it did not. */
  readonly waitMs: number;
  /** What to read again, once the scan has ended; null: nothing is due. */
  readonly reread: Reread | null;
  /** Absent: nothing is counted. */
  readonly usage?: CarriedUsage;
}

/** An entry on its way to the ledger. Its JSON is text, so that an entry already recorded is never parsed. */
export interface Incoming {
  readonly id: string;
  readonly createdAt: number;
  /** The time it counts with: `createdAt`, or when it was read where that is in the future (audit-log/clocks.ts). */
  readonly occurredAt: number;
  readonly text: string;
  /** Found by the ledger when it records the entry. */
  readonly mark?: MarkFinding;
  /** Where it was staged: by when the upstream had read its log for its page, ms. */
  readonly readBy?: number;
}

/** A page or a part of one: at most 100 entries and 512 K characters, unless a single entry is larger. */
export interface Batch {
  /** The version of the checkpoint the tick works from. */
  readonly expectedVersion: number;
  /** The checkpoint after this page; null where another part of the page follows. */
  readonly next: Checkpoint | null;
  /** The page is the scan's last. */
  readonly ends: boolean;
  readonly handle: 'record' | 'stage';
  readonly began: number;
  /** When the page was answered. */
  readonly times: AnswerTimes;
  /**
   * No entry that the scan still brings occurred before this, unless it is too late. Null where the ledger knows it: for a
   * staged page, the allowed lateness before the beginning; for a re-read, the watermark.
   */
  readonly horizon: number | null;
  readonly suppressBefore: number | null;
  readonly entries: readonly Incoming[];
  readonly invalid: readonly InvalidRecord[];
  /** Save the checkpoint even where nothing is new: the tick stops in the middle of the scan. */
  readonly save: boolean;
  /**
   * The page is a re-read's, from its place, which makes this step after the page's last part. Only what was created before
   * the watermark is recorded: the rest is for the scans. Null: the page is a scan's.
   */
  readonly reread: { readonly from: RereadPlace; readonly step: RereadStep } | null;
}

/** An alert that a batch opened. */
export interface OpenedAlert {
  readonly id: number;
  readonly rule: string;
  readonly title: string;
  readonly level: Level;
  /** The notify decisions about its first match. */
  readonly decisions: readonly ShownDecision[] | null;
  readonly evidence: string;
}

/** How many entries of a batch were recorded, and how many were not. */
export interface IntakeCounts {
  readonly recorded: number;
  /** Staged; recorded when their scan ends. */
  readonly staged: number;
  readonly known: number;
  /** Our own reads that came back. All but a sample are counted only. */
  readonly own: number;
  readonly quarantined: number;
  /** Older than retention, and not recorded. */
  readonly expired: number;
}

/** The result of a batch. */
export type Recorded =
  /** Another tick has moved the checkpoint since: nothing was done. */
  | { readonly kind: 'conflict'; readonly usage?: CarriedUsage }
  | (IntakeCounts & {
      readonly kind: 'done';
      readonly checkpoint: Checkpoint;
      readonly opened: readonly OpenedAlert[];
      /** The checkpoint is worth writing to KV now. */
      readonly publish: boolean;
      /** As `Begun` has them. */
      readonly reread: Reread | null;
      /** The state by what the ledger knows: whether entries are read, and somebody can be notified. */
      readonly health: HealthState;
      readonly usage?: CarriedUsage;
    });

export interface LedgerApi {
  /** Returns the checkpoint to read on from. Throws in a new ledger where KV can't be read. */
  begin(input: BeginInput): Promise<Begun>;
  record(batch: Batch): Promise<Recorded>;
  /** Records up to `most` staged entries, oldest first. The scan ends with the last of them. */
  flush(expectedVersion: number, most: number): Promise<Recorded>;
  /** Records that a tick failed. The status shows it; a refused API key also raises a health alert. */
  recordFailedTick(failure: TickFailure): Promise<void>;
  /**
   * Counts a crash against an entry that was recorded alone (null: the oldest staged), unless the storage is at fault; true
   * once it is quarantined.
   */
  quarantineCandidate(record: InvalidRecord | null): Promise<boolean>;
  /** Whether the storage takes all that recording an entry writes. Stores nothing. */
  canRecord(): Promise<boolean>;
}

/** Why a tick failed. `key`: the upstream refuses our API key (401, 403). */
export interface TickFailure {
  readonly kind: 'key' | 'upstream' | 'other';
  /** For people; holds no secrets. */
  readonly message: string;
  /** How long the upstream asked to be left alone, ms; null or absent if it did not. */
  readonly retryAfterMs?: number | null;
}

/** The outcome of a test message to one receiver. */
export interface TestResult {
  readonly receiver: string;
  readonly outcome: Outcome;
}

/** What the upstream has of a quarantined record. */
export interface FreshRecord {
  /** Its JSON; null: the upstream has none with that id. */
  readonly text: string | null;
  /** The latest time it can count with. */
  readonly readAt: number;
}

/** No one record in quarantine has this key or id. `keys`: some that have. */
type NotFound = { readonly kind: 'missing' } | { readonly kind: 'ambiguous'; readonly keys: readonly string[] };

/** How a release ended. `name`: the key or id that was asked for. */
export type Released = { readonly name: string } & (
  | NotFound
  /** It is recorded and evaluated; `opened`: the alerts it opened. */
  | { readonly kind: 'recorded'; readonly key: string; readonly opened: readonly OpenedAlert[] }
  /** It was recorded before, or is one of our own reads, and is only taken out of quarantine. */
  | { readonly kind: 'known'; readonly key: string }
  /** What is stored of it can't be recorded: release it again with what the upstream has under this id. */
  | { readonly kind: 'ask'; readonly key: string; readonly id: string }
  /** It stays in quarantine: it can't be recorded as it is; or recording it failed, and may work later. */
  | { readonly kind: 'refused' | 'failed'; readonly key: string; readonly problem: string }
);

/** How dropping a record ended. */
export type Dropped = { readonly name: string } & (NotFound | { readonly kind: 'dropped'; readonly key: string });

/** What the security log records. From `viewer added` to `quarantine`: what operators do. */
export type SecurityAct =
  | 'sign-in'
  | 'sign-out'
  | 'link opened'
  | 'viewer added'
  | 'viewer revoked'
  | 'receivers tested'
  | 'resend'
  | 'rewind'
  | 'restore'
  | 'quarantine'
  | 'alert act'
  | 'silence'
  | 'backfill';

export interface SecurityEvent {
  readonly act: SecurityAct;
  /** Who did it, always the same text for the same viewer token or link. */
  readonly who: string;
  readonly detail: string | null;
  /** Of the request, as it came: its network address and its `User-Agent`. */
  readonly address: string | null;
  readonly agent: string | null;
}

/** `too many`: of this kind by the same person today. `full`: of all today. Neither is recorded. */
export type SecurityOutcome = 'recorded' | 'too many' | 'full';

/** How many requests were refused, by why. */
export type RefusalCounts = { readonly [why: string]: number };

/** Those of one hour. `from`: a time in it, wall, ms; its beginning in answers. */
export interface RefusedHour {
  readonly from: number;
  readonly counts: RefusalCounts;
}

/** Who signed in and who operated Tocsin. */
export interface LedgerSecurity {
  recordSecurity(event: SecurityEvent): Promise<SecurityOutcome>;
  /** False: not now. The caller keeps them for the next time. */
  countRefusals(hours: readonly RefusedHour[]): Promise<boolean>;
}

/** A page of the security log. */
export interface SecurityLog {
  /** Newest first, at most 50. `at`: wall, ms. */
  readonly events: readonly (SecurityEvent & { readonly id: number; readonly at: number })[];
  /** The `before` of the next page; null at the end. */
  readonly next: number | null;
  /** Of the last 24 hours, the latest first; hours without any are left out. */
  readonly refusals: readonly RefusedHour[];
}

/** The operator's commands. */
export interface LedgerOperator {
  /**
   * Makes dead deliveries of one receiver, or (null) of all, pending again, and tries failing receivers at once. `to`: the
   * receiver that is to get them, and what still waits for `receiver`; null: the same. Returns how many.
   */
  resend(receiver: string | null, to: string | null): Promise<number>;
  /**
   * Sends a test alert straight to every receiver. The outcomes count for their health. (Not named `test`: the runtime
   * reserves that name of a Durable Object.)
   */
  testReceivers(): Promise<readonly TestResult[]>;
  /**
   * Takes the record with this key or id out of quarantine and records it, in one transaction. `fresh`: what the upstream
   * has of it, after an answer of `ask`.
   */
  release(name: string, fresh: FreshRecord | null): Promise<Released>;
  /** Acts on alerts, all in one transaction. */
  act(request: ActRequest): Promise<readonly Acted[]>;
  /** Makes a silence. */
  silence(request: SilenceRequest): Promise<Silenced>;
  /** Ends a silence now; null: no silence has this id. One that is over stays as it is. */
  expireSilence(id: number, who: string): Promise<ShownSilence | null>;
  /** Drops records by key or id: their texts are deleted, and they are not quarantined again. One transaction. */
  drop(names: readonly string[]): Promise<readonly Dropped[]>;
  /** Begins to evaluate what is recorded with rules that were not deployed then. */
  backfill(request: BackfillRequest): Promise<Backfilled>;
  /** Null: there is no such backfill, or it is over. */
  cancelBackfill(id: number): Promise<ShownPass | null>;
  /** The last passes over what is recorded, the newest first. */
  passes(): Promise<readonly ShownPass[]>;
}

/** What is to be evaluated again. */
export interface BackfillRequest {
  /** Id, name, title or file. */
  readonly rule: string;
  /** Event time, ms: entries that occurred from then on. */
  readonly since: number;
  /** Else nobody is notified. */
  readonly notify: boolean;
  readonly who: string;
}

export type Backfilled =
  | { readonly kind: 'refused'; readonly problem: string }
  /** `nothing`: the rules that have evaluated all of it. */
  | {
      readonly kind: 'begun';
      readonly passes: readonly ShownPass[];
      readonly nothing: readonly { readonly rule: string; readonly title: string }[];
    };

/** A moment to take the ledger back to: wall, ms. `undo`: the one just before the last restore. */
export type RestoreTarget = number | 'undo';

/** What was stored since that moment, as far as its rows show. A restored ledger does not know it. */
export interface RestoreCounts {
  readonly entries: number;
  readonly alertsOpened: number;
  /** Further matches of alerts from before. */
  readonly alertsChanged: number;
  /** Messages about alerts that were enqueued since, and delivered. */
  readonly delivered: number;
  /** Messages enqueued before, and delivered since: in a restored ledger they are pending again. */
  readonly deliveredFromBefore: number;
  /** Messages about alerts that were enqueued since, and wait for their group, are pending or dead. */
  readonly undelivered: number;
}

export interface RestorePlan extends RestoreCounts {
  readonly to: number;
  readonly bookmark: string;
  /** The bookmark of now. */
  readonly undo: string;
}

export type RestoreAnswer =
  /** `expected`: for the mark; null where the ledger was not prepared. */
  | {
      readonly kind: 'planned';
      readonly plan: RestorePlan;
      readonly expected: Pick<RestoreMark, 'lastAlert' | 'version'> | null;
    }
  | { readonly kind: 'refused'; readonly problem: string };

/** The last restore. Wall times. */
export interface LastRestore extends Pick<RestoreMark, 'at' | 'undo'> {
  readonly id: string;
  readonly to: number;
}

/** Taking the ledger back to a moment. */
export interface LedgerRestore {
  /** What it would mean. `id`: also prepares the ledger for the restore with this id. */
  planRestore(target: RestoreTarget, id: string | null): Promise<RestoreAnswer>;
  /** Goes back to a bookmark. The object restarts: this call fails, and so does whatever else is under way. */
  restore(bookmark: string): Promise<void>;
  /** Gives a restored ledger its mark, again without harm. False: this ledger was not restored. */
  finishRestore(mark: Rewind): Promise<boolean>;
}

/** The last failed tick since a scan last moved. Wall times. */
export interface OngoingFailure extends Pick<TickFailure, 'kind' | 'message'> {
  /** When ticks began to fail, and when the last one failed. */
  readonly since: number;
  readonly at: number;
  /** Wall: until when the upstream asked to be left alone; null or absent if it did not. */
  readonly retryAt?: number | null;
}

/** How long after its `created_at` an entry became visible, ms: at least, and at most. */
export interface SeenLateness {
  readonly atLeastMs: number;
  readonly atMostMs: number;
}

export interface Counters {
  readonly recorded: number;
  readonly quarantined: number;
  /** Older than retention when read. Counted each time such entries are read and the state is saved. */
  readonly expired: number;
  /** Dropped at a limit: groups of correlations, and matches in their windows. */
  readonly overflowed: number;
  /** Of those recorded: entries that came back with other content. */
  readonly revisions: number;
  /** Revisions that were not recorded. Counted each time one is read. */
  readonly revisionsRefused: number;
}

/** One entry in a list. */
export interface EntrySummary extends EntryView {
  readonly seq: number;
  /** 0: the entry as it was first recorded. Higher: it came back with other content. */
  readonly revision: number;
}

/** An alert in a list. */
export interface AlertSummary {
  readonly id: number;
  readonly rule: string;
  readonly title: string;
  readonly level: string;
  readonly status: AlertStatus;
  /** All of its matches were backfilled: nobody was notified. */
  readonly backfilled: boolean;
  readonly count: number;
  /** Event times of the first and the last match. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Who takes care of it; null: nobody. */
  readonly assignee: string | null;
  /** Null: it is not acknowledged now. */
  readonly acknowledged: Acknowledgement | null;
  /** Null: it is not resolved, or by a version that kept no reason. */
  readonly resolution: Resolution | null;
  /** The dedup key. */
  readonly key: readonly ShownKeyPart[];
  /** Of the entry that was recorded last of its matches, cut; null where it was evicted. */
  readonly latest: Pick<EntryView, 'action' | 'actor' | 'clientIp'> | null;
  /** From how many networks its matches came, as far as they are counted. */
  readonly networks: number;
}

/** What a status shows of an alert. */
export type AlertHeadline = Pick<AlertSummary, 'id' | 'level' | 'title' | 'count' | 'firstAt' | 'lastAt' | 'status'>;

/** An entry's part in an alert. */
export interface AlertPart {
  readonly alert: AlertSummary;
  /** `matched`: it opened or joined the alert. `contributing`: a correlation's match counted it. */
  readonly part: 'matched' | 'contributing';
  /** Whether receivers were notified of it; null where it contributed, or what is stored is damaged. */
  readonly decisions: readonly ShownDecision[] | null;
  readonly evidence: readonly Evidence[];
}

export interface EntryDetails {
  readonly entry: EntrySummary;
  /** Its JSON as it is stored. `cut`: long strings in it were cut; the upstream has the whole. */
  readonly text: string;
  readonly cut: boolean;
  /** The rules that match it as they are now, with the evidence; also rules that open no alerts of their own. */
  readonly rules: readonly {
    readonly id: string;
    readonly title: string;
    readonly level: string;
    readonly evidence: readonly Evidence[];
  }[];
  /** The rules have changed since it was evaluated. */
  readonly rulesChanged: boolean;
  /** Its alerts; where a scope was asked for, only that alert. */
  readonly parts: readonly AlertPart[];
  /** The versions of an entry that came back with other content, oldest first; empty for any other. `entry` is the last. */
  readonly versions: readonly EntryVersion[];
  readonly actorActivity: Activity;
  /** Of the IPv4 address, or of the /64 of an IPv6 address; null where a scope was asked for: others may share it. */
  readonly networkActivity: Activity | null;
}

/** A version of an entry. */
export interface EntryVersion {
  /** 0: as it was first recorded. */
  readonly revision: number;
  /** When the scan that read it began; null where that is no longer stored. */
  readonly readAt: number | null;
  /** Its differences from the version before it that make it a revision. Values as text, cut; null: missing. */
  readonly changes: readonly {
    readonly field: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
}

/** What came from the same actor or network before and after: the nearest entries, oldest first in both lists. */
export interface Activity {
  /** The actor or network; null: the entry has none. */
  readonly value: string | null;
  readonly withinMs: number;
  readonly before: readonly EntrySummary[];
  readonly after: readonly EntrySummary[];
  /** Whether there are more within that time. */
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
  /** Else entries from before there was an index are not found yet. */
  readonly isIndexed: boolean;
  /** The ids among them that lie in the scope; all of them where no scope was asked for. */
  readonly open: readonly string[];
}

export interface DeliverySummary {
  readonly id: number;
  readonly receiver: string;
  /** `opened`, `raised`, `updated`, `recurred`, `resolved`, or `group`. */
  readonly what: string;
  /**
   * `waiting`: for the message of its group. `bundled`: it ends as the message of its group, or of an outage, does. `suppressed`:
   * not sent, for `reason`.
   */
  readonly state: 'waiting' | 'pending' | 'bundled' | 'delivered' | 'dead' | 'suppressed';
  readonly reason: string | null;
  readonly attempts: number;
  readonly queuedAt: number;
  readonly dueAt: number;
  readonly settledAt: number | null;
}

/** Something that was done with an alert. `at`: wall. */
export interface AlertAct {
  readonly id: number;
  readonly at: number;
  readonly act: string;
  /** `tocsin`: time did it. */
  readonly who: string;
  /** By what: `cli`, `page`, `api`, `slack`, `pagerduty`, a receiver’s link. Null: not known. */
  readonly via: string | null;
  readonly detail: ActDetail | null;
}

/** What an act says: a reason, a comment, to whom; of an act of time, the receivers. */
export interface ActDetail {
  readonly [field: string]: string | null | readonly string[] | { readonly [receiver: string]: string };
}

/** What people do with alerts. */
export type Act =
  | { readonly act: 'acknowledge'; readonly comment: string | null }
  | { readonly act: 'resolve'; readonly reason: ResolveReason; readonly comment: string | null }
  /** `to` null: nobody's. */
  | { readonly act: 'assign'; readonly to: string | null }
  | { readonly act: 'comment'; readonly comment: string };

export interface ActRequest {
  /** At most 100. */
  readonly alerts: readonly number[];
  readonly act: Act;
  /** Who acts, and by what: `cli`, `page`, `api`, `link`, `slack`, `pagerduty`. */
  readonly who: string;
  readonly via: string;
  /** The highest level that they were shown; null: the one it has now. */
  readonly seenLevel: Level | null;
  /** It was done at a receiver, before it was known here; missing: it was not. */
  readonly doneAt?: DoneAt;
}

/** An act at a receiver, on what it shows of an alert. The receiver is not notified of it. */
export interface DoneAt {
  readonly receiver: string;
  /** When, by the receiver's clock, ms. */
  readonly at: number;
  /** The alert's rule; `isCut`: the beginning of its id. An alert of another rule is another ledger's. */
  readonly rule: string;
  readonly isCut: boolean;
}

/** Matchers, without pairs: RPC has none. */
export interface ShownMatchers extends Omit<Silence['matchers'], 'fields'> {
  readonly fields?: readonly { readonly field: string; readonly values: readonly string[] }[];
}

/** A silence as it is listed. Times are ms; `madeAt` wall. */
export interface ShownSilence extends Omit<Silence, 'matchers'> {
  readonly matchers: ShownMatchers;
  readonly via: string;
  readonly madeAt: number;
  /** Who ended it before its time; null: nobody. */
  readonly expiredBy: string | null;
  /** How many matches it suppressed, the last one's time, and the newest of their alerts, at most 20. */
  readonly suppressed: number;
  readonly suppressedAt: number | null;
  readonly alerts: readonly number[];
}

/** A silence that somebody asks for. `silence`: JSON text of what `readSilence` (alert/silence.ts) reads. */
export interface SilenceRequest {
  readonly silence: string;
  readonly who: string;
  readonly via: string;
}

/** How a silence was made. `refused`: `problem` says what is wrong with it, and what to do. */
export type Silenced =
  /** `rules`: those it is over, where it names some: a title or a file may stand for several. */
  | {
      readonly kind: 'made';
      readonly silence: ShownSilence;
      readonly rules: readonly { readonly id: string; readonly title: string }[];
    }
  | { readonly kind: 'refused'; readonly problem: string };

/**
 * How an act on one alert ended. `unchanged`: it was so before. `raised`: its level is above what they were shown, and nothing
 * was done.
 */
export interface Acted {
  readonly alert: number;
  readonly outcome: 'done' | 'unchanged' | 'missing' | 'resolved before' | 'raised';
}

export interface AlertDetails {
  readonly alert: AlertSummary;
  /** By event time. `entry` is null where it was evicted. */
  readonly timeline: readonly {
    readonly seq: number;
    readonly at: number;
    readonly entry: EntrySummary | null;
    readonly part: 'matched' | 'contributing';
    readonly decisions: readonly ShownDecision[] | null;
    readonly evidence: readonly Evidence[];
    /** Of a correlation's match: the number that fired it, in words. */
    readonly number: string | null;
  }[];
  /** Matches that were counted and not stored. */
  readonly more: number;
  /** Entries that contributed to what opened it, beyond those in the timeline. Known of event counts. */
  readonly moreContributing: number;
  /** Oldest first. */
  readonly deliveries: readonly DeliverySummary[];
  /** What people did with it, and what time did; oldest first. */
  readonly acts: readonly AlertAct[];
  /** What each receiver was notified of, and what waits. */
  readonly next: Pick<Alert, 'notified' | 'escalations' | 'silencedUntil' | 'resolvesAt'>;
  /** How many decisions there were by reason, of matches that are not kept. */
  readonly decided: Alert['decided'];
  /** The alert of the same rule and key before it; null: there was none. */
  readonly previous: AlertHeadline | null;
  /** The silences that cover it, or will: all of its matches. Some may have ended since its last match. */
  readonly silences: readonly ShownSilence[];
}

/** Where a match goes by the routes, and why. */
export interface ShownRoutes {
  readonly to: readonly (ShownVia & {
    readonly receiver: string;
    /** When the active times of its route begin: until then it waits. Null: it does not wait. */
    readonly heldUntil: number | null;
    /** `actor`, `rule`, `address`, or a field. */
    readonly groupBy: string;
    readonly mention: string | null;
    /** Whom it is escalated to if nobody acts. */
    readonly escalate: readonly { readonly afterMs: number; readonly to: string }[];
  })[];
  /** `minLevel`: the receiver's. */
  readonly not: readonly { readonly receiver: string; readonly reason: string; readonly minLevel: string }[];
}

/** Where a match like an alert's last one goes now. */
export interface AlertRoute {
  readonly alert: AlertSummary;
  /** Ids of the silences that are over it. */
  readonly silencedBy: readonly number[];
  readonly routes: ShownRoutes;
}

/** Why an alert led to what it did. */
export interface AlertWhy extends AlertDetails, AlertRoute {
  /** The rule was removed or disabled since. */
  readonly ruleIsGone: boolean;
}

/** A rule that matches an entry. */
export interface MatchWhy {
  readonly rule: string;
  readonly title: string;
  readonly level: string;
  /** Else its matches are for correlations only. */
  readonly alerts: boolean;
  readonly evidence: readonly Evidence[];
  /** The correlations that count it, and what they need, in words; or by what their filters exclude the entry. */
  readonly countedBy: readonly {
    readonly rule: string;
    readonly title: string;
    readonly condition: string;
    readonly excludedBy: NearMiss['failed'];
  }[];
  /** The alert of its dedup key that it falls into; null: there is none. */
  readonly joins: number | null;
  /** Ids of the silences over it. */
  readonly silencedBy: readonly number[];
  readonly routes: ShownRoutes;
}

/** Which rules match an entry as they are now, and which nearly do, the nearest first, at most 10. */
export interface TextWhy {
  readonly matched: readonly MatchWhy[];
  readonly near: readonly (NearMiss & { readonly rule: string; readonly title: string; readonly level: string })[];
}

/** Why an entry led to what it did. */
export interface EntryWhy extends TextWhy {
  /** It is one of our own reads: no rule sees it. */
  readonly isOwnRead: boolean;
  /** The rules have changed since it was evaluated. */
  readonly rulesChanged: boolean;
  /** The alerts that it is in, with the decisions about it. */
  readonly parts: readonly AlertPart[];
}

/** Which alerts a list has: those that all of this holds for. Null: not asked for. Texts are compared without case. */
export interface AlertQuery {
  /** `unresolved`: open or acknowledged. `resolved`: past ones too. */
  readonly status: 'unresolved' | 'open' | 'acknowledged' | 'resolved' | 'all';
  readonly level: string | null;
  /** A rule's id, its name, its title, or the name of its file. */
  readonly rule: string | null;
  /** The id or name of an actor: in the dedup key, or of the last match. */
  readonly actor: string | null;
  /** Of the rule as it is now. */
  readonly tag: string | null;
  /** "": nobody's. */
  readonly assignee: string | null;
  /** Event times: of alerts whose last match was at `since` or later, and the first before `until`. */
  readonly since: number | null;
  readonly until: number | null;
  /** Part of the title, of a value of the dedup key, or of the last match's actor or address. */
  readonly text: string | null;
  /** Ids below this one, for the next page. */
  readonly before: number | null;
  /** How many at most; null: 50, and never more. */
  readonly most: number | null;
}

/** Which recorded entries a page has. Null: not asked for. */
export interface LogQuery {
  /** Above this number. */
  readonly after: number | null;
  /** By when the scan that read them began: then or later, and before. */
  readonly since: number | null;
  readonly until: number | null;
  /** How many at most; null: 1,000, and never more. */
  readonly most: number | null;
}

/** Acts in their order; empty: there are no more. */
export interface ActLog {
  readonly acts: readonly {
    readonly id: number;
    /** The number of the entry after which it was done. */
    readonly seq: number;
    /** Wall, ms. */
    readonly at: number;
    readonly act: string;
    readonly who: string;
    readonly via: string | null;
    /** JSON. */
    readonly detail: string | null;
    /** The alert, with what it is known by in a replay. */
    readonly alert: number;
    readonly rule: string;
    readonly key: string;
    readonly firstAt: number;
  }[];
}

export interface AlertList {
  /** Newest first, at most 50, or `most`. */
  readonly alerts: readonly AlertSummary[];
  /** The `before` of the next page; null at the end. */
  readonly next: number | null;
  /** Why the page is short though there is a next one: so many were examined, back to this event time. Else null. */
  readonly searchedTo: number | null;
}

export interface ReceiverHealth {
  readonly name: string;
  /** Null where it was removed. */
  readonly minLevel: string | null;
  /**
   * `unset`: its setting is missing or wrong. `failing`: its last attempts failed. `unproven`: nothing was sent yet.
   * `removed`: there is no receiver of this name any more, and something waits for it.
   */
  readonly state: 'healthy' | 'unset' | 'failing' | 'unproven' | 'removed';
  /** Why it is not healthy, in words. */
  readonly reason: string | null;
  readonly lastDeliveredAt: number | null;
  readonly failingSince: number | null;
  /** Those in messages with others included. */
  readonly pending: number;
  /** How many of them are in messages with others. */
  readonly bundled: number;
  /** For the messages of their groups. */
  readonly waiting: number;
  readonly dead: number;
}

/** With what its messages show of it. */
export interface ReceiverStatus extends ReceiverHealth {
  /** Messages reach it, as far as is known: what failed may be a message's own fault. */
  readonly works: boolean;
  /** Since when its oldest message waits, where that is more than ten minutes; null otherwise. */
  readonly backlogSince: number | null;
  /** The message that has failed by itself for more than ten minutes, while others got through; null: there is none. */
  readonly failingMessage: { readonly since: number; readonly reason: string } | null;
}

export interface Overview {
  readonly status: LedgerStatus;
  /** Counts by the entries' times and by first match, in steps from `from`. */
  readonly chart: {
    readonly from: number;
    readonly stepMs: number;
    readonly entries: readonly number[];
    readonly alerts: readonly number[];
  };
  /** Open alerts, the most severe and then the newest first, at most 20. `status` counts all of them by level. */
  readonly open: readonly AlertSummary[];
  /** The last recorded entries, newest first, at most 10. */
  readonly newest: readonly EntrySummary[];
}

export interface RuleActivity {
  readonly rule: string;
  /** How many entries it has matched; of a correlation, how often it fired. */
  readonly matched: number;
  readonly lastAt: number;
  /** The id of the entry it matched last; null where it was evicted. */
  readonly lastEntry: string | null;
}

/** A record in quarantine, in a list. */
export interface QuarantinedSummary {
  /** Names it in commands and addresses: `entry:` (it crashed the ledger), `invalid:` or `record:` (no id), and a hash. */
  readonly key: string;
  /** At most 256 characters of it; null where it has none. */
  readonly id: string | null;
  readonly problem: string;
  /** Wall: when it was quarantined. */
  readonly firstAt: number;
  /** Not all of its text is kept. */
  readonly isCut: boolean;
  /** An entry with its id is recorded by now. */
  readonly isRecorded: boolean;
}

export interface QuarantinedDetails extends QuarantinedSummary {
  /** JSON, unless it was cut or nested too deeply. */
  readonly text: string;
}

/** A record in quarantine, asked for by key or id. */
export type ShownRecord = NotFound | { readonly kind: 'found'; readonly record: QuarantinedDetails };

/** Where a list goes on: after this record. */
export interface QuarantineCursor {
  readonly firstAt: number;
  readonly key: string;
}

export interface QuarantineList {
  /** Newest first, at most 50. */
  readonly records: readonly QuarantinedSummary[];
  /** The `before` of the next page; null at the end. */
  readonly next: QuarantineCursor | null;
}

/**
 * What links open: each an alert, and the id of the ledger that has it, since another has alerts of the same numbers. Null: no
 * limit.
 */
export type AlertScope = readonly { readonly alert: number; readonly ledger: string }[] | null;

/** A session, or a token of the operator. Times in ms. */
export interface AccessProof {
  readonly id: string;
  /** The id of the ledger that it is for; null: it has none, and is soon over anyway. */
  readonly ledger: string | null;
  /** Whose it is, where one person may end any number of them; null: where each is made by who knows LINK_SECRET. */
  readonly holder: string | null;
  readonly madeAt: number;
  readonly expiresAt: number;
}

/** Proofs of access that are over before they expire. Those for another ledger are. */
export interface LedgerProofs {
  /** The ledger's own id: 16 hexadecimal digits. */
  ledgerId(): Promise<string>;
  /** Ends a proof, for all locations at once. False: it had ended before. */
  spendProof(proof: AccessProof): Promise<boolean>;
  isProofSpent(proof: AccessProof): Promise<boolean>;
}

/** What the Worker's pages and API read. */
export interface LedgerViews {
  status(): Promise<LedgerStatus>;
  overview(): Promise<Overview>;
  /** `scope`: only if the entry belongs to one of these alerts. */
  entry(id: string, scope: AlertScope): Promise<EntryDetails | null>;
  /** The stored JSON; null where the entry is not recorded, was cut, or lies outside the scope. */
  entryText(id: string, scope: AlertScope): Promise<string | null>;
  /** Null where it does not exist, or lies outside the scope. */
  alert(id: number, scope: AlertScope): Promise<AlertDetails | null>;
  /** The alerts that these links open, in their order. */
  linked(scope: NonNullable<AlertScope>): Promise<readonly AlertSummary[]>;
  alerts(query: AlertQuery): Promise<AlertList>;
  /** Entries in the order of their numbers, a line of JSON each; "": there are no more. */
  logLines(query: LogQuery): Promise<string>;
  /** The acts with ids above this one. */
  actLog(after: number | null): Promise<ActLog>;
  /** Null where it does not exist. */
  alertWhy(id: number): Promise<AlertWhy | null>;
  /** Null where it does not exist. */
  alertRoute(id: number): Promise<AlertRoute | null>;
  /** Null where it is not recorded. */
  entryWhy(id: string): Promise<EntryWhy | null>;
  /** What an entry would lead to, by its JSON. */
  textWhy(text: string): Promise<TextWhy>;
  /** Those that are not over first, then the newest, at most 100. */
  silences(): Promise<readonly ShownSilence[]>;
  rules(): Promise<readonly RuleActivity[]>;
  quarantine(before: QuarantineCursor | null): Promise<QuarantineList>;
  /** The record with this key or id. */
  quarantined(name: string): Promise<ShownRecord>;
  /** `before`: an event's id; null: the newest. */
  securityLog(before: number | null): Promise<SecurityLog>;
}

/** The views that visitors read: anyone who is no operator. */
export type VisitorViews = Omit<LedgerViews, 'status'>;

/** A view for a visitor. `spent`: visitors have used what of the day's reads is for them, until then (wall). */
export type Viewed =
  | { readonly kind: 'spent'; readonly until: number }
  | { readonly kind: 'read'; readonly value: Awaited<ReturnType<VisitorViews[keyof VisitorViews]>> };

/** Views within the visitors' part of the day's reads. */
export interface LedgerVisitors {
  /** The view of this name with its arguments. */
  view(
    name: keyof VisitorViews,
    args: readonly (string | number | null | AlertQuery | LogQuery | QuarantineCursor)[],
  ): Promise<Viewed>;
}

/** Our own reads, as the log shows them. Wall times, ms. */
export interface OwnReadsStatus {
  /** How long before `at` the newest read was sent that the log showed then: entries are visible after that long, or less. */
  readonly delayMs: number;
  readonly at: number;
  /** All that came back so far. */
  readonly count: number;
}

/**
 * Whether it would be noticed if others used our API key. Else: without LINK_SECRET there are no marks; API_KEY_SHARED is
 * set; no read of ours has come back through the log; or the log names no API key as the actor of those that have.
 */
export type KeyTheft = 'detected' | 'no secret' | 'shared' | 'no read' | 'no key';

/** What of the day's allowances is used, beside the limits of the plan. */
export interface UsageStatus {
  readonly plan: 'free' | 'paid';
  /** Wall: 00:00 UTC, when the counts begin again. */
  readonly resetsAt: number;
  readonly allowances: readonly AllowanceUsage[];
}

export interface AllowanceUsage {
  readonly of: Allowance;
  readonly used: number;
  /** Null: the plan has none. */
  readonly limit: number | null;
  /** `near`: from 80 % on. `reached`: from 99 % on. */
  readonly state: 'ok' | 'near' | 'reached';
}

/** A pass over the recorded entries. Wall times, ms. */
export interface ShownPass {
  readonly id: number;
  /** `rebuild`: its rules have changed or are new, and until it is over it alone evaluates them. `backfill`: somebody asked for it. */
  readonly kind: 'rebuild' | 'backfill';
  readonly state: 'running' | 'done' | 'cancelled' | 'stopped';
  /** Why it stopped, in words; null: it did not, or had no rule left. */
  readonly problem: string | null;
  readonly rules: readonly { readonly rule: string; readonly title: string }[];
  readonly beganAt: number;
  readonly endedAt: number | null;
  /** How much of its entries is behind it. */
  readonly percent: number;
  /** When it goes on: the day's rows are used; null: it does not wait. */
  readonly waitsUntil: number | null;
  /** How often its next step has failed. */
  readonly failures: number;
  readonly entries: number;
  /** Entries that could not be evaluated: they are in quarantine. */
  readonly skipped: number;
  readonly matches: number;
  /** How many alerts it opened. */
  readonly opened: number;
  /** Null: no backfill. `since`: an event time. */
  readonly backfill: { readonly since: number; readonly notify: boolean; readonly who: string } | null;
}

export interface LedgerStatus {
  readonly watching: 'not begun' | 'watching' | 'blind';
  readonly startedAt: number | null;
  /** Wall: when a scan last moved or ended. */
  readonly movedAt: number | null;
  /** Why ticks fail, and since when; null where no tick has failed since a scan last moved. */
  readonly failure: OngoingFailure | null;
  readonly watermark: number | null;
  /** How far the watermark lies behind now. */
  readonly lagMs: number | null;
  readonly checkpoint: Checkpoint | null;
  /** Ids of the rewinds that were applied. */
  readonly rewinds: readonly string[];
  /** Null: it was never restored. */
  readonly restored: LastRestore | null;
  /** Null: the log has shown none of them. */
  readonly ownReads: OwnReadsStatus | null;
  readonly keyTheft: KeyTheft;
  /** How many entries are staged. */
  readonly staged: number;
  readonly lateness: {
    readonly allowedMs: number;
    /** The latest entry of the last 24 h; null where none was late, as far as ticks can tell. */
    readonly seen: SeenLateness | null;
    /** Wall: when the newest page, and the last 25 hours, were last read again; null: not yet. */
    readonly probedAt: number | null;
    readonly rereadAt: number | null;
    /** After a late entry: how deep the log is read again, and how often; null: there was none for seven days. */
    readonly again: { readonly depthMs: number; readonly everyMs: number } | null;
    /** Why the last re-read was given up; null where it was not. */
    readonly problem: string | null;
  };
  readonly counters: Counters | null;
  /** Null: nothing is counted. */
  readonly usage: UsageStatus | null;
  readonly rules: { readonly version: string; readonly count: number };
  /** The passes that are not over. */
  readonly passes: readonly ShownPass[];
  /** In the order they are configured. */
  readonly receivers: readonly ReceiverStatus[];
  readonly alerts: { readonly open: Readonly<Record<string, number>>; readonly newest: readonly AlertHeadline[] };
  /** Of the last 30 days, and all that are pending. */
  readonly deliveries: {
    /** For the messages of their groups. */
    readonly waiting: number;
    /** Those in messages with others included. */
    readonly pending: number;
    /** How many of them are in messages with others. */
    readonly bundled: number;
    readonly delivered: number;
    readonly dead: number;
    readonly suppressed: number;
  };
  /** Messages that died within 24 hours, and are dead still: 101 where there are more. */
  readonly recentlyDead: number;
  readonly dead: readonly { readonly receiver: string; readonly reason: string; readonly settledAt: number }[];
  readonly waiting: readonly { readonly receiver: string; readonly reason: string; readonly dueAt: number }[];
  /** Open health alerts, most severe first. `kind` includes the subject, as in `unhealthy-receiver:slack`. */
  readonly healthAlerts: readonly {
    readonly kind: string;
    readonly level: Level;
    readonly since: number;
    readonly count: number;
    readonly summary: string;
    /** What is wrong in a few words, and what to do; `withAddress` puts the Worker's address into it. */
    readonly headline: string;
    readonly hint: string;
  }[];
  /** How many records are in quarantine, 101 where there are more, and the newest of them. */
  readonly inQuarantine: number;
  readonly quarantine: readonly { readonly key: string; readonly problem: string; readonly firstAt: number }[];
}
