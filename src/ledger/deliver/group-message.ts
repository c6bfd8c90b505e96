/**
 * Makes the message of a group of what waits in it, and of what waits elsewhere of the same actor or entry.
 *
 * Contract: called in a transaction. What waits of one alert alone becomes the message; several are one group's message, with
 * which they end; so is what waited during an outage (outage.ts). A group whose decisions were all suppressed sends nothing.
 * Reads what waits, and of the messages as many as are shown. Times are wall, in ms.
 */
import { afterMessage, type Group, type Waiting } from '../../alert/groups.ts';
import {
  type AlertNotification,
  type GroupedAlert,
  type GroupNotification,
  MENTIONS_MAX,
  type NamedCount,
  type Outage,
} from '../../alert/notification.ts';
import type { NotifyKind } from '../../alert/notify.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { levelAt } from '../../sigma/index.ts';
import { parseJson } from '../../text/json.ts';
import { safeSlice } from '../../text/untrusted.ts';
import type { Store } from '../store/store.ts';
import { BUNDLED, bundleUnder, enqueue, WAITING } from './outbox.ts';
import type { Notifying } from './places.ts';
import {
  FLOOD_KEYS,
  hasIncidents,
  INHIBITED_SHOWN,
  listedIn,
  readGroup,
  withInhibited,
  writeGroup,
} from './waiting.ts';
import { notifyReminders } from './wake.ts';

/** The most decisions of one message: the rest are in the group's next one. */
export const DECISIONS_MAX = 10_000;
/** How many of what waits elsewhere are looked at for the same actor or entry. */
const ALONG_MAX = 1_000;
/** What a group's message shows. */
const OTHERS_MAX = 15;
const NAMES_MAX = 5;
const NAME_CHARS = 200;
/** The most groups of one call. The next alarm goes on. */
const GROUPS_MAX = 20;

/** Where reminders wait. */
const REMINDER = 'reminder';
/** The kinds, the most important of those about one alert first. */
const KINDS: readonly NotifyKind[] = ['opened', 'raised', 'updated', 'recurred'];

/** When the next group is due; null: nothing waits. Reads one row. */
export function nextGroupAt(store: Store): number | null {
  return (
    store.all<{ at: number | null }>('SELECT min(due_at) AS at FROM groups WHERE due_at IS NOT NULL')[0]?.at ?? null
  );
}

/** Makes the messages of the groups that are due. Call it in a transaction. */
export function sendGroups(store: Store, setup: Notifying, now: number): void {
  const due = store.all<{ receiver: string; key: string }>(
    `SELECT receiver, key FROM groups WHERE due_at <= ? ORDER BY due_at LIMIT ${GROUPS_MAX}`,
    now,
  );
  for (const { receiver, key } of due) {
    if (key === REMINDER) notifyReminders(store, setup, receiver, now);
    const group = readGroup(store, receiver, key);
    // One before it may have taken along all that waited here.
    if (group?.dueAt != null && group.dueAt <= now) sendGroup(store, setup, receiver, key, group, now);
  }
}

/** A decision that waits. */
type WaitingRow = {
  readonly id: number;
  readonly alert: number;
  readonly level: number;
  readonly grp: string;
  readonly subject: string;
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly rule: string;
  readonly actor: string | null;
  readonly actorId: string | null;
  readonly address: string | null;
  /** JSON: a text, or a list where it is a message of several decisions. */
  readonly mention: string | null;
  /** Null where it can't be read. */
  readonly firstAt: number | null;
  readonly inhibited: string | null;
  readonly inhibitedRest: string | null;
};

/** Deliveries, with their notification as `json`; null where what is stored is damaged. */
export const DELIVERIES =
  '(SELECT *, iif(json_valid(notification), notification, NULL) AS json FROM deliveries) AS deliveries';
/** The actor of the match: that of a correlation over several actors, too, whose subject is itself. */
const ACTOR_ID = "json ->> '$.entry.actor.id'";
const COLUMNS = `id, alert, level, grp, subject, seq, queued_at AS at, json ->> '$.kind' AS kind,
  json ->> '$.alert.title' AS rule, ${ACTOR_ID} AS actorId, coalesce(json ->> '$.entry.actor.name', ${ACTOR_ID}) AS actor,
  json ->> '$.entry.clientIp' AS address, json -> '$.mention' AS mention, json ->> '$.alert.firstAt' AS firstAt,
  json -> '$.inhibited' AS inhibited, json -> '$.inhibitedRest' AS inhibitedRest`;

