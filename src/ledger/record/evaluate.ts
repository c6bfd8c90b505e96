/**
 * Evaluates accepted entries: what changes in windows, alerts and matches, and who is notified of what.
 *
 * Contract: a function of what is stored (read through `EvaluationReads`), the entries in their order, the contexts of
 * their scans and the rules; it changes nothing itself. An entry's event time is its `occurredAt`. An id counts once in an
 * alert and a window: a revision of an entry adds what its earlier versions have not counted (counted-once.ts). All matches
 * of an entry are placed in alerts first; decisions follow, the outermost correlation's first, since it inhibits what it
 * counted.
 */
import type { Alert, MatchedWindow } from '../../alert/alert.ts';
import { entryView } from '../../alert/entry-view.ts';
import { dedupKey, keyText } from '../../alert/key.ts';
import type { EntryView, InhibitedAlert } from '../../alert/notification.ts';
import { buildNotification, notifiedWindow } from '../../alert/notification-builder.ts';
import { decideNotify, type NotifyDecision, type NotifyRoute, notifiedAfter } from '../../alert/notify.ts';
import { numberWords } from '../../alert/number-wording.ts';
import { type Silence, silenceOver } from '../../alert/silence.ts';
import { factsOf, networksAfter } from '../../alert/status.ts';
import { clientNetwork } from '../../audit-log/derived-fields.ts';
import type { RoutesDecision } from '../../routing/routes.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import {
  type CorrelationMatch,
  type CorrelationRule,
  type Correlator,
  createCorrelator,
  type Engine,
  type Evidence,
  isAbove,
  isSevere,
  type KeyPart,
  type Level,
  type Match,
  type Rule,
  withRulesBelow,
} from '../../sigma/index.ts';
import { parseJson } from '../../text/json.ts';
import { nextDailyAt } from '../../text/time-ranges.ts';
import { type Notifying, placeOf, routesOfMatch } from '../deliver/places.ts';
import { isSentNow } from '../deliver/waiting.ts';
import type {
  Absence,
  Accepted,
  ActivityChange,
  AlertMatch,
  Changes,
  ContributingMatch,
  EvaluationReads,
  MatchDecision,
  Notify,
  NotifyTo,
  ScanContext,
  SilencedChange,
} from '../model.ts';
import { createBatchAlerts, type Joined, periodOf } from './batch-alerts.ts';
import { allContributing, type ContributingEntry, contributingEntries, entriesOf } from './contributing.ts';
import { type Earlier, earlierOf } from './counted-once.ts';
import { type BatchWindows, createBatchWindows, type OpenWindows } from './windows.ts';

/** An accepted entry with the matches of its detections. */
export interface MatchedEntry {
  readonly entry: Accepted;
  readonly matches: readonly Match[];
}

/** What is evaluated, and what may result. */
export interface Scope {
  readonly correlations: readonly CorrelationRule[];
  /** Whether a match of a rule with an entry counts; else it only adds to windows. */
  counts(rule: Rule, entry: Accepted): boolean;
  /** Not null: entries are evaluated again, and their matches are backfilled. */
  readonly backfill: { readonly notify: boolean } | null;
}

export interface Evaluation {
  /** `kept`: windows that stay open. */
  begin(reads: EvaluationReads, lastAlert: number, kept?: OpenWindows | null): EvaluatedBatch;
}

export interface EvaluatedBatch {
  add(entry: MatchedEntry, scanContext: ScanContext): void;
  /** Nothing came to a group: a match with the last entry that did. `lastSeq`: the number of the last entry of all. */
  addAbsence(absence: Absence, lastSeq: number, scanContext: ScanContext): void;
  /** How much it is so far. */
  size(): { readonly windows: number; readonly chars: number; readonly matches: number };
  changes(): Changes;
}

/** The most matches of one alert that are stored with their evidence. */
export const MATCHES_MAX = 100;
/** A notification shows this many of the entries that a correlation counted. */
const CONTRIBUTING_SHOWN = 3;

