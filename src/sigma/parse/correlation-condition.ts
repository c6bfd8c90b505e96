/**
 * Reads the condition of a correlation: comparisons with a window's value and the fields it comes from, or a condition
 * over rules.
 *
 * Contract: what the type doesn't support, what is missing and what can never be met are errors; surprising conditions are
 * notices. Pure.
 */

import { type Hint, nearestHint, type Report, truncate } from '../../yaml/diagnostics.ts';
import { type Attributes, attributesOf, isNull, readTexts } from '../../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode, type Node } from '../../yaml/yaml.ts';
import { coverageOf, type ValueRange } from '../correlate/window/conditions.ts';
import type { Comparison, CorrelationRule, SigmaCorrelationType } from '../rule.ts';
import type { ConditionText } from './condition.ts';
import { numberIn, reportInfinite } from './number.ts';

export interface CorrelationCondition extends Pick<CorrelationRule, 'condition' | 'fields' | 'percentile'> {
  readonly expression: ConditionText | null;
}

export const COMPARISONS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const satisfies readonly Comparison[];
/** A window keeps about twice the count of its condition, in one row; ten thousand items are about 100 KB. */
const COUNT_MAX = 10_000;
const FIELDS_MAX = 32;

/** What the condition of a type may contain. */
interface Shape {
  readonly noun: string;
  /** The number of fields that it may name. */
  readonly fields: number;
  readonly numbers: ValueRange;
  /** The numbers, in words. */
  readonly range: string;
  readonly example: string;
}

const COUNTS = { numbers: { whole: true, least: 1, most: Number.POSITIVE_INFINITY }, range: 'from 1 on' };
const NUMBERS = {
  fields: 1,
  numbers: { whole: false, least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY },
  range: 'any number',
  example: '{field: bytes, gt: 1000}',
};
const RULES = { noun: 'count of rules', fields: 0, ...COUNTS, example: '{gte: 2}' };
const SHAPES: Readonly<Record<SigmaCorrelationType, Shape>> = {
  event_count: { noun: 'count', fields: 0, ...COUNTS, example: '{gte: 10}' },
  value_count: { noun: 'count of values', fields: FIELDS_MAX, ...COUNTS, example: '{field: actor.id, gte: 10}' },
  temporal: RULES,
  temporal_ordered: RULES,
  value_sum: { noun: 'sum', ...NUMBERS },
  value_avg: { noun: 'average', ...NUMBERS },
  value_median: { noun: 'median', ...NUMBERS },
  value_percentile: { noun: 'percentile', ...NUMBERS, example: '{field: bytes, percentile: 95, gt: 1000}' },
};

/**
 * Reads the condition of a correlation that refers to `rules` rules; null if it has an error, which is reported. `isCounted`: the
 * correlation opens no alert, others count it.
 */
export function readCorrelationCondition(
  type: SigmaCorrelationType,
  map: MapNode,
  entry: MapEntry | undefined,
  rules: number,
  isCounted: boolean,
  report: Report,
): CorrelationCondition | null {
  const isOverRules = SHAPES[type] === RULES;
  const { example } = SHAPES[type];
  const value = entry?.value;
  if (value === undefined || isNull(value)) {
    if (!isOverRules) {
      const hint = `such as "condition: ${example}"`;
      report.error(value?.place ?? map.place, 'the correlation has no condition', hint);
      return null;
    }
    if (rules === 1)
      report.notice(map.place, `"${type}" of one rule matches whenever that rule does`, 'add another rule');
    return { condition: [{ op: 'gte', value: rules }], fields: [], percentile: null, expression: null };
  }
  if (isOverRules && value.kind === 'scalar' && typeof value.value === 'string') {
    return { condition: [], fields: [], percentile: null, expression: { ...value, value: value.value } };
  }
  if (value.kind === 'map') return readComparisons(type, value, rules, isCounted, report);
  const hint = `such as ${example}${isOverRules ? ', or text such as "a and not b"' : ''}`;
  report.error(value.place, `the condition must be a map of comparisons, not ${kindName(value)}`, hint);
  return null;
}

function readComparisons(
  type: SigmaCorrelationType,
  map: MapNode,
  rules: number,
  isCounted: boolean,
  report: Report,
): CorrelationCondition | null {
  const errors = report.errors();
  const attributes = attributesOf(map);
  const shape = shapeOf(type, attributes, rules);
  const fields = readFields(type, shape, map, attributes.get('field'), report);
  const percentile = readPercentile(type, attributes.get('percentile'), report);
  const condition: { op: Comparison; value: number }[] = [];
  for (const { key, keyPlace, value } of map.entries) {
    const op = COMPARISONS.find((comparison) => comparison === key);
    if (op !== undefined) {
      const number = readNumber(op, shape, value, report);
      if (number !== null) condition.push({ op, value: number });
    } else if (key !== 'field' && key !== 'percentile') {
      const known = shape.fields === 0 ? COMPARISONS : ['field', ...COMPARISONS];
      report.error(keyPlace, `unknown comparison "${truncate(key)}" of a ${shape.noun}`, hintOf(key, known));
    }
  }
  if (report.errors() > errors) return null;
  if (condition.length === 0) report.error(map.place, 'the condition has no comparison', `such as ${shape.example}`);
  else reportCoverage(condition, shape, isCounted, map, report);
  return report.errors() > errors ? null : { condition, fields, percentile, expression: null };
}