function readRows(store: Store, which: string, ...binds: readonly (string | number)[]): readonly WaitingRow[] {
  return store.all<WaitingRow>(`SELECT ${COLUMNS} FROM ${DELIVERIES} WHERE ${which}`, ...binds);
}

const LISTED = 'IN (SELECT value FROM json_each(?))';

/** Whether each decision is a message by itself: for programs. Where alerts are incidents, a flood or a digest is one. */
function isSentSingly(of: RoutedReceiver | undefined, { kind }: Group): boolean {
  if (of?.forPrograms !== true) return false;
  return !hasIncidents(of) || kind === 'active times';
}

function sendGroup(
  store: Store,
  { receivers }: Notifying,
  receiver: string,
  key: string,
  group: Group,
  now: number,
): void {
  const own = readRows(
    store,
    `${WAITING} AND receiver = ? AND grp = ? ORDER BY id LIMIT ${DECISIONS_MAX}`,
    ...[receiver, key],
  );
  if (own.length === 0) {
    writeGroup(store, receiver, key, { ...group, dueAt: null });
    return;
  }
  const sent = key.startsWith(FLOOD_KEYS) ? own : [...own, ...along(store, receiver, key, own)];
  const of = receivers.find(({ name }) => name === receiver);
  if (isSentSingly(of, group)) release(store, sent, now);
  else makeMessage(store, receiver, group.kind, sent, of?.forPrograms === true, now);
  for (const [from, rows] of Map.groupBy(sent, ({ grp }) => grp)) {
    const its = from === key ? group : readGroup(store, receiver, from);
    if (its === null) continue;
    const left = leftIn(store, receiver, from);
    // What is left in another group is sent no later because of what was taken along.
    if (from !== key && left.length > 0) continue;
    const levels = rows.map(({ level }) => levelAt(level));
    writeGroup(store, receiver, from, afterMessage(its, levels, left, now));
  }
}

/** What waits elsewhere and shares an actor or an entry with the message. */
function along(store: Store, receiver: string, key: string, own: readonly WaitingRow[]): readonly WaitingRow[] {
  const [subjects, seqs] = [new Set(own.map(({ subject }) => subject)), new Set(own.map(({ seq }) => seq))];
  const actors = new Set(own.map(({ actorId }) => actorId));
  const elsewhere = store.all<Pick<WaitingRow, 'id' | 'subject' | 'seq' | 'actorId'>>(
    `SELECT id, subject, seq, ${ACTOR_ID} AS actorId FROM ${DELIVERIES} WHERE ${WAITING} AND receiver = ? AND grp < '${FLOOD_KEYS}' AND grp <> ?
     LIMIT ${ALONG_MAX}`,
    ...[receiver, key],
  );
  const isAlong = ({ subject, seq, actorId }: (typeof elsewhere)[number]): boolean =>
    subjects.has(subject) || seqs.has(seq) || (actorId !== null && actors.has(actorId));
  const ids = elsewhere.filter(isAlong).map(({ id }) => id);
  return ids.length === 0 ? [] : readRows(store, `id ${LISTED}`, JSON.stringify(ids));
}

/** What still waits in a group: enough of it to know when it is due. */
function leftIn(store: Store, receiver: string, key: string): readonly Waiting[] {
  const rows = readRows(
    store,
    `${WAITING} AND receiver = ? AND grp = ? ORDER BY level DESC, id LIMIT 100`,
    ...[receiver, key],
  );
  return rows.map((row) => ({ kind: kindOf(row), level: levelAt(row.level), at: row.at }));
}

/**
 * One message of all of these: they end with it. Of one alert it is that alert's, which says more to people; `isIncident`: not
 * where it belongs to the incident of a flood or a digest.
 */
