/**
 * Decisions to notify wait for the message of their group. groups.ts (src/alert) says which group, and when it is due.
 *
 * Contract: a decision is a delivery in state `waiting`, from the transaction that decided until its group's message is made;
 * it leaves in one message, or is suppressed. For a receiver that programs read each is a message by itself, and waits only for
 * a time of the day; where alerts are incidents there, also for the message of a flood. A call reads a few rows for each group
 * it puts something into. Times are wall, in ms.
 */
import type { Alert } from '../../alert/alert.ts';
import {
  afterDecision,
  type Declared,
  type Floods,
  findGroup,
  type Group,
  type Grouped,
  type GroupKey,
  isOver,
  NO_FLOODS,
} from '../../alert/groups.ts';
import type { AlertNotification, InhibitedAlert } from '../../alert/notification.ts';
import { NOBODY_ACTED } from '../../alert/notify.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { LEVELS } from '../../sigma/index.ts';
import { parseJson } from '../../text/json.ts';
import { nextDailyAt } from '../../text/time-ranges.ts';
import type { Inhibits, Notify, NotifyTo } from '../model.ts';
import type { Store } from '../store/store.ts';
import { enqueue, SEVERE, WAITING } from './outbox.ts';
import { inhibitedBy } from './received.ts';

/** Keys of floods and digests come last, so that what waits in other groups is one range. */
export const FLOOD_KEYS = '~';
/** What came outside of active times, and what a route sends once a day: of each time by itself, since routes may have others. */
const heldKey = (until: number): GroupKey => ({ kind: 'active times', key: `held ${until}` });
const dailyKey = (at: number): GroupKey => ({ kind: 'digest', key: `daily ${at}` });
/** A message names so many of the alerts that a correlation inhibits. */
export const INHIBITED_SHOWN = 10;

/** A group as it is stored. */
export function readGroup(store: Store, receiver: string, key: string): Group | null {
  const row = store.all<{ state: string }>('SELECT state FROM groups WHERE receiver = ? AND key = ?', receiver, key)[0];
  return row === undefined ? null : (JSON.parse(row.state) as Group);
}

/** Stores a group: a row, and its index where it is due at another time. */
export function writeGroup(store: Store, receiver: string, key: string, group: Group): void {
  store.run(
    `INSERT INTO groups (receiver, key, state, due_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (receiver, key) DO UPDATE SET state = excluded.state`,
    ...[receiver, key, JSON.stringify(group), group.dueAt],
  );
  store.run(
    'UPDATE groups SET due_at = ?1 WHERE receiver = ?2 AND key = ?3 AND due_at IS NOT ?1',
    ...[group.dueAt, receiver, key],
  );
}

/** Puts decisions into the groups where they wait. Call it in their transaction. */
export function enqueueNotifications(
  store: Store,
  notifications: readonly Notify[],
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const places = new Map<string, Places>();
  for (const { to, notification, seq, isUrgent = false, inhibits, group, ...of } of notifications) {
    for (const { receiver, subject, settings, heldUntil } of to) {
      const set = receivers.find(({ name }) => name === receiver) ?? null;
      const inhibitsNow = isSentNow(set, { settings, heldUntil }, notification) ? inhibits : null;
      const waited = inhibitsNow === null ? NONE : inhibit(store, receiver, notification.alert.id, inhibitsNow, now);
      const inhibited = [...(of.inhibited?.get(receiver) ?? []), ...waited.alerts];
      const isNews = waited.isNews || of.inhibitsNews?.has(receiver) === true;
      const { id: alert, ruleId: rule, level } = notification.alert;
      const { kind } = notification;
      const whole = withMention(withInhibited(notification, inhibited, waited.rest), settings.mention);
      if (kind === 'resolved' || notification.edits) {
        enqueue(store, { receiver, alert, notification: whole }, now);
        continue;
      }
      const grouped = {
        alert,
        rule,
        subject,
        // What it inhibits waits no longer than by itself: no reminder, nor the group's whole interval.
        kind: isNews ? 'opened' : kind,
        level,
        at: now,
        isDeclared: (settings.groupBy ?? 'actor') !== 'actor',
        isUrgent,
      };
      const row = [receiver, alert, JSON.stringify(whole), LEVELS.indexOf(level), now] as const;
      if (set !== null && remindsItself(set, notification)) {
        store.run(
          `INSERT INTO deliveries (receiver, alert, notification, level, queued_at, settled_at, state, attempts, reason)
           VALUES (?1, ?2, ?3, ?4, ?5, ?5, 'suppressed', 0, 'it reminds people of its incidents itself')`,
          ...row,
        );
        continue;
      }
      const place = places.get(receiver) ?? createPlaces(store, receiver, now);
      places.set(receiver, place);
      const key = place.put(grouped, { settings, heldUntil, group, set });
      if (key === null) {
        enqueue(store, { receiver, alert, notification: whole }, now);
        continue;
      }
      store.run(
        `INSERT INTO deliveries (receiver, alert, notification, level, queued_at, state, attempts, grp, subject, seq)
         VALUES (?, ?, ?, ?, ?, 'waiting', 0, ?, ?, ?)`,
        ...[...row, key, subject, seq],
      );
    }
  }
  for (const place of places.values()) place.save();
}

