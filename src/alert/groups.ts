/**
 * When one receiver gets what it is to be notified of. Decisions of one group are one message; reminders of all groups are
 * one; in a flood a rule is one, and what is not severe is a digest.
 *
 * Contract: pure, over plain JSON; every function returns the next state. Times are wall, in ms. The caller stores a decision
 * that waits with the key of its group (`findGroup`), and the group itself (`afterDecision`); at `dueAt` it makes one message
 * of what waits under the key, and of what waits elsewhere of the same actor or entry, and stores each group that it took
 * something from (`afterMessage`). So each decision leaves in one message.
 */
import { isAbove, isSevere, LEVELS, type Level } from '../sigma/index.ts';
import type { NotifyKind } from './notify.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What is critical, or more severe than all that its group has sent, waits so long. */
const URGENT_WAIT_MS = 5 * SECOND;
/** What opened or was raised at high waits no longer. */
const HIGH_WAIT_MAX_MS = 10 * MINUTE;
/** A group that had no decision for so long, and for twice its interval, is over. */
export const GROUP_END_MS = HOUR;
/** A flood begins with so many groups that begin within the first time; of one rule, within the second. */
export const FLOOD_GROUPS = 20;
const FLOOD_WITHIN_MS = 10 * MINUTE;
const RULE_FLOOD_WITHIN_MS = DAY;
/** It is over when that has not been so for this long. */
export const FLOOD_END_MS = 10 * MINUTE;

/** How the messages of a group follow each other. */
interface Pace {
  /** The first message waits so long for more. */
  readonly waitMs: number;
  /** The second one waits so long after the first, and each further one twice as long as that before it, at most. */
  readonly intervalMs: number;
  readonly intervalMaxMs: number;
  /** Urgent decisions, and what opens at high, go sooner. */
  readonly hasUrgent: boolean;
}

/** Of Alertmanager's defaults: `group_wait` and `group_interval` (prometheus.io/docs/alerting/latest/configuration, "route"). */
const PACES = {
  /** Of an actor or a network; at medium and below, of a rule; of a correlation over several actors. */
  group: { waitMs: 30 * SECOND, intervalMs: 5 * MINUTE, intervalMaxMs: 4 * HOUR, hasUrgent: true },
  /** A rule's alerts in a flood, after the first one. */
  'critical flood': { waitMs: MINUTE, intervalMs: MINUTE, intervalMaxMs: MINUTE, hasUrgent: false },
  'high flood': { waitMs: 5 * MINUTE, intervalMs: 5 * MINUTE, intervalMaxMs: HOUR, hasUrgent: false },
  /** All that is not severe in a flood. */
  digest: { waitMs: 15 * MINUTE, intervalMs: 15 * MINUTE, intervalMaxMs: 4 * HOUR, hasUrgent: false },
  /** What a receiver that is new has to know. */
  'new receiver': { waitMs: 5 * SECOND, intervalMs: 5 * MINUTE, intervalMaxMs: HOUR, hasUrgent: false },
  /** What silences suppressed that have ended: of all alerts, since many may have been silenced by one. */
  'silence ended': { waitMs: 30 * SECOND, intervalMs: 5 * MINUTE, intervalMaxMs: HIGH_WAIT_MAX_MS, hasUrgent: true },
  /** What came outside of a receiver's active times: due when they begin. */
  'active times': { waitMs: 0, intervalMs: 0, intervalMaxMs: 0, hasUrgent: false },
  /** Of every group: one in four hours, in one hour where critical is among them. */
  reminder: { waitMs: 30 * SECOND, intervalMs: 4 * HOUR, intervalMaxMs: 4 * HOUR, hasUrgent: true },
} as const satisfies { readonly [kind: string]: Pace };
const CRITICAL_REMINDER_MS = HOUR;

export type GroupKind = keyof typeof PACES;

/** A decision to notify, as far as its message depends on it. `at`: since when it waits. */
export interface Waiting {
  readonly kind: NotifyKind;
  readonly level: Level;
  readonly at: number;
  /** It waits no longer than what is critical. */
  readonly isUrgent?: boolean;
}