/** Creates the evaluation for one compiled set of rules. */
export function createEvaluation(setup: Notifying, scope: Scope): Evaluation {
  const { engine } = setup;
  const correlator = createCorrelator(scope.correlations, engine.readField);
  const below = new Map(scope.correlations.map((rule) => [rule.id, idsBelow(rule, engine)]));
  return {
    begin: (reads, lastAlert, kept = null) => {
      const batch = createBatch({ setup, scope, correlator, below, reads, lastAlert, kept });
      return {
        add: ({ entry, matches }, scanContext) => {
          const at = entry.occurredAt;
          const earlier = entry.revision === 0 ? null : earlierOf(reads.versionsBefore(entry), engine, correlator);
          for (const match of matches) {
            if (!scope.counts(match.rule, entry)) continue;
            if (match.rule.alerts) batch.place(detectionMatch(match, entry, at), earlier, scanContext);
            else batch.count(match.rule, entry.seq, at);
          }
          const event = { at, body: entry.body, matches };
          const windows = earlier === null ? batch.windows : earlier.uncounted(batch.windows);
          for (const match of correlator.correlate(event, scanContext.horizon, windows)) {
            if (scope.counts(match.rule, entry)) batch.place(correlationMatch(match, entry), earlier, scanContext);
          }
          batch.decide(scanContext);
        },
        addAbsence: ({ rule, key, at }, lastSeq, scanContext) => {
          const window = batch.windows.elapse(rule, key, at + 1).find((match) => match.at === at);
          if (window === undefined) return;
          const [last] = entriesOf({ correlation: rule, key, window }, lastSeq + 1, reads, engine, correlator);
          const group = groupFrom(rule, key);
          const entry = last?.entry ?? goneEntry(group, window.value);
          batch.place(
            correlationMatch({ rule, group, window, evidence: last?.evidence ?? [] }, entry),
            null,
            scanContext,
          );
          batch.decide(scanContext);
        },
        size: batch.size,
        changes: batch.changes,
      };
    },
  };
}

/** The rules that a correlation refers to, those that they refer to, and so on. */
function idsBelow(rule: CorrelationRule, engine: Engine): ReadonlySet<string> {
  const [, ...below] = withRulesBelow<Rule>([rule], engine.rules);
  return new Set(below.map(({ id }) => id));
}

/** A match of a rule with an entry: its event time and dedup key, and for a correlation the window that fired. */
interface RuleMatch {
  readonly rule: Rule;
  readonly entry: Accepted;
  readonly at: number;
  readonly keyParts: readonly KeyPart[];
  readonly evidence: readonly Evidence[];
  readonly window: MatchedWindow | null;
}

function detectionMatch(match: Match, entry: Accepted, at: number): RuleMatch {
  const { rule } = match;
  // Evidence and key are computed on access.
  return {
    ...{ rule, entry, at, window: null },
    get keyParts() {
      return dedupKey(rule, entry.body, null);
    },
    get evidence() {
      return match.evidence;
    },
  };
}

function correlationMatch({ rule, group, window, evidence }: CorrelationMatch, entry: Accepted): RuleMatch {
  return {
    ...{ rule, entry, keyParts: dedupKey(rule, entry.body, group), evidence, at: window.at },
    window: { correlation: rule, key: keyText(group), window },
  };
}

/** The group of a key (alert/key.ts). A long one was cut, and can't be read. */
function groupFrom({ groupBy: [first = ''] }: CorrelationRule, key: string): readonly KeyPart[] {
  const read = parseJson(key);
  const isRead = typeof read === 'object' && read !== null;
  return isRead ? Object.entries(read).map(([field, value]) => ({ field, value })) : [{ field: first, value: key }];
}

/** In place of an entry that was evicted: what is known of it. */
function goneEntry(group: readonly KeyPart[], at: number): Accepted {
  const body = Object.fromEntries(group.map(({ field, value }) => [field, value]));
  return { seq: 0, id: '', revision: 0, createdAt: at, occurredAt: at, body };
}

/** A match in its alert, before anything is decided. */
interface PlacedInAlert extends Joined {
  readonly match: RuleMatch;
  readonly isBackfilled: boolean;
}

interface BatchContext {
  readonly setup: Notifying;
  readonly scope: Scope;
  readonly correlator: Correlator;
  /** By correlation: the rules below it. */
  readonly below: ReadonlyMap<string, ReadonlySet<string>>;
  readonly reads: EvaluationReads;
  readonly lastAlert: number;
  readonly kept: OpenWindows | null;
}

