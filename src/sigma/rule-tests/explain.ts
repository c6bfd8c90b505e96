/**
 * Says why an entry matches a detection or does not, and how far entries came to satisfy a correlation.
 *
 * Contract: for people who write a rule's tests, so entries are numbered as in the test, from 1. Bounded. Pure.
 */
import { durationInWords } from '../../text/duration.ts';
import { numberText } from '../../text/numbers.ts';
import { truncate } from '../../yaml/diagnostics.ts';
import { type CorrelationMatch, createCorrelator } from '../correlate/correlator.ts';
import { eventValue, groupOf, groupText, type KeyPart } from '../correlate/groups.ts';
import { createMemoryWindows } from '../correlate/sequence.ts';
import { coverageOf } from '../correlate/window/conditions.ts';
import type { Engine } from '../engine.ts';
import { isLeafTrue } from '../evaluate/interpreter.ts';
import { localTimes } from '../evaluate/local-time.ts';
import { isNull } from '../evaluate/scalar.ts';
import { Values } from '../evaluate/values.ts';
import {
  ABSENCE,
  type CorrelationRule,
  type DetectionRule,
  type EntryBody,
  type Evidence,
  type Expression,
  FIRST_SEEN,
  type Leaf,
  type Rule,
} from '../rule.ts';
import { requirementText } from './requirement.ts';
import type { TestEntry } from './rule-test.ts';

/** Comparisons, groups or rules in a sentence. */
const SHOWN_MAX = 4;
/** More than any count of a correlation. */
const COUNT_MAX = 20_000;

/** Why an entry does not match a detection; null if its selections all hold. */
export function missText({ expression }: DetectionRule, { body, at }: TestEntry, { readField }: Engine): string | null {
  return shortfallText(expression, new Values(body, readField, at));
}

/** What an entry lacks to satisfy an expression; null if it does. */
export function shortfallText(expression: Expression, entry: Values): string | null {
  return shortfallOf(expression, entry).text || null;
}

/** The least that would have to differ. */
interface Shortfall {
  /** How many comparisons. */
  readonly size: number;
  readonly text: string;
}

/** What an entry lacks to satisfy an expression. Of alternatives, those that lack the least. */
function shortfallOf(expression: Expression, entry: Values): Shortfall {
  const visit = (node: Expression, expected: boolean): Shortfall => {
    if (node.kind === 'not') return visit(node.of, !expected);
    if (node.kind === 'leaf') {
      const isHeld = isLeafTrue(node, expression, entry);
      return isHeld === expected ? { size: 0, text: '' } : { size: 1, text: leafText([node], isHeld, entry) };
    }
    const each = node.of.map((child) => visit(child, expected));
    if ((node.kind === 'and') === expected) {
      const lacking = each.filter(({ size }) => size > 0);
      const text = shownOf(
        lacking.map((one) => one.text),
        '; ',
      );
      return { size: lacking.reduce((sum, one) => sum + one.size, 0), text };
    }
    const size = Math.min(...each.map((one) => one.size));
    if (size === 0) return { size, text: '' };
    const nearest = node.of.filter((_, i) => each[i]?.size === size);
    const leaves = sameField(nearest);
    const texts = each.filter((one) => one.size === size).map((one) => one.text);
    return { size, text: leaves === null ? shownOf(texts, ', or ') : leafText(leaves, !expected, entry) };
  };
  return visit(expression, true);
}

/** The comparisons of one field in one selection, such as a list of different patterns; null if there are others. */
function sameField(nodes: readonly Expression[]): readonly [Leaf, ...Leaf[]] | null {
  const leaves = nodes.filter((node) => node.kind === 'leaf');
  const [first, ...rest] = leaves;
  if (first === undefined || leaves.length < nodes.length) return null;
  const isSame = rest.every(({ selection, field }) => selection === first.selection && field === first.field);
  return isSame ? [first, ...rest] : null;
}

/** What an entry lacks of comparisons of one field, of which any suffices. */
function leafText(leaves: readonly [Leaf, ...Leaf[]], isExcluded: boolean, entry: Values): string {
  const [leaf] = leaves;
  const needs = isExcluded ? 'excludes' : 'needs';
  return `\`${truncate(leaf.selection)}\` ${needs} ${requirementText(leaves)}, and the entry has ${valueText(leaf, entry)}`;
}

function valueText({ field, test }: Leaf, entry: Values): string {
  if (test.op === 'during') return localTimes(test, entry.at) ?? 'no time';
  if (field === null) return 'other values';
  const values = entry.in('scalar', field).map((scalar) => truncate(String(scalar)) || "''");
  if (values.length > 0) return shownOf(values, ', ');
  const value = entry.value(field);
  if (value === undefined) return `no ${truncate(field)}`;
  return isNull(value) ? 'null' : 'an object';
}