/**
 * Whether a message is made of it, and waits for no time of the day, of the route's active times or of its digest. Only such a
 * message inhibits: nothing waits for one that is held, nor for one that is not sent. `receiver`: null, it is not set any more.
 */
export function isSentNow(
  receiver: RoutedReceiver | null,
  { settings, heldUntil }: Pick<NotifyTo, 'settings' | 'heldUntil'>,
  about: Pick<AlertNotification, 'kind' | 'reason'>,
): boolean {
  const isHeld = heldUntil !== null || settings.digest !== undefined;
  return !isHeld && (receiver === null || !remindsItself(receiver, about));
}

/** How a decision is put into a group. */
interface PutInto extends Pick<NotifyTo, 'settings' | 'heldUntil'> {
  readonly group: Notify['group'];
  /** The receiver; null: it is not set any more. */
  readonly set: RoutedReceiver | null;
}

type Places = ReturnType<typeof createPlaces>;

/** The groups of one receiver: each is read once and written once. */
function createPlaces(store: Store, receiver: string, now: number) {
  const groups = new Map<string, Group | null>();
  const changed = new Set<string>();
  let floods: Floods | null = null;
  const groupOf = (key: string): Group | null => {
    let group = groups.get(key);
    if (group === undefined) {
      group = readGroup(store, receiver, key);
      groups.set(key, group);
    }
    return group === null || isOver(group, now) ? null : group;
  };
  const into = (where: GroupKey, grouped: Grouped, of: Declared): string => {
    const key = storedKey(where);
    groups.set(key, afterDecision(groupOf(key), where.kind, grouped, of));
    changed.add(key);
    return key;
  };
  return {
    /** Returns the key of the group where the decision waits; null: it is a message at once. */
    put: (grouped: Grouped, { settings, heldUntil, group, set }: PutInto): string | null => {
      const declared = { intervalMs: settings.groupIntervalMs ?? null, dueAt: null };
      const isForPrograms = set?.forPrograms === true;
      if (group === 'new receiver') return isForPrograms ? null : into({ kind: group, key: group }, grouped, declared);
      // What waits for a time of the day makes no flood.
      if (heldUntil !== null) return into(heldKey(heldUntil), grouped, { ...declared, dueAt: heldUntil });
      if (settings.digest !== undefined) {
        const dueAt = nextDailyAt(settings.digest, now);
        return into(dailyKey(dueAt), grouped, { ...declared, dueAt });
      }
      if (isForPrograms && !hasIncidents(set)) return null;
      const ownPace = { intervalMs: null, dueAt: null };
      // Where alerts are incidents, each is one, as if nothing had suppressed it.
      if (group !== undefined && !isForPrograms) return into({ kind: group, key: group }, grouped, ownPace);
      floods ??= readFloods(store, receiver);
      // An incident is of one alert: it begins as that opens.
      const exists = (own: GroupKey): boolean =>
        isForPrograms ? grouped.kind !== 'opened' : groupOf(storedKey(own)) !== null;
      const found = findGroup(floods, grouped, exists);
      floods = found.floods;
      if (isForPrograms && !isFlood(found.of)) return null;
      // Reminders and floods have their own pace.
      return into(found.of, grouped, found.of.kind === 'group' ? declared : ownPace);
    },
    save: (): void => {
      for (const key of changed) {
        const group = groups.get(key);
        if (group != null) writeGroup(store, receiver, key, group);
      }
      if (floods !== null) writeFloods(store, receiver, floods);
    },
  };
}

/** By its kind: a key may hold what an attacker named. */
function storedKey({ kind, key }: GroupKey): string {
  return kind === 'group' || kind === 'reminder' ? key : FLOOD_KEYS + key;
}

function isFlood({ kind }: GroupKey): boolean {
  return kind === 'critical flood' || kind === 'high flood' || kind === 'digest';
}

/**
 * Whether it gets no reminder: it reminds people of its incidents itself. That an acknowledgement ended is news, though it
 * waits with reminders.
 */
function remindsItself(
  receiver: RoutedReceiver,
  { kind, reason }: Pick<AlertNotification, 'kind' | 'reason'>,
): boolean {
  return hasIncidents(receiver) && kind === 'recurred' && reason === NOBODY_ACTED;
}

/** Whether each alert is an incident there, about which people are paged. */
export function hasIncidents({ forPrograms, edits }: RoutedReceiver): boolean {
  return forPrograms === true && edits === true;
}

function readFloods(store: Store, receiver: string): Floods {
  const row = store.all<{ floods: string | null }>('SELECT floods FROM receivers WHERE name = ?', receiver)[0];
  return row?.floods == null ? NO_FLOODS : (JSON.parse(row.floods) as Floods);
}

