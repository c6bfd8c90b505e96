/**
 * The plain model: the alerts, matches, decisions and messages expected of a ledger that accepted these entries in this
 * order, with what people and time did in between; computed without bounds, compaction or packing, and from DESIGN's words
 * instead of by the code that it is compared with. And the alerts that time order would have opened.
 */
import type { Notified } from '../../src/alert/notify.ts';
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import type { CorrelationRule, Engine, Level, Rule } from '../../src/sigma/index.ts';
import { canonicalJson } from '../../src/text/canonical-json.ts';
import type { Deployed } from './observer.ts';
import { applyAct, type ModelAct } from './plain-acts.ts';
import {
  addMatch,
  type ModelAlert,
  type ModelMatch,
  type ModelMessage,
  networkOf,
  openAlert,
  place,
} from './plain-alerts.ts';
import { decidePlainly, isHighOrCritical, notifiedWith, type PlainDecision, rank } from './plain-decisions.ts';
import { type Routed, type RoutedMatch, routePlainly, tellsOfTheEnd } from './plain-routes.ts';
import { knownAt, type ModelSilence, silenceOver } from './plain-silences.ts';
import { concerns, createPlainWindows, field, fieldText, type SeenEntry } from './plain-windows.ts';
import { satisfiedDetections } from './rules.ts';

export interface ModelEntry {
  readonly seq: number;
  readonly id: string;
  readonly occurredAt: number;
  readonly body: { readonly [field: string]: unknown };
  /** No entry that windows wait for occurred before this. */
  readonly horizon: number;
  readonly suppressBefore: number | null;
  /** When the scan began that read it. */
  readonly began: number;
  readonly engine: Engine;
  /** The number of the last entry when this one was evicted; null: it is there. */
  readonly evictedAfter: number | null;
}

/** How often a rule is expected to have matched, its latest time and its last entry. */
export interface ModelActivity {
  matched: number;
  lastAt: number;
  lastSeq: number;
}

/** A correlation's message lists these: what waits of them is not sent by itself. */
export interface ModelInhibition {
  /** The correlation's. */
  readonly alert: number;
  readonly seq: number;
  readonly receiver: string;
  readonly rules: ReadonlySet<string>;
  readonly seqs: ReadonlySet<number>;
  readonly level: Level;
}

/** An alert that a correlation's message to a receiver lists, since a match of its entry is inhibited. */
export interface ModelListed {
  readonly alert: number;
  readonly by: number;
  readonly seq: number;
  readonly receiver: string;
}

export interface Expected {
  readonly alerts: readonly ModelAlert[];
  readonly activity: ReadonlyMap<string, ModelActivity>;
  readonly messages: readonly ModelMessage[];
  readonly inhibitions: readonly ModelInhibition[];
  readonly listed: readonly ModelListed[];
  /** Who is to be notified that an alert was resolved. */
  readonly ends: readonly { readonly alert: number; readonly receiver: string; readonly at: number }[];
  /** Acts that should not have been, as sentences. */
  readonly problems: readonly string[];
}

/** What the entries do not show. */
export interface Circumstances {
  /** What was deployed when an entry was recorded. */
  readonly deployedAt: (seq: number) => Deployed;
  /** In their order. */
  readonly acts: readonly ModelAct[];
  /** Each time one was made or ended, in their order. */
  readonly silences: readonly ModelSilence[];
}

const HOUR = 3_600_000;
const MATCHES_MAX = 100;
const CONTRIBUTING_MAX = 20;
const CONTRIBUTING_SHOWN = 3;
/** What time does, and a silence holds. */
const HELD_ACTS: ReadonlySet<string> = new Set(['deferred', 'escalated', 'acknowledgement ended', 'silence ended']);

/** A match in its alert, before anything is decided. */
interface PlacedMatch {
  readonly rule: Rule;
  readonly alert: ModelAlert;
  readonly match: ModelMatch;
  readonly isLate: boolean;
  readonly isOpening: boolean;
  /** The time of the alert's last match before. */
  readonly lastAt: number | null;
  /** Of a correlation: the entries that it counted, and at how many times; of a detection, none. */
  readonly counted: () => readonly ModelEntry[];
  readonly times: number;
}

/** A correlation's match of which a receiver is notified. */
interface Firing {
  readonly alert: ModelAlert;
  readonly level: Level;
  readonly rules: ReadonlySet<string>;
}