/** The shape of a type's map. */
function shapeOf(type: SigmaCorrelationType, attributes: Attributes, rules: number): Shape {
  const shape = SHAPES[type];
  if (shape === RULES) {
    const most = Math.max(1, rules);
    return { ...shape, numbers: { ...shape.numbers, most }, range: `1 to ${most}` };
  }
  if (type !== 'value_percentile' || attributes.has('percentile')) return shape;
  // The window holds the value, so its share is above 0.
  const numbers = { whole: false, least: Number.MIN_VALUE, most: 100 };
  return { ...shape, noun: 'share', numbers, range: 'at most 100' };
}

/** What other notations call the comparisons. */
const OTHER_NAMES: ReadonlyMap<string, Comparison> = new Map(
  Object.entries({
    ...{ '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte', '=': 'eq', '==': 'eq', '!=': 'neq' },
    ...{ ge: 'gte', le: 'lte', ne: 'neq', min: 'gte', max: 'lte', equals: 'eq' },
  } as const),
);

function hintOf(key: string, known: readonly string[]): Hint {
  const name = OTHER_NAMES.get(key);
  if (name !== undefined) return `did you mean "${name}"?`;
  return key === 'fields' && known.includes('field') ? 'did you mean "field"?' : nearestHint(key, known);
}

function readFields(
  type: SigmaCorrelationType,
  { fields, example }: Shape,
  map: MapNode,
  entry: MapEntry | undefined,
  report: Report,
): readonly string[] {
  if (fields === 0) {
    if (entry !== undefined) report.error(entry.keyPlace, `"${type}" has no field`, 'remove "field"');
    return [];
  }
  const errors = report.errors();
  const texts = readTexts(entry, report);
  if (report.errors() > errors) return [];
  const [first, second] = texts;
  if (first === undefined) {
    report.error(entry?.value.place ?? map.place, `"${type}" needs a field`, `such as ${example}`);
  } else if (second !== undefined && fields === 1) {
    report.error(second.place, `"${type}" takes one field`, 'only "value_count" takes several');
  } else if (texts.length > FIELDS_MAX) {
    report.error(first.place, `"field" lists more than ${FIELDS_MAX} fields`);
  }
  const names = new Set<string>();
  for (const { text, place } of texts) {
    if (text === '') report.error(place, 'empty field name');
    if (names.has(text)) report.notice(place, `duplicate field "${truncate(text)}"`, 'remove one');
    names.add(text);
  }
  return [...names];
}

function readPercentile(type: SigmaCorrelationType, entry: MapEntry | undefined, report: Report): number | null {
  if (entry === undefined) return null;
  if (type !== 'value_percentile') {
    const hint = type === 'value_median' ? 'the median is percentile 50' : 'remove it, or write "value_percentile"';
    report.error(entry.keyPlace, `"percentile" is for "value_percentile", not for "${type}"`, hint);
    return null;
  }
  const { value } = entry;
  const number = value.kind === 'scalar' ? numberIn(value) : null;
  if (number !== null && number >= 0 && number <= 100) return number;
  const what = value.kind === 'scalar' && number !== null ? (value.source ?? String(number)) : kindName(value);
  report.error(value.place, `"percentile" must be a number from 0 to 100, not ${what}`, 'such as 95');
  return null;
}

/** Reads the number of a comparison; null if it has an error, which is reported. */
function readNumber(op: Comparison, { noun, numbers }: Shape, node: Node, report: Report): number | null {
  const number = node.kind === 'scalar' ? numberIn(node) : null;
  const kind = numbers.whole ? 'whole number' : 'number';
  if (node.kind !== 'scalar' || number === null) {
    const quoted = node.kind === 'scalar' && /^-?\d+(\.\d+)?$/.test(String(node.value));
    const hint = quoted ? 'remove the quotes' : `such as ${op}: 10`;
    report.error(node.place, `"${op}" must compare the ${noun} with a ${kind}, not ${kindName(node)}`, hint);
  } else if (numbers.whole && (!Number.isInteger(number) || number < 0)) {
    const written = truncate(node.source ?? String(number));
    report.error(
      node.place,
      `"${op}" must compare the ${noun} with a whole number, not ${written}`,
      `such as ${op}: 10`,
    );
  } else if (numbers.whole && number > COUNT_MAX) {
    report.error(node.place, `"${op}" exceeds what a window can keep`, `at most ${COUNT_MAX}`);
  } else if (!reportInfinite(op, number, node, report)) {
    return number;
  }
  return null;
}

/** Reports conditions that can never be met, always are, or are met by one entry. */
function reportCoverage(
  condition: CorrelationRule['condition'],
  { noun, numbers, range }: Shape,
  isCounted: boolean,
  map: MapNode,
  report: Report,
): void {
  const { never, always, least } = coverageOf(condition, numbers);
  if (never) {
    report.error(map.place, 'the condition can never be met', `the ${noun} is ${range}`);
  } else if (always) {
    report.notice(
      map.place,
      'every entry meets the condition: it matches whenever its rules do',
      'write a greater number, or remove the correlation',
    );
    // For what other rules count, the first of something can be what is meant.
  } else if (numbers.whole && least && !isCounted) {
    report.notice(
      map.place,
      'one entry meets the condition: the first one matches',
      'a window is evaluated when an entry comes, and ends with it; what does not come is found by "absence"',
    );
  }
}
