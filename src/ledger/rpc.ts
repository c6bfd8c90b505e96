/**
 * What a tick asks of the ledger. The Durable Object answers these by RPC, the simulation in the same process; every
 * call may fail, be answered too late, or arrive twice, and none does harm then.
 */
import type { ShownDecision } from '../alert/decision-wording.ts';
import type { EntryView } from '../alert/notification.ts';
import type { Checkpoint } from '../audit-log/checkpoint.ts';
import type { Rewind } from '../audit-log/checkpoint-text.ts';
import type { Outcome } from '../notify/receiver.ts';
import type { Evidence, Level } from '../sigma/index.ts';
import type { InvalidRecord } from './model.ts';

/** What a tick found in KV. */
export interface KvView {
  readonly checkpoint: Checkpoint | null;
  readonly rewind: Rewind | null;
}

export interface BeginInput {
  /** Null: KV could not be read. */
  readonly kv: KvView | null;
  /** Where a first start begins, ms since the epoch, and whether it tells of what it finds before now. */
  readonly startAt: number;
  readonly suppressFirstRead: boolean;
}

export interface Begun {
  /** What the tick reads on from. */
  readonly checkpoint: Checkpoint;
  readonly how: 'first start' | 'adopted from KV' | 'rewound' | 'resumed';
}

/** An entry on its way to the ledger: its JSON as text, so that one already known is never parsed. */
export interface Incoming {
  readonly id: string;
  readonly createdAt: number;
  readonly text: string;
}

/** A page, or a part of one: at most 100 entries and 1 MB, unless one entry alone is larger. */
export interface Batch {
  /** The version of the checkpoint the tick works from. */
  readonly expect: number;
  /** Where the walk stands after this page; null where another part of the page follows. */
  readonly next: Checkpoint | null;
  /** The page is the walk's last. */
  readonly ends: boolean;
  readonly handle: 'record' | 'stage';
  readonly began: number;
  readonly suppressBefore: number | null;
  readonly entries: readonly Incoming[];
  readonly invalid: readonly InvalidRecord[];
  /** Save the checkpoint even where nothing is new: the tick stops here with the walk under way. */
  readonly save: boolean;
}

/** An alert that a batch opened. */
export interface OpenedAlert {
  readonly id: number;
  readonly rule: string;
  readonly title: string;
  readonly level: Level;
  /** What was decided of its first match. */
  readonly decision: ShownDecision | null;
  readonly evidence: string;
}

/** How many entries were taken in, or not. */
export interface IntakeCounts {
  readonly recorded: number;
  /** Put on the stage; recorded when their walk ends. */
  readonly staged: number;
  readonly known: number;
  readonly quarantined: number;
  /** Older than retention, and left alone. */
  readonly expired: number;
}

/** What became of a batch. */
export type Recorded =
  /** Another tick has moved the checkpoint meanwhile: nothing was done. */
  | { readonly kind: 'conflict' }
  | (IntakeCounts & {
      readonly kind: 'done';
      readonly checkpoint: Checkpoint;
      readonly opened: readonly OpenedAlert[];
      /** The checkpoint is worth writing to KV now. */
      readonly publish: boolean;
    });

export interface LedgerApi {
  /** The checkpoint to read on from. Throws where a new ledger can't know it, since KV can't be read. */
  begin(input: BeginInput): Promise<Begun>;
  record(batch: Batch): Promise<Recorded>;
  /** Records up to `most` staged entries, oldest first; with the last of them the walk ends. */
  flush(expect: number, most: number): Promise<Recorded>;
  /** A tick failed: shown in the status, and an alarm where only a person can mend it. */
  recordFailedTick(failure: TickFailure): Promise<void>;
  /** An entry (null: the oldest on the stage) that alone brought a call down: true once it is put away. */
  quarantineCandidate(record: InvalidRecord | null): Promise<boolean>;
}

/** What a failed tick was about. `key`: the upstream refuses our API key (401, 403). */
export interface TickFailure {
  readonly kind: 'key' | 'upstream' | 'other';
  /** In words, without secrets. */
  readonly message: string;
}

/** How one receiver took a test. */
export interface TestResult {
  readonly receiver: string;
  readonly outcome: Outcome;
}

/** What an operator asks of the ledger. */
export interface LedgerOperator {
  /** Sends dead deliveries again, of one receiver or (null) of all: they are pending once more. Returns how many. */
  resend(receiver: string | null): Promise<number>;
  /**
   * Sends a test alert straight to every receiver; how each took it counts for its health. (A Durable Object's `test`
   * can't be called by RPC: the runtime keeps that name for itself.)
   */
  testReceivers(): Promise<readonly TestResult[]>;
}

/** A failed tick, as it is remembered. Wall times. */
export interface OngoingFailure extends TickFailure {
  /** When ticks began to fail, the watch not moving since; and when the last one did. */
  readonly since: number;
  readonly at: number;
}

export interface Counters {
  readonly recorded: number;
  readonly quarantined: number;
  /** Older than retention when read, and left alone: each time they are read with something to save. */
  readonly expired: number;
  /** Groups of correlations dropped because a rule had too many, and what else windows dropped at a bound. */
  readonly overflowed: number;
}

/** One entry in a list. */
export interface EntrySummary extends EntryView {
  readonly seq: number;
}

/** An alert in a list. */
export interface AlertSummary {
  readonly id: number;
  readonly rule: string;
  readonly title: string;
  readonly level: string;
  readonly state: 'open' | 'closed' | 'resolved';
  /** Read in silence: nobody was told. */
  readonly backfilled: boolean;
  readonly count: number;
  /** Event time of the first match; the period ends `periodMs` after. */
  readonly begins: number;
  readonly periodMs: number;
  readonly lastAt: number;
  /** The dedup key. */
  readonly key: readonly { readonly field: string; readonly value: string }[];
}

