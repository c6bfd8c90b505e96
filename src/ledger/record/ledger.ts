/**
 * The ledger: what we have seen, what we have said, and the checkpoint that belongs to both.
 *
 * Contract: synchronous, over a Store; the clock is a parameter (`now`, wall, ms). Each call is one transaction: a
 * page's entries, the alerts they open, the deliveries those queue and the checkpoint that has passed them are stored
 * together or not at all. Calls may come twice and overlap: entries are known by id, checkpoints by version. A quiet
 * batch (nothing new, no alert to close) writes nothing; the checkpoint it brings is held in memory, and saved every
 * five minutes.
 */
import type { Notification } from '../../alert/notification.ts';
import { type Checkpoint, rewound } from '../../audit-log/checkpoint.ts';
import { endScan } from '../../audit-log/tail.ts';
import type { Outcome } from '../../notify/receiver.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import type { Engine } from '../../sigma/index.ts';
import { oneLine } from '../../text/untrusted.ts';
import {
  backOffReceiver,
  type Due,
  expire,
  nextDue,
  resendDead,
  type Settled,
  settle,
  takeDue,
} from '../deliver/outbox.ts';
import { deadDelivery, raiseHealthAlert, resolveHealthAlert } from '../health/alerts.ts';
import { readHealth } from '../health/receivers.ts';
import { readStatus } from '../health/status.ts';
import { checkHealth, nextHealthCheckAt, recordAttempt } from '../health/watchdog.ts';
import type { InvalidRecord } from '../model.ts';
import type { Batch, BeginInput, Begun, Failure, Recorded, Status } from '../rpc.ts';
import { migrate } from '../store/schema.ts';
import { failureOf, firstState, readState, type State, writeState } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { closeAlerts, isClosingDue } from './closing.ts';
import { dedupe, isRecordedOrStaged } from './dedupe.ts';
import { createIntake, type Taken } from './intake.ts';
import { quarantinedIds, recordFailure } from './quarantine.ts';
import { evict } from './retention.ts';
import { oldestStaged, stage, stagedCount, takeStaged } from './staging.ts';

/** What the ledger must be told once. Durations in ms. */
export interface LedgerOptions {
  readonly engine: Engine;
  readonly allowedLatenessMs: number;
  readonly retentionMs: number;
  readonly blindAfterMs: number;
  /** The receivers notifications are queued for. */
  readonly receivers: readonly RoutedReceiver[];
  /** When the upstream key expires, wall, ms; null: not known. */
  readonly apiKeyExpiresAt?: number | null;
}

/** A checkpoint that brought nothing new is saved no more often than this. */
export const QUIET_SAVE_MS = 5 * 60_000;
/** The checkpoint goes to KV no more often than this (KV's free plan: 1,000 writes a day). */
export const PUBLISH_MS = 2 * 60_000;

/** How much of a failure's message is kept. */
const FAILURE_CHARS = 500;
/** How much of a title an alarm says. */
const TITLE_CHARS = 100;

export type Ledger = ReturnType<typeof createLedger>;

