/** What acts do to the model's alerts: those of people, and those that time does. Reports acts that should not have been. */
import type { Resolution } from '../../src/alert/alert.ts';
import type { Notified } from '../../src/alert/notify.ts';
import type { Deployed } from './observer.ts';
import type { ModelAlert, ModelMessage } from './plain-alerts.ts';
import { isHighOrCritical, notifiedWith, rank } from './plain-decisions.ts';
import { type NotRouted, PLAINLY, type Routed } from './plain-routes.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** An act as it is stored, and what was when it was. */
export interface ModelAct {
  readonly id: number;
  readonly alert: number;
  readonly seq: number;
  readonly at: number;
  readonly act: string;
  readonly who: string;
  readonly via: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
  /** What was deployed then. */
  readonly deployed: Deployed;
  readonly watermark: number;
  /** Before this, everything was recorded when it came. */
  readonly completeUpTo: number;
  /** The rule and the key of its alert. */
  readonly rule: string;
  readonly key: string;
}

/** Lets an act take effect. */
export function applyAct(
  alert: ModelAlert,
  act: ModelAct,
  places: ReadonlyMap<string, Routed | NotRouted>,
  messages: ModelMessage[],
  problems: string[],
): void {
  const wrong = (why: string): void => {
    problems.push(`act ${act.id} ("${act.act}" by ${act.who}) on alert ${alert.id}: ${why}`);
  };
  const notified = new Set<string>();
  const isLive = alert.state === 'open' || alert.state === 'acknowledged';
  const notify = (receiver: string, kind: string, reason: string, isUrgent = false): void => {
    const before = alert.notified.get(receiver) ?? null;
    alert.notified.set(receiver, notifiedWith({ kind, reason }, act.at, alert, before));
    // A receiver that was removed gets nothing.
    if (!act.deployed.receivers.some(({ name }) => name === receiver)) return;
    // What is critical goes to the fallback where it is outside of the receiver's times. An escalation names its receiver.
    const [fallback] = [...places].filter(([, place]) => typeof place === 'object' && place.isFallback);
    const isOutside = places.get(receiver) === 'outside active times' && !isUrgent;
    const to = isOutside ? (fallback?.[0] ?? receiver) : receiver;
    if (notified.has(`${to} ${kind}`)) return;
    notified.add(`${to} ${kind}`);
    const of = places.get(to);
    // At night, what escalates waits where everybody's of its alert would.
    const all = [...places.values()].filter((place) => typeof place === 'object');
    const held = all.map(({ heldUntil }) => heldUntil).filter((time) => time !== null);
    const isNight = isUrgent && all.length > 0 && held.length === all.length;
    const routed = typeof of === 'object' ? of : null;
    messages.push({
      ...{ receiver: to, alert: alert.id, kind, count: alert.count, level: alert.level },
      ...{ seq: alert.lastSeq, first: [], isUrgent },
      routed: isNight ? { ...(routed ?? PLAINLY), heldUntil: routed?.heldUntil ?? Math.min(...held) } : routed,
    });
  };
  if (act.who === 'tocsin') applyOwn(alert, act, places, isLive, notify, wrong);
  else applyPersons(alert, act, isLive, wrong);
}

function applyPersons(
  alert: ModelAlert,
  { act, who, at, detail }: ModelAct,
  isLive: boolean,
  wrong: (why: string) => void,
): void {
  switch (act) {
    case 'acknowledge':
      if (!isLive) wrong('it is resolved');
      if (alert.acknowledged?.by === who) wrong('it was acknowledged by the same person');
      alert.state = 'acknowledged';
      alert.escalations = [];
      alert.acknowledged = { by: who, at, until: at + DAY, count: alert.count, level: alert.level };
      for (const [name, of] of alert.notified) {
        // No reminder; but new networks at high and critical are notified all the same.
        const { kind, to, networksAt } = of.deferred ?? {};
        const at = kind === 'updated' ? to : networksAt;
        const deferred = at === undefined ? null : ({ to: at, kind: 'updated' } as const);
        alert.notified.set(name, { ...of, reminders: 0, deferred });
      }
      break;
    case 'resolve':
      if (!isLive) wrong('it was resolved before');
      alert.end(detail?.['reason'] as Resolution['reason'], who, at, (detail?.['comment'] ?? null) as string | null);
      break;
    case 'assign':
      if (alert.assignee === detail?.['to']) wrong('it was assigned so before');
      alert.assignee = detail?.['to'] as string | null;
      break;
    case 'comment':
      break;
    default:
      wrong('nobody can do that');
  }
}

