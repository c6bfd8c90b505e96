/**
 * What people and time do to an alert: acknowledge, resolve, end an acknowledgement, notify of what was deferred.
 *
 * Contract: pure; each function returns the alert as it is afterwards. Times of acts are wall, in ms.
 */
import { isAbove, isSevere } from '../sigma/index.ts';
import { type Acknowledgement, type Alert, type Resolution, TOCSIN } from './alert.ts';
import { isLive } from './identity.ts';
import { type Deferred, deferredAfterAct, type NotifyAlert, notifiedOfDeferred } from './notify.ts';

/** How long an acknowledgement lasts. */
export const ACKNOWLEDGED_MS = 24 * 60 * 60_000;
/** At medium and below, an alert that was quiet for so long is resolved. */
export const QUIET_MS = 14 * 24 * 60 * 60_000;

/** What a notify decision depends on of the alert, its last match included. `previousAt`: event time of the match before. */
export function factsOf(alert: Alert, previousAt: number | null, dedupPeriodMs: number): NotifyAlert {
  return {
    ...{ level: alert.level, count: alert.count, networks: alert.networks.length, previousAt, dedupPeriodMs },
    acknowledgedCount: alert.acknowledged?.count ?? null,
    isPast: alert.status === 'past',
  };
}

/** When time alone next does something to it; null: never. */
export function wakesAt({
  notified,
  acknowledged,
  escalations,
  silencedUntil,
}: Pick<Alert, 'notified' | 'acknowledged' | 'escalations' | 'silencedUntil'>): number | null {
  const times = Object.values(notified).flatMap(({ deferred }) => (deferred === null ? [] : [deferred.to]));
  if (acknowledged !== null) times.push(acknowledged.until);
  times.push(...escalations.map(({ at }) => at));
  if (silencedUntil !== null) times.push(silencedUntil);
  return times.length === 0 ? null : Math.min(...times);
}

/** From when on it is resolved for being quiet, by the watermark; null: never. */
export function resolvesAt({ status, level, lastAt }: Pick<Alert, 'status' | 'level' | 'lastAt'>): number | null {
  return isLive(status) && !isSevere(level) ? lastAt + QUIET_MS : null;
}

/** Acknowledged for a day. Reminders begin again, and what nobody had acted on is not said any more. */
export function acknowledged(alert: Alert, by: string, now: number): Alert {
  const { count, level } = alert;
  const acknowledgement: Acknowledgement = { by, at: now, until: now + ACKNOWLEDGED_MS, count, level };
  const notified = Object.fromEntries(
    Object.entries(alert.notified).map(([name, of]) => [
      name,
      { ...of, reminders: 0, deferred: deferredAfterAct(of.deferred) },
    ]),
  );
  const next: Alert = {
    ...alert,
    ...{ status: 'acknowledged', acknowledged: acknowledgement, notified, escalations: [] },
  };
  return { ...next, wakesAt: wakesAt(next) };
}

/** Open again. */
export function unacknowledged(alert: Alert): Alert {
  const next: Alert = { ...alert, status: 'open', acknowledged: null };
  return { ...next, wakesAt: wakesAt(next) };
}

/** Resolved: nothing more is due. */
export function resolved(alert: Alert, resolution: Resolution): Alert {
  const notified = Object.fromEntries(
    Object.entries(alert.notified).map(([name, of]) => [name, { ...of, deferred: null }]),
  );
  return {
    ...alert,
    ...{
      status: 'resolved',
      resolution,
      acknowledged: null,
      notified,
      escalations: [],
      wakesAt: null,
      resolvesAt: null,
    },
  };
}

/** Matches came so long after it that another alert goes on. `at`: event time of the first of them. */
export function superseded(alert: Alert, at: number): Alert {
  return resolved(alert, { reason: 'superseded', by: TOCSIN, at, comment: null });
}

/** Receivers were notified of it by time alone, at `now`. */
export function notifiedByTime(
  alert: Alert,
  kinds: { readonly [receiver: string]: Deferred['kind'] },
  now: number,
): Alert {
  const facts = factsOf(alert, alert.lastAt, alert.periodMs);
  const notified = Object.fromEntries(
    Object.entries(alert.notified).map(([name, of]) => {
      const kind = kinds[name];
      return [name, kind === undefined ? of : notifiedOfDeferred(kind, now, facts, of)];
    }),
  );
  const next: Alert = { ...alert, notified };
  return { ...next, wakesAt: wakesAt(next) };
}

/** Receivers were notified of it at `now`, whatever they were notified of before. */
export function notifiedNow(alert: Alert, receivers: readonly string[], now: number): Alert {
  const { level, count, networks } = alert;
  const first = { level, count, networks: networks.length, at: now, reminders: 0, spread: null, deferred: null };
  const notified = { ...alert.notified };
  for (const name of receivers) {
    const before = notified[name] ?? first;
    // As of one that is raised, reminders begin again.
    notified[name] = {
      ...first,
      reminders: isAbove(level, before.level) ? 0 : before.reminders,
      spread: before.spread,
    };
  }
  return { ...alert, notified };
}

/** The networks of an alert that not all of these receivers were notified of, as far as they are kept. `before`: by what. */
export function networksAfter(before: Alert, alert: Alert, receivers: readonly string[]): readonly string[] {
  const known = Math.min(...receivers.map((name) => before.notified[name]?.networks ?? 0), alert.networks.length);
  return alert.networks.slice(known);
}
