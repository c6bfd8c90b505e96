/**
 * The plain model: the alerts, matches, decisions and messages expected of a ledger that accepted these entries in this
 * order, with what people and time did in between; computed without bounds, compaction or packing, and from DESIGN's words
 * instead of by the code that it is compared with. And the alerts that time order would have opened.
 */
import type { Notified } from '../../src/alert/notify.ts';
import type { Pass } from '../../src/ledger/store/passes.ts';
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
import { createModelWindows } from './plain-passes.ts';
import { type Routed, type RoutedMatch, routePlainly, tellsOfTheEnd } from './plain-routes.ts';
import { knownAt, type ModelSilence, silenceOver } from './plain-silences.ts';
import {
  concerns,
  createPlainWindows,
  field,
  fieldText,
  groupIn,
  type PlainFiring,
  type SeenEntry,
} from './plain-windows.ts';
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
  /** Where passes over the recorded entries began, and how their steps came between entries and acts. */
  readonly passes: readonly Pass[];
  /** Before this everything is recorded in the end; what was absent before that is in no alert. */
  readonly completeUpTo: number;
  readonly absentFrom: number;
  /** What was deployed when a step of a pass came. */
  readonly deployedAtStep: (step: number) => Deployed;
}

/** By what an entry is evaluated. */
export interface Evaluating {
  readonly deployed: Deployed;
  /** Not null: of the past. */
  readonly backfill: { readonly notify: boolean } | null;
  /** The number of the next entry then: the one that is evaluated, or a later one. */
  readonly seq: number;
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
export function expectedFor(
  entries: readonly ModelEntry[],
  { deployedAt, acts, silences, passes, deployedAtStep, completeUpTo, absentFrom }: Circumstances,
): Expected {
  const alerts: ModelAlert[] = [];
  const alertsOf = new Map<string, ModelAlert[]>();
  const versions = versionsIn(entries);
  const activity = new Map<string, ModelActivity>();
  const messages: ModelMessage[] = [];
  const inhibitions: ModelInhibition[] = [];
  const listed: ModelListed[] = [];
  const ends: { alert: number; receiver: string; at: number }[] = [];
  const problems: string[] = [];
  const actsAfter = Map.groupBy(acts, ({ seq }) => seq);

  const placeOne = (
    rule: Rule,
    entry: ModelEntry,
    at: number,
    key: string,
    { counted, times }: Pick<PlacedMatch, 'counted' | 'times'>,
    { deployed, backfill }: Evaluating,
  ): PlacedMatch[] => {
    const active = activity.get(rule.id) ?? { matched: 0, lastAt: at, lastSeq: 0 };
    activity.set(rule.id, active);
    active.matched++;
    active.lastAt = Math.max(active.lastAt, at);
    active.lastSeq = Math.max(active.lastSeq, entry.seq);
    if (!rule.alerts) return [];
    const isOld = entry.suppressBefore !== null && entry.occurredAt < entry.suppressBefore;
    const isBackfilled = backfill !== null || isOld;
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
      // What is evaluated again may have matched before. Where many have, it is not known, and taken for granted.
      if (backfill !== null && (hasCounted(entry) || (joins.count > MATCHES_MAX && entry.seq <= joins.lastSeq)))
        return [];
      const { lastAt, state } = joins;
      addMatch(joins, match);
      return [{ rule, alert: joins, match, isLate: state === 'resolved', isOpening: false, lastAt, counted, times }];
    }
    if (supersedes !== null) {
      supersedes.end('superseded', 'tocsin', at, null);
      tellOfTheEnd(supersedes, deployed, at);
    }
    const alert = openAlert(alerts.length + 1, rule.id, key, match, isPast, previous?.id ?? null);
    alerts.push(alert);
    alertsOf.set(`${rule.id} ${key}`, [...alike, alert]);
    return [{ rule, alert, match, isLate: false, isOpening: true, lastAt: null, counted, times }];
  };