function applyOwn(
  alert: ModelAlert,
  { act, at, detail, deployed, watermark }: ModelAct,
  places: ReadonlyMap<string, Routed | NotRouted>,
  isLive: boolean,
  notify: (receiver: string, kind: string, reason: string, isUrgent?: boolean) => void,
  wrong: (why: string) => void,
): void {
  const { acknowledged } = alert;
  const { receivers } = deployed;
  const leadsTo = (name: string): boolean => typeof places.get(name) === 'object';
  /** That is no reminder; those of an alert that is raised begin again. */
  const notifyAnew = (name: string, kind: string, reason: string, isUrgent = false): void => {
    const { reminders = 0, level = alert.level } = alert.notified.get(name) ?? {};
    notify(name, kind, reason, isUrgent);
    const now = alert.notified.get(name) as Notified;
    alert.notified.set(name, { ...now, reminders: rank(alert.level) > rank(level) ? 0 : reminders });
  };
  switch (act) {
    case 'deferred':
      for (const [name, kind] of Object.entries((detail?.['receivers'] ?? {}) as Record<string, string>)) {
        const deferred = alert.notified.get(name)?.deferred ?? null;
        if (deferred?.kind !== kind) wrong(`nothing of the kind ${kind} waits for ${name}`);
        // A reminder takes along those of its receiver that are due later.
        if (deferred !== null && deferred.to > at && kind !== 'recurred')
          wrong(`it comes ${deferred.to - at} ms too soon`);
        notify(name, kind, kind === 'updated' ? 'new network' : 'goes on, and nobody acted');
      }
      break;
    case 'acknowledgement ended': {
      if (acknowledged === null || acknowledged.until > at) {
        wrong('it had not ended');
        break;
      }
      const came = alert.count > acknowledged.count;
      const due = receivers
        .filter(({ name, minLevel }) => alert.notified.has(name) && rank(alert.level) >= rank(minLevel))
        .map(({ name }) => name);
      const named = (detail?.['receivers'] ?? []) as readonly string[];
      if ([...named].sort().join() !== (came ? due : []).sort().join())
        wrong(`it names ${named.join(', ')}, not ${(came ? due : []).join(', ')}`);
      alert.state = 'open';
      alert.acknowledged = null;
      for (const name of named) notify(name, 'recurred', 'goes on, and nobody acted');
      break;
    }
    case 'resolved':
      if (!isLive) wrong('it was resolved before');
      if (isHighOrCritical(alert.level)) wrong(`its level is ${alert.level}`);
      if (watermark < alert.lastAt + 14 * DAY) wrong('it was not quiet for two weeks');
      alert.end('quiet', 'tocsin', at, null);
      break;
    case 'introduced':
      if (alert.state !== 'open' || !isHighOrCritical(alert.level)) wrong(`it is ${alert.state}, at ${alert.level}`);
      for (const name of (detail?.['receivers'] ?? []) as readonly string[]) {
        if (alert.notified.has(name) || !leadsTo(name)) wrong(`${name} is not new, or takes nothing of its level`);
        notify(name, 'opened', 'the receiver is new');
      }
      break;
    case 'silence ended': {
      if (alert.state === 'resolved') wrong('it is resolved');
      if (!alert.isSilenced) wrong('nothing severe of it was silenced');
      const due = receivers
        .filter(({ name }) => leadsTo(name))
        .filter(({ name }) => (alert.notified.get(name)?.count ?? 0) < alert.count)
        .map(({ name }) => name);
      const named = (detail?.['receivers'] ?? []) as readonly string[];
      if ([...named].sort().join() !== [...due].sort().join())
        wrong(`it names ${named.join(', ')}, not ${due.join(', ')}`);
      alert.isSilenced = false;
      for (const name of named) {
        notifyAnew(name, suppressed(alert, alert.notified.get(name) ?? null), 'its silence ended');
      }
      break;
    }
    case 'escalated': {
      const due = alert.escalations.filter((step) => step.at <= at).map(({ to }) => to);
      const named = (detail?.['receivers'] ?? []) as readonly string[];
      const there = receivers.map(({ name }) => name).filter((name) => due.includes(name));
      if (!isLive || alert.state === 'acknowledged') wrong('somebody acted');
      if (due.length === 0) wrong('it was not due');
      if ([...named].sort().join() !== there.sort().join())
        wrong(`it names ${named.join(', ')}, not ${there.join(', ')}`);
      alert.escalations = alert.escalations.filter((step) => step.at > at);
      for (const name of named) {
        notifyAnew(name, alert.notified.has(name) ? 'recurred' : 'opened', 'nobody acknowledged it', true);
      }
      break;
    }
    case 'dead':
      if (!alert.notified.delete(String(detail?.['receiver']))) wrong('that receiver was not notified');
      break;
    default:
      wrong('nothing does that');
  }
}

/** What a receiver was not notified of because of a silence: as what it would have been, without it. */
function suppressed(alert: ModelAlert, before: Notified | null): string {
  if (before === null) return 'opened';
  if (rank(alert.level) > rank(before.level)) return 'raised';
  return alert.networks.length > before.networks ? 'updated' : 'recurred';
}