/** What is expected for these entries in `seq` order. */
export function expectedFor(entries: readonly ModelEntry[], { deployedAt, acts, silences }: Circumstances): Expected {
  const alerts: ModelAlert[] = [];
  const alertsOf = new Map<string, ModelAlert[]>();
  const versions = versionsIn(entries);
  const activity = new Map<string, ModelActivity>();
  const messages: ModelMessage[] = [];
  const inhibitions: ModelInhibition[] = [];
  const listed: ModelListed[] = [];
  const ends: { alert: number; receiver: string; at: number }[] = [];
  const problems: string[] = [];
  const windows = createPlainWindows();
  const actsAfter = Map.groupBy(acts, ({ seq }) => seq);
  let engine: Engine | null = null;

  const placeOne = (
    rule: Rule,
    entry: ModelEntry,
    at: number,
    key: string,
    { counted, times }: Pick<PlacedMatch, 'counted' | 'times'>,
  ): PlacedMatch[] => {
    const active = activity.get(rule.id) ?? { matched: 0, lastAt: at, lastSeq: 0 };
    activity.set(rule.id, active);
    active.matched++;
    active.lastAt = Math.max(active.lastAt, at);
    active.lastSeq = entry.seq;
    if (!rule.alerts) return [];
    const isBackfilled = entry.suppressBefore !== null && entry.occurredAt < entry.suppressBefore;
    const match = { seq: entry.seq, at, level: rule.level, network: networkOf(entry.body), isBackfilled };
    const alike = alertsOf.get(`${rule.id} ${key}`) ?? [];
    const { joins, isPast, supersedes, previous } = place(alike, match);
    if (joins !== null) {
      // An id counts once in an alert. Of a correlation's matches, those that are kept are known.
      const hasCounted = ({ seq }: ModelEntry): boolean => {
        const isKept = !['contributing', undefined].includes(joins.matches.get(seq));
        return isKept || (joins.count > MATCHES_MAX && rule.kind === 'detection' && joins.matched.has(seq));
      };
      if (earlierVersions(entry, versions).some(hasCounted)) return [];
      const { lastAt, state } = joins;
      addMatch(joins, match);
      return [{ rule, alert: joins, match, isLate: state === 'resolved', isOpening: false, lastAt, counted, times }];
    }
    if (supersedes !== null) {
      supersedes.end('superseded', 'tocsin', at, null);
      tellOfTheEnd(supersedes, { ...deployedAt(entry.seq), engine: entry.engine }, at);
    }
    const alert = openAlert(alerts.length + 1, rule.id, key, match, isPast, previous?.id ?? null);
    alerts.push(alert);
    alertsOf.set(`${rule.id} ${key}`, [...alike, alert]);
    return [{ rule, alert, match, isLate: false, isOpening: true, lastAt: null, counted, times }];
  };

  /** Decides about a match for each receiver, given the correlations of this entry that each is notified of. */
  const decide = (placed: PlacedMatch, firing: Map<string, Firing[]>, entry: ModelEntry, engineNow: Engine): void => {
    const { rule, alert, match, isLate, lastAt } = placed;
    const { receivers, written } = deployedAt(entry.seq);
    const facts = { rule: rule.id, tags: rule.tags, level: match.level, body: entry.body };
    const places = routePlainly(written, receivers, facts, match.at);
    const routedTo = (name: string): Routed | null => {
      const of = places.get(name);
      return typeof of === 'object' ? of : null;
    };
    // A person who silences an actor or an address means no one else: all that a correlation counted must be known, and theirs.
    // What the correlations below it counted is not known.
    const entriesIn = (): readonly ModelEntry['body'][] | null => {
      if (rule.kind === 'correlation' && rule.rules.some((id) => engineNow.rules.get(id)?.kind !== 'detection'))
        return null;
      const counted = placed.counted();
      const isWhole = placed.times <= counted.length + 1 && counted.length < CONTRIBUTING_MAX;
      return isWhole ? [entry.body, ...counted.map(({ body }) => body)] : null;
    };
    const of = { rule: rule.id, level: match.level, at: match.at };
    const silence = silenceOver(knownAt(entry.seq, silences), of, entriesIn);
    const decisions = receivers.map(({ name, minLevel }): PlainDecision => {
      const inhibitor = (firing.get(name) ?? []).find(
        ({ rules, level }) => rules.has(rule.id) && rank(match.level) <= rank(level),
      );
      const before = alert.notified.get(name) ?? null;
      const place = places.get(name);
      const decision = decidePlainly({
        ...{ at: match.at, level: match.level, isBackfilled: match.isBackfilled, isLate, minLevel, notified: before },
        silence: silence?.id ?? null,
        unrouted: place === 'no route' || place === 'outside active times' ? place : null,
        repeatMs: routedTo(name)?.repeatMs ?? null,
        inhibitor: inhibitor?.alert.id ?? null,
        alert: {
          ...{ level: alert.level, count: alert.count, networks: alert.networks.length, lastAt },
          isPast: alert.state === 'past',
          acknowledgedAt: alert.acknowledged?.count ?? null,
          quietMs: rule.tocsin.dedupPeriodMs ?? HOUR,
        },
      });
      const next = notifiedBy(decision, match.at, alert, before);
      if (next !== null) alert.notified.set(name, next);
      if (decision.reason === 'inhibited')
        listed.push({ alert: alert.id, by: Number(decision.by), seq: match.seq, receiver: name });
      return decision;
    });
    if (isHighOrCritical(match.level) && decisions.some(({ reason }) => reason === 'silenced')) alert.isSilenced = true;
    const notifies = decisions.some(({ notify }) => notify);
    const isFirst = placed.isOpening || decisions.some(({ kind }) => kind === 'opened');
    const counted = isFirst ? placed.counted() : [];
    if (notifies || alert.count <= MATCHES_MAX) {
      alert.matches.set(match.seq, decisionsText(decisions, receivers));
    } else {
      for (const { reason } of decisions) alert.decided.set(reason, (alert.decided.get(reason) ?? 0) + 1);
    }
    for (const { seq } of counted.slice(0, CONTRIBUTING_MAX)) {
      if (!alert.matches.has(seq)) alert.matches.set(seq, 'contributing');
    }
    const begun: (Routed | null)[] = [];
    receivers.forEach(({ name }, i) => {
      const { notify, kind } = decisions[i] as PlainDecision;
      if (!notify) return;
      messages.push({
        ...{ receiver: name, alert: alert.id, kind: String(kind), count: alert.count, level: alert.level },
        ...{ seq: match.seq, first: counted.slice(0, CONTRIBUTING_SHOWN).map(({ id }) => id) },
        ...{ routed: routedTo(name), isUrgent: false },
      });
      if (kind === 'opened' || kind === 'raised') begun.push(routedTo(name));
      // What is held, or in a digest, is in no message's place that goes now.
      const { heldUntil = null, digestAfter = null } = routedTo(name) ?? {};
      if (rule.kind === 'detection' || heldUntil !== null || digestAfter !== null) return;
      const rules = rulesBelow(rule, engineNow);
      firing.set(name, [...(firing.get(name) ?? []), { alert, level: match.level, rules }]);
      const seqs = new Set([match.seq, ...counted.slice(0, CONTRIBUTING_MAX).map(({ seq }) => seq)]);
      inhibitions.push({ alert: alert.id, seq: match.seq, receiver: name, rules, seqs, level: match.level });
    });
    escalateLater(alert, begun, Math.max(match.at, entry.began));
  };

  /** What routes see of an alert: its last match, at its level. */
  const lastOf = ({ rule, level, lastSeq }: ModelAlert, { engine }: Deployed): RoutedMatch => {
    // The number of an entry is its place.
    const body = entries[lastSeq - 1]?.body ?? {};
    return { rule, tags: engine.rules.get(rule)?.tags ?? [], level, body };
  };
  /** What the routes say of an alert when an act comes. */
  const placesNow = (alert: ModelAlert, { deployed, at }: ModelAct) =>
    routePlainly(deployed.written, deployed.receivers, lastOf(alert, deployed), at);
  const tellOfTheEnd = (alert: ModelAlert, deployed: Deployed, at: number): void => {
    for (const receiver of deployed.receivers) {
      const isKnown = alert.notified.has(receiver.name);
      if (isKnown && tellsOfTheEnd(deployed.written, receiver, lastOf(alert, deployed), at))
        ends.push({ alert: alert.id, receiver: receiver.name, at });
    }
  };

  /** Until when a silence covers each match of the alert; null: none does, or not all of its entries are there. */
  const coveredUntil = (alert: ModelAlert, { seq, at, deployed }: ModelAct): number | null => {
    if (deployed.engine.rules.get(alert.rule)?.kind !== 'detection' || alert.count > MATCHES_MAX) return null;
    const seqs = [...alert.matches].flatMap(([of, decision]) => (decision === 'contributing' ? [] : [of]));
    const own = seqs.flatMap((of) => entries[of - 1] ?? []);
    const areThere = own.every(({ evictedAfter }) => evictedAfter === null || evictedAfter > seq);
    const of = { rule: alert.rule, level: alert.level, at };
    const bodies = own.map(({ body }) => body);
    // Of one that was made or ended after the same entry, it is not known whether that was before the act.
    const unsure = new Set(silences.filter(({ after }) => after === seq).map(({ id }) => id));
    const known = knownAt(seq, silences).filter(({ id }) => !unsure.has(id));
    const silence = areThere ? silenceOver(known, of, () => bodies) : null;
    return silence?.endsAt ?? null;
  };

  const actAfter = (seq: number): void => {
    for (const act of actsAfter.get(seq) ?? []) {
      const alert = alerts[act.alert - 1];
      if (alert === undefined) problems.push(`act ${act.id} is on alert ${act.alert}, which was not there`);
      else {
        const wasResolved = alert.state === 'resolved';
        const until = HELD_ACTS.has(act.act) && act.who === 'tocsin' ? coveredUntil(alert, act) : null;
        if (until !== null)
          problems.push(
            `act ${act.id} ("${act.act}") on alert ${alert.id} came while a silence covers it, until ${until}`,
          );
        applyAct(alert, act, placesNow(alert, act), messages, problems);
        if (alert.state === 'resolved' && !wasResolved) tellOfTheEnd(alert, act.deployed, act.at);
      }
    }
  };

  actAfter(0);
  for (const entry of entries) {
    if (entry.engine !== engine) windows.keepOnly(entry.engine);
    engine = entry.engine;
    const of = entry.engine;
    const at = entry.occurredAt;
    const seen = seenEntry(entry, engine, versions);
    const placed: PlacedMatch[] = [];
    for (const rule of detectionsIn(seen, engine))
      placed.push(...placeOne(rule, entry, at, defaultKey(entry.body), { counted: () => [], times: 1 }));
    for (const { rule, group, at: end, times } of windows.see(engine, seen, entry.horizon)) {
      const counted = () =>
        entries
          .filter((each) => each.seq < entry.seq && times.has(each.occurredAt))
          .filter(({ evictedAfter }) => evictedAfter === null || evictedAfter >= entry.seq)
          .filter((each) => fieldText(each.body, rule.groupBy[0] ?? '') === group)
          .filter((each) => concerns(rule, satisfiedDetections(each.body), entry.engine))
          .filter((each, _, all) => !all.some(({ id, seq }) => id === each.id && seq < each.seq))
          .sort((a, b) => a.occurredAt - b.occurredAt || a.seq - b.seq);
      placed.push(...placeOne(rule, entry, end, groupKey(rule, group), { counted, times: times.size }));
    }
    const firing = new Map<string, Firing[]>();
    for (const each of placed.reverse()) decide(each, firing, entry, of);
    actAfter(entry.seq);
  }
  const last = entries.at(-1)?.seq ?? 0;
  for (const { id, seq } of acts) if (seq > last) problems.push(`act ${id} came after entry ${seq} of ${last}`);
  return { alerts, activity, messages, inhibitions, listed, ends, problems };
}

