/**
 * The health alert about messages that wait too long for a receiver.
 *
 * Contract: call `checkBacklogs` in a transaction; it writes only what changes. A receiver that is known not to work has a
 * health alert that says so, and none beside it. Times are wall, in ms.
 */
import type { RoutedReceiver } from '../../routing/routing.ts';
import { durationInWords } from '../../text/duration.ts';
import type { StoredReceivers } from '../deliver/receivers.ts';
import type { Store } from '../store/store.ts';
import { BACKLOG_AFTER_MS, readUntaken } from './backlog.ts';
import { backlogAlert, openHealthAlerts, raiseHealthAlert, resolveHealthAlert } from './health-alerts.ts';
import type { Removed } from './receivers.ts';

const MINUTE_MS = 60_000;

interface KnownReceivers {
  readonly receivers: readonly RoutedReceiver[];
  readonly removed: Removed;
}

/** Raises the health alerts about backlogs, and resolves those that are over. */
export function checkBacklogs(store: Store, known: KnownReceivers, stored: StoredReceivers, now: number): void {
  const { receivers } = known;
  const queues = readQueues(store, known, stored);
  for (const { name, works, oldestAt, reason } of queues) {
    if (oldestAt !== null && now - oldestAt >= BACKLOG_AFTER_MS) {
      if (!works) continue;
      raiseHealthAlert(store, backlogAlert(name), summaryOf(name, now - oldestAt, reason), receivers, now);
    } else {
      resolveHealthAlert(store, backlogAlert(name), `nothing has waited long for the receiver ${name}`, receivers, now);
    }
  }
  for (const { alert } of openHealthAlerts(store, 'backlog')) {
    if (queues.some(({ name }) => name === alert.subject)) continue;
    const summary = `nothing waits any more for ${alert.subject ?? ''}, which is no receiver any more`;
    resolveHealthAlert(store, alert, summary, receivers, now);
  }
}

/** When that next has something to raise or to resolve; null: never, as things are. */
export function nextBacklogAt(
  store: Store,
  known: KnownReceivers,
  stored: StoredReceivers,
  now: number,
): number | null {
  const open = new Set(openHealthAlerts(store, 'backlog').map(({ alert }) => alert.subject));
  const times = readQueues(store, known, stored).flatMap(({ name, works, oldestAt }) => {
    const at = oldestAt === null ? null : oldestAt + BACKLOG_AFTER_MS;
    // Where it is open, it is repeated by another clock.
    if (open.has(name)) return at !== null && at <= now ? [] : [now];
    return at === null || !works ? [] : [at];
  });
  return times.length === 0 ? null : Math.min(...times);
}

interface Queue {
  readonly name: string;
  /** No other health alert says that it does not. */
  readonly works: boolean;
  readonly oldestAt: number | null;
  /** Why the last attempt failed, or that of the oldest message. */
  readonly reason: string | null;
}

/** The queue of each receiver, and of each that is not set any more, which no other health alert is about. */
function readQueues(store: Store, { receivers, removed }: KnownReceivers, stored: StoredReceivers): readonly Queue[] {
  const unhealthy = new Set(openHealthAlerts(store, 'unhealthy-receiver').map(({ alert }) => alert.subject));
  const untaken = (name: string) => {
    const { deliveredAt = null, reason = null } = stored.get(name) ?? {};
    const { oldestAt, oldestReason } = readUntaken(store, name, deliveredAt);
    return { name, oldestAt, reason: reason ?? oldestReason };
  };
  return [
    ...receivers.map(({ name, problem }) => ({ ...untaken(name), works: problem === null && !unhealthy.has(name) })),
    ...removed().map(({ name, problem }) => ({ ...untaken(name), works: true, reason: problem })),
  ];
}

function summaryOf(name: string, waitedMs: number, reason: string | null): string {
  const waited = durationInWords(Math.floor(waitedMs / MINUTE_MS) * MINUTE_MS);
  return `the oldest message to the receiver ${name} has waited for ${waited}${reason === null ? '' : `: ${reason}`}`;
}
