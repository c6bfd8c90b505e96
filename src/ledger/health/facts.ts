/**
 * What the ledger knows of its own health, for the state that the status, the front page and the heartbeat share.
 *
 * Contract: read-only, and a handful of rows where nothing is wrong: every tick reads it. Times are wall, in ms.
 */
import { type HealthState, healthOf, type LedgerFacts, type ReceiverFacts } from '../../alert/health-state.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import type { Engine } from '../../sigma/index.ts';
import type { ReceiverState } from '../deliver/after-attempt.ts';
import { ENDED } from '../deliver/outbox.ts';
import { readReceivers } from '../deliver/receivers.ts';
import { QUARANTINED } from '../model.ts';
import type { LedgerStatus } from '../rpc.ts';
import { failureOf, type State, type UnsavedCheckpoint } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { BACKLOG_AFTER_MS, readUntaken, type Untaken } from './backlog.ts';
import { shownUnfinished } from './passes.ts';
import type { Removed } from './receivers.ts';
import { openHealthAlertsShown } from './shown.ts';

const DAY_MS = 24 * 60 * 60_000;
/** A message that died was enqueued no longer before. */
const LIVES_MAX_MS = 8 * DAY_MS;
/** What was enqueued last did not always die last. */
const MORE_READ = 20;

export interface FactsContext {
  readonly engine: Engine;
  readonly receivers: readonly RoutedReceiver[];
  readonly blindAfterMs: number;
  readonly unsaved: UnsavedCheckpoint;
  readonly removed: Removed;
}

/** The state by what the ledger knows, after a batch. */
export function healthStateOf(store: Store, state: State, context: FactsContext, now: number): HealthState {
  return healthOf(readFacts(store, state, context, 1, now), [], now).state;
}

/** What is known; `state` null: no tick has run. What is wrong is counted as far as `most`. */
export function readFacts(
  store: Store,
  state: State | null,
  { engine, receivers, blindAfterMs, unsaved, removed }: FactsContext,
  most: number,
  now: number,
): LedgerFacts & Pick<LedgerStatus, 'passes'> {
  const movedAt = state === null ? null : unsaved.movedAt(state);
  const isBlind = movedAt !== null && now - movedAt >= blindAfterMs;
  const healthAlerts = openHealthAlertsShown(store, now);
  const histories = readReceivers(store);
  return {
    watching: state === null ? 'not begun' : isBlind ? 'blind' : 'watching',
    movedAt,
    failure: state === null || movedAt === null ? null : failureOf(state, movedAt),
    receivers: [...receivers, ...removed()].map((receiver) => {
      const isUnhealthy = healthAlerts.some(({ kind }) => kind === `unhealthy-receiver:${receiver.name}`);
      return receiverFacts(store, receiver, histories.get(receiver.name), isUnhealthy, now);
    }),
    recentlyDead: countRecentlyDead(store, most, now),
    inQuarantine: countQuarantined(store, most),
    healthAlerts,
    passes: shownUnfinished(store, state, engine, now),
  };
}

function receiverFacts(
  store: Store,
  { name, problem }: Pick<RoutedReceiver, 'name' | 'problem'>,
  history: ReceiverState | undefined,
  isUnhealthy: boolean,
  now: number,
): ReceiverFacts {
  const untaken = readUntaken(store, name, history?.deliveredAt ?? null);
  const { oldestAt, oldestReason, failing } = untaken;
  const isBacklog = oldestAt !== null && now - oldestAt >= BACKLOG_AFTER_MS;
  return {
    name,
    works: problem === null && !isUnhealthy && !isFailing(history?.failingSince ?? null, untaken, now),
    reason: problem ?? history?.reason ?? (isBacklog ? oldestReason : null),
    backlogSince: isBacklog ? oldestAt : null,
    failingMessage: failing !== null && now - failing.since >= BACKLOG_AFTER_MS ? failing : null,
  };
}

/** Whether its failures are its own: two messages failed since it last took one, or one has for as long as a backlog takes. */
function isFailing(failingSince: number | null, { sinceDelivered }: Untaken, now: number): boolean {
  if (failingSince === null || sinceDelivered === 0) return false;
  return sinceDelivered >= 2 || now - failingSince >= BACKLOG_AFTER_MS;
}

/** Messages that died within a day, and are dead still. */
function countRecentlyDead(store: Store, most: number, now: number): number {
  const rows = store.all<{ settled_at: number }>(
    `SELECT settled_at FROM deliveries WHERE ${ENDED} AND state = 'dead' AND queued_at > ?
     ORDER BY queued_at DESC LIMIT ${most + MORE_READ}`,
    now - DAY_MS - LIVES_MAX_MS,
  );
  return Math.min(most + 1, rows.filter((row) => row.settled_at > now - DAY_MS).length);
}

function countQuarantined(store: Store, most: number): number {
  const counted = `SELECT count(*) AS n FROM (SELECT 1 FROM quarantine WHERE ${QUARANTINED} LIMIT ${most + 1})`;
  return store.all<{ n: number }>(counted)[0]?.n ?? 0;
}