/** Each receiver to whom it escalates, once: so long after the first of those who are notified can know. */
function escalateLater(alert: ModelAlert, begun: readonly (Routed | null)[], at: number): void {
  if (alert.state !== 'open') return;
  const known = new Set(alert.escalations.map(({ to }) => to));
  const first = new Map<string, number>();
  for (const routed of begun) {
    const sentAt = Math.max(at, routed?.heldUntil ?? routed?.digestAfter?.(at) ?? at);
    for (const { to, afterMs } of routed?.escalate ?? [])
      if (!known.has(to)) first.set(to, Math.min(sentAt + afterMs, first.get(to) ?? Number.POSITIVE_INFINITY));
  }
  alert.escalations = [...alert.escalations, ...[...first].map(([to, due]) => ({ to, at: due }))];
}

/** What a receiver was notified of after a decision; null: of nothing yet. */
function notifiedBy(decision: PlainDecision, at: number, alert: ModelAlert, before: Notified | null): Notified | null {
  const later = Math.max(at, before?.at ?? at);
  if (decision.notify)
    return notifiedWith({ kind: String(decision.kind), reason: decision.reason }, later, alert, before);
  if (decision.reason === 'inhibited')
    return notifiedWith({ kind: null, reason: decision.reason }, later, alert, before);
  if (decision.reason !== 'deferred' || before === null) return before;
  return { ...before, deferred: decision.deferred as Notified['deferred'] };
}

