/**
 * What a tick asks of the ledger. The Durable Object answers these by RPC, the simulation in the same process; every
 * call may fail, be answered too late, or arrive twice, and none does harm then.
 */
import type { Checkpoint } from '../audit-log/checkpoint.ts';
import type { Rewind } from '../audit-log/checkpoint-text.ts';
import type { Outcome } from '../notify/receiver.ts';
import type { Level } from '../sigma/rule.ts';
import type { Unfit } from './record/quarantine.ts';

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
  readonly silentStart: boolean;
}

export interface Begun {
  /** What the tick reads on from. */
  readonly checkpoint: Checkpoint;
  readonly how: 'first start' | 'taken from KV' | 'rewound' | 'goes on';
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
  readonly silentBefore: number | null;
  readonly entries: readonly Incoming[];
  readonly unfit: readonly Unfit[];
  /** Save the checkpoint even where nothing is new: the tick stops here with the walk under way. */
  readonly save: boolean;
}

/** An alert that a batch opened. */
export interface OpenedAlert {
  readonly id: number;
  readonly rule: string;
  readonly title: string;
  readonly level: Level;
  readonly said: string;
  readonly evidence: string;
}

/** How many entries were taken in, or not. */
export interface Intake {
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
  | (Intake & {
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
  drain(expect: number, most: number): Promise<Recorded>;
  /** A tick failed: shown in the status, and an alarm where only a person can mend it. */
  failed(failure: Failure): Promise<void>;
  /** An entry (null: the oldest on the stage) that alone brought a call down: true once it is put away. */
  blame(record: Unfit | null): Promise<boolean>;
}

/** What a failed tick was about. `key`: the upstream refuses our API key (401, 403). */
export interface Failure {
  readonly kind: 'key' | 'upstream' | 'other';
  /** In words, without secrets. */
  readonly message: string;
}

/** How one receiver took a test. */
export interface Tested {
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
  testReceivers(): Promise<readonly Tested[]>;
}