/** Opens the ledger in a store, bringing its tables up to date. */
export function createLedger(store: Store, options: LedgerOptions) {
  const { engine, allowedLatenessMs, receivers } = options;
  migrate(store);
  const watched = { receivers, apiKeyExpiresAt: options.apiKeyExpiresAt ?? null };
  const take = createIntake(store, engine, allowedLatenessMs, receivers);
  /** The checkpoint that quiet batches have brought since the last save; gone with the memory, and nothing lost. */
  let quiet: { readonly checkpoint: Checkpoint; readonly movedAt: number } | null = null;

  const current = (state: State): Checkpoint =>
    quiet !== null && quiet.checkpoint.version === state.checkpoint.version ? quiet.checkpoint : state.checkpoint;
  const movedAt = (state: State): number => Math.max(state.movedAt, quiet?.movedAt ?? 0);

  const begin = (input: BeginInput, now: number): Begun =>
    store.transaction(() => {
      const state = readState(store);
      if (state === null) {
        if (input.kv === null)
          throw new Error('the ledger is new and KV, where its checkpoint may lie, cannot be read');
        // What claims to have seen the future has seen nothing that can be relied on.
        const found = input.kv.checkpoint !== null && input.kv.checkpoint.watermark <= now ? input.kv.checkpoint : null;
        const suppressBefore = input.suppressFirstRead ? now : null;
        const fresh = firstState(now, found?.floor ?? input.startAt, found === null ? suppressBefore : null);
        const from = found === null ? fresh : { ...fresh, checkpoint: adopted(found, now, allowedLatenessMs) };
        const start = applyRewind(from, input) ?? from;
        writeState(store, start);
        return { checkpoint: start.checkpoint, how: found === null ? 'first start' : 'adopted from KV' };
      }
      const obeyed = applyRewind({ ...state, checkpoint: current(state) }, input);
      if (obeyed === null) return { checkpoint: current(state), how: 'resumed' };
      // A rewound walk reads again what lies staged; one that was not rewound still needs it.
      if (obeyed.checkpoint.scan === null) store.run('DELETE FROM staging');
      const saved = versioned(obeyed, now);
      writeState(store, saved);
      quiet = null;
      return { checkpoint: saved.checkpoint, how: 'rewound' };
    });

  const record = (batch: Batch, now: number): Recorded =>
    store.transaction(() => {
      const state = requireState(store);
      if (batch.expect !== state.checkpoint.version) return { kind: 'conflict' };
      const ids = batch.entries.map((entry) => entry.id);
      const deduped = dedupe(store, batch.entries, {
        floor: state.checkpoint.floor,
        expiredBefore: Math.max(state.latestBegan, batch.began) - options.retentionMs,
        skip: quarantinedIds(store, ids),
      });
      const staging = batch.handle === 'stage' && !(batch.ends && stagedCount(store) === 0);
      const staged = staging ? stage(store, deduped.fresh) : 0;
      const taken = take(state, staging ? [] : deduped.fresh, batch.invalid, batch, now);
      const ended = batch.ends && batch.next !== null;
      const next = batch.next === null ? null : ended ? afterLastPage(batch.next) : batch.next;
      // That a walk is read to its end must outlive the memory: what brings the ledger down may lie on the stage.
      const save = batch.save || next?.scan?.flushing === true;
      const counters = { ...taken.state.counters, expired: taken.state.counters.expired + deduped.expired };
      const fresh = taken.recorded + taken.quarantined + staged > 0;
      return commit(
        { ...taken.state, counters },
        next,
        { fresh, ended, save, now },
        {
          ...report(taken),
          staged,
          known: deduped.known,
          expired: deduped.expired,
        },
      );
    });

  const flush = (expect: number, most: number, now: number): Recorded =>
    store.transaction(() => {
      const state = requireState(store);
      const checkpoint = current(state);
      if (expect !== state.checkpoint.version || !checkpoint.scan?.flushing) return { kind: 'conflict' };
      const deduped = dedupe(store, takeStaged(store, most), {
        floor: checkpoint.floor,
        expiredBefore: Number.NEGATIVE_INFINITY,
        skip: new Set(),
      });
      const { began, suppressBefore } = checkpoint.scan;
      const taken = take(state, deduped.fresh, [], { began: began ?? now, suppressBefore }, now);
      const ended = stagedCount(store) === 0;
      const next = ended ? endScan(checkpoint, allowedLatenessMs) : checkpoint;
      return commit(
        taken.state,
        next,
        { fresh: true, ended, save: true, now },
        {
          ...report(taken),
          staged: 0,
          known: deduped.known,
          expired: 0,
        },
      );
    });

  /** Where the walk stands once its last page is in: ended, or with a stage to be recorded first. */
  const afterLastPage = (next: Checkpoint): Checkpoint =>
    stagedCount(store) === 0 || next.scan === null
      ? endScan(next, allowedLatenessMs)
      : { ...next, scan: { ...next.scan, flushing: true } };

  const commit = (
    state: State,
    next: Checkpoint | null,
    at: { fresh: boolean; ended: boolean; save: boolean; now: number },
    counts: Counts,
  ): Recorded => {
    const before = current(state);
    const checkpoint = next ?? before;
    const frontier = checkpoint.scan?.frontier ?? null;
    const moved = at.ended || at.fresh || (frontier !== null && frontier !== (before.scan?.frontier ?? null));
    const seenAt = moved ? at.now : movedAt(state);
    if (moved) {
      resolveHealthAlert(store, 'blind', 'the watch sees again', receivers, at.now);
      resolveHealthAlert(store, 'key-refused', 'the upstream takes the API key again', receivers, at.now);
    }
    const closes = isClosingDue(store, checkpoint.watermark);
    // That it works again is kept at once, or a ledger that forgets would show the failure again.
    const mended = moved && (state.failure ?? null) !== null;
    const worthSaving = at.fresh || at.save || closes || mended || at.now - state.savedAt >= QUIET_SAVE_MS;
    if (!worthSaving) {
      if (checkpoint.watermark >= before.watermark) quiet = { checkpoint, movedAt: seenAt };
      return { kind: 'done', checkpoint, publish: false, ...counts };
    }
    const publish = at.fresh && at.now - state.publishedAt >= PUBLISH_MS;
    const failure = moved ? null : (state.failure ?? null);
    const publishedAt = publish ? at.now : state.publishedAt;
    const saved = versioned({ ...state, checkpoint, movedAt: seenAt, publishedAt, failure }, at.now);
    if (closes) closeAlerts(store, checkpoint.watermark, options, at.now);
    writeState(store, evict(store, saved, options));
    quiet = null;
    return { kind: 'done', checkpoint: saved.checkpoint, publish, ...counts };
  };

  const quarantineCandidate = (record: InvalidRecord | null, now: number): boolean =>
    store.transaction(() => {
      const culprit = record ?? oldestStaged(store);
      // A recorded entry brings nothing down: what failed was the call, or its answer was lost.
      if (record !== null && record.id !== null && isRecordedOrStaged(store, record.id)) return false;
      if (culprit === null) return false;
      const isAway = culprit.id !== null && quarantinedIds(store, [culprit.id]).size > 0;
      if (!isAway && !recordFailure(store, culprit, now)) return false;
      if (record === null) takeStaged(store, 1);
      if (isAway) return true;
      const state = requireState(store);
      const counters = { ...state.counters, quarantined: state.counters.quarantined + 1 };
      writeState(store, { ...state, counters });
      raiseHealthAlert(
        store,
        'quarantine',
        `an entry that brought the ledger down was put away: ${culprit.problem}`,
        receivers,
        now,
      );
      return true;
    });

  /** Notes that a tick failed: one row. Nothing was read by this: the checkpoint keeps its version. */
  const failed = (failure: Failure, now: number): void =>
    store.transaction(() => {
      const state = readState(store);
      if (state === null) return;
      const since = failureOf(state, movedAt(state))?.since ?? now;
      const message = oneLine(failure.message, FAILURE_CHARS);
      writeState(store, { ...state, failure: { kind: failure.kind, message, since, at: now } });
      if (failure.kind === 'key') raiseHealthAlert(store, 'key-refused', message, receivers, now);
    });

  const due = (most: number, now: number): Due[] => takeDue(store, most, now);

  /** Stores how an attempt ended; a death is an alarm, unless it is an alarm that died. */
  const settled = (delivery: Due, outcome: Outcome, now: number): Settled =>
    store.transaction(() => {
      const result = settle(store, delivery, outcome, now);
      if (result.state === 'stale') return result;
      const isHealthAlert = 'health' in delivery.notification;
      recordAttempt(store, receivers, { receiver: delivery.receiver, outcome, isHealthAlert }, now);
      if (result.state === 'dead' && !result.isHealthAlert) {
        raiseHealthAlert(
          store,
          deadDelivery(delivery.receiver),
          `a message to ${delivery.receiver} could not be delivered: ${result.reason}${about(delivery.notification)}`,
          receivers,
          now,
        );
      }
      return result;
    });

  /** Leaves a receiver in peace, the longer the more attempts have failed running. */
  const backOff = (receiver: string, untried: readonly Due[], now: number): void =>
    store.transaction(() => {
      backOffReceiver(store, receiver, untried, readHealth(store).get(receiver)?.failures ?? 0, now);
    });

  /** Makes dead deliveries pending again, of one receiver or (null) of all; returns how many. */
  const resend = (receiver: string | null, now: number): number =>
    store.transaction(() => resendDead(store, receiver, now));

  /** Notes how a receiver took a test: it counts for its health as an alert does. */
  const tested = (receiver: string, outcome: Outcome, now: number): void =>
    store.transaction(() => recordAttempt(store, receivers, { receiver, outcome, isHealthAlert: false }, now));

  /**
   * What the wall clock brings about: blindness, receivers that take nothing, a key that expires, and deliveries that no
   * attempt has settled for too long.
   */
  const watchdog = (now: number): void =>
    store.transaction(() => {
      const state = readState(store);
      if (state === null) return;
      for (const dead of expire(store, now)) {
        if (!dead.isHealthAlert)
          raiseHealthAlert(
            store,
            deadDelivery(dead.receiver),
            `a message to ${dead.receiver} could not be delivered`,
            receivers,
            now,
          );
      }
      const since = movedAt(state);
      if (now - since >= options.blindAfterMs) {
        const minutes = Math.round((now - since) / 60_000);
        raiseHealthAlert(store, 'blind', `nothing was read from the audit log for ${minutes} minutes`, receivers, now);
      }
      checkHealth(store, watched, now);
    });

  /** When the ledger next wants to be woken (wall): a delivery is due, or the watchdog has something to say. */
  const wakeAt = (now: number): number | null => {
    const state = readState(store);
    const delivery = nextDue(store);
    if (state === null) return delivery;
    // Once blind, there is nothing new to notice: look again after as long.
    const blindAt = Math.max(movedAt(state) + options.blindAfterMs, blindOpen(store) ? now + options.blindAfterMs : 0);
    const times = [blindAt, delivery, nextHealthCheckAt(store, watched, now)];
    return Math.min(...times.filter((time) => time !== null));
  };

  const status = (now: number): Status => readStatus(store, { ...options, now, movedAt, current });

  return {
    begin,
    record,
    flush,
    quarantineCandidate,
    failed,
    due,
    settled,
    backOff,
    resend,
    tested,
    watchdog,
    wakeAt,
    status,
  };
}