/** The decisions as they are stored: equal ones once, with their receivers where there are others. */
function decisionsText(decisions: readonly PlainDecision[], receivers: readonly RoutedReceiver[]): string {
  const equal = Map.groupBy(receivers.keys(), (i) => canonicalJson(decisions[i]));
  return canonicalJson(
    [...equal.values()].map((places) => {
      const decision = decisions[places[0] ?? 0];
      return equal.size === 1 ? decision : { ...decision, receivers: places.map((i) => receivers[i]?.name) };
    }),
  );
}

/** The rules that a correlation refers to, directly or through others. */
function rulesBelow(rule: CorrelationRule, engine: Engine): ReadonlySet<string> {
  return new Set(
    rule.rules.flatMap((id) => {
      const of = engine.rules.get(id);
      return of?.kind === 'correlation' ? [id, ...rulesBelow(of, engine)] : [id];
    }),
  );
}

/** The actor, else the address's network, else that there is neither. */
function defaultKey(body: ModelEntry['body']): string {
  const [actor, ip] = [field(body, 'actor.id'), field(body, 'client_ip')];
  if (actor !== null) return JSON.stringify({ 'actor.id': actor });
  return JSON.stringify(ip === null ? { 'actor.id': null, client_ip: null } : { client_ip: keyNetworkOf(ip) });
}

