/**
 * The health alert about messages that wait too long for a receiver.
 *
 * Contract: call `checkBacklogs` in a transaction; it writes only what changes. A receiver that is known not to work has a
 * health alert that says so, and none beside it. Times are wall, in ms.
 */
import type { RoutedReceiver } from '../../routing/routing.ts';
import { durationInWords } from '../../text/duration.ts';
import type { ReceiverState } from '../deliver/after-attempt.ts';
import type { Store } from '../store/store.ts';
import { BACKLOG_AFTER_MS, readUntaken } from './backlog.ts';
import { backlogAlert, openHealthAlerts, raiseHealthAlert, resolveHealthAlert } from './health-alerts.ts';

const MINUTE_MS = 60_000;

/** Raises the health alerts about backlogs, and resolves those that are over. */
export function checkBacklogs(
  store: Store,
  receivers: readonly RoutedReceiver[],
  stored: ReadonlyMap<string, ReceiverState>,
  now: number,
): void {
  for (const { name, works, oldestAt, reason } of readQueues(store, receivers, stored)) {
    if (oldestAt !== null && now - oldestAt >= BACKLOG_AFTER_MS) {
      if (!works) continue;
      raiseHealthAlert(store, backlogAlert(name), summaryOf(name, now - oldestAt, reason), receivers, now);
    } else {
      resolveHealthAlert(store, backlogAlert(name), `nothing has waited long for the receiver ${name}`, receivers, now);
    }
  }
  for (const { alert } of openHealthAlerts(store, 'backlog')) {
    if (receivers.some(({ name }) => name === alert.subject)) continue;
    resolveHealthAlert(store, alert, `there is no receiver ${alert.subject ?? ''} any more`, receivers, now);
  }
}

/** When that next has something to raise or to resolve; null: never, as things are. */
export function nextBacklogAt(
  store: Store,
  receivers: readonly RoutedReceiver[],
  stored: ReadonlyMap<string, ReceiverState>,
  now: number,
): number | null {
  const open = new Set(openHealthAlerts(store, 'backlog').map(({ alert }) => alert.subject));
  const times = readQueues(store, receivers, stored).flatMap(({ name, works, oldestAt }) => {
    const at = oldestAt === null ? null : oldestAt + BACKLOG_AFTER_MS;
    // Where it is open, it is repeated by another clock.
    if (open.has(name)) return at !== null && at <= now ? [] : [now];
    return at === null || !works ? [] : [at];
  });
  return times.length === 0 ? null : Math.min(...times);
}

interface Queue {
  readonly name: string;
  /** No health alert says that it does not. */
  readonly works: boolean;
  readonly oldestAt: number | null;
  /** Why the last attempt failed. */
  readonly reason: string | null;
}

/** The queue of each receiver. */
function readQueues(
  store: Store,
  receivers: readonly RoutedReceiver[],
  stored: ReadonlyMap<string, ReceiverState>,
): readonly Queue[] {
  const unhealthy = new Set(openHealthAlerts(store, 'unhealthy-receiver').map(({ alert }) => alert.subject));
  return receivers.map(({ name, problem }) => {
    const { deliveredAt = null, reason = null } = stored.get(name) ?? {};
    const works = problem === null && !unhealthy.has(name);
    return { name, works, oldestAt: readUntaken(store, name, deliveredAt).oldestAt, reason };
  });
}

function summaryOf(name: string, waitedMs: number, reason: string | null): string {
  const waited = durationInWords(Math.floor(waitedMs / MINUTE_MS) * MINUTE_MS);
  return `the oldest message to the receiver ${name} has waited for ${waited}${reason === null ? '' : `: ${reason}`}`;
}