function makeMessage(
  store: Store,
  receiver: string,
  kind: Group['kind'],
  rows: readonly WaitingRow[],
  isIncident: boolean,
  now: number,
): void {
  const group = rows.length === 1 && !isIncident ? null : groupOf(store, kind, rows);
  if (group === null) {
    // One that can't be read goes as it is: what sends it says so.
    release(store, rows, now);
    return;
  }
  const { first } = group.group;
  const notification = group.group.alerts === 1 && !isIncident ? { ...first, ...mentionOf(rows) } : group;
  enqueue(store, { receiver, alert: first.alert.id, notification }, now);
  bundleUnder(store, rows);
}

/**
 * One message of all of these, which waited during an outage: `groups` are groups' messages, and stand for what is in them.
 * Null where there is no alert to show.
 */
export function outageMessage(
  store: Store,
  alerts: readonly { readonly id: number }[],
  groups: readonly { readonly id: number }[],
  level: number,
  outage: Outage,
): GroupNotification | null {
  const rows = [
    ...readRows(store, `id ${LISTED}`, JSON.stringify(alerts.map(({ id }) => id))),
    ...readRows(store, `${BUNDLED} AND digest ${LISTED}`, JSON.stringify(groups.map(({ id }) => id))),
  ];
  const message = groupOf(store, 'outage', rows);
  return message && { ...message, group: { ...message.group, level: levelAt(level), outage } };
}

/** Each is a message by itself. */
function release(store: Store, rows: readonly WaitingRow[], now: number): void {
  store.run(
    `UPDATE deliveries SET state = 'pending', queued_at = ? WHERE id ${LISTED}`,
    ...[now, JSON.stringify(rows.map(({ id }) => id))],
  );
}

/** The decisions about one alert: the most important of the most severe, and the newest. */
interface InOneAlert {
  readonly rows: readonly WaitingRow[];
  readonly main: WaitingRow;
  readonly newest: WaitingRow;
}

function inOneAlert(rows: readonly WaitingRow[]): InOneAlert {
  const byImportance = [...rows].sort((a, b) => b.level - a.level || rankOf(a) - rankOf(b) || b.id - a.id);
  const newest = rows.reduce((last, row) => (row.id > last.id ? row : last));
  return { rows, main: byImportance[0] ?? newest, newest };
}

function rankOf(row: WaitingRow): number {
  return KINDS.indexOf(kindOf(row));
}

function mostSevereFirst(a: InOneAlert, b: InOneAlert): number {
  return b.main.level - a.main.level || rankOf(a.main) - rankOf(b.main) || b.newest.id - a.newest.id;
}

/** By alert: its notification, with the newest counts, and with all that its decisions list. Without those whose stored text is damaged. */
function readNotifications(store: Store, alerts: readonly InOneAlert[]): ReadonlyMap<number, AlertNotification> {
  const ids = alerts.flatMap(({ main, newest }) => [main.id, newest.id]);
  const rows = store.all<{ id: number; notification: string }>(
    `SELECT id, notification FROM deliveries WHERE id ${LISTED}`,
    JSON.stringify(ids),
  );
  const read = new Map(
    rows.map(({ id, notification }) => [id, parseJson(notification) as AlertNotification | undefined]),
  );
  const entries = alerts.flatMap(({ rows: of, main, newest }): [number, AlertNotification][] => {
    const [shown, last] = [read.get(main.id), read.get(newest.id)];
    if (shown?.alert === undefined || shown.entry?.actor === undefined) return [];
    const behind = listedIn(of);
    return [[main.alert, withInhibited({ ...shown, alert: last?.alert ?? shown.alert }, behind.alerts, behind.rest)]];
  });
  return new Map(entries);
}