/** Traffic's addresses: IPv6 ones are in their /64, all other texts are their own network. */
function keyNetworkOf(ip: unknown): unknown {
  const text = String(ip);
  if (text.startsWith('::ffff:')) return text.slice(7);
  return text.includes('::') ? networkOf({ client_ip: text }) : ip;
}

function groupKey({ groupBy: [name = ''] }: CorrelationRule, group: string): string {
  return `{${JSON.stringify(name)}:${group}}`;
}

/** By id: all that was recorded of an entry. */
type Versions = ReadonlyMap<string, readonly ModelEntry[]>;

function versionsIn(entries: readonly ModelEntry[]): Versions {
  return Map.groupBy(entries, ({ id }) => id);
}

/** The recorded versions of an entry before this one. */
function earlierVersions({ id, seq }: ModelEntry, versions: Versions): ModelEntry[] {
  return (versions.get(id) ?? []).filter((each) => each.seq < seq);
}

function seenEntry(entry: ModelEntry, engine: Engine, versions: Versions): SeenEntry {
  const version = ({ body, occurredAt: at }: ModelEntry) => {
    // A deploy may have removed a rule.
    const satisfied = [...satisfiedDetections(body)].filter((id) => engine.rules.has(id));
    return { satisfied: new Set(satisfied), body, at };
  };
  return { ...version(entry), earlier: earlierVersions(entry, versions).map(version) };
}

/** The detections that an entry satisfies, in the order of the rules. */
function detectionsIn({ satisfied }: SeenEntry, engine: Engine): readonly Rule[] {
  return [...engine.rules.values()].filter(({ id }) => satisfied.has(id));
}

/** `rule key` of every alert that the entries open when they are taken in the order of their time. */
export function alertedInTimeOrder(entries: readonly ModelEntry[]): Set<string> {
  const alerted = new Set<string>();
  const versions = versionsIn(entries);
  const windows = createPlainWindows();
  for (const entry of [...entries].sort((a, b) => a.occurredAt - b.occurredAt || a.seq - b.seq)) {
    const { body, engine, occurredAt: at } = entry;
    const seen = seenEntry(entry, engine, versions);
    for (const rule of detectionsIn(seen, engine)) {
      if (rule.alerts) alerted.add(`${rule.id} ${defaultKey(body)}`);
    }
    for (const { rule, group } of windows.see(engine, seen, at)) {
      if (rule.alerts) alerted.add(`${rule.id} ${groupKey(rule, group)}`);
    }
  }
  return alerted;
}
