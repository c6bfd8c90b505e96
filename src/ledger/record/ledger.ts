/**
 * The ledger: what was recorded, who was notified, and the checkpoint that belongs to both.
 *
 * Contract: synchronous, over a Store; the clock is a parameter (`now`, wall, ms). Each call is one transaction: a page's
 * entries, the alerts they open, the deliveries these enqueue and the checkpoint are stored together or not at all. Only
 * evicting old rows and trial writes are transactions of their own, before it, and so are storing why a release failed, and the
 * steps of passes (pass.ts). Calls may come twice and overlap: entries are known by id, checkpoints by version. A
 * quiet batch (nothing new, no alert to close) writes nothing; its checkpoint is held in memory and saved every five minutes.
 */
import type { RestoreMark, Rewind } from '../../audit-log/checkpoint-text.ts';
import { earliest } from '../../audit-log/clocks.ts';
import { expireSilence, makeSilence } from '../deliver/silences.ts';
import { shownPasses } from '../health/passes.ts';
import { createRemoved } from '../health/receivers.ts';
import { readStatus } from '../health/status.ts';
import { usageStatus } from '../health/usage.ts';
import { makeMessages, nextAlarmAt, runWatchdog } from '../health/watchdog.ts';
import type { InvalidRecord } from '../model.ts';
import type {
  AccessProof,
  Acted,
  ActRequest,
  Backfilled,
  BackfillRequest,
  Batch,
  BeginInput,
  Begun,
  Dropped,
  FreshRecord,
  LedgerStatus,
  Recorded,
  Released,
  RestoreTarget,
  ShownPass,
  ShownSilence,
  Silenced,
  SilenceRequest,
  TickFailure,
} from '../rpc.ts';
import { migrate } from '../store/schema.ts';
import { readState, UnsavedCheckpoint, UnsavedRereads } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { AbsencesMemory } from './absences.ts';
import { actOn } from './acts.ts';
import { beginBackfill, cancelBackfill } from './backfill.ts';
import { begin, finishRestore } from './begin.ts';
import type { LedgerContext, LedgerOptions } from './context.ts';
import { quarantineCandidate, recordFailedTick } from './failures.ts';
import { createIntake } from './intake.ts';
import { OwnReadsMemory } from './own-reads-memory.ts';
import { nextStepAt, type PassesMemory, runStep } from './pass.ts';
import { dropQuarantined } from './quarantine.ts';
import { flush, record } from './record.ts';
import { release } from './release.ts';
import { expectRestore, type PlannedRestore, planRestore } from './restore.ts';
import { evictDue, flushedAt } from './retention.ts';
import { isProofSpent, spendProof } from './spent-proofs.ts';
import { isStorageSound } from './trial-write.ts';

/** So many passes are shown. */
const PASSES_SHOWN = 20;

/** As LedgerApi has it, but synchronous. */
export interface Ledger {
  begin(input: BeginInput, now: number): Begun;
  record(batch: Batch, now: number): Recorded;
  flush(expectedVersion: number, most: number, now: number): Recorded;
  recordFailedTick(failure: TickFailure, now: number): void;
  quarantineCandidate(record: InvalidRecord | null, now: number): boolean;
  canRecord(now: number): boolean;
  release(name: string, fresh: FreshRecord | null, now: number): Released;
  drop(names: readonly string[]): readonly Dropped[];
  act(request: ActRequest, now: number): readonly Acted[];
  silence(request: SilenceRequest, now: number): Silenced;
  expireSilence(id: number, who: string, now: number): ShownSilence | null;
  backfill(request: BackfillRequest, now: number): Backfilled;
  cancelBackfill(id: number, now: number): ShownPass | null;
  passes(now: number): readonly ShownPass[];
  /** Does the next step of a pass over the recorded entries, if one is due (pass.ts). */
  runPass(now: number): void;
  /** Raises and resolves the health alerts that depend on the clock, and ends deliveries whose attempts were all lost. */
  watchdog(now: number): void;
  /** Makes the messages that are due; returns whether any was. Reads two rows if not. */
  makeMessages(now: number): boolean;
  /** When the alarm must ring next: a delivery is due, or the watchdog has something to check. Null: never. */
  nextAlarmAt(now: number): number | null;
  /** `countedMax`: how far it counts rows; else all of them. */
  status(now: number, countedMax?: number): LedgerStatus;
  planRestore(target: RestoreTarget, now: number): PlannedRestore;
  expectRestore(id: string, now: number): Pick<RestoreMark, 'lastAlert' | 'version'>;
  finishRestore(mark: Rewind, now: number): boolean;
  spendProof(proof: AccessProof, now: number): boolean;
  isProofSpent(proof: AccessProof): boolean;
}

