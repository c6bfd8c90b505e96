/**
 * Reads a value of an item as tests.
 *
 * Contract: one value may become several tests, any of which may hold. A value of the wrong type, or that can never
 * match, is reported and has none. Pure.
 */

import { type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { NUMBER_MAX, type ScalarNode } from '../../yaml/yaml.ts';
import { coverageOf } from '../correlate/window/conditions.ts';
import { canonicalRange, parseRange } from '../evaluate/cidr.ts';
import { prepareRegex } from '../regex/prepared.ts';
import { CELLS_MAX } from '../regex/size.ts';
import type { Order, TimePart } from '../rule.ts';
import type { ParseContext } from './context.ts';
import { FIELD_NAME_MAX, type FieldComparison, type FieldSpec } from './field-spec.ts';
import { numberIn, orderTest, reportInfinite } from './number.ts';
import type { ParsedTest } from './parsed-condition.ts';
import { expandRaw, expandRegex, placeholderOf } from './placeholders.ts';
import { readTextTests } from './text.ts';

type Value = ScalarNode['value'];

/** The most that one expression costs: longer ones are rejected unread. */
const REGEX_COST_MAX = 10_000;

/** Reads the tests of a value. */
export function readTests(spec: FieldSpec, node: ScalarNode, context: ParseContext): readonly ParsedTest[] {
  const { comparison } = spec;
  const { report } = context;
  switch (comparison.kind) {
    case 'text': {
      const { steps } = comparison;
      const isList = spec.field !== null && steps.join() === 'expand' && placeholderOf(node.value) !== null;
      if (!isList) return readTextTests(spec, steps, node, context);
      // The values of a list are numbers too, not only texts.
      return expandRaw(node, context).flatMap((one) => readTextTests({ ...spec, expand: false }, [], one, context));
    }
    case 're':
      return regexTests(spec, comparison.flags, node, context);
    case 'exists':
      if (typeof node.value === 'boolean') return [{ op: 'exists', present: node.value }];
      report.error(node.place, '"exists" needs true or false', yaml11Boolean(node) ?? booleanHint(node.value));
      return [];
  }
  const values = spec.expand ? expandRaw(node, context) : [node];
  return values.flatMap((one) => testOf(spec, comparison, one, report) ?? []);
}

/** The test of a value without wildcards; null if it has an error, which is reported. */
function testOf(
  { cased }: FieldSpec,
  comparison: Exclude<FieldComparison, { readonly kind: 'text' | 're' | 'exists' }>,
  node: ScalarNode,
  report: Report,
): ParsedTest | null {
  const { value, place } = node;
  switch (comparison.kind) {
    case 'cidr':
      return rangeTest(value, place, report);
    case 'order': {
      const number = numberIn(node);
      if (number === null) report.error(place, `"${comparison.op}" needs a number`, typeHint(value));
      else if (!reportInfinite(comparison.op, number, node, report)) return orderTest(comparison.op, number, node);
      return null;
    }
    case 'time':
      return timeTest(comparison.part, comparison.op, node, report);
    case 'fieldref':
      if (typeof value === 'string' && value.trim() !== '' && value.length <= FIELD_NAME_MAX) {
        return { op: 'fieldref', field: value.trim(), compare: comparison.end, cased };
      }
      report.error(place, '"fieldref" needs the name of a field', 'such as client_ip');
      return null;
  }
}

function regexTests(
  { expand }: FieldSpec,
  flags: string,
  { value, source: written, place }: ScalarNode,
  context: ParseContext,
): readonly ParsedTest[] {
  const { report, budget } = context;
  if (value === null || typeof value === 'boolean') {
    report.error(place, 'a regular expression must be text', typeHint(value));
    return [];
  }
  const source = expand ? expandRegex(String(value), place, context) : (written ?? String(value));
  const regex = prepareRegex(source, flags);
  const length = Math.min(source.length, REGEX_COST_MAX);
  if (!budget.spendRegex(place, length, regex.ok ? regex.prepared.size.cells : CELLS_MAX, report)) return [];
  if (regex.ok) return [{ op: 're', regex: regex.prepared }];
  if (regex.hint === undefined) {
    const hint = /look-|back-reference/.test(regex.problem)
      ? 'RE2 has no look-around and no back-references'
      : undefined;
    report.error(place, `not a valid RE2 regular expression: ${truncate(regex.problem)}`, hint);
  } else report.error(place, `the regular expression is too large: ${regex.problem}`, regex.hint);
  return [];
}

function rangeTest(value: Value, place: Place, report: Report): ParsedTest | null {
  if (typeof value !== 'string' || parseRange(value) === null) {
    report.error(place, `not a range of IP addresses: ${truncate(String(value))}`, 'such as 10.0.0.0/8 or fc00::/7');
    return null;
  }
  const canonical = canonicalRange(value);
  if (canonical === null) return { op: 'cidr', range: value };
  report.error(place, `the range ${value} has bits set beyond its length`, `did you mean ${canonical}?`);
  return null;
}

/** The range of each part. A long year has an ISO week 53. */
const TIME_RANGES: Readonly<Record<TimePart, readonly [least: number, greatest: number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9_999],
};

function timeTest(part: TimePart, op: Order | 'eq', node: ScalarNode, report: Report): ParsedTest | null {
  const { place, source } = node;
  const value = numberIn(node);
  const [least, greatest] = TIME_RANGES[part];
  const range = `a whole number from ${least} to ${greatest}`;
  if (value === null || !Number.isInteger(value)) {
    report.error(
      place,
      `"${part}" must be ${range}`,
      value === null ? typeHint(node.value) : `it is ${source ?? value}`,
    );
    return null;
  }
  const { never } = coverageOf([{ op, value }], { whole: true, least, most: greatest });
  if (!never) return { op: 'time', part, compare: op, value };
  report.error(place, `"${part}" is never ${op === 'eq' ? '' : `${op} `}${source ?? value}`, `it is ${range}`);
  return null;
}

function booleanHint(value: Value): string {
  return value === 'true' || value === 'false' ? 'remove the quotes' : `not ${JSON.stringify(value)}`;
}

function typeHint(value: Value): string {
  if (typeof value !== 'string') return `it is ${String(value)}`;
  if (/^\d{4}-\d\d-\d\d/.test(value)) return 'a time is compared by its parts, such as created_at|hour|gte: 22';
  const isNumeric = (text: string) => text.trim() !== '' && text.length <= NUMBER_MAX && Number.isFinite(Number(text));
  const digits = value.replaceAll('_', '');
  if (digits !== value && isNumeric(digits))
    return `"${truncate(value)}" is text in YAML 1.2: write ${truncate(digits)}`;
  return isNumeric(value) ? `"${truncate(value)}" is text: remove the quotes?` : `"${truncate(value)}" is not a number`;
}

/** A hint for an unquoted word that YAML 1.1 read as true or false. */
function yaml11Boolean({ value, place, textPlace }: ScalarNode): string | null {
  if (typeof value !== 'string' || textPlace?.column !== place.column) return null;
  return /^(yes|on|y|no|off|n)$/i.test(value) ? `"${value}" is text in YAML 1.2: write true or false` : null;
}