/** A group of one receiver. */
export interface Group {
  readonly kind: GroupKind;
  /** When its last decision came. */
  readonly decidedAt: number;
  /** When its last message went out; null: none has. */
  readonly sentAt: number | null;
  /** The next message waits so long after the last. */
  readonly intervalMs: number;
  /** The highest level it has sent; null: none. */
  readonly sentLevel: Level | null;
  /** When its next message is due; null: nothing waits. */
  readonly dueAt: number | null;
  /** The interval after its first message, where the route says so. */
  readonly firstIntervalMs?: number;
}

/** Whether a group is over at `now`: its next decision begins another. */
export function isOver({ dueAt, decidedAt, intervalMs }: Group, now: number): boolean {
  return dueAt === null && now - decidedAt >= Math.max(GROUP_END_MS, 2 * intervalMs);
}

/** What the receiver's route says of a group. */
export interface Declared {
  /** The interval after its first message (`group_interval`); null: as without a route. */
  readonly intervalMs: number | null;
  /** When its message is due; null: by the decisions in it. */
  readonly dueAt: number | null;
}

const NOTHING: Declared = { intervalMs: null, dueAt: null };

/** The group with one more decision; null: there was none, or it is over. */
export function afterDecision(group: Group | null, kind: GroupKind, waiting: Waiting, of: Declared = NOTHING): Group {
  const { intervalMs, dueAt } = of;
  const before: Group = group ?? {
    ...{ kind, decidedAt: waiting.at, sentAt: null, sentLevel: null, dueAt: null },
    intervalMs: intervalMs ?? PACES[kind].intervalMs,
    ...(intervalMs !== null && { firstIntervalMs: intervalMs }),
  };
  const due = dueAt ?? dueOf(before, waiting);
  return { ...before, decidedAt: Math.max(before.decidedAt, waiting.at), dueAt: Math.min(before.dueAt ?? due, due) };
}

/** The group after a message at `now` that had these levels of it. `left`: what still waits in it. */
export function afterMessage(group: Group, sent: readonly Level[], left: readonly Waiting[], now: number): Group {
  const { intervalMs, intervalMaxMs } = PACES[group.kind];
  const first = group.firstIntervalMs ?? intervalMs;
  const next: Group = {
    ...group,
    sentAt: now,
    intervalMs: group.sentAt === null ? first : Math.min(2 * group.intervalMs, Math.max(first, intervalMaxMs)),
    sentLevel: highest(group.sentLevel === null ? sent : [group.sentLevel, ...sent]),
    dueAt: null,
  };
  const due = left.map((waiting) => dueOf(next, waiting));
  return { ...next, dueAt: due.length === 0 ? null : Math.min(...due) };
}

/** When a decision's message is due, if nothing else is in its group. */
function dueOf({ kind, sentAt, intervalMs, sentLevel }: Group, waiting: Waiting): number {
  const { kind: what, level, at, isUrgent = false } = waiting;
  const { waitMs, hasUrgent } = PACES[kind];
  const isCritical = level === 'critical';
  if (kind === 'reminder') {
    const wait = at + (isCritical ? URGENT_WAIT_MS : waitMs);
    return sentAt === null ? wait : Math.max(wait, sentAt + (isCritical ? CRITICAL_REMINDER_MS : intervalMs));
  }
  if (isUrgent) return at + URGENT_WAIT_MS;
  if (hasUrgent && (isCritical || (sentLevel !== null && isAbove(level, sentLevel)))) return at + URGENT_WAIT_MS;
  const due = sentAt === null ? at + waitMs : Math.max(at, sentAt + intervalMs);
  const isNew = what === 'opened' || what === 'raised';
  return hasUrgent && level === 'high' && isNew ? Math.min(due, at + HIGH_WAIT_MAX_MS) : due;
}

/** What began for a receiver, to notice a flood: the times of the last groups, at most `FLOOD_GROUPS`. */
export interface Floods {
  readonly begun: readonly number[];
  readonly rules: { readonly [rule: string]: readonly number[] };
  /** When so many last began in so short a time; null: never. The same by rule. */
  readonly floodAt: number | null;
  readonly ruleFloodAt: { readonly [rule: string]: number };
  /** The rules whose first severe alert in this flood went by itself. */
  readonly first: readonly string[];
}

export const NO_FLOODS: Floods = { begun: [], rules: {}, floodAt: null, ruleFloodAt: {}, first: [] };