/** What the matches of one batch change, collected entry by entry. */
function createBatch(context: BatchContext): {
  readonly windows: BatchWindows;
  /** A match counts for its rule. */
  count(rule: Rule, seq: number, at: number): void;
  /** The same, and places it in an alert if its rule alerts. `earlier`: of a revision; null for an entry's first version. */
  place(match: RuleMatch, earlier: Earlier | null, scanContext: ScanContext): void;
  /** Decides about the matches placed since the last call: those of one entry. */
  decide(scanContext: ScanContext): void;
  size: EvaluatedBatch['size'];
  changes(): Changes;
} {
  const { setup, scope, correlator, below, reads } = context;
  const { engine, receivers } = setup;
  const titleOf = (id: string): string => engine.rules.get(id)?.title ?? id;
  const windows = createBatchWindows(reads.window, context.kept);
  const alerts = createBatchAlerts(reads, context.lastAlert);
  const matches: AlertMatch[] = [];
  const contributing: ContributingMatch[] = [];
  const activity = new Map<string, { -readonly [K in keyof ActivityChange]: ActivityChange[K] }>();
  const notifications: Notify[] = [];
  let placed: PlacedInAlert[] = [];
  let placedCount = 0;

  /** Whether an entry that is evaluated again has matched in this alert. Of one with many, not all matches are stored. */
  const isCounted = (alert: Alert, seq: number): boolean =>
    seq <= alert.lastSeq && (alert.count > MATCHES_MAX || reads.hasMatched(alert.id, [seq]));

  /** Whether an earlier version has matched in this alert. Beyond the stored matches, only detections are found again. */
  const hasCounted = (alert: Alert, { rule, entry }: RuleMatch, { seqs, matchedAt }: Earlier): boolean => {
    if (matches.some((each) => each.alert === alert.id && seqs.includes(each.seq))) return true;
    if (reads.hasMatched(alert.id, seqs)) return true;
    const network = clientNetwork(entry.body);
    const isHere = (at: number): boolean => {
      const placement = alerts.find(rule, alert.key, { at, level: rule.level, network });
      return placement.kind === 'joins' && placement.alert.id === alert.id;
    };
    return alert.count > MATCHES_MAX && matchedAt(rule, alert.key).some(isHere);
  };

  const count = (rule: Rule, seq: number, at: number): void => {
    const known = activity.get(rule.id);
    if (known === undefined) {
      activity.set(rule.id, { rule: rule.id, matched: 1, lastAt: at, lastSeq: seq });
      return;
    }
    known.matched++;
    known.lastAt = Math.max(at, known.lastAt);
    known.lastSeq = seq;
  };

  const place = (match: RuleMatch, earlier: Earlier | null, { suppressBefore }: ScanContext): void => {
    const { rule, entry, at } = match;
    const { seq } = entry;
    count(rule, seq, at);
    if (!rule.alerts) return;
    const { keyParts } = match;
    const key = keyText(keyParts);
    const isBackfilled = scope.backfill !== null || (suppressBefore !== null && entry.occurredAt < suppressBefore);
    const input = { rule, seq, at, level: rule.level, network: clientNetwork(entry.body), isBackfilled };
    const placement = alerts.find(rule, key, input);
    const joins = placement.kind === 'joins' ? placement.alert : null;
    // A correlation that fires for several groups of one entry may have one dedup key for all of them.
    if (placed.some(({ alert }) => alert.id === joins?.id)) return;
    if (joins !== null && earlier !== null && hasCounted(joins, match, earlier)) return;
    if (joins !== null && scope.backfill !== null && isCounted(joins, seq)) return;
    placedCount++;
    placed.push({ ...alerts.add(input, key, keyParts, placement), match, isBackfilled });
  };

  let silences: { readonly from: number; readonly list: readonly Silence[] } | null = null;
  /** The silence over a match. A correlation's entries are looked for only where a silence may be over them. */
  const silenceOf = ({ rule, entry, at, window }: RuleMatch): Silence | null => {
    if (silences === null || at < silences.from) silences = { from: at, list: reads.silences(at) };
    const facts = { rule: rule.id, level: rule.level, tags: rule.tags };
    const active = silences.list.filter(({ startsAt, endsAt }) => startsAt <= at && at < endsAt);
    if (active.length === 0) return null;
    if (window === null) return silenceOver(active, { ...facts, entries: [entry.body] }, at);
    const counted = allContributing(window, entry, reads, engine, correlator);
    const entries = counted && [entry.body, ...counted.map((of) => of.entry.body)];
    return silenceOver(active, { ...facts, entries }, at);
  };
  const silenced = new Map<number, SilencedChange>();
  const addSilenced = ({ id }: Silence, alert: number, at: number): void => {
    const { matches: before = 0, lastAt = at, alerts: known = [] } = silenced.get(id) ?? {};
    const of = known.includes(alert) ? known : [...known, alert];
    silenced.set(id, { matches: before + 1, lastAt: Math.max(lastAt, at), alerts: of });
  };

  /** A correlation of this entry whose match somebody is notified of. `level`: the match's own, not that of its alert. */
  interface Firing {
    readonly alert: number;
    readonly level: Level;
    readonly rules: ReadonlySet<string>;
    /** By receiver that is notified: the alerts that its message lists. */
    readonly inhibited: ReadonlyMap<string, InhibitedAlert[]>;
    /** The receivers for which one of them would have opened, or been raised, at high or critical. */
    readonly inhibitsNews: Set<string>;
  }

  const decisionsOf = (
    { alert, match, previousAt, isLate, isBackfilled }: PlacedInAlert,
    routes: RoutesDecision,
    silence: Silence | null,
    firing: readonly Firing[],
  ): { readonly decisions: readonly NotifyDecision[]; readonly notified: Alert['notified'] } => {
    const { rule, at } = match;
    const facts = factsOf(alert, previousAt, periodOf(rule));
    const notified = { ...alert.notified };
    const decisions = receivers.map(({ name, minLevel }) => {
      const inhibitor =
        firing.find(
          ({ level, rules, inhibited }) => inhibited.has(name) && rules.has(rule.id) && !isAbove(rule.level, level),
        ) ?? null;
      const inhibitedBy = inhibitor?.alert ?? null;
      const isSuppressed = isBackfilled && scope.backfill?.notify !== true;
      const notifyMatch = {
        at,
        level: rule.level,
        isBackfilled: isSuppressed,
        isLate,
        silence: silence?.id ?? null,
        inhibitedBy,
      };
      const { unrouted, repeatMs } = notifyRoute(routes, name);
      const before = notified[name] ?? null;
      const decision = decideNotify(notifyMatch, facts, { unrouted, minLevel, repeatMs }, before);
      const after = notifiedAfter(decision, notifyMatch, facts, before);
      if (after !== null) notified[name] = after;
      if (!decision.notify && decision.reason === 'inhibited') {
        inhibitor?.inhibited.get(name)?.push(inhibitedAlert(alert));
        const isNew = before === null || isAbove(rule.level, before.level);
        if (isSevere(rule.level) && isNew) inhibitor?.inhibitsNews.add(name);
      }
      return decision;
    });
    return { decisions, notified };
  };

  const decideOne = (each: PlacedInAlert, firing: Firing[], { began }: ScanContext): void => {
    const { match, isOpening } = each;
    const { rule, entry, at, evidence, window } = match;
    const { seq } = entry;
    const routes = routesOfMatch(setup, rule, { rule: rule.id, level: rule.level }, entry.body, at);
    const silence = silenceOf(match);
    const { decisions, notified } = decisionsOf(each, routes, silence, firing);
    const isSilenced = silence !== null && decisions.some(({ reason }) => reason === 'silenced');
    if (isSilenced) addSilenced(silence, each.alert.id, at);
    const notifies = decisions.some(({ notify }) => notify);
    const isKept = each.alert.count <= MATCHES_MAX || notifies;
    const view = viewOf(entry);
    const toOf = (name: string): NotifyTo => placeOf(routes, name, rule, each.alert, view, entry.body);
    const news = decisions.flatMap((decision, i) => (isNews(decision) ? [toOf(receivers[i]?.name ?? '')] : []));
    const alert = alerts.decide(each.alert, {
      notified,
      decided: isKept ? each.alert.decided : withReasons(each.alert.decided, decisions),
      escalations: withEscalations(each.alert, news, Math.max(at, began)),
      // What is severe is notified when the silence ends, unless another one covers the alert then.
      silencedUntil:
        isSilenced && isSevere(rule.level)
          ? Math.min(silence.endsAt, each.alert.silencedUntil ?? Number.POSITIVE_INFINITY)
          : each.alert.silencedUntil,
    });
    const isFirst = isOpening || decisions.some((decision) => decision.notify && decision.kind === 'opened');
    const shownWindow = window === null || !isKept ? null : notifiedWindow(window, titleOf);
    if (isKept) {
      const number = shownWindow === null ? null : numberWords(shownWindow);
      const events = isFirst && shownWindow?.type === 'event_count' ? shownWindow.value : null;
      const stored = matchDecisions(decisions, receivers);
      matches.push({ alert: alert.id, seq, at, decisions: stored, evidence, number, counted: events });
    }
    const counted = isFirst && window !== null ? contributingEntries(window, seq, reads, engine, correlator) : [];
    contributing.push(...counted.map((of) => contributingRow(alert, of)));
    if (!notifies) return;
    const rules = below.get(rule.id) ?? null;
    const inhibits =
      rules === null
        ? null
        : { rules: [...rules], seqs: [seq, ...counted.map((of) => of.entry.seq)], level: rule.level };
    const first = counted.slice(0, CONTRIBUTING_SHOWN).map((of) => viewOf(of.entry));
    const withEntries = shownWindow === null ? null : { ...shownWindow, first };
    const all = receivers.map(({ name }) => name);
    const inhibited = new Map<string, InhibitedAlert[]>();
    const inhibitsNews = new Set<string>();
    for (const { receivers: of = all, ...decision } of matchDecisions(decisions, receivers)) {
      if (!decision.notify) continue;
      for (const name of of) {
        const receiver = receivers.find((each) => each.name === name) ?? null;
        if (isSentNow(receiver, toOf(name), decision)) inhibited.set(name, []);
      }
      const { kind, reason } = decision;
      const newNetworks = reason === 'new network' ? networksAfter(each.alert, alert, of) : [];
      const shown = { entry: view, evidence, body: entry.body };
      const notification = buildNotification({ kind, reason, newNetworks }, rule, alert, shown, withEntries);
      notifications.push({ to: of.map(toOf), notification, seq, inhibits, inhibited, inhibitsNews });
    }
    if (rules !== null) firing.push({ alert: alert.id, level: rule.level, rules, inhibited, inhibitsNews });
  };

  return {
    windows,
    count,
    place,
    decide: (scanContext) => {
      const firing: Firing[] = [];
      for (const each of placed.toReversed()) decideOne(each, firing, scanContext);
      placed = [];
    },
    size: () => ({ ...windows.size(), matches: placedCount }),
    changes: () => ({
      windows: windows.touched(),
      ...alerts.changes(),
      matches,
      contributing,
      activity: [...activity.values()],
      silenced,
      notifications,
    }),
  };
}