function writeFloods(store: Store, receiver: string, floods: Floods): void {
  store.run(
    `INSERT INTO receivers (name, probes, failures, next_at, slowed, floods) VALUES (?, 0, 0, 0, 0, ?)
     ON CONFLICT (name) DO UPDATE SET floods = excluded.floods WHERE floods IS NOT excluded.floods`,
    ...[receiver, JSON.stringify(floods)],
  );
}

/** What was inhibited while it waited. `isNews`: of it something opened, or was raised, at high or critical. */
interface Waited {
  readonly alerts: readonly InhibitedAlert[];
  /** The ids of more. */
  readonly rest: readonly number[];
  readonly isNews: boolean;
}

const NONE: Waited = { alerts: [], rest: [], isNews: false };

/** Suppresses what still waits for this receiver of what a correlation counted; returns the alerts it was about. */
function inhibit(store: Store, receiver: string, by: number, { rules, seqs, level }: Inhibits, now: number): Waited {
  const rows = store.all<{
    id: number;
    alert: number;
    title: string;
    level: string;
    count: number;
    news: number;
    inhibited: string | null;
    inhibitedRest: string | null;
  }>(
    `SELECT deliveries.id, alert, title, alerts.level, count, deliveries.level >= ${SEVERE}
       AND iif(json_valid(notification), notification ->> '$.kind', 'opened') IN ('opened', 'raised') AS news,
       iif(json_valid(notification), notification -> '$.inhibited', NULL) AS inhibited,
       iif(json_valid(notification), notification -> '$.inhibitedRest', NULL) AS inhibitedRest
     FROM deliveries JOIN alerts ON alerts.id = alert
     WHERE deliveries.${WAITING} AND receiver = ? AND grp < '${FLOOD_KEYS}' AND deliveries.level <= ?
       AND alert <> ? AND seq IN (SELECT value FROM json_each(?)) AND rule IN (SELECT value FROM json_each(?))`,
    ...[receiver, LEVELS.indexOf(level), by, JSON.stringify(seqs), JSON.stringify(rules)],
  );
  if (rows.length === 0) return NONE;
  store.run(
    `UPDATE deliveries SET state = 'suppressed', settled_at = ?, reason = ? WHERE id IN (SELECT value FROM json_each(?))`,
    ...[now, inhibitedBy(by), JSON.stringify(rows.map(({ id }) => id))],
  );
  const about = new Map(rows.map((row) => [row.alert, row]));
  const alerts = [...about.values()].map(({ alert: id, title, level: of, count }) => ({
    ...{ id, title, count },
    level: LEVELS.find((each) => each === of) ?? level,
  }));
  // What these correlations inhibited is in no other message.
  const below = listedIn(rows);
  return { ...below, alerts: [...alerts, ...below.alerts], isNews: rows.some(({ news }) => news === 1) };
}

function withMention(notification: AlertNotification, mention: string | undefined): AlertNotification {
  return mention === undefined ? notification : { ...notification, mention };
}

/** What the messages of decisions list, from their stored text: alerts, and the ids of more. */
export function listedIn(
  rows: readonly { readonly inhibited: string | null; readonly inhibitedRest: string | null }[],
): Pick<Waited, 'alerts' | 'rest'> {
  const all = <T>(of: (string | null)[]): T[] => of.flatMap((text) => (parseJson(text ?? '[]') ?? []) as T[]);
  return {
    alerts: all<InhibitedAlert>(rows.map(({ inhibited }) => inhibited)),
    rest: all<number>(rows.map(({ inhibitedRest }) => inhibitedRest)),
  };
}

/** The notification of a correlation with the alerts that it inhibited. `rest`: the ids of more. */
export function withInhibited(
  notification: AlertNotification,
  inhibited: readonly InhibitedAlert[],
  rest: readonly number[],
): AlertNotification {
  if (inhibited.length === 0) return notification;
  const all = new Map(inhibited.map((of) => [of.id, of]));
  const inhibitedRest = [...new Set([...all.keys(), ...rest])].slice(INHIBITED_SHOWN);
  const more = inhibitedRest.length > 0 ? { inhibitedMore: inhibitedRest.length, inhibitedRest } : {};
  return { ...notification, inhibited: [...all.values()].slice(0, INHIBITED_SHOWN), ...more };
}

/**
 * What waits of an alert is not sent: somebody acted on it, as it is here. Sent all the same is what nobody acted on: new
 * networks of an acknowledged alert, and a message that lists an open alert at high or critical, which is in no other.
 */
export function suppressWaiting(store: Store, { id, status }: Alert, reason: string, now: number): void {
  store.run(
    `UPDATE deliveries SET state = 'suppressed', settled_at = ?, reason = ? WHERE alert = ? AND ${WAITING}
       AND NOT iif(json_valid(notification),
         (? AND notification ->> '$.reason' IS 'new network') OR EXISTS (SELECT 1 FROM alerts
           WHERE state = 'open' AND level IN ('high', 'critical') AND id IN (
             SELECT value ->> '$.id' FROM json_each(notification, '$.inhibited')
             UNION ALL SELECT value FROM json_each(notification, '$.inhibitedRest'))),
         0)`,
    ...[now, reason, id, status === 'acknowledged' ? 1 : 0],
  );
}
