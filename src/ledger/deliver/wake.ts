/**
 * What time alone does to alerts: an acknowledgement ends, and deferred notifications are due.
 *
 * Contract: each is an act of `tocsin`, stored with what it changes, so that a replay repeats it. A call handles a bounded
 * number of alerts; while more are due, `nextWakeAt` has passed. Call it in a transaction. Times are wall, in ms.
 */

import { type Alert, TOCSIN } from '../../alert/alert.ts';
import { NOBODY_ACKNOWLEDGED } from '../../alert/alert-wording.ts';
import { type Deferred, NOBODY_ACTED, type NotifyKind } from '../../alert/notify.ts';
import { lastToEnd, type Silence } from '../../alert/silence.ts';
import { networksAfter, notifiedByTime, notifiedNow, unacknowledged, wakesAt } from '../../alert/status.ts';
import { declaredName } from '../../routing/routes.ts';
import { isAbove } from '../../sigma/index.ts';
import { addAct, writeAlert } from '../store/alerts.ts';
import { type AlertRow, alertFrom } from '../store/rows.ts';
import { readLastSeq } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { lastEntryOf, type NotifyNow, notifyNow } from './notify-now.ts';
import { type Notifying, routesOfMatch } from './places.ts';
import { readSilences, silencesCovering } from './silences.ts';

/** The most alerts of one call. */
const WOKEN_MAX = 200;
/** The most alerts that a reminder takes along. */
const REMINDED_MAX = 1_000;

/**
 * What is due while a silence covers the alert, the end of an acknowledgement too, waits until it ends; it is looked at again
 * after this, since people may end a silence sooner.
 */
const HELD_MS = 60 * 60_000;

const TO_WAKE = 'wakes_at IS NOT NULL';

/** When the next alert is due; null: none is. Reads one row. */
export function nextWakeAt(store: Store): number | null {
  return store.all<{ at: number | null }>(`SELECT min(wakes_at) AS at FROM alerts WHERE ${TO_WAKE}`)[0]?.at ?? null;
}

/** Does what is due. */
export function wakeAlerts(store: Store, setup: Notifying, now: number): void {
  const rows = store.all<AlertRow>(
    `SELECT * FROM alerts WHERE ${TO_WAKE} AND wakes_at <= ? ORDER BY wakes_at LIMIT ${WOKEN_MAX}`,
    now,
  );
  if (rows.length === 0) return;
  const seq = readLastSeq(store);
  const silences = readSilences(store, now);
  for (const before of rows.map(alertFrom)) {
    const silence = silenceNow(store, setup, before, silences, now);
    if (silence !== null) {
      writeAlert(store, heldBy(silence, before, now), before);
      continue;
    }
    // First what a silence suppressed: it is news, and a reminder would take it along as none.
    const silenceEnded = endSilence(store, setup, before, seq, now);
    const isEnded = before.acknowledged !== null && before.acknowledged.until <= now;
    const opened = isEnded ? endAcknowledgement(store, setup, silenceEnded, seq, now) : silenceEnded;
    const woken = notifyDue(store, setup, opened, seq, now);
    writeAlert(store, { ...woken, wakesAt: wakesAt(woken) }, before);
  }
}

/** Notifies a receiver of every reminder that is deferred for it: they go in one message. */
export function notifyReminders(store: Store, setup: Notifying, receiver: string, now: number): void {
  const rows = store.all<AlertRow>(
    `SELECT * FROM alerts WHERE ${TO_WAKE} AND json_extract(notified, ?) = 'recurred' ORDER BY wakes_at LIMIT ${REMINDED_MAX}`,
    `$."${receiver}".deferred.kind`,
  );
  if (rows.length === 0) return;
  const seq = readLastSeq(store);
  const silences = readSilences(store, now);
  for (const before of rows.map(alertFrom)) {
    if (silenceNow(store, setup, before, silences, now) !== null) continue;
    const next = notifyDeferred(
      store,
      setup,
      before,
      ({ kind }, name) => name === receiver && kind === 'recurred',
      seq,
      now,
    );
    writeAlert(store, next, before);
  }
}

/** Open again. People are notified where matches came meanwhile. */
function endAcknowledgement(store: Store, setup: Notifying, before: Alert, seq: number, now: number): Alert {
  const hasGrown = before.count > (before.acknowledged?.count ?? 0);
  const to = setup.receivers
    .filter(({ name, minLevel }) => Object.hasOwn(before.notified, name) && !isAbove(minLevel, before.level))
    .map(({ name }) => name);
  const receivers = hasGrown ? to : [];
  addAct(store, actOf(before, 'acknowledgement ended', { receivers }), seq, now);
  const kinds = Object.fromEntries(receivers.map((name) => [name, 'recurred' as const]));
  const alert = notifiedByTime(unacknowledged(before), kinds, now);
  notifyNow(store, setup, alert, { kind: 'recurred', reason: 'its acknowledgement ended', to: receivers }, now);
  return alert;
}

