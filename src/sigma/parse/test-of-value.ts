/**
 * Reads a value of an item as tests.
 *
 * Contract: one value may become several tests, any of which may hold. A value of the wrong type, or that can never
 * match, is reported. Pure.
 */

import { type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import type { ScalarNode } from '../../yaml/yaml.ts';
import { canonicalRange, parseRange } from '../evaluate/cidr.ts';
import { prepareRegex } from '../regex/prepared.ts';
import type { Order, TimePart } from '../rule.ts';
import type { ParseContext } from './context.ts';
import { FIELD_NAME_MAX, type FieldSpec } from './field-spec.ts';
import type { ParsedTest } from './parsed-condition.ts';
import { expandRaw, expandRegex } from './placeholders.ts';
import { readTextTests } from './text.ts';

type Value = ScalarNode['value'];

/** The most that one expression costs: longer ones are rejected unread. */
const REGEX_COST_MAX = 10_000;

/** Reads the tests of a value; null if it has an error, which is reported. */
export function readTests(spec: FieldSpec, node: ScalarNode, context: ParseContext): readonly ParsedTest[] | null {
  const { comparison } = spec;
  const { report } = context;
  switch (comparison.kind) {
    case 'text':
      return readTextTests(spec, comparison.steps, node, context);
    case 're':
      return regexTests(spec, comparison.flags, node, context);
    case 'exists':
      if (typeof node.value === 'boolean') return [{ op: 'exists', present: node.value }];
      report.error(node.place, '"exists" needs true or false', yaml11Boolean(node) ?? booleanHint(node.value));
      return null;
    case 'cidr':
      return eachValue(spec, node, context, (value) => rangeTest(value, node.place, report));
    case 'order':
      return eachValue(spec, node, context, (value): ParsedTest | null => {
        if (typeof value === 'number') return { op: comparison.op, value };
        if (isLargeNumber(node, value)) return { op: comparison.op, value: Number(value) };
        report.error(node.place, `"${comparison.op}" needs a number`, typeHint(value));
        return null;
      });
    case 'time':
      return eachValue(spec, node, context, (value) =>
        timeTest(comparison.part, comparison.op, value, node.place, report),
      );
    case 'fieldref':
      return eachValue(spec, node, context, (value): ParsedTest | null => {
        if (typeof value === 'string' && value.trim() !== '' && value.length <= FIELD_NAME_MAX) {
          return { op: 'fieldref', field: value.trim(), compare: comparison.end, cased: spec.cased };
        }
        report.error(node.place, '"fieldref" needs the name of a field', 'such as client_ip');
        return null;
      });
  }
}

/** Reads the tests of a value without wildcards, after replacing its placeholders. */
function eachValue(
  spec: FieldSpec,
  { value, place }: ScalarNode,
  context: ParseContext,
  testOf: (value: Value) => ParsedTest | null,
): readonly ParsedTest[] | null {
  const values = spec.expand && typeof value === 'string' ? expandRaw(value, place, context) : [value];
  if (values === null) return null;
  const tests: ParsedTest[] = [];
  for (const one of values) {
    const test = testOf(one);
    if (test !== null) tests.push(test);
  }
  return tests.length < values.length ? null : tests;
}

function regexTests(
  { expand }: FieldSpec,
  flags: string,
  { value, place }: ScalarNode,
  context: ParseContext,
): readonly ParsedTest[] | null {
  const { report, budget } = context;
  if (value === null || typeof value === 'boolean') {
    report.error(place, 'a regular expression must be text', typeHint(value));
    return null;
  }
  const source = expand ? expandRegex(String(value), place, context) : String(value);
  if (source === null || !budget.spendRegex(place, Math.min(source.length, REGEX_COST_MAX), report)) return null;
  const regex = prepareRegex(source, flags);
  if (regex.ok) return [{ op: 're', regex: regex.prepared }];
  const hint = /look-|back-reference/.test(regex.problem) ? 'RE2 has no look-around and no back-references' : undefined;
  report.error(place, `not a valid RE2 regular expression: ${truncate(regex.problem)}`, hint);
  return null;
}

function rangeTest(value: Value, place: Place, report: Report): ParsedTest | null {
  const range = typeof value === 'string' ? parseRange(value) : null;
  if (range === null || typeof value !== 'string') {
    report.error(place, `not a range of IP addresses: ${truncate(String(value))}`, 'such as 10.0.0.0/8 or fc00::/7');
    return null;
  }
  const canonical = canonicalRange(range);
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

function timeTest(part: TimePart, op: Order | 'eq', value: Value, place: Place, report: Report): ParsedTest | null {
  const [least, greatest] = TIME_RANGES[part];
  const range = `a whole number from ${least} to ${greatest}`;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    report.error(place, `"${part}" must be ${range}`, typeHint(value));
    return null;
  }
  const possible = {
    eq: value >= least && value <= greatest,
    lt: value > least,
    lte: value >= least,
    gt: value < greatest,
    gte: value <= greatest,
  };
  if (possible[op]) return { op: 'time', part, compare: op, value };
  report.error(place, `"${part}" is never ${op === 'eq' ? '' : `${op} `}${value}`, `it is ${range}`);
  return null;
}

function booleanHint(value: Value): string {
  return value === 'true' || value === 'false' ? 'remove the quotes' : `not ${JSON.stringify(value)}`;
}

function typeHint(value: Value): string {
  if (typeof value !== 'string') return `it is ${String(value)}`;
  const isNumeric = value.trim() !== '' && Number.isFinite(Number(value));
  return isNumeric ? `"${truncate(value)}" is text: remove the quotes?` : `"${truncate(value)}" is not a number`;
}

/** YAML numbers with more digits than JavaScript can represent stay text; for ordering they are close enough. */
function isLargeNumber({ textPlace, place }: ScalarNode, value: Value): boolean {
  return textPlace?.column === place.column && Number.isFinite(Number(value)) && /^[-+]?\d{16,}$/.test(String(value));
}

/** A hint for an unquoted word that YAML 1.1 read as true or false. */
function yaml11Boolean({ value, place, textPlace }: ScalarNode): string | null {
  if (typeof value !== 'string' || textPlace?.column !== place.column) return null;
  return /^(yes|on|y|no|off|n)$/i.test(value) ? `"${value}" is text in YAML 1.2: write true or false` : null;
}
