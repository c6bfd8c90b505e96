/**
 * The status for an operator: whether it is watching, how far it has read, what is pending and what went wrong. Read-only.
 */

import { WRONG_COUNTED_MAX } from '../../alert/health-state.ts';
import { planOf } from '../../audit-log/reread.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { type Engine, LEVELS, listedRules } from '../../sigma/index.ts';
import { ENDED, readWaiting } from '../deliver/outbox.ts';
import { OPEN, QUARANTINED } from '../model.ts';
import type { AlertHeadline, KeyTheft, LedgerStatus, OwnReadsStatus, UsageStatus } from '../rpc.ts';
import { failureOf, readState, type State, type UnsavedCheckpoint, type UnsavedRereads } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { readFacts } from './facts.ts';
import { recentLateness } from './lateness.ts';
import { type Removed, receiversHealth } from './receivers.ts';
import { openHealthAlertsShown } from './shown.ts';

interface StatusContext {
  readonly now: number;
  readonly engine: Engine;
  readonly receivers: readonly RoutedReceiver[];
  readonly blindAfterMs: number;
  readonly allowedLatenessMs: number;
  readonly unsaved: UnsavedCheckpoint;
  readonly removed: Removed;
  readonly ownReads: OwnReadsStatus | null;
  readonly keyTheft: KeyTheft;
  readonly rereads: UnsavedRereads;
  readonly usage: UsageStatus | null;
  /** How far open alerts, deliveries and staged entries are counted: each is a row read. */
  readonly countedMax: number;
}

/** Ended deliveries are counted for so long. */
const COUNTED_MS = 30 * 24 * 60 * 60_000;
/** The most rows of each list. */
const ROWS_MAX = 10;
/** Of the dead, those that died in a message with others are not listed, but read. */
const DEAD_READ_MAX = 100;

/** Reads the status. */
export function readStatus(store: Store, context: StatusContext): LedgerStatus {
  const state = readState(store);
  const checkpoint = state === null ? null : context.unsaved.current(state);
  const facts = readFacts(store, state, context, WRONG_COUNTED_MAX, context.now);
  // One more than the most shows that there are more.
  const most = context.countedMax + 1;
  const count = (rows: string, ...binds: readonly (string | number)[]): number =>
    store.all<{ n: number }>(`SELECT count(*) AS n FROM (${rows} LIMIT ?)`, ...binds, most)[0]?.n ?? 0;
  const ended = (state: string): number =>
    count(`SELECT 1 FROM deliveries WHERE ${ENDED} AND state = ? AND queued_at > ?`, state, context.now - COUNTED_MS);
  const open = LEVELS.map((level) => [level, count(`SELECT 1 FROM alerts ${OPEN} AND level = ?`, level)] as const);
  const receivers = receiversHealth(store, context.receivers, context.removed, most).map((health) => {
    const known = facts.receivers.find(({ name }) => name === health.name);
    return {
      ...health,
      works: known?.works === true,
      backlogSince: known?.backlogSince ?? null,
      failingMessage: known?.failingMessage ?? null,
    };
  });
  const waitedFor = receivers.filter(({ pending }) => pending > 0).map(({ name }) => name);
  return {
    watching: facts.watching,
    startedAt: state?.startedAt ?? null,
    movedAt: facts.movedAt,
    failure: state === null || facts.movedAt === null ? null : failureOf(state, facts.movedAt),
    watermark: checkpoint?.watermark ?? null,
    lagMs: checkpoint === null ? null : context.now - checkpoint.watermark,
    checkpoint,
    rewinds: state?.rewinds ?? [],
    restored: state?.restored ?? null,
    lateness: latenessOf(state, context),
    ownReads: context.ownReads,
    keyTheft: context.keyTheft,
    staged: count('SELECT 1 FROM staging WHERE part = 0'),
    counters: state?.counters ?? null,
    usage: context.usage,
    rules: { version: context.engine.version, count: listedRules([...context.engine.rules.values()]).length },
    passes: facts.passes,
    receivers,
    alerts: {
      open: Object.fromEntries(open.filter(([, n]) => n > 0)),
      newest: store.all<AlertHeadline & Record<string, string | number>>(
        `SELECT id, level, title, count, begins AS firstAt, last_at AS lastAt, iif(state = 'closed', 'resolved', state) AS status FROM alerts
         WHERE id > 0 ORDER BY id DESC LIMIT ${ROWS_MAX}`,
      ),
    },
    deliveries: {
      waiting: receivers.reduce((sum, receiver) => sum + receiver.waiting, 0),
      pending: receivers.reduce((sum, receiver) => sum + receiver.pending, 0),
      bundled: receivers.reduce((sum, receiver) => sum + receiver.bundled, 0),
      delivered: ended('delivered'),
      dead: ended('dead'),
      suppressed: ended('suppressed'),
    },
    recentlyDead: facts.recentlyDead,
    dead: store.all<{ receiver: string; reason: string; settledAt: number }>(
      `SELECT receiver, coalesce(reason, '') AS reason, settled_at AS settledAt FROM
         (SELECT * FROM deliveries WHERE ${ENDED} AND state = 'dead' ORDER BY queued_at DESC, id DESC LIMIT ${DEAD_READ_MAX})
       WHERE digest IS NULL LIMIT ${ROWS_MAX}`,
    ),
    waiting: readWaiting(store, waitedFor, ROWS_MAX),
    healthAlerts: openHealthAlertsShown(store, context.now).slice(0, ROWS_MAX),
    inQuarantine: facts.inQuarantine,
    quarantine: store.all<{ key: string; problem: string; firstAt: number }>(
      `SELECT key, problem, first_at AS firstAt FROM quarantine WHERE ${QUARANTINED}
       ORDER BY first_at DESC, key DESC LIMIT ${ROWS_MAX}`,
    ),
  };
}

/** How late entries are, and what is read again because of it. */
function latenessOf(state: State | null, { allowedLatenessMs, rereads, now }: StatusContext): LedgerStatus['lateness'] {
  const current = state === null ? null : rereads.current(state, now);
  return {
    allowedMs: allowedLatenessMs,
    seen: recentLateness(state?.lateness ?? [], now),
    probedAt: current?.endedAt.probe ?? null,
    rereadAt: current?.endedAt.day ?? null,
    again: current === null ? null : planOf(current, 'late'),
    problem: current?.problem ?? null,
  };
}
