/**
 * Why an alert or an entry led to what it did: which rules matched or nearly did, which alert it joined, which silences are
 * over it, and where a match goes by the routes.
 *
 * Contract: read-only, by indexes, and bounded. Rules, routes and silences are those of now; decisions are those that were
 * made, and say which silence suppressed a match. Times are ms.
 */
import { conditionWords } from '../../alert/condition-wording.ts';
import { dedupKey, keyText } from '../../alert/key.ts';
import { groupByText, shownVia } from '../../alert/route-wording.ts';
import { type Silence, silenceOver } from '../../alert/silence.ts';
import type { EntryBody } from '../../audit-log/entry.ts';
import { entryTime, isOfOneEntry, type Level, type Rule } from '../../sigma/index.ts';
import { parseJson } from '../../text/json.ts';
import { type Notifying, routesOfMatch } from '../deliver/places.ts';
import { readSilences } from '../deliver/silences.ts';
import type { MarkFinding } from '../model.ts';
import type { AlertRoute, AlertWhy, EntryWhy, MatchWhy, ShownRoutes, TextWhy } from '../rpc.ts';
import { matchesOf, withDerivedFields } from '../store/derived-fields.ts';
import { alertSummary, bodyOf, SHOWN_ALERT, type ShownAlertRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { readAlert } from './alert.ts';
import { batchOf, entryOf, partsOf } from './entry.ts';

/** The nearest rules, which one can read. */
const NEAR_MAX = 10;

/** Null where there is no such alert. */
export function readAlertWhy(store: Store, setup: Notifying, id: number, now: number): AlertWhy | null {
  const details = readAlert(store, setup.engine, id);
  const route = readAlertRoute(store, setup, id, now);
  if (details === null || route === null) return null;
  return { ...details, ...route, ruleIsGone: !setup.engine.rules.has(details.alert.rule) };
}

/** Reads the alert, the entry of its last match and the silences that last. Null where there is no such alert. */
export function readAlertRoute(store: Store, setup: Notifying, id: number, now: number): AlertRoute | null {
  const [row] = store.all<ShownAlertRow>(`SELECT ${SHOWN_ALERT} FROM alerts WHERE id = ?`, id);
  if (row === undefined) return null;
  const entry = entryOf(store, 'seq', row.last_seq);
  const body = entry === undefined ? null : withDerivedFields(bodyOf(entry) ?? {}, entry.mark);
  const rule = setup.engine.rules.get(row.rule) ?? null;
  const level = row.level as Level;
  const entries = rule !== null && isOfOneEntry(rule) && body !== null ? [body] : null;
  return {
    alert: alertSummary(row),
    silencedBy: silencesOver(readSilences(store, now), { id: row.rule, level, tags: rule?.tags ?? [] }, entries, now),
    routes: shownRoutes(setup, rule, row.rule, level, body ?? {}, now),
  };
}

/** Null where the entry is not recorded. */
export function readEntryWhy(store: Store, setup: Notifying, id: string, now: number): EntryWhy | null {
  const row = entryOf(store, 'id', id);
  if (row === undefined) return null;
  return {
    ...whyOf(store, setup, bodyOf(row) ?? {}, row.mark, row.occurred_at, now),
    isOwnRead: row.mark === 'own',
    rulesChanged: batchOf(store, row.seq)?.rules !== setup.engine.version,
    parts: partsOf(store, [row.seq], null),
  };
}

/** What an entry would lead to that was not recorded. */
export function readTextWhy(store: Store, setup: Notifying, text: string, now: number): TextWhy {
  const body = parseJson(text);
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const entry = isObject ? (body as EntryBody) : {};
  return whyOf(store, setup, entry, null, entryTime(entry) ?? now, now);
}

/** `at`: when it occurred. */
function whyOf(
  store: Store,
  setup: Notifying,
  body: EntryBody,
  mark: MarkFinding | null,
  at: number,
  now: number,
): TextWhy {
  const { engine } = setup;
  const silences = readSilences(store, now);
  const seen = withDerivedFields(body, mark);
  const near = mark === 'own' ? [] : engine.nearMisses(seen, at).slice(0, NEAR_MAX);
  return {
    matched: matchesOf(body, at, mark, engine).map(({ rule, evidence }) => ({
      ...{ rule: rule.partOf ?? rule.id, title: rule.title, level: rule.level, alerts: rule.alerts, evidence },
      countedBy: countedBy(setup, rule, seen, at),
      joins: joinedBy(store, rule, seen, at),
      silencedBy: silencesOver(silences, rule, [seen], now),
      routes: shownRoutes(setup, rule, rule.id, rule.level, seen, now),
    })),
    near: near.map(({ rule: { id, partOf = id, title, level }, held, failed }) => ({
      ...{ rule: partOf, title, level, held, failed },
    })),
  };
}

/** The correlations that count a rule's matches, and by what the filter of one excludes this entry. */
function countedBy({ engine }: Notifying, { id }: Rule, body: EntryBody, at: number): MatchWhy['countedBy'] {
  const titleOf = (of: string): string => engine.rules.get(of)?.title ?? of;
  return engine.correlations
    .filter(({ rules }) => rules.includes(id))
    .map((rule) => ({
      ...{ rule: rule.id, title: rule.title, condition: conditionWords(rule, titleOf) },
      excludedBy: engine.exclusions(rule, body, at),
    }));
}

/** The alert of a rule and key whose matches lie around a time. */
function joinedBy(store: Store, rule: Rule, body: EntryBody, at: number): number | null {
  const [row] = store.all<{ id: number }>(
    `SELECT id FROM (SELECT id, last_at FROM alerts WHERE rule = ? AND key = ? AND begins <= ? ORDER BY begins DESC LIMIT 1)
     WHERE last_at >= ?`,
    ...[rule.id, keyText(dedupKey(rule, body, null)), at, at],
  );
  return row?.id ?? null;
}

function silencesOver(
  silences: readonly Silence[],
  { id: rule, level, tags }: Pick<Rule, 'id' | 'level' | 'tags'>,
  entries: readonly EntryBody[] | null,
  at: number,
): readonly number[] {
  const match = { rule, level, tags, entries };
  return silences.flatMap((each) => silenceOver([each], match, at)?.id ?? []);
}

function shownRoutes(
  setup: Notifying,
  rule: Rule | null,
  id: string,
  level: Level,
  body: EntryBody,
  at: number,
): ShownRoutes {
  const { to, not } = routesOfMatch(setup, rule, { rule: id, level }, body, at);
  return {
    to: to.map(({ receiver, via, heldUntil, settings: { groupBy = 'actor', mention = null, escalate = [] } }) => ({
      ...{ receiver, heldUntil, mention, escalate, groupBy: groupByText(groupBy) },
      ...shownVia(via),
    })),
    not: not.map(({ receiver, reason, minLevel }) => ({ receiver, reason, minLevel })),
  };
}