/** Opens the ledger in a store and brings its tables up to date. */
export function createLedger(storage: Store, options: LedgerOptions): Ledger {
  const { receivers, usage = null } = options;
  migrate(storage);
  usage?.restore(readState(storage)?.usage);
  const ownReads = new OwnReadsMemory(storage, options.ownReads ?? null);
  const store = ownReads.watched(storage);
  const intake = createIntake(store, options);
  const unsaved = new UnsavedCheckpoint();
  const removed = createRemoved(store, receivers);
  const rereads = new UnsavedRereads();
  let evictedAt = 0;
  let evictsAt = 0;
  const evictAt = (at: number): void => {
    evictsAt = at;
    evictedAt = evictDue(context, at, evictedAt);
  };
  /** Whether the storage takes what recording writes. Where what was due could not be evicted, that is no entry's fault. */
  const isSound = (now: number): boolean => {
    try {
      evictAt(evictsAt);
      return isStorageSound(context, now);
    } catch {
      return false;
    }
  };
  const absences = new AbsencesMemory();
  const context: LedgerContext = { store, options, intake, unsaved, removed, ownReads, rereads, absences };
  /** Commits, or leaves nothing that is known in memory alone. */
  const committed = (work: () => Recorded): Recorded => {
    try {
      return store.transaction(work);
    } catch (error) {
      absences.reset();
      throw error;
    }
  };
  const passes: PassesMemory = { areOver: false };
  let isBegun = false;
  /** What rules that changed need is mostly little: then nothing is evaluated before it is done. */
  const rebuildFirst = (now: number): void => {
    if (isBegun) return;
    isBegun = true;
    try {
      runStep(context, passes, () => false, now);
    } catch {
      // The alarm tries it again, and logs why it fails.
    }
  };
  const watched = {
    ...options,
    apiKeyExpiresAt: options.apiKeyExpiresAt ?? null,
    unsaved,
    removed,
    expired: { at: 0 },
    introduced: { done: false },
    started: { at: null },
  };
  return {
    begin: (input, now) => {
      rebuildFirst(now);
      return store.transaction(() => begin(context, input, now));
    },
    record: (batch, now) => {
      rebuildFirst(now);
      evictAt(earliest(batch.times));
      return committed(() => record(context, batch, now));
    },
    flush: (expectedVersion, most, now) => {
      rebuildFirst(now);
      evictAt(flushedAt(context, now));
      return committed(() => flush(context, expectedVersion, most, now));
    },
    recordFailedTick: (failure, now) => store.transaction(() => recordFailedTick(context, failure, now)),
    quarantineCandidate: (candidate, now) =>
      isSound(now) && store.transaction(() => quarantineCandidate(context, candidate, now)),
    canRecord: isSound,
    release: (name, fresh, now) => {
      rebuildFirst(now);
      return release(context, name, fresh, now);
    },
    drop: (names) => store.transaction(() => names.map((name) => dropQuarantined(store, name))),
    silence: (request, now) => store.transaction(() => makeSilence(store, options.engine, request, now)),
    expireSilence: (id, who, now) => store.transaction(() => expireSilence(store, id, who, now)),
    act: (request, now) => store.transaction(() => actOn(store, options, request, now)),
    backfill: (request, now) => {
      passes.areOver = false;
      return store.transaction(() => beginBackfill(context, request, now));
    },
    cancelBackfill: (id, now) => store.transaction(() => cancelBackfill(context, id, now)),
    passes: (now) => shownPasses(store, readState(store), options.engine, PASSES_SHOWN, now),
    runPass: (now) => runStep(context, passes, () => isSound(now), now),
    watchdog: (now) => store.transaction(() => runWatchdog(store, watched, now)),
    makeMessages: (now) => store.transaction(() => makeMessages(store, watched, now)),
    nextAlarmAt: (now) => earliestOf(nextAlarmAt(store, watched, now), nextStepAt(context, passes, now)),
    status: (now, countedMax = Number.MAX_SAFE_INTEGER - 1) => {
      const own = { ownReads: ownReads.status(), keyTheft: ownReads.keyTheft() };
      const used = usage === null ? null : usageStatus(usage.current(now), usage.plan);
      const known = { ...own, usage: used, unsaved, removed: createRemoved(store, receivers), rereads };
      return readStatus(store, { ...options, ...known, now, countedMax });
    },
    planRestore: (target, now) => planRestore(store, target, now),
    expectRestore: (id, now) => store.transaction(() => expectRestore(context, id, now)),
    finishRestore: (mark, now) => store.transaction(() => finishRestore(context, mark, now)),
    spendProof: (proof, now) => store.transaction(() => spendProof(store, proof, now)),
    isProofSpent: (proof) => isProofSpent(store, proof),
  };
}

/** Null: never. */
function earliestOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