type Counts = Omit<Extract<Recorded, { kind: 'done' }>, 'kind' | 'checkpoint' | 'publish'>;

function report({ recorded, quarantined, opened }: Taken): Pick<Counts, 'recorded' | 'quarantined' | 'opened'> {
  return { recorded, quarantined, opened };
}

function blindOpen(store: Store): boolean {
  return store.all("SELECT 1 FROM health_alerts WHERE kind = 'blind' AND state = 'open'").length > 0;
}

function requireState(store: Store): State {
  const state = readState(store);
  if (state === null) throw new Error('the ledger is new: begin() comes first');
  return state;
}

function versioned(state: State, now: number): State {
  return { ...state, savedAt: now, checkpoint: { ...state.checkpoint, version: state.checkpoint.version + 1 } };
}

/**
 * KV's checkpoint for a new ledger: no further than now less the overlap, and without a walk whose stage is lost, or
 * whose end would see through the future.
 */
function adopted(found: Checkpoint, now: number, allowedLatenessMs: number): Checkpoint {
  const isLost = found.scan?.direction === 'backward' || found.scan?.flushing;
  const scan = isLost || (found.scan?.began ?? now) - allowedLatenessMs > now ? null : found.scan;
  const watermark = Math.min(found.watermark, now - allowedLatenessMs);
  return { ...found, version: 1, floor: Math.min(found.floor, watermark), scan, watermark };
}

/** How many obeyed rewinds are remembered: KV may be stale, but not by so many. */
const REWINDS_REMEMBERED = 50;

/** The state after the rewind that lies in KV; null where there is none, or it was obeyed before. */
function applyRewind(state: State, { kv }: BeginInput): State | null {
  const rewind = kv?.rewind ?? null;
  if (rewind === null || state.rewinds.includes(rewind.id)) return null;
  return {
    ...state,
    checkpoint: rewound(state.checkpoint, rewind.to, rewind.suppress),
    rewinds: [...state.rewinds, rewind.id].slice(-REWINDS_REMEMBERED),
  };
}

/** What a dead message was about, so that it is heard of even where it never arrives; '' for what is no alert. */
function about(notification: Notification): string {
  if (!('alert' in notification)) return '';
  const { id, level, title } = notification.alert;
  return `. It was about alert ${id}, [${level.toUpperCase()}] ${oneLine(title, TITLE_CHARS)}`;
}