/** What a status shows of an alert. */
export type AlertHeadline = Pick<AlertSummary, 'id' | 'level' | 'title' | 'count' | 'begins' | 'lastAt' | 'state'>;

/** An entry's part in an alert. */
export interface AlertPart {
  readonly alert: AlertSummary;
  /** `matched`: it opened or joined the alert. `contributing`: a correlation's match counted it. */
  readonly part: 'matched' | 'contributing';
  /** Whether receivers were notified of it; null where it contributed, or what is stored is damaged. */
  readonly decision: ShownDecision | null;
  readonly evidence: readonly Evidence[];
}

export interface EntryDetails {
  readonly entry: EntrySummary;
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
  readonly parts: readonly AlertPart[];
  readonly actorActivity: ActorActivity;
}

/** What the same actor did before and after: the nearest entries, in the order of time in both. */
export interface ActorActivity {
  readonly actor: string | null;
  readonly withinMs: number;
  readonly before: readonly EntrySummary[];
  readonly after: readonly EntrySummary[];
  /** There is more within that time. */
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
  /** Ids among them that lie in the scope asked for; all of them where none was. */
  readonly open: readonly string[];
}

export interface DeliverySummary {
  readonly id: number;
  readonly receiver: string;
  /** `opened`, `updated`, `resolved`. */
  readonly what: string;
  /** `suppressed`: decided not to be sent, for `reason`. */
  readonly state: 'pending' | 'delivered' | 'dead' | 'suppressed';
  readonly reason: string | null;
  readonly attempts: number;
  readonly queuedAt: number;
  readonly dueAt: number;
  readonly settledAt: number | null;
}

export interface AlertDetails {
  readonly alert: AlertSummary;
  /** In the order of time. `entry` is null where retention has thrown it out. */
  readonly timeline: readonly {
    readonly seq: number;
    readonly at: number;
    readonly entry: EntrySummary | null;
    readonly part: 'matched' | 'contributing';
    readonly decision: ShownDecision | null;
    readonly evidence: readonly Evidence[];
    /** Of a correlation's match: what the number was that made it fire, in words. */
    readonly number: string | null;
  }[];
  /** Matches that were counted and not kept. */
  readonly more: number;
  /** Oldest first. */
  readonly deliveries: readonly DeliverySummary[];
  /** The decision when its period closed; null while it is open. */
  readonly closing: ShownDecision | null;
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
  readonly alerts: readonly AlertSummary[];
  /** What `before` would be of the next page; null at the end. */
  readonly next: number | null;
}

export interface ReceiverHealth {
  readonly name: string;
  readonly minLevel: string;
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
  readonly status: LedgerStatus;
  /** Counts by created_at and by first match, in steps from `from`. */
  readonly chart: {
    readonly from: number;
    readonly stepMs: number;
    readonly entries: readonly number[];
    readonly alerts: readonly number[];
  };
  /** Open alerts, the gravest and then the newest first, at most 20; how many there are by level is in `status`. */
  readonly open: readonly AlertSummary[];
  /** Entries recorded last, newest first, at most 10. */
  readonly newest: readonly EntrySummary[];
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
  status(): Promise<LedgerStatus>;
  overview(): Promise<Overview>;
  /** `scope`: only if it is one of this alert's entries. */
  entry(id: string, scope: number | null): Promise<EntryDetails | null>;
  /** The stored JSON, whole; null where it is not recorded, was cut, or lies outside the scope. */
  entryText(id: string, scope: number | null): Promise<string | null>;
  alert(id: number): Promise<AlertDetails | null>;
  alerts(query: AlertQuery): Promise<AlertList>;
  rules(): Promise<readonly RuleActivity[]>;
}

/** Times are ms since the epoch. */
export interface LedgerStatus {
  readonly watching: 'not begun' | 'watching' | 'blind';
  readonly startedAt: number | null;
  /** Wall: when a walk last ended or moved. */
  readonly movedAt: number | null;
  /** Why ticks fail, and since when; null where none has failed since the watch last moved. */
  readonly failure: OngoingFailure | null;
  readonly watermark: number | null;
  /** How far seen-through lies behind now, in ms. */
  readonly lagMs: number | null;
  readonly checkpoint: Checkpoint | null;
  /** Ids of the rewinds that were obeyed. */
  readonly rewinds: readonly string[];
  /** Entries waiting on the stage. */
  readonly staged: number;
  readonly counters: Counters | null;
  readonly rules: { readonly version: string; readonly count: number };
  /** In the order they are configured. */
  readonly receivers: readonly ReceiverHealth[];
  readonly alerts: { readonly open: Readonly<Record<string, number>>; readonly newest: readonly AlertHeadline[] };
  /** Of the last 30 days, and all that are pending. */
  readonly deliveries: {
    readonly pending: number;
    readonly delivered: number;
    readonly dead: number;
    readonly suppressed: number;
  };
  readonly dead: readonly { readonly receiver: string; readonly reason: string; readonly settledAt: number }[];
  readonly waiting: readonly { readonly receiver: string; readonly reason: string; readonly dueAt: number }[];
  /** Those that are open, newest first. `kind`: and what it is about, as in `unhealthy-receiver:slack`. */
  readonly healthAlerts: readonly {
    readonly kind: string;
    readonly since: number;
    readonly count: number;
    readonly summary: string;
  }[];
  readonly quarantine: readonly { readonly key: string; readonly problem: string; readonly firstAt: number }[];
}