/** What an entry has that matches a detection. */
export function matchText(evidence: readonly Evidence[]): string {
  const bySelection = Map.groupBy(evidence, ({ selection }) => selection);
  const texts = [...bySelection].map(([selection, found]) => {
    const fields = found.map(
      ({ field, value }) => `${field === null ? 'the text' : truncate(field)} ${truncate(value) || "''"}`,
    );
    return `\`${truncate(selection)}\` finds ${shownOf(fields, ', ')}`;
  });
  return shownOf(texts, '; ');
}

function shownOf(texts: readonly string[], separator: string): string {
  const shown = texts.slice(0, SHOWN_MAX);
  const more = texts.length - shown.length;
  return `${shown.join(separator)}${more === 0 ? '' : `${separator}and ${more} more`}`;
}

/** An entry of a sequence: the rules it satisfies, and the matches of the correlations below the one in question. */
export interface SequenceStep extends TestEntry {
  readonly detections: ReadonlySet<string>;
  readonly correlations: readonly CorrelationMatch[];
}

/** How far a sequence came to satisfy a correlation: the nearest values, and the entries that satisfy each of its rules. */
export function progressText(rule: CorrelationRule, steps: readonly SequenceStep[], engine: Engine): string {
  return [...nearness(rule, steps, engine), satisfiedText(rule, steps, engine), ...lackTexts(rule, steps, engine)].join(
    '; ',
  );
}

/** The entries that satisfy each rule of a correlation; for those that none satisfies, what the nearest entry lacks. */
export function satisfiedText(rule: CorrelationRule, steps: readonly SequenceStep[], engine: Engine): string {
  return rule.rules.map((id) => ruleProgress(id, steps, engine)).join('; ');
}

function nearness(rule: CorrelationRule, steps: readonly SequenceStep[], engine: Engine): readonly string[] {
  if (rule.type === FIRST_SEEN) return newTexts(rule, steps, engine);
  return rule.type === ABSENCE ? waitTexts(rule, steps) : nearestValues(rule, steps, engine);
}

/** For how long the test goes on after the last entry that is waited for. */
function waitTexts({ rules, timespanMs }: CorrelationRule, steps: readonly SequenceStep[]): readonly string[] {
  const came = steps.filter(({ detections }) => rules.some((id) => detections.has(id))).map(({ at }) => at);
  if (came.length === 0) return ['no entry comes that could be missed'];
  const left = Math.max(...steps.map(({ at }) => at)) - Math.max(...came);
  const wait = durationInWords(timespanMs);
  return [`the test ends ${durationInWords(left)} after the last one comes, and more than ${wait} must pass`];
}

/** The entries with a new value, and for how long their group was known. */
function newTexts(rule: CorrelationRule, steps: readonly SequenceStep[], engine: Engine): readonly string[] {
  const news = valuesOf(rule, steps, engine).flatMap((each, i) =>
    each.map(({ group, window }) => `entry ${i + 1}${groupWords(group)}, known for ${durationInWords(window.value)}`),
  );
  if (news.length === 0) return ['no entry has a new value'];
  const learn = durationInWords(rule.condition[0]?.value ?? 0);
  return [`new values: ${shownOf(news.toReversed(), '; ')}; it learns for ${learn}`];
}

/** The value of each group that came nearest. */
function nearestValues(rule: CorrelationRule, steps: readonly SequenceStep[], engine: Engine): readonly string[] {
  const found = new Map<
    string,
    { readonly group: readonly KeyPart[]; readonly value: number; readonly entry: number }
  >();
  for (const [i, each] of valuesOf(rule, steps, engine).entries()) {
    for (const { group, window } of each) {
      const key = groupText(group);
      const before = found.get(key);
      const isNearer = before === undefined || distance(rule, window.value) < distance(rule, before.value);
      if (isNearer) found.set(key, { group, value: window.value, entry: i + 1 });
    }
  }
  const sorted = [...found.values()].sort((a, b) => distance(rule, a.value) - distance(rule, b.value));
  const texts = sorted.map(({ group, value, entry }, i) => {
    return `${i === 0 ? 'the value came to ' : ''}${numberText(value)}${groupWords(group)} (entry ${entry})`;
  });
  if (texts.length === 0) return [];
  const needs = rule.expression === null ? rule.condition.map(({ op, value }) => `${op} ${value}`).join(' and ') : null;
  return [`${shownOf(texts, ', ')}${needs === null ? '' : `, and must be ${needs}`}`];
}

function keyValue(value: unknown): string {
  return truncate(typeof value === 'string' ? value : JSON.stringify(value));
}

/** How far a value is from meeting the condition; for a condition over rules, the more of them the nearer. */
function distance({ condition, expression }: CorrelationRule, value: number): number {
  if (expression !== null) return -value;
  return condition.reduce((sum, { op, value: limit }) => {
    const isMet = coverageOf([{ op, value: limit }], { whole: false, least: value, most: value }).always;
    return isMet ? sum : sum + Math.abs(limit - value) + Number.MIN_VALUE;
  }, 0);
}

