/**
 * Adds an entry to the windows of the correlations it concerns, and returns which of them match.
 *
 * Contract. For a correlation and group, an entry is one event with all of the correlation's rules that it satisfies. A
 * correlation that matches is an event for those that refer to it: dated at its window's end, with the fields of its
 * group and those of the entry that completed it. Events of one entry for one correlation, group and time are one event.
 * Per entry, a correlation matches at most once per group, with the earliest window. Correlations that refer to it get an
 * event for every match that a late entry completed (at most `LATER_MAX`), as if it had come in time.
 * An entry that a correlation's filter excludes is no event for it, and has not counted in those below it either: it has
 * copies of these (layers.ts), whose matches are not returned.
 * Correlations are evaluated in order of their references, then of the rules; those an entry does not concern cost
 * nothing. Never throws, whatever the JSON. Pure except for the windows.
 */

import { firstAfter } from '../../text/ascending.ts';
import { canonicalJson } from '../../text/canonical-json.ts';
import { once } from '../../text/once.ts';
import { fieldValue, type ReadField } from '../evaluate/field.ts';
import { holds } from '../evaluate/interpreter.ts';
import { Values } from '../evaluate/values.ts';
import { type CorrelationRule, type EntryBody, type Evidence, FIRST_SEEN, type Match, type Rule } from '../rule.ts';
import { createWatchTest, watchingRules } from './first-seen.ts';
import { eventValue, groupOf, groupText, type KeyPart, keyOf } from './groups.ts';
import { createLayers, type Layers } from './layers.ts';
import { LATER_MAX, type Window, type WindowEvent, type WindowMatch } from './window-event.ts';

/** Where windows are kept: in memory for tests and replay, in the ledger for the Worker. */
export interface Windows {
  /** Opens the window of a group; within a batch always the same object. */
  open(rule: CorrelationRule, group: readonly KeyPart[]): Window;
}

/** An entry, its time and the detections it satisfies. */
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
  /** What the detections found in the entry that completed the window; at most `EVIDENCE_MAX`. */
  readonly evidence: readonly Evidence[];
}

export interface Correlator extends Pick<Layers, 'detectionsOf' | 'groupsOf'> {
  /** Adds an entry to every correlation it concerns, each after those it refers to; returns the matches. */
  correlate(entry: MatchedEntry, horizon: number, windows: Windows): readonly CorrelationMatch[];
}

/** Per match. */
export const EVIDENCE_MAX = 16;
/** Of a value. */
const EVIDENCE_CHARS = 256;

/** One of a correlation's rules was satisfied. */
interface Source {
  /** The rule's place in the correlation's `rules`. */
  readonly index: number;
  readonly at: number;
  /** Which of the events of one correlation, group and time it is, from 0. */
  readonly nth: number;
  /** The group, if the rule is a correlation; empty for a detection. */
  readonly below: readonly KeyPart[];
  readonly evidenceSource: EvidenceSource;
}

/** A match whose evidence is computed on access: most events complete no window. */
interface EvidenceSource {
  readonly evidence: readonly Evidence[];
}

/** An event to add to a window, from the sources of one group and time. */
interface PendingEvent {
  readonly group: readonly KeyPart[];
  readonly key: string;
  readonly at: number;
  readonly nth: number;
  readonly rules: number[];
  readonly value: string | number | null;
  readonly evidenceSources: EvidenceSource[];
}

/** Creates the correlator of a set of rules. `readField`: the engine's, where it has derived fields. */
export function createCorrelator(rules: readonly Rule[], readField: ReadField = fieldValue): Correlator {
  const layers = createLayers(rules, readField);
  const watching = watchingRules(layers.ordered);
  /** Of most entries, what they show has been added to these windows before. */
  const watchTests = new WeakMap<Windows, (at: number) => boolean>();
  const showsWatched = (windows: Windows, at: number): boolean => {
    const known = watchTests.get(windows);
    if (known !== undefined) return known(at);
    const test = createWatchTest(watching);
    watchTests.set(windows, test);
    return test(at);
  };

  const correlate = (entry: MatchedEntry, horizon: number, windows: Windows): readonly CorrelationMatch[] => {
    // A match may be dated later than the entry; future events are not older than the earlier of entry and horizon.
    const oldest = Math.min(entry.at, horizon);
    if (watching.length > 0 && showsWatched(windows, entry.at)) {
      for (const rule of watching) windows.open(rule, NONE).add(watched(entry.at), oldest);
    }
    // Most entries concern no correlation.
    if (!entry.matches.some(({ rule }) => layers.referrers.has(rule.id))) return NONE;
    const pending = new Map<number, Source[]>();
    /** The keys of `pending`, ascending. */
    const orders: number[] = [];
    const values = once(() => new Values(entry.body, readField, entry.at));
    const isExcluded = (order: number): boolean => {
      const filter = layers.ordered[order]?.filter;
      return filter !== undefined && !holds(filter, values());
    };
    const offer = (id: string, what: Omit<Source, 'index'>, after: number): void => {
      for (const { order, index } of layers.referrers.get(id) ?? NONE) {
        // A correlation comes after those it refers to; in a cycle, this ends the loop.
        if (order <= after || isExcluded(order)) continue;
        const source: Source = { index, ...what };
        const sources = pending.get(order);
        if (sources !== undefined) {
          sources.push(source);
          continue;
        }
        pending.set(order, [source]);
        orders.splice(firstAfter(orders, order, 0), 0, order);
      }
    };
    for (const match of entry.matches) {
      offer(match.rule.id, { at: entry.at, nth: 0, below: NONE, evidenceSource: match }, -1);
    }
    const correlationMatches: CorrelationMatch[] = [];
    // What matches adds orders behind its own.
    for (const order of orders) {
      const rule = layers.ordered[order];
      if (rule === undefined) continue;
      const isReferredTo = layers.referrers.has(rule.id);
      const sources = pending.get(order) ?? [];
      const found = correlationMatchesOf(
        rule,
        eventsOf(rule, sources, entry.body, readField),
        oldest,
        windows,
        isReferredTo,
        () => newValues(rule, entry.body, readField),
      );
      for (const { correlationMatch, ends } of found) {
        if (!layers.copies.has(rule)) correlationMatches.push(correlationMatch);
        if (!isReferredTo) continue;
        for (const [at, nth] of numbered(ends).slice(0, LATER_MAX + 1)) {
          offer(rule.id, { at, nth, below: correlationMatch.group, evidenceSource: correlationMatch }, order);
        }
      }
    }
    return correlationMatches;
  };

  return { correlate, detectionsOf: layers.detectionsOf, groupsOf: layers.groupsOf };
}