/** Decisions with their receivers: equal ones once. */
function matchDecisions(
  decisions: readonly NotifyDecision[],
  receivers: readonly RoutedReceiver[],
): readonly MatchDecision[] {
  const equal = [...Map.groupBy(decisions.keys(), (i) => JSON.stringify(decisions[i])).values()];
  return equal.flatMap((places) => {
    const decision = decisions[places[0] ?? 0];
    if (decision === undefined) return [];
    return equal.length === 1 ? [decision] : [{ ...decision, receivers: places.map((i) => receivers[i]?.name ?? '') }];
  });
}

/** What the routes say of a receiver. */
function notifyRoute({ to, not }: RoutesDecision, receiver: string): Pick<NotifyRoute, 'unrouted' | 'repeatMs'> {
  const routed = to.find((each) => each.receiver === receiver);
  const reason = not.find((each) => each.receiver === receiver)?.reason ?? null;
  // Of its level the decision itself says so.
  const unrouted = reason === "below the receiver's level" ? null : reason;
  return { unrouted, repeatMs: routed?.settings.repeatIntervalMs ?? null };
}

/** An alert that opens for a receiver, or is raised, begins its escalation. */
function isNews(decision: NotifyDecision): boolean {
  return decision.notify && (decision.kind === 'opened' || decision.kind === 'raised');
}