  /** Decides about a match for each receiver, given the correlations of this entry that each is notified of. */
  const decide = (
    placed: PlacedMatch,
    firing: Map<string, Firing[]>,
    entry: ModelEntry,
    { deployed, backfill, seq }: Evaluating,
  ): void => {
    const { rule, alert, match, isLate, lastAt } = placed;
    const { receivers, written, engine: engineNow } = deployed;
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
    const silence = silenceOver(knownAt(seq, silences), of, entriesIn);
    const decisions = receivers.map(({ name, minLevel }): PlainDecision => {
      const inhibitor = (firing.get(name) ?? []).find(
        ({ rules, level }) => rules.has(rule.id) && rank(match.level) <= rank(level),
      );
      const before = alert.notified.get(name) ?? null;
      const place = places.get(name);
      const decision = decidePlainly({
        ...{ at: match.at, level: match.level, isBackfilled: match.isBackfilled && backfill?.notify !== true },
        ...{ isLate, minLevel, notified: before },
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
    if (!isOfOneEntry(deployed.engine.rules.get(alert.rule)) || alert.count > MATCHES_MAX) return null;
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

  /** Time shows that something is missing. */
  const missOnce = (act: ModelAct): void => {
    const wrong = (why: string): void => {
      problems.push(`act ${act.id} ("absent") on alert ${act.alert}: ${why}`);
    };
    const { deployed, seq } = act;
    const at = Number(act.detail?.['at']);
    const absence = windows
      .absences(deployed.engine)
      .find(({ rule, group, at: end }) => rule.id === act.rule && groupKey(rule, group) === act.key && end === at);
    if (absence === undefined) {
      wrong(`nothing was missing at ${at}`);
      return;
    }
    if (at >= act.completeUpTo) wrong(`it comes ${at - act.completeUpTo} ms before that is known`);
    if (at < expectedFrom(absence.rule.id, seq, act.at)) wrong('nobody expected it yet');
    windows.settle(absence, deployed.engine);
    const { rule, group, last } = absence;
    const satisfies = ({ body }: ModelEntry): boolean => concerns(rule, satisfiedDetections(body), deployed.engine);
    const entry = entries.find(
      (each) =>
        each.seq <= seq &&
        each.occurredAt === last &&
        (each.evictedAfter === null || each.evictedAfter > seq) &&
        groupIn(rule, each.body) === group &&
        satisfies(each),
    );
    const shown = { ...(entry ?? goneEntry(rule, group, last)), suppressBefore: null, began: act.at };
    const evaluating = { deployed, backfill: null, seq: seq + 1 };
    const [placed] = placeOne(rule, shown, at, act.key, { counted: () => [], times: 1 }, evaluating);
    if (placed?.alert.id !== act.alert) wrong(`it is in alert ${placed?.alert.id}`);
    if (placed !== undefined) decide(placed, new Map(), shown, evaluating);
  };
  /** What was missing before is in no alert: from where nobody was to be notified, or before the rule was deployed. */
  const expectedFrom = (rule: string, seq: number, now: number): number => {
    const suppressed = entries.slice(0, seq).map(({ suppressBefore }) => suppressBefore ?? Number.NEGATIVE_INFINITY);
    const pass = passes.findLast(
      ({ rules, backfill, planned, beganAt }) =>
        backfill === null && rule in rules && planned.seq <= seq && beganAt <= now,
    );
    return Math.max(pass?.beganAt ?? Number.NEGATIVE_INFINITY, ...suppressed);
  };

  const actOnce = (act: ModelAct): void => {
    if (act.act === 'absent' && act.who === 'tocsin') {
      missOnce(act);
      return;
    }
    const alert = alerts[act.alert - 1];
    if (alert === undefined) {
      problems.push(`act ${act.id} is on alert ${act.alert}, which was not there`);
      return;
    }
    const wasResolved = alert.state === 'resolved';
    const until = HELD_ACTS.has(act.act) && act.who === 'tocsin' ? coveredUntil(alert, act) : null;
    if (until !== null)
      problems.push(`act ${act.id} ("${act.act}") on alert ${alert.id} came while a silence covers it, until ${until}`);
    applyAct(alert, act, placesNow(alert, act), messages, problems);
    if (alert.state === 'resolved' && !wasResolved) tellOfTheEnd(alert, act.deployed, act.at);
  };
  const actAfter = (seq: number): void => actsAfter.get(seq)?.forEach(actOnce);

  /** Lets some correlations see an entry, and decides about those matches that count. */
  const evaluate = (
    entry: ModelEntry,
    detections: readonly Rule[],
    firings: readonly PlainFiring[],
    evaluating: Evaluating,
  ): void => {
    const { engine } = evaluating.deployed;
    const at = entry.occurredAt;
    const placed: PlacedMatch[] = [];
    for (const rule of detections)
      placed.push(...placeOne(rule, entry, at, defaultKey(entry.body), { counted: () => [], times: 1 }, evaluating));
    for (const { rule, group, at: end, times } of firings) {
      const counted = () =>
        rule.type === 'first_seen'
          ? []
          : entries
              .filter((each) => each.seq < entry.seq && times.has(each.occurredAt))
              .filter(({ evictedAfter }) => evictedAfter === null || evictedAfter >= evaluating.seq)
              .filter((each) => fieldText(each.body, rule.groupBy[0] ?? '') === group)
              .filter((each) => concerns(rule, satisfiedDetections(each.body), engine))
              .filter((each, _, all) => !all.some(({ id, seq }) => id === each.id && seq < each.seq))
              .sort((a, b) => a.occurredAt - b.occurredAt || a.seq - b.seq);
      // A value that is new at another entry's time: that entry is not known.
      const isOther = rule.type === 'first_seen' && end !== at;
      const all = { counted, times: times.size + (isOther ? 1 : 0) };
      placed.push(...placeOne(rule, entry, end, groupKey(rule, group), all, evaluating));
    }
    const firing = new Map<string, Firing[]>();
    for (const each of placed.reverse()) decide(each, firing, entry, evaluating);
  };

  const windows = createModelWindows(passes, {
    see: (of, engine, seq, sees) => {
      const entry = entries[seq - 1] as ModelEntry;
      return of.see(engine, seenEntry(entry, engine, versions), entry.horizon, sees);
    },
    evaluate: (seq, rules, firings, evaluating) => {
      const entry = entries[seq - 1] as ModelEntry;
      const seen = seenEntry(entry, evaluating.deployed.engine, versions);
      const detections = detectionsIn(seen, evaluating.deployed.engine).filter(({ id }) => rules.has(id));
      evaluate(entry, detections, firings, evaluating);
    },
    occurredAt: (seq) => entries[seq - 1]?.occurredAt ?? Number.NaN,
    deployedAtStep,
  });
  let engine = entries[0]?.engine ?? null;
  actAfter(0);
  for (const entry of entries) {
    engine = entry.engine;
    const deployed = { ...deployedAt(entry.seq), engine };
    const firings = windows.watch(engine, entry.seq);
    const detections = detectionsIn(seenEntry(entry, engine, versions), engine);
    evaluate(entry, detections, firings, { deployed, backfill: null, seq: entry.seq });
    const next = entries[entry.seq]?.engine ?? deployedAt(Number.POSITIVE_INFINITY).engine;
    const between = (actsAfter.get(entry.seq) ?? []).map((act) => ({ order: act.id, run: () => actOnce(act) }));
    // A step came after the acts up to its own.
    const steps = windows.after(entry.seq, next).map(({ act, run }) => ({ order: act + 0.5, run }));
    for (const { run } of [...between, ...steps].sort((a, b) => a.order - b.order)) run();
  }
  const last = entries.at(-1)?.seq ?? 0;
  for (const { rule, group, at } of engine === null ? [] : windows.absences(engine)) {
    if (at < completeUpTo && at >= Math.max(absentFrom, expectedFrom(rule.id, last, Number.POSITIVE_INFINITY)))
      problems.push(`${rule.id} ${group}: nothing came by ${new Date(at).toISOString()}, and that is in no alert`);
  }
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

/** Whether each match is of one entry. */
function isOfOneEntry(rule: Rule | undefined): boolean {
  return rule?.kind === 'detection' || rule?.type === 'first_seen' || rule?.type === 'absence';
}

/** In place of an entry that was evicted. */
function goneEntry({ groupBy: [name = ''] }: CorrelationRule, group: string, at: number): ModelEntry {
  const body = name.split('.').reduceRight<unknown>((value, part) => ({ [part]: value }), JSON.parse(group));
  const none = { horizon: 0, suppressBefore: null, began: 0, evictedAfter: null };
  return {
    ...none,
    seq: 0,
    id: '',
    occurredAt: at,
    body: body as ModelEntry['body'],
    engine: null as unknown as Engine,
  };
}

function groupKey({ fields, groupBy: [name = fields[0] ?? ''] }: CorrelationRule, group: string): string {
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