/** The silence that covers the alert now; null: none does. */
function silenceNow(
  store: Store,
  setup: Notifying,
  alert: Alert,
  silences: readonly Silence[],
  now: number,
): Silence | null {
  const active = silences.filter(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
  return lastToEnd(silencesCovering(store, setup.engine, alert, active));
}

/** Notifies of what is deferred, and escalates. */
function notifyDue(store: Store, setup: Notifying, before: Alert, seq: number, now: number): Alert {
  const notified = notifyDeferred(store, setup, before, ({ to }) => to <= now, seq, now);
  return escalate(store, setup, notified, seq, now);
}

/** The alert while a silence covers it: what is due waits. */
function heldBy({ endsAt }: Silence, alert: Alert, now: number): Alert {
  const { silencedUntil } = alert;
  const isOver = silencedUntil !== null && silencedUntil <= now;
  return {
    ...alert,
    silencedUntil: isOver ? endsAt : silencedUntil,
    wakesAt: Math.min(endsAt, now + HELD_MS),
  };
}

/** Notifies of what a silence suppressed. */
function endSilence(store: Store, setup: Notifying, before: Alert, seq: number, now: number): Alert {
  if (before.silencedUntil === null || before.silencedUntil > now) return before;
  // A late match of what was resolved is no news.
  if (before.status === 'resolved') return { ...before, silencedUntil: null };
  const { rule, body } = lastEntryOf(store, setup, before);
  const { to } = routesOfMatch(setup, rule, before, body, now);
  const names = to.map(({ receiver }) => receiver).filter((name) => (before.notified[name]?.count ?? 0) < before.count);
  const alert = notifiedNow({ ...before, silencedUntil: null }, names, now);
  addAct(store, actOf(before, 'silence ended', { receivers: names }), seq, now);
  for (const [kind, of] of Map.groupBy(names, (name) => suppressedKind(before, name))) {
    const newNetworks = kind === 'updated' ? networksAfter(before, alert, of) : [];
    const reason = kind === 'updated' ? 'new network' : 'its silence ended';
    notifyNow(store, setup, alert, { kind, reason, to: of, newNetworks, group: 'silence ended' }, now);
  }
  return alert;
}

/** What a receiver would have been notified of, had no silence suppressed it. */
function suppressedKind({ notified, level, networks }: Alert, receiver: string): NotifyKind {
  const of = notified[receiver];
  if (of === undefined) return 'opened';
  if (isAbove(level, of.level)) return 'raised';
  return networks.length > of.networks ? 'updated' : 'recurred';
}

/** Notifies those to whom it escalates: nobody acknowledged it in time. */
function escalate(store: Store, setup: Notifying, before: Alert, seq: number, now: number): Alert {
  const due = before.escalations.filter(({ at }) => at <= now);
  if (due.length === 0) return before;
  const names = setup.receivers
    .map(({ name }) => name)
    .filter((name) => due.some(({ to }) => declaredName(name) === to));
  const escalations = before.escalations.filter((each) => !due.includes(each));
  const alert = notifiedNow({ ...before, escalations }, names, now);
  addAct(store, actOf(before, 'escalated', { receivers: names, to: due.map(({ to }) => to) }), seq, now);
  const notify = { reason: NOBODY_ACKNOWLEDGED, to: names, isUrgent: true };
  notifyOpenedOrRecurred(store, setup, before, alert, notify, now);
  return alert;
}

/** For a receiver that was not notified of the alert before, it opened; for others it recurred. */
function notifyOpenedOrRecurred(
  store: Store,
  setup: Notifying,
  before: Alert,
  alert: Alert,
  notify: Omit<NotifyNow, 'kind'>,
  now: number,
): void {
  for (const kind of ['opened', 'recurred'] as const) {
    const to = notify.to.filter((name) => Object.hasOwn(before.notified, name) === (kind === 'recurred'));
    notifyNow(store, setup, alert, { ...notify, kind, to }, now);
  }
}

/** Notifies receivers of what is deferred for them. For one that is not there any more, it is dropped. */
function notifyDeferred(
  store: Store,
  setup: Notifying,
  before: Alert,
  isDue: (deferred: Deferred, receiver: string) => boolean,
  seq: number,
  now: number,
): Alert {
  const due = Object.entries(before.notified).flatMap(([name, { deferred }]): [string, Deferred['kind']][] =>
    deferred !== null && isDue(deferred, name) ? [[name, deferred.kind]] : [],
  );
  if (due.length === 0) return before;
  const kinds = Object.fromEntries(due);
  const alert = notifiedByTime(before, kinds, now);
  addAct(store, actOf(before, 'deferred', { receivers: kinds }), seq, now);
  const isThere = (name: string): boolean => setup.receivers.some((receiver) => receiver.name === name);
  for (const kind of ['updated', 'recurred'] as const) {
    const reason = kind === 'updated' ? 'new network' : NOBODY_ACTED;
    const to = due.filter(([name, of]) => of === kind && isThere(name)).map(([name]) => name);
    const newNetworks = kind === 'updated' ? networksAfter(before, alert, to) : [];
    notifyNow(store, setup, alert, { kind, reason, to, newNetworks }, now);
  }
  return alert;
}

function actOf({ id }: Alert, act: string, detail: object) {
  return { alert: id, act, who: TOCSIN, via: null, detail };
}