/**
 * Whom to notify if nobody acknowledges it, each at most once. The time counts from when somebody could know of it: from
 * `at`, when it was decided, or when what waits for a time of the day is sent. Of several routes the first counts.
 */
function withEscalations(alert: Alert, news: readonly NotifyTo[], at: number): Alert['escalations'] {
  // It is taken care of, or past: then nobody can acknowledge it.
  if (alert.status !== 'open') return alert.escalations;
  const begun = news
    .flatMap(({ settings: { escalate = [], digest }, heldUntil }) => {
      const from = Math.max(at, heldUntil ?? at, digest === undefined ? at : nextDailyAt(digest, at));
      return escalate.map(({ afterMs, to }) => ({ to, at: from + afterMs }));
    })
    .sort((a, b) => a.at - b.at);
  const all = [...alert.escalations];
  for (const each of begun) if (!all.some(({ to }) => to === each.to)) all.push(each);
  return all.length === alert.escalations.length ? alert.escalations : all.sort((a, b) => a.at - b.at);
}

function inhibitedAlert({ id, title, level, count }: Alert): InhibitedAlert {
  return { id, title, level, count };
}

function withReasons(decided: Alert['decided'], decisions: readonly NotifyDecision[]): Alert['decided'] {
  const next: { [reason: string]: number } = { ...decided };
  for (const { reason } of decisions) next[reason] = (next[reason] ?? 0) + 1;
  return next;
}

function contributingRow(alert: Alert, { entry, evidence }: ContributingEntry): ContributingMatch {
  return { alert: alert.id, seq: entry.seq, at: entry.occurredAt, evidence };
}

function viewOf({ id, createdAt, body }: Accepted): EntryView {
  return entryView(id, createdAt, body);
}
