/**
 * One receiver's messages in plain memory: entries in, messages out, by the decisions and groups alone. For tests of what
 * people get over days.
 */
import {
  afterDecision,
  afterMessage,
  findGroup,
  type Group,
  type Grouped,
  isOver,
  NO_FLOODS,
} from '../../src/alert/groups.ts';
import { placeMatch, REOPEN_MS } from '../../src/alert/identity.ts';
import {
  decideNotify,
  type Notified,
  type NotifyAlert,
  type NotifyKind,
  notifiedAfter,
  notifiedOfDeferred,
} from '../../src/alert/notify.ts';
import { isAbove, type Level } from '../../src/sigma/index.ts';

/** A match: who, from where, of which rule; ms. */
export interface Seen {
  readonly at: number;
  readonly rule: string;
  readonly actor: string;
  readonly network: string;
  readonly level: Level;
}

export interface Sent {
  readonly at: number;
  readonly group: string;
  /** The alerts in it, with the kinds of what happened. */
  readonly alerts: ReadonlyMap<number, readonly NotifyKind[]>;
}

interface Held {
  readonly id: number;
  readonly seen: Seen;
  readonly networks: string[];
  status: 'open' | 'acknowledged' | 'resolved' | 'past';
  firstAt: number;
  lastAt: number;
  level: Level;
  count: number;
  acknowledgedCount: number | null;
  notified: Notified | null;
}

interface WaitingDecision extends Grouped {
  readonly seq: number;
  readonly key: string;
}

const HOUR = 3_600_000;

export function createInbox() {
  const alerts: Held[] = [];
  const groups = new Map<string, Group>();
  const sent: Sent[] = [];
  let waiting: WaitingDecision[] = [];
  let floods = NO_FLOODS;
  let seq = 0;

  const factsOf = (alert: Held, previousAt: number | null): NotifyAlert => ({
    ...{ level: alert.level, count: alert.count, networks: alert.networks.length, previousAt },
    ...{ acknowledgedCount: alert.acknowledgedCount, isPast: alert.status === 'past', dedupPeriodMs: HOUR },
  });
  const enqueue = (alert: Held, kind: NotifyKind, at: number): void => {
    const { rule, actor } = alert.seen;
    const grouped = { alert: alert.id, rule, subject: actor, kind, level: alert.level, at };
    const exists = (key: string): boolean => {
      const group = groups.get(key);
      return group !== undefined && !isOver(group, at);
    };
    const found = findGroup(floods, grouped, ({ key }) => exists(key));
    floods = found.floods;
    const { key } = found.of;
    groups.set(key, afterDecision(exists(key) ? (groups.get(key) ?? null) : null, found.of.kind, grouped));
    waiting.push({ ...grouped, seq, key });
  };
  const deferred = (): Held[] => alerts.filter(({ notified }) => (notified?.deferred ?? null) !== null);
  const notifyDeferred = (alert: Held, at: number): void => {
    const deferred = alert.notified?.deferred ?? null;
    if (alert.notified === null || deferred === null) return;
    alert.notified = notifiedOfDeferred(deferred.kind, at, factsOf(alert, alert.lastAt), alert.notified);
    enqueue(alert, deferred.kind, at);
  };
  const nextAt = (): number =>
    Math.min(
      ...[...groups.values()].map(({ dueAt }) => dueAt ?? Number.POSITIVE_INFINITY),
      ...deferred().map(({ notified }) => notified?.deferred?.to ?? Number.POSITIVE_INFINITY),
    );
  const send = (key: string, now: number): void => {
    if (key === 'reminder') for (const alert of deferred()) notifyDeferred(alert, now);
    const own = waiting.filter((each) => each.key === key);
    const goes = waiting.filter(
      (each) => each.key === key || own.some(({ subject, seq }) => subject === each.subject || seq === each.seq),
    );
    waiting = waiting.filter((each) => !goes.includes(each));
    for (const [from, group] of groups) {
      const levels = goes.filter((each) => each.key === from).map(({ level }) => level);
      const left = waiting.filter((each) => each.key === from);
      if (levels.length > 0) groups.set(from, afterMessage(group, levels, left, now));
    }
    const of = Map.groupBy(goes, ({ alert }) => alert);
    sent.push({
      at: now,
      group: key,
      alerts: new Map([...of].map(([id, each]) => [id, each.map(({ kind }) => kind)])),
    });
  };
  /** Sends what is due until then. */
  const runTo = (until: number): void => {
    for (let at = nextAt(); at <= until; at = nextAt()) {
      for (const alert of deferred()) if ((alert.notified?.deferred?.to ?? 0) <= at) notifyDeferred(alert, at);
      for (const [key, { dueAt }] of groups) if (dueAt !== null && dueAt <= at) send(key, at);
    }
  };
  return {
    sent,
    runTo,
    see: (seen: Seen): void => {
      runTo(seen.at);
      seq++;
      const { at, rule, actor, network, level } = seen;
      const alike = alerts.filter((each) => each.seen.rule === rule && each.seen.actor === actor);
      const placement = placeMatch(alike, { at, level, network }, REOPEN_MS);
      const alert: Held =
        placement.kind === 'joins'
          ? placement.alert
          : {
              ...{ id: alerts.length + 1, seen, networks: [], status: placement.status, firstAt: at, lastAt: at },
              ...{ level, count: 0, acknowledgedCount: null, notified: null },
            };
      if (placement.kind === 'opens') {
        if (placement.status === 'open' && placement.supersedes && placement.previous !== null)
          placement.previous.status = 'resolved';
        alerts.push(alert);
      }
      const previousAt = alert.count === 0 ? null : alert.lastAt;
      alert.count++;
      alert.firstAt = Math.min(alert.firstAt, at);
      alert.lastAt = Math.max(alert.lastAt, at);
      if (isAbove(level, alert.level)) alert.level = level;
      if (!alert.networks.includes(network)) alert.networks.push(network);
      const isLate = placement.kind === 'joins' && placement.isLate;
      const match = { at, level, isBackfilled: false, isLate, silence: null, inhibitedBy: null };
      const facts = factsOf(alert, previousAt);
      const decision = decideNotify(match, facts, { unrouted: null, minLevel: 'low', repeatMs: null }, alert.notified);
      alert.notified = notifiedAfter(decision, match, facts, alert.notified);
      if (decision.notify) enqueue(alert, decision.kind, at);
    },
    /** What somebody does to all alerts. */
    acknowledge: (): void => {
      for (const alert of alerts) {
        if (alert.status !== 'open') continue;
        alert.status = 'acknowledged';
        alert.acknowledgedCount = alert.count;
        if (alert.notified !== null) alert.notified = { ...alert.notified, reminders: 0, deferred: null };
      }
    },
    alerts,
  };
}
