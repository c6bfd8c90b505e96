/**
 * What is high or critical and waits too long for a receiver that does not work goes to another one as well.
 *
 * Contract: each message once, to the fallback of the routing, else to the first receiver that works; where none does, it
 * waits. It stays pending for its own receiver. Call it in a transaction; it reads a few rows of each receiver that does not
 * work. Times are wall, in ms.
 */
import type { AlertNotification, GroupNotification } from '../../alert/notification.ts';
import { declaredName } from '../../routing/routes.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { parseJson } from '../../text/json.ts';
import type { Store } from '../store/store.ts';
import { enqueue, READY, SET_ASIDE, SEVERE } from './outbox.ts';
import type { Notifying } from './places.ts';
import type { StoredReceivers } from './receivers.ts';

/** A message that was due so long ago goes elsewhere, too. */
export const FALLBACK_AFTER_MS = 10 * 60_000;
/** The most messages of one receiver in one call. */
const FALLEN_MAX = 50;

const severe = (columns: string, which: string): string =>
  `SELECT ${columns} FROM deliveries WHERE ${which} AND receiver = ?1 AND level >= ${SEVERE} AND alert IS NOT NULL AND fell_back IS NULL`;

/** Sends them elsewhere, too. */
export function fallBack(store: Store, setup: Notifying, stored: StoredReceivers, now: number): void {
  for (const { name } of setup.receivers.filter((receiver) => !works(receiver, stored))) {
    const to = targetFor(name, setup, stored);
    if (to === null) continue;
    const columns = 'id, alert, notification, queued_at';
    const rows = store.all<{ id: number; alert: number; notification: string }>(
      `SELECT * FROM (${severe(columns, READY)} UNION ALL ${severe(columns, SET_ASIDE)}) WHERE queued_at <= ?2 LIMIT ${FALLEN_MAX}`,
      ...[name, now - FALLBACK_AFTER_MS],
    );
    for (const { id, alert, notification } of rows) {
      const read = parseJson(notification) as AlertNotification | GroupNotification | undefined;
      store.run('UPDATE deliveries SET fell_back = ? WHERE id = ?', now, id);
      if (read?.kind === undefined) continue;
      enqueue(store, { receiver: to, alert, notification: { ...read, insteadOf: name } }, now);
    }
  }
}

/** When the next message has waited long enough; null: none waits. Reads two rows of each receiver that does not work. */
export function nextFallbackAt(store: Store, setup: Notifying, stored: StoredReceivers): number | null {
  const times = setup.receivers
    .filter(({ name, problem }) => !works({ name, problem }, stored) && targetFor(name, setup, stored) !== null)
    .flatMap(({ name }) =>
      [READY, SET_ASIDE].flatMap(
        (which) =>
          store.all<{ at: number }>(`${severe('queued_at AS at', which)} ORDER BY queued_at LIMIT 1`, name)[0]?.at ??
          [],
      ),
    );
  return times.length === 0 ? null : Math.min(...times) + FALLBACK_AFTER_MS;
}

function works({ name, problem }: Pick<RoutedReceiver, 'name' | 'problem'>, stored: StoredReceivers): boolean {
  return problem === null && (stored.get(name)?.failingSince ?? null) === null;
}

/** The receiver that takes what waits for another; null: none works. */
function targetFor(name: string, { receivers, routing }: Notifying, stored: StoredReceivers): string | null {
  const others = receivers.filter((receiver) => receiver.name !== name && works(receiver, stored));
  const fallback = routing?.fallback ?? null;
  return (others.find((other) => declaredName(other.name) === fallback) ?? others[0])?.name ?? null;
}
