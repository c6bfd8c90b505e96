/**
 * Evaluates accepted entries: what changes in windows, alerts and matches, and who is notified of what.
 *
 * Contract: a function of what is stored (read through `EvaluationReads`), the entries in their order, the context of
 * their scan and the rules; it changes nothing itself. An entry's event time is its `occurredAt`. An id counts once in an
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
import { networkOfEntry } from '../../alert/subject.ts';
import type { RoutesDecision } from '../../routing/routes.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { nextDailyAt } from '../../routing/times.ts';
import {
  type CorrelationMatch,
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
} from '../../sigma/index.ts';
import { type Notifying, placeOf, routesOfMatch } from '../deliver/places.ts';
import { isSentNow } from '../deliver/waiting.ts';
import type {
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
import { allContributing, type ContributingEntry, contributingEntries } from './contributing.ts';
import { type Earlier, earlierOf } from './counted-once.ts';
import { type BatchWindows, createBatchWindows } from './windows.ts';

/** An accepted entry with the matches of its detections. */
export interface MatchedEntry {
  readonly entry: Accepted;
  readonly matches: readonly Match[];
}

export type Evaluate = (
  entries: readonly MatchedEntry[],
  scanContext: ScanContext,
  reads: EvaluationReads,
  lastAlert: number,
) => Changes;

/** The most matches of one alert that are stored with their evidence. */
export const MATCHES_MAX = 100;
/** A notification shows this many of the entries that a correlation counted. */
const CONTRIBUTING_SHOWN = 3;

/** Creates the evaluation for one compiled set of rules. */
export function createEvaluation(setup: Notifying): Evaluate {
  const { engine } = setup;
  const correlator = createCorrelator([...engine.rules.values()]);
  const below = new Map(engine.correlations.map((rule) => [rule.id, rulesBelow(rule.id, engine)]));
  return (entries, scanContext, reads, lastAlert) => {
    const oldestAt = Math.min(...entries.map(({ entry }) => entry.occurredAt));
    const batch = createBatch({ setup, correlator, below, scanContext, reads, lastAlert, oldestAt });
    for (const { entry, matches } of entries) {
      const at = entry.occurredAt;
      const earlier = entry.revision === 0 ? null : earlierOf(reads.versionsBefore(entry), engine, correlator);
      for (const match of matches) batch.place(detectionMatch(match, entry, at), earlier);
      const event = { at, body: entry.body, matches };
      const windows = earlier === null ? batch.windows : earlier.uncounted(batch.windows);
      for (const match of correlator.correlate(event, scanContext.horizon, windows))
        batch.place(correlationMatch(match, entry), earlier);
      batch.decide();
    }
    return batch.changes();
  };
}