const NONE: readonly never[] = [];

/** What shows that the log is watched. */
function watched(at: number): WindowEvent {
  return { at, rules: NONE, value: null };
}

/** Times, ascending, each with its number among equal ones. */
function numbered(times: readonly number[]): readonly (readonly [at: number, nth: number])[] {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted.map((at, place) => [at, place - sorted.indexOf(at)]);
}

/** The match of one group, and the ends of all its windows that match. */
interface GroupMatch {
  readonly key: string;
  correlationMatch: CorrelationMatch;
  readonly ends: number[];
}

function correlationMatchesOf(
  rule: CorrelationRule,
  events: readonly PendingEvent[],
  horizon: number,
  windows: Windows,
  findLater: boolean,
  newOnes: () => readonly Evidence[],
): readonly GroupMatch[] {
  const found: GroupMatch[] = [];
  for (const { group, key, at, rules, value, evidenceSources } of events) {
    const window = windows.open(rule, group).add({ at, rules, value }, horizon, findLater);
    if (window === null) continue;
    const own = rule.type === FIRST_SEEN && window.at === at ? newOnes() : NONE;
    const correlationMatch: CorrelationMatch = { rule, group, window, evidence: evidenceOf(evidenceSources, own) };
    const ends = window.ends ?? [window.at];
    const known = found.find((each) => each.key === key);
    if (known === undefined) {
      found.push({ key, correlationMatch, ends: [...ends] });
      continue;
    }
    known.ends.push(...ends);
    if (window.at < known.correlationMatch.window.at) known.correlationMatch = correlationMatch;
  }
  return found;
}

/** The values of an entry that are new. */
function newValues({ fields }: CorrelationRule, body: EntryBody, readField: ReadField): readonly Evidence[] {
  return keyOf(fields, body, readField).map(({ field, value }) => {
    const text = typeof value === 'string' ? value : canonicalJson(value);
    return { selection: FIRST_SEEN, field, value: text.slice(0, EVIDENCE_CHARS).toWellFormed() };
  });
}

/** Each piece of evidence once: two rules may have the same from a correlation below both. `own`: what comes first. */
function evidenceOf(sources: readonly EvidenceSource[], own: readonly Evidence[]): readonly Evidence[] {
  const evidence = new Set<Evidence>(own);
  for (const source of sources) {
    if (evidence.size < EVIDENCE_MAX) for (const piece of source.evidence) evidence.add(piece);
  }
  return [...evidence].slice(0, EVIDENCE_MAX);
}

/** The events that an entry's sources make, by time. */
function eventsOf(
  rule: CorrelationRule,
  sources: Source[],
  body: EntryBody,
  readField: ReadField,
): readonly PendingEvent[] {
  const found: PendingEvent[] = [];
  for (const { index, at, nth, below, evidenceSource } of sources.sort((a, b) => a.index - b.index)) {
    const id = rule.rules[index] ?? '';
    const group = groupOf(rule, id, body, below, readField);
    const value = rule.fields.length === 0 ? null : eventValue(rule, id, body, below, readField);
    if (group === null || (value === null && rule.fields.length > 0)) continue;
    // Usually there is one source, and nothing to compare.
    const key = sources.length === 1 ? '' : groupText(group);
    const known = found.find((each) => each.at === at && each.nth === nth && each.key === key);
    if (known === undefined) {
      found.push({ group, key, at, nth, rules: [index], value, evidenceSources: [evidenceSource] });
      continue;
    }
    if (known.rules.at(-1) !== index) known.rules.push(index);
    known.evidenceSources.push(evidenceSource);
  }
  return found.sort((a, b) => a.at - b.at);
}
