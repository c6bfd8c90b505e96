/**
 * Lists of alerts, newest first, by what people look for.
 *
 * Contract: read-only. A page examines a bounded number of alerts, by their ids or by the index of those that are not
 * resolved; where that ends before it is full, the list says how far it got, and the next page goes on from there.
 */
import { rulesNamed } from '../../routing/matchers.ts';
import { type Engine, LEVELS } from '../../sigma/index.ts';
import { OPEN } from '../model.ts';
import type { AlertList, AlertQuery, AlertSummary } from '../rpc.ts';
import { alertSummary, keyFrom, LATEST, latestFrom, SHOWN_ALERT, type ShownAlertRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** How many alerts a page has. */
export const ALERTS_MAX = 50;
/** How many alerts are examined for a page of some. */
const EXAMINED_MAX = 900;
/** Where the entries of their last matches are examined too: another row each. */
const WITH_ENTRIES_MAX = 450;

type Examined = Pick<
  ShownAlertRow,
  'state' | 'rule' | 'level' | 'assignee' | 'begins' | 'last_at' | 'title' | 'key_parts'
> & {
  id: number;
  latest: string | null;
};

/** A page of alerts, newest first. Those that are not resolved are found by their index, level by level. */
export function readAlerts(store: Store, engine: Engine, query: AlertQuery): AlertList {
  const { status, level, before } = query;
  const shownMax = Math.max(1, Math.min(ALERTS_MAX, query.most ?? ALERTS_MAX));
  const isLive = status !== 'resolved' && status !== 'all';
  const levels = isLive && level === null ? LEVELS : [level];
  const ofEntries = query.actor !== null || query.text !== null;
  const tests = testsOf(engine, query, isLive);
  const most = tests.length > 0 ? (ofEntries ? WITH_ENTRIES_MAX : EXAMINED_MAX) / levels.length : shownMax + 1;
  // Below the last one that was examined of a level, others may be missing.
  let from = 0;
  const found: number[] = [];
  for (const of of levels) {
    const rows = store.all<Examined>(
      `SELECT id, state, rule, level, assignee, begins, last_at, title, key_parts, ${ofEntries ? LATEST : 'NULL AS latest'}
       FROM alerts ${isLive ? `${OPEN} AND level = ?1 AND` : 'WHERE ?1 IS ?1 AND'} id < ?2 ORDER BY id DESC LIMIT ?3`,
      ...[of, before ?? Number.MAX_SAFE_INTEGER, most],
    );
    if (rows.length === most) from = Math.max(from, rows.at(-1)?.id ?? 0);
    for (const row of rows) if (tests.every((holds) => holds(row))) found.push(row.id);
  }
  const ids = found.filter((id) => id >= from).sort((a, b) => b - a);
  const isFull = ids.length > shownMax;
  const shown = ids.slice(0, shownMax);
  const next = isFull ? (shown.at(-1) ?? null) : from > 0 ? from : null;
  const [last] = isFull || next === null ? [] : alertsOf(store, [next]);
  return { alerts: alertsOf(store, shown), next, searchedTo: last?.firstAt ?? null };
}

/** What a query asks beyond what the rows were found by. */
function testsOf(engine: Engine, query: AlertQuery, isLive: boolean): readonly ((row: Examined) => boolean)[] {
  const { status, level, rule, actor, tag, assignee, since, until, text } = query;
  const tests: ((row: Examined) => boolean)[] = [];
  if (status === 'open' || status === 'acknowledged') tests.push(({ state }) => state === status);
  if (status === 'resolved') tests.push(({ state }) => state !== 'open' && state !== 'acknowledged');
  if (level !== null && !isLive) tests.push((row) => row.level === level);
  if (rule !== null) {
    // A rule that is gone has its id alone.
    const ids = new Set([rule, ...rulesNamed(rule, [...engine.rules.values()]).map(({ id }) => id)]);
    tests.push((row) => ids.has(row.rule));
  }
  if (tag !== null) {
    const isOf = tag.toLowerCase();
    const tagged = new Set(
      [...engine.rules.values()].filter(({ tags }) => tags.some((of) => of.toLowerCase() === isOf)).map(({ id }) => id),
    );
    tests.push((row) => tagged.has(row.rule));
  }
  if (assignee !== null) {
    const isOf = assignee.toLowerCase();
    tests.push((row) => (row.assignee ?? '').toLowerCase() === isOf);
  }
  if (since !== null) tests.push((row) => row.last_at >= since);
  if (until !== null) tests.push((row) => row.begins < until);
  if (actor !== null) {
    const isOf = actor.toLowerCase();
    tests.push((row) => actorsOf(row).some((name) => name.toLowerCase() === isOf));
  }
  if (text !== null) {
    const part = text.toLowerCase();
    tests.push((row) => textsOf(row).some((shown) => shown.toLowerCase().includes(part)));
  }
  return tests;
}

/** The ids and names of an alert's actors. */
function actorsOf({ key_parts, latest }: Examined): readonly string[] {
  const { id, name } = latestFrom(latest)?.actor ?? {};
  const inKey = keyFrom(key_parts).flatMap(({ field, value }) => (field.startsWith('actor.') ? [value] : []));
  return [...inKey, id, name].flatMap((value) => value ?? []);
}

function textsOf({ title, key_parts, latest }: Examined): readonly string[] {
  const { actor, clientIp } = latestFrom(latest) ?? {};
  const inKey = keyFrom(key_parts).map(({ value }) => value);
  return [title, ...inKey, actor?.id, actor?.name, clientIp].flatMap((value) => value ?? []);
}

/** These alerts, in this order. */
export function alertsOf(store: Store, ids: readonly number[]): readonly AlertSummary[] {
  const rows = store.all<ShownAlertRow>(
    `SELECT ${SHOWN_ALERT} FROM json_each(?) AS shown JOIN alerts ON alerts.id = shown.value`,
    JSON.stringify(ids),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []).map(alertSummary);
}
