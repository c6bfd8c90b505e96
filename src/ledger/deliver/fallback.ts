/**
 * What is high or critical and waits too long goes to another receiver as well: for one that does not work or was removed,
 * that asks to slow down, or that works and does not take this message.
 *
 * Contract: each message once, to the fallback of the routing, else to the first receiver that works; where none does, it
 * waits. It stays pending for its own receiver. What no receiver takes does not go back and forth. Call it in a transaction.
 * Times are wall, in ms.
 */
import type { AlertNotification, GroupNotification } from '../../alert/notification.ts';
import { declaredName } from '../../routing/routes.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { parseJson } from '../../text/json.ts';
import type { Store } from '../store/store.ts';
import { enqueue, SEVERE } from './outbox.ts';
import type { Notifying } from './places.ts';
import type { StoredReceivers } from './receivers.ts';

/** A message that was due so long ago goes elsewhere, too. */
export const FALLBACK_AFTER_MS = 10 * 60_000;
/** The most messages of one receiver in one call. */
const FALLEN_MAX = 50;

/** What is ready, and what is set aside, in the words of the partial index deliveries_severe. */
const READY = "state = 'pending' AND (due_at IS NULL) = 1";
const SET_ASIDE = "state = 'pending' AND (due_at IS NULL) = 0";

/** `?1`: a receiver; `?2`: the one that would take it. */
const severe = (columns: string, which: string): string =>
  `SELECT ${columns} FROM deliveries INDEXED BY deliveries_severe
   WHERE ${which} AND receiver = ?1 AND receiver <> ?2 AND level >= ${SEVERE} AND alert IS NOT NULL AND fell_back IS NULL`;

/** The receiver in whose stead a message waits here. */
const INSTEAD_OF = "iif(json_valid(notification), notification ->> '$.insteadOf', NULL)";

type Of = Pick<RoutedReceiver, 'name' | 'problem'>;

/** What may wait too long for a receiver: for one that works, what it did not take. */
function lateOf(receiver: Of, stored: StoredReceivers): readonly string[] {
  // Nothing goes back to where it comes from.
  if (!works(receiver, stored)) return [READY, SET_ASIDE].map((which) => `${which} AND ${INSTEAD_OF} IS NOT ?2`);
  const isSlowed = (stored.get(receiver.name)?.slowed ?? 0) > 0;
  return (isSlowed ? [READY, SET_ASIDE] : [SET_ASIDE]).map((which) => `${which} AND ${INSTEAD_OF} IS NULL`);
}

/** Sends them elsewhere, too. `removed`: receivers that are not set any more, for which something waits. */
export function fallBack(
  store: Store,
  setup: Notifying,
  removed: readonly Of[],
  stored: StoredReceivers,
  now: number,
): void {
  for (const receiver of [...setup.receivers, ...removed]) {
    const { name } = receiver;
    const to = targetFor(name, setup, stored);
    if (to === null) continue;
    const late = lateOf(receiver, stored).map((which) => severe('id, alert, notification, queued_at', which));
    const rows = store.all<{ id: number; alert: number; notification: string }>(
      `SELECT * FROM (${late.join(' UNION ALL ')}) WHERE queued_at <= ?3 LIMIT ${FALLEN_MAX}`,
      ...[name, to, now - FALLBACK_AFTER_MS],
    );
    for (const { id, alert, notification } of rows) {
      const read = parseJson(notification) as AlertNotification | GroupNotification | undefined;
      store.run('UPDATE deliveries SET fell_back = ? WHERE id = ?', now, id);
      if (read?.kind === undefined) continue;
      enqueue(store, { receiver: to, alert, notification: { ...read, insteadOf: name } }, now);
    }
  }
}

/** When the next message has waited long enough; null: none waits. */
export function nextFallbackAt(
  store: Store,
  setup: Notifying,
  removed: readonly Of[],
  stored: StoredReceivers,
): number | null {
  const times = [...setup.receivers, ...removed].flatMap((receiver) => {
    const { name } = receiver;
    const to = targetFor(name, setup, stored);
    if (to === null) return [];
    return lateOf(receiver, stored).flatMap((which) => {
      const first = `${severe('queued_at AS at', which)} ORDER BY queued_at LIMIT 1`;
      return store.all<{ at: number }>(first, name, to)[0]?.at ?? [];
    });
  });
  return times.length === 0 ? null : Math.min(...times) + FALLBACK_AFTER_MS;
}

function works({ name, problem }: Of, stored: StoredReceivers): boolean {
  return problem === null && (stored.get(name)?.failingSince ?? null) === null;
}

/** The receiver that takes what waits for another; null: none works. */
function targetFor(name: string, { receivers, routing }: Notifying, stored: StoredReceivers): string | null {
  const others = receivers.filter((receiver) => receiver.name !== name && works(receiver, stored));
  const fallback = routing?.fallback ?? null;
  return (others.find((other) => declaredName(other.name) === fallback) ?? others[0])?.name ?? null;
}
