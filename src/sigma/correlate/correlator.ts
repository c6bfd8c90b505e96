/**
 * What an entry means to the correlations: which windows see it, and which of them fire.
 *
 * Contract. An entry is one happening for a correlation and group, with all of the correlation's rules that it
 * satisfies. A correlation that fires is itself a happening for those that refer to it: dated at its window's end, with
 * the fields of its group and, besides, those of the entry that completed it. Happenings of one entry for one
 * correlation and group at one time are one. Of one entry, a correlation fires at most once a group: the earliest; but
 * those that refer to it hear of every window that a late entry made meet the condition, at most `LATER_MAX`, as they
 * would have heard of them in time.
 * Correlations see an entry in the order of their references, then of the rules; those it does not concern cost
 * nothing. Never throws, whatever the JSON. Pure but for the windows.
 */
import type { CorrelationRule, EntryBody, Evidence, Match, Rule } from '../rule.ts';
import { eventValue, groupOf, groupText, type KeyPart } from './groups.ts';
import { createLayers } from './layers.ts';
import { LATER_MAX, type Window, type WindowMatch } from './window-event.ts';

/** What the windows are kept in: in memory for tests and replay, in the ledger for the watch. */
export interface Windows {
  /** The window of a group; the same object for as long as a batch lasts. */
  open(rule: CorrelationRule, group: readonly KeyPart[]): Window;
}

/** An entry, when it happened, and the detections it satisfies. */
export interface MatchedEntry {
  /** Event time: milliseconds since the epoch. */
  readonly at: number;
  readonly body: EntryBody;
  readonly matches: readonly Match[];
}

/** A correlation's window met its condition. */
export interface CorrelationMatch {
  readonly rule: CorrelationRule;
  readonly group: readonly KeyPart[];
  readonly window: WindowMatch;
  /** Why the entry that completed the window concerns it: what its detections found, at most `EVIDENCE_MAX`. */
  readonly evidence: readonly Evidence[];
}

export interface Correlator {
  /** Lets one entry be seen by every correlation it concerns, those referred to before those that refer to them. */
  correlate(entry: MatchedEntry, horizon: number, windows: Windows): readonly CorrelationMatch[];
  /** The detections below a correlation, through whatever chain. */
  detectionsOf(rule: CorrelationRule): ReadonlySet<string>;
  /**
   * The groups an entry that satisfied these detections would belong to in a correlation: aliases may give several.
   * By way of a chain: those it would belong to if the correlations below fired.
   */
  groupsOf(rule: CorrelationRule, body: EntryBody, satisfied: Iterable<string>): readonly (readonly KeyPart[])[];
}

/** Of one firing. */
export const EVIDENCE_MAX = 16;

/** Something that concerns a correlation: one of its rules was satisfied. */
interface Source {
  /** Its place in the correlation's `rules`. */
  readonly index: number;
  readonly at: number;
  /** Of the correlation that fired; empty for a detection. */
  readonly below: readonly KeyPart[];
  readonly why: EvidenceSource;
}

/** A match or a firing, whose evidence is put together when it is asked for: most happenings complete no window. */
interface EvidenceSource {
  readonly evidence: readonly Evidence[];
}

/** What a window is to see: the sources of one group and time. */
interface PendingEvent {
  readonly group: readonly KeyPart[];
  readonly key: string;
  readonly at: number;
  readonly rules: number[];
  readonly value: string | number | null;
  readonly whys: EvidenceSource[];
}