/** For each entry, the values of the windows it is added to. */
function valuesOf(
  rule: CorrelationRule,
  steps: readonly SequenceStep[],
  engine: Engine,
): readonly (readonly CorrelationMatch[])[] {
  // Every value meets it, and none is above what it counts to.
  const condition = [{ op: 'neq', value: COUNT_MAX + 0.5 }] as const;
  const probe: CorrelationRule = { ...rule, condition, expression: null };
  const rules = [...engine.rules.values()].map((each): Rule => (each.id === rule.id ? probe : each));
  const correlator = createCorrelator(rules, engine.readField);
  const windows = createMemoryWindows();
  return steps.map(({ body, at, detections }) => {
    const matches = [...detections].flatMap((id) => {
      const detection = engine.rules.get(id);
      return detection?.kind === 'detection' ? [{ rule: detection, evidence: [] }] : [];
    });
    const all = correlator.correlate({ at, body, matches }, Number.NEGATIVE_INFINITY, windows);
    return all.filter((each) => each.rule.id === rule.id);
  });
}

/** Which entries satisfy a rule; if none does, what the nearest lacks. */
function ruleProgress(id: string, steps: readonly SequenceStep[], engine: Engine): string {
  const rule = engine.rules.get(id);
  if (rule === undefined) return id;
  const title = rule.partOf === undefined ? `“${truncate(rule.title)}”` : 'its selections hold';
  const satisfying = steps.flatMap((step, i) => (satisfies(step, id) ? [i + 1] : []));
  if (satisfying.length > 0) return `${title}: ${entriesText(satisfying)}`;
  if (rule.kind === 'correlation') return `${title}: no entry`;
  const misses = steps.map(({ body, at }, i) => {
    const entry = new Values(body, engine.readField, at);
    return { entry: i + 1, step: { body, at }, size: shortfallOf(rule.expression, entry).size };
  });
  const nearest = misses.reduce((least, each) => (each.size < least.size ? each : least));
  const why = missText(rule, nearest.step, engine);
  return `${title}: no entry${why === null ? '' : ` (entry ${nearest.entry}: ${why})`}`;
}

function satisfies({ detections, correlations }: SequenceStep, id: string): boolean {
  return detections.has(id) || correlations.some(({ rule }) => rule.id === id);
}

/** `entry 3`, `entries 1–19, 21`. */
function entriesText(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  const texts = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return `${numbers.length === 1 ? 'entry' : 'entries'} ${shownOf(texts, ', ')}`;
}

/** The entries that satisfy a rule, and are not counted because they lack a field. */
function lackTexts(rule: CorrelationRule, steps: readonly SequenceStep[], { readField }: Engine): readonly string[] {
  const lacking = (lacks: (id: string, body: EntryBody) => boolean) =>
    steps.flatMap(({ detections, body }, i) => {
      const ids = rule.rules.filter((id) => detections.has(id));
      return ids.length > 0 && ids.every((id) => lacks(id, body)) ? [i + 1] : [];
    });
  const texts: string[] = [];
  const ungrouped = lacking((id, body) => groupOf(rule, id, body, [], readField) === null);
  if (ungrouped.length > 0) texts.push(lackText(ungrouped, rule.groupBy));
  const valueless =
    rule.fields.length === 0 ? [] : lacking((id, body) => eventValue(rule, id, body, [], readField) === null);
  if (valueless.length > 0) texts.push(lackText(valueless, rule.fields));
  const { filter } = rule;
  const excluded = steps.flatMap(({ body, at }, i) => {
    const why = filter === undefined ? null : shortfallText(filter, new Values(body, readField, at));
    return why === null ? [] : [{ entry: i + 1, why }];
  });
  const [first] = excluded;
  if (first !== undefined)
    texts.push(`a filter leaves out ${entriesText(excluded.map(({ entry }) => entry))} (${first.why})`);
  return texts;
}

function lackText(entries: readonly number[], fields: readonly string[]): string {
  return `${entriesText(entries)} ${entries.length === 1 ? 'does' : 'do'} not count, without ${fields.join(', ')}`;
}

/** A match of a correlation that a sequence came to. */
export function foundText({ rule, group, window, evidence }: CorrelationMatch): string {
  if (rule.type === FIRST_SEEN) {
    const news = evidence.filter(({ selection }) => selection === FIRST_SEEN);
    const values = news.map(({ field, value }) => `${truncate(field ?? '')} ${truncate(value)}`);
    return `${shownOf(values, ' with ')} is new${groupWords(group)}, known for ${durationInWords(window.value)}`;
  }
  if (rule.type === ABSENCE) {
    const last = new Date(window.value).toISOString();
    return `no entry came${groupWords(group)} in ${durationInWords(rule.timespanMs)} after ${last}`;
  }
  return `the value is ${numberText(window.value)}${groupWords(group)}`;
}

function groupWords(group: readonly KeyPart[]): string {
  return group.length === 0 ? '' : ` for ${group.map(({ field, value }) => `${field} ${keyValue(value)}`).join(', ')}`;
}
