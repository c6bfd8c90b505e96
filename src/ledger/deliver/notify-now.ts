/**
 * Notifies receivers of an alert without a match that leads to it: what was deferred, an acknowledgement that ended, or that
 * it is resolved. The message shows the alert's last match. Call it in the transaction of what led to it.
 */
import type { Alert } from '../../alert/alert.ts';
import { ACKNOWLEDGED } from '../../alert/alert-wording.ts';
import { entryView } from '../../alert/entry-view.ts';
import type { AlertNotification } from '../../alert/notification.ts';
import { buildNotification, entryFromAlert, type ShownEntry } from '../../alert/notification-builder.ts';
import type { EntryBody } from '../../audit-log/entry.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import type { Rule } from '../../sigma/index.ts';
import type { Notify } from '../model.ts';
import { type EntryRow, entryFrom, evidenceFrom } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { heldUntilOf, type Notifying, placeOf, receiversNow, routesOfMatch, settingsOf } from './places.ts';
import { hasReceived } from './received.ts';
import { enqueueNotifications } from './waiting.ts';

/** How receivers are notified. */
export interface NotifyNow extends Pick<AlertNotification, 'kind' | 'reason'> {
  readonly to: readonly string[];
  readonly newNetworks?: readonly string[];
  readonly isUrgent?: boolean;
  readonly group?: Notify['group'];
  readonly edits?: boolean;
}

/** Notifies these receivers. The rule or the entry may be gone. */
export function notifyNow(
  store: Store,
  setup: Notifying,
  alert: Alert,
  { kind, reason, to, newNetworks = [], isUrgent = false, group, edits = false }: NotifyNow,
  now: number,
): void {
  if (to.length === 0) return;
  const rule = setup.engine.rules.get(alert.rule) ?? null;
  const { body, ...shown } = lastMatch(store, alert);
  const routes = routesOfMatch(setup, rule, alert, body, now);
  const news = { kind, ...(reason !== undefined && { reason }), newNetworks };
  const isThere = Object.keys(body).length > 0;
  const withBody = { ...shown, ...(isThere && { body }) };
  const built = buildNotification(news, rule, alert, withBody, null);
  const notification: AlertNotification = edits ? { ...built, edits } : built;
  // An escalation names its receiver, and the rest changes what a receiver has.
  const isNews = !(isUrgent || edits || kind === 'resolved');
  const names = isNews ? receiversNow(routes, to) : to;
  const heldUntil = isUrgent ? heldUntilOf(routes) : null;
  const places = names.map((name) => {
    const place = placeOf(routes, name, rule, alert, shown.entry, body);
    return { ...place, heldUntil: place.heldUntil ?? heldUntil };
  });
  const notify: Notify = {
    to: places,
    notification,
    seq: alert.lastSeq,
    isUrgent,
    ...(group && { group }),
    inhibits: null,
  };
  enqueueNotifications(store, [notify], setup.receivers, now);
}

/**
 * That it is acknowledged, to those that were sent something of it and edit what they sent. `except`: the receiver where it was
 * acknowledged, which knows.
 */
export function notifyAcknowledged(
  store: Store,
  setup: Notifying,
  alert: Alert,
  now: number,
  except: string | null,
): void {
  const to = setup.receivers.filter((receiver) => receiver.edits && shows(store, alert, receiver));
  const names = to.map(({ name }) => name).filter((name) => name !== except);
  notifyNow(store, setup, alert, { kind: 'updated', reason: ACKNOWLEDGED, to: names, edits: true }, now);
}

/**
 * That it is resolved, to those that were sent something of it: receivers that edit or that programs read, since they change
 * what they show, and those whose route says so (`send_resolved`). `except`: the receiver where it was resolved, which knows.
 */
export function notifyResolved(
  store: Store,
  setup: Notifying,
  alert: Alert,
  now: number,
  except: string | null = null,
): void {
  const rule = setup.engine.rules.get(alert.rule) ?? null;
  const routes = routesOfMatch(setup, rule, alert, lastMatch(store, alert).body, now);
  const sends = ({ name, forPrograms, edits }: RoutedReceiver): boolean =>
    settingsOf(routes, name)?.sendResolved ?? (forPrograms ?? edits) === true;
  const to = setup.receivers.filter(
    (receiver) => receiver.name !== except && sends(receiver) && shows(store, alert, receiver),
  );
  for (const edits of [false, true]) {
    const names = to.filter((receiver) => (receiver.edits === true) === edits).map(({ name }) => name);
    notifyNow(store, setup, alert, { kind: 'resolved', to: names, edits }, now);
  }
}

/** Whether it was sent something of the alert; one that edits also in place of another receiver, as far as deliveries are kept. */
function shows(store: Store, alert: Alert, { name, edits }: RoutedReceiver): boolean {
  if (Object.hasOwn(alert.notified, name)) return hasReceived(store, alert.id, name);
  if (edits !== true) return false;
  const sent = store.all(
    "SELECT 1 FROM deliveries WHERE alert = ? AND receiver = ? AND state IN ('pending', 'delivered') LIMIT 1",
    ...[alert.id, name],
  );
  return sent.length > 0;
}

/** The alert's last match with its evidence, where stored. Where its entry was evicted, what the alert itself stores. */
function lastMatch(store: Store, alert: Alert): ShownEntry & { readonly body: EntryBody } {
  const kept = store.all<{ evidence: string }>(
    'SELECT evidence FROM matches WHERE alert = ? AND seq = ? AND decision IS NOT NULL',
    ...[alert.id, alert.lastSeq],
  )[0];
  const evidence = kept === undefined ? [] : evidenceFrom(kept.evidence);
  const row = store.all<EntryRow>(
    'SELECT seq, id, revision, created_at, body FROM entries WHERE seq = ?',
    alert.lastSeq,
  )[0];
  if (row === undefined) return { entry: entryFromAlert(alert), evidence, body: {} };
  const { id, createdAt, body } = entryFrom(row);
  return { entry: entryView(id, createdAt, body), evidence, body };
}

/** The rule of an alert, and the entry of its last match. */
export function lastEntryOf(
  store: Store,
  { engine }: Notifying,
  alert: Alert,
): { readonly rule: Rule | null; readonly body: EntryBody } {
  return { rule: engine.rules.get(alert.rule) ?? null, body: lastMatch(store, alert).body };
}