/** The message of these; null where the first one can't be read. */
function groupOf(
  store: Store,
  kind: GroupNotification['group']['kind'],
  rows: readonly WaitingRow[],
): GroupNotification | null {
  const alerts = [...Map.groupBy(rows, ({ alert }) => alert).values()].map(inOneAlert).sort(mostSevereFirst);
  const shown = readNotifications(store, alerts.slice(0, OTHERS_MAX + 1));
  const [lead] = alerts;
  const first = lead && shown.get(lead.main.alert);
  if (first === undefined) return null;
  const others = alerts
    .slice(1, OTHERS_MAX + 1)
    .flatMap(({ main }) => shown.get(main.alert) ?? [])
    .map(otherOf);
  const mains = alerts.map(({ main }) => main);
  const rules = countsBy(mains, ({ rule }) => rule);
  const actors = countsBy(mains, actorKey, ({ actor }) => actor);
  const addresses = countsBy(mains, ({ address }) => address);
  const isOfAll = ([only]: readonly NamedCount[]): boolean => only?.alerts === mains.length;
  const named = isOfAll(actors) ? actors : actors.length === 0 && isOfAll(addresses) ? addresses : [];
  return {
    kind: 'group',
    ...mentionOf(rows),
    group: {
      kind,
      level: levelAt(Math.max(...mains.map(({ level }) => level))),
      subject: named[0]?.name ?? null,
      alerts: alerts.length,
      decisions: rows.length,
      since: Math.min(...mains.map(({ firstAt, at }) => firstAt ?? at)),
      first,
      others,
      more: alerts.length - 1 - others.length,
      ...behindOthers(alerts, first),
      distinct: { rules: rules.length, actors: actors.length, addresses: addresses.length },
      rules: mostIn(rules),
      actors: mostIn(actors),
      addresses: mostIn(addresses),
    },
  };
}

/** Whom the routes of these say to mention: a decision that is not shown may be the only one that mentions somebody. */
function mentionOf(rows: readonly WaitingRow[]): Pick<GroupNotification, 'mention'> {
  const severeFirst = rows.toSorted((a, b) => b.level - a.level || a.id - b.id);
  const read = severeFirst.flatMap(({ mention }) => (mention === null ? [] : parseJson(mention)));
  const all = [...new Set(read)].filter((mention) => typeof mention === 'string');
  return all.length === 0 ? {} : { mention: all.slice(0, MENTIONS_MAX) };
}

/** What correlations among the other alerts inhibited, without what the message has anyway. */
function behindOthers(
  alerts: readonly InOneAlert[],
  { inhibited = [], inhibitedRest = [] }: AlertNotification,
): Pick<GroupNotification['group'], 'inhibited' | 'inhibitedMore'> {
  const behind = listedIn(alerts.slice(1).flatMap(({ rows }) => rows));
  const known = new Set([...alerts.map(({ main }) => main.alert), ...inhibited.map(({ id }) => id), ...inhibitedRest]);
  const named = new Map(behind.alerts.filter(({ id }) => !known.has(id)).map((of) => [of.id, of]));
  if (named.size === 0) return {};
  const all = new Set([...named.keys(), ...behind.rest.filter((id) => !known.has(id))]);
  const shown = [...named.values()].slice(0, INHIBITED_SHOWN);
  return { inhibited: shown, ...(all.size > shown.length && { inhibitedMore: all.size - shown.length }) };
}

function otherOf({ kind, alert, entry }: AlertNotification): GroupedAlert {
  const { id, title, level, count, lastAt } = alert;
  return { id, title, level, kind, count, lastAt, actor: entry.actor.name ?? entry.actor.id, address: entry.clientIp };
}

/** Several actors may have one name. */
function actorKey({ actorId, actor }: WaitingRow): string | null {
  return actorId === null ? actor && `name ${actor}` : `id ${actorId}`;
}

type Part = (row: WaitingRow) => string | null;

/** How many alerts have each key; those without one are not counted. */
function countsBy(mains: readonly WaitingRow[], keyOf: Part, nameOf = keyOf): readonly NamedCount[] {
  const counts = new Map<string, NamedCount>();
  for (const row of mains) {
    const [key, name] = [keyOf(row), nameOf(row)];
    if (key === null || name === null) continue;
    const known = counts.get(key) ?? { name, alerts: 0 };
    counts.set(key, { ...known, alerts: known.alerts + 1 });
  }
  return [...counts.values()];
}

function mostIn(counts: readonly NamedCount[]): readonly NamedCount[] {
  if (counts.length < 2) return [];
  return counts
    .toSorted((a, b) => b.alerts - a.alerts)
    .slice(0, NAMES_MAX)
    .map(({ name, alerts }) => ({ name: safeSlice(name, NAME_CHARS), alerts }));
}

function kindOf({ kind }: WaitingRow): NotifyKind {
  return KINDS.find((each) => each === kind) ?? 'updated';
}