/** The rules that a correlation refers to, those that they refer to, and so on. */
function rulesBelow(id: string, engine: Engine): ReadonlySet<string> {
  const all = new Set<string>();
  const add = (of: string): void => {
    const rule = engine.rules.get(of);
    for (const each of rule?.kind === 'correlation' ? rule.rules : []) {
      if (all.has(each)) continue;
      all.add(each);
      add(each);
    }
  };
  add(id);
  return all;
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

function detectionMatch({ rule, evidence }: Match, entry: Accepted, at: number): RuleMatch {
  return { rule, entry, at, keyParts: dedupKey(rule, entry.body, null), evidence, window: null };
}

function correlationMatch({ rule, group, window, evidence }: CorrelationMatch, entry: Accepted): RuleMatch {
  return {
    ...{ rule, entry, keyParts: dedupKey(rule, entry.body, group), evidence, at: window.at },
    window: { correlation: rule, key: keyText(group), window },
  };
}

/** A match in its alert, before anything is decided. */
interface PlacedInAlert extends Joined {
  readonly match: RuleMatch;
  readonly isBackfilled: boolean;
}

interface BatchContext {
  readonly setup: Notifying;
  readonly correlator: Correlator;
  /** By correlation: the rules below it. */
  readonly below: ReadonlyMap<string, ReadonlySet<string>>;
  readonly scanContext: ScanContext;
  readonly reads: EvaluationReads;
  readonly lastAlert: number;
  /** Event time of the oldest entry. */
  readonly oldestAt: number;
}

/** What the matches of one batch change, collected entry by entry. */
function createBatch(context: BatchContext): {
  readonly windows: BatchWindows;
  /** `earlier`: of a revision; null for an entry's first version. */
  place(match: RuleMatch, earlier: Earlier | null): void;
  /** Decides about the matches placed since the last call: those of one entry. */
  decide(): void;
  changes(): Changes;
} {
  const { setup, correlator, below, scanContext, reads } = context;
  const { engine, receivers } = setup;
  const titleOf = (id: string): string => engine.rules.get(id)?.title ?? id;
  const windows = createBatchWindows(reads.window);
  const alerts = createBatchAlerts(reads, context.lastAlert);
  const matches: AlertMatch[] = [];
  const contributing: ContributingMatch[] = [];
  const activity = new Map<string, ActivityChange>();
  const notifications: Notify[] = [];
  let placed: PlacedInAlert[] = [];

  /** Whether an earlier version has matched in this alert. Beyond the stored matches, only detections are found again. */
  const hasCounted = (alert: Alert, { rule, entry }: RuleMatch, { seqs, matchedAt }: Earlier): boolean => {
    if (matches.some((each) => each.alert === alert.id && seqs.includes(each.seq))) return true;
    if (reads.hasMatched(alert.id, seqs)) return true;
    const network = networkOfEntry(entry.body);
    const isHere = (at: number): boolean => {
      const placement = alerts.find(rule, alert.key, { at, level: rule.level, network });
      return placement.kind === 'joins' && placement.alert.id === alert.id;
    };
    return alert.count > MATCHES_MAX && matchedAt(rule, alert.key).some(isHere);
  };

  const place = (match: RuleMatch, earlier: Earlier | null): void => {
    const { rule, entry, at, keyParts } = match;
    const { seq } = entry;
    activity.set(rule.id, nextActivity(activity.get(rule.id), match));
    if (!rule.alerts) return;
    const key = keyText(keyParts);
    const { suppressBefore } = scanContext;
    const isBackfilled = suppressBefore !== null && entry.occurredAt < suppressBefore;
    const input = { rule, seq, at, level: rule.level, network: networkOfEntry(entry.body), isBackfilled };
    const placement = alerts.find(rule, key, input);
    const joins = placement.kind === 'joins' ? placement.alert : null;
    // A correlation that fires for several groups of one entry may have one dedup key for all of them.
    if (joins?.lastSeq === seq || (joins !== null && earlier !== null && hasCounted(joins, match, earlier))) return;
    placed.push({ ...alerts.add(input, key, keyParts, placement), match, isBackfilled });
  };

  let silences: readonly Silence[] | null = null;
  /** The silence over a match. A correlation's entries are looked for only where a silence may be over them. */
  const silenceOf = ({ rule, entry, at, window }: RuleMatch): Silence | null => {
    silences ??= reads.silences(context.oldestAt);
    const facts = { rule: rule.id, level: rule.level, tags: rule.tags };
    const active = silences.filter(({ startsAt, endsAt }) => startsAt <= at && at < endsAt);
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
      const notifyMatch = { at, level: rule.level, isBackfilled, isLate, silence: silence?.id ?? null, inhibitedBy };
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

  const decideOne = (each: PlacedInAlert, firing: Firing[]): void => {
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
      escalations: withEscalations(each.alert, news, Math.max(at, scanContext.began)),
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
    place,
    decide: () => {
      const firing: Firing[] = [];
      for (const each of placed.toReversed()) decideOne(each, firing);
      placed = [];
    },
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

/** How often the rule matched, this match included. */
function nextActivity(before: ActivityChange | undefined, { rule, entry, at }: RuleMatch): ActivityChange {
  return {
    rule: rule.id,
    matched: (before?.matched ?? 0) + 1,
    lastAt: Math.max(at, before?.lastAt ?? at),
    lastSeq: entry.seq,
  };
}

function contributingRow(alert: Alert, { entry, evidence }: ContributingEntry): ContributingMatch {
  return { alert: alert.id, seq: entry.seq, at: entry.occurredAt, evidence };
}

function viewOf({ id, createdAt, body }: Accepted): EntryView {
  return entryView(id, createdAt, body);
}