/** Creates the correlator of a set of rules. */
export function createCorrelator(rules: readonly Rule[]): Correlator {
  const layers = createLayers(rules);

  const see = (entry: MatchedEntry, horizon: number, windows: Windows): readonly CorrelationMatch[] => {
    // Most entries concern no correlation.
    if (!entry.matches.some(({ rule }) => layers.referrers.has(rule.id))) return NONE;
    const pending = new Map<number, Source[]>();
    /** The keys of `pending`. */
    const queue: number[] = [];
    let sorted = true;
    const offer = (id: string, at: number, below: readonly KeyPart[], why: EvidenceSource, after: number): void => {
      for (const { order, index } of layers.referrers.get(id) ?? NONE) {
        // What a firing concerns comes later in the order than what fired; were there a cycle, this would end it.
        if (order <= after) continue;
        const source: Source = { index, at, below, why };
        const sources = pending.get(order);
        if (sources !== undefined) {
          sources.push(source);
          continue;
        }
        pending.set(order, [source]);
        sorted = queue.push(order) === 1;
      }
    };
    for (const match of entry.matches) offer(match.rule.id, entry.at, NONE, match, -1);
    const correlationMatches: CorrelationMatch[] = [];
    while (queue.length > 0) {
      if (!sorted) queue.sort((a, b) => b - a);
      sorted = true;
      const order = queue.pop() ?? 0;
      const rule = layers.ordered[order];
      const sources = pending.get(order);
      if (rule === undefined || sources === undefined) continue;
      // What fired may be dated later than the entry, and entries to come are no older than that only.
      const isAwaited = layers.referrers.has(rule.id);
      const oldest = Math.min(entry.at, horizon);
      for (const { correlationMatch, ends } of correlationMatchesOf(
        rule,
        sources,
        entry.body,
        oldest,
        windows,
        isAwaited,
      )) {
        correlationMatches.push(correlationMatch);
        if (!isAwaited) continue;
        const told = [...new Set(ends)].sort((a, b) => a - b).slice(0, LATER_MAX + 1);
        for (const at of told) offer(rule.id, at, correlationMatch.group, correlationMatch, order);
      }
    }
    return correlationMatches;
  };

  return { correlate: see, detectionsOf: layers.detectionsOf, groupsOf: layers.groupsOf };
}

const NONE: readonly never[] = [];

/** What fired of one group, and the ends of all its windows that did. */
interface GroupMatch {
  readonly key: string;
  correlationMatch: CorrelationMatch;
  readonly ends: number[];
}

function correlationMatchesOf(
  rule: CorrelationRule,
  sources: Source[],
  body: EntryBody,
  horizon: number,
  windows: Windows,
  asksLater: boolean,
): readonly GroupMatch[] {
  const found: GroupMatch[] = [];
  for (const { group, key, at, rules, value, whys } of eventsOf(rule, sources, body)) {
    const fired = windows.open(rule, group).add({ at, rules, value }, horizon, asksLater);
    if (fired === null) continue;
    const correlationMatch: CorrelationMatch = { rule, group, window: fired, evidence: evidenceOf(whys) };
    const ends = [fired.at, ...(fired.later ?? NONE)];
    const known = found.find((each) => each.key === key);
    if (known === undefined) {
      found.push({ key, correlationMatch, ends });
      continue;
    }
    known.ends.push(...ends);
    if (fired.at < known.correlationMatch.window.at) known.correlationMatch = correlationMatch;
  }
  return found;
}

/** Each piece once, as two rules may have the same from one that fired below both. */
function evidenceOf(whys: readonly EvidenceSource[]): readonly Evidence[] {
  const evidence = new Set<Evidence>();
  for (const why of whys) {
    if (evidence.size < EVIDENCE_MAX) for (const piece of why.evidence) evidence.add(piece);
  }
  return [...evidence].slice(0, EVIDENCE_MAX);
}

/** The happenings that an entry's sources make, by time. */
function eventsOf(rule: CorrelationRule, sources: Source[], body: EntryBody): readonly PendingEvent[] {
  const found: PendingEvent[] = [];
  for (const { index, at, below, why } of sources.sort((a, b) => a.index - b.index)) {
    const id = rule.rules[index] ?? '';
    const group = groupOf(rule, id, body, below);
    const value = rule.fields.length === 0 ? null : eventValue(rule, id, body, below);
    if (group === null || (value === null && rule.fields.length > 0)) continue;
    // Groups are compared only where there are several sources: most often there is one.
    const key = sources.length === 1 ? '' : groupText(group);
    const known = found.find((each) => each.at === at && each.key === key);
    if (known === undefined) {
      found.push({ group, key, at, rules: [index], value, whys: [why] });
      continue;
    }
    if (known.rules.at(-1) !== index) known.rules.push(index);
    known.whys.push(why);
  }
  return found.sort((a, b) => a.at - b.at);
}