/** What a decision is about. */
export interface Grouped {
  readonly alert: number;
  readonly rule: string;
  /** Whose alert it is: the actor, else the network; of a correlation over several actors, the alert itself. */
  readonly subject: string;
  readonly kind: NotifyKind;
  readonly level: Level;
  readonly at: number;
  /** The route says whose alerts are grouped (`group_by`), at every level. */
  readonly isDeclared?: boolean;
  /** Nobody acknowledged the alert in time: it is no reminder. */
  readonly isUrgent?: boolean;
}

/** Where a decision waits. Groups of other kinds may have the same key. */
export interface GroupKey {
  readonly kind: GroupKind;
  readonly key: string;
}

/** The group of a decision where there is no flood. */
function groupKey({ rule, subject, kind, level, isDeclared, isUrgent }: Grouped): GroupKey {
  if (kind === 'recurred' && !isUrgent) return { kind: 'reminder', key: 'reminder' };
  return { kind: 'group', key: isSevere(level) || isDeclared ? `of ${subject}` : `rule ${rule}` };
}

/**
 * The group where a decision waits, and the floods after it. `exists`: whether the receiver has this group, and it is not
 * over.
 */
export function findGroup(
  floods: Floods,
  grouped: Grouped,
  exists: (own: GroupKey) => boolean,
): { readonly of: GroupKey; readonly floods: Floods } {
  const own = groupKey(grouped);
  if (own.kind === 'reminder') return { of: own, floods };
  const { rule, level, alert, at } = grouped;
  const begins = !exists(own);
  const next = begins ? withBegun(floods, rule, at) : floods;
  const isOn = lasts(next.floodAt, at) || lasts(next.ruleFloodAt[rule] ?? null, at);
  // What a group has begun goes on in it once the flood is over.
  if (!isOn) return { of: own, floods: next };
  if (!isSevere(level)) return { of: { kind: 'digest', key: 'digest' }, floods: next };
  if (!next.first.includes(rule))
    return { of: { kind: 'group', key: `alert ${alert}` }, floods: { ...next, first: [...next.first, rule] } };
  const kind = level === 'critical' ? 'critical flood' : 'high flood';
  return { of: { kind, key: `${kind} of ${rule}` }, floods: next };
}

/** With a group more that begins. */
function withBegun(floods: Floods, rule: string, at: number): Floods {
  const begun = [...floods.begun, at].slice(-FLOOD_GROUPS);
  const ofRule = [...(floods.rules[rule] ?? []), at].slice(-FLOOD_GROUPS);
  const floodAt = isFlood(begun, at, FLOOD_WITHIN_MS) ? at : floods.floodAt;
  const ofRuleAt = isFlood(ofRule, at, RULE_FLOOD_WITHIN_MS) ? { [rule]: at } : {};
  const ruleFloodAt = lasting({ ...floods.ruleFloodAt, ...ofRuleAt }, at);
  const first = floods.first.filter((each) => lasts(floodAt, at) || Object.hasOwn(ruleFloodAt, each));
  return { begun, floodAt, first, ruleFloodAt, rules: { ...recent(floods.rules, at), [rule]: ofRule } };
}

/** Whether the last `FLOOD_GROUPS` of these times lie within so long before `at`. */
function isFlood(times: readonly number[], at: number, withinMs: number): boolean {
  const [oldest] = times;
  return times.length === FLOOD_GROUPS && oldest !== undefined && at - oldest < withinMs;
}

function lasts(floodAt: number | null, at: number): boolean {
  return floodAt !== null && at - floodAt < FLOOD_END_MS;
}

function lasting(floodAt: Floods['ruleFloodAt'], at: number): Floods['ruleFloodAt'] {
  return Object.fromEntries(Object.entries(floodAt).filter(([, since]) => lasts(since, at)));
}

/** Without the rules of which no group began for so long that it can't be part of a flood. */
function recent(rules: Floods['rules'], at: number): Floods['rules'] {
  const isRecent = ([, times]: [string, readonly number[]]) => at - (times.at(-1) ?? 0) < RULE_FLOOD_WITHIN_MS;
  return Object.fromEntries(Object.entries(rules).filter(isRecent));
}

function highest(levels: readonly Level[]): Level | null {
  return LEVELS.findLast((level) => levels.includes(level)) ?? null;
}
