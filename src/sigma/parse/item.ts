/**
 * One item of a selection, `field|modifiers: values`, as an expression.
 *
 * Contract: a list is an or, with `all` an and; `neq` negates the whole. A value of the wrong type, or that can match
 * nothing, is reported with its place. Pure.
 */
import { parseRange, tidied } from '../match/cidr.ts';
import { createRegex } from '../regex/regex.ts';
import type { Expression, Test } from '../rule.ts';
import type { FieldSpec } from './modifiers.ts';
import type { Place, Report } from './problem.ts';
import { literalOf, parsePattern, surrounded } from './value.ts';
import { type Node, nounOf, type ScalarNode, shown } from './yaml.ts';

/** Reads the values of an item; null where it has an error, which is reported. */
export function readItem(spec: FieldSpec, node: Node, selection: string, report: Report): Expression | null {
  const values = valuesOf(spec, node, report);
  const leaves: Expression[] = [];
  for (const value of values ?? []) {
    const test = readTest(spec, value, report);
    if (test !== null) leaves.push({ kind: 'leaf', selection, field: spec.field, test });
  }
  if (values === null || leaves.length < values.length) return null;
  const joined = join(spec.all ? 'and' : 'or', leaves);
  return spec.neq ? { kind: 'not', of: joined } : joined;
}

/** Several expressions as one. */
export function join(kind: 'and' | 'or', of: readonly Expression[]): Expression {
  const [only] = of;
  return only !== undefined && of.length === 1 ? only : { kind, of };
}

function valuesOf(spec: FieldSpec, node: Node, report: Report): readonly ScalarNode[] | null {
  if (node.kind === 'map') {
    report.error(node.place, 'a field is compared with a value or a list of them, not a map', 'write "a.b" for b in a');
    return null;
  }
  if (spec.all && (node.kind === 'scalar' || node.items.length === 1)) {
    report.notice(node.place, '"all" is for a list of several values', 'leave "all" out');
  }
  if (node.kind === 'scalar') return [node];
  if (node.items.length === 0) {
    report.error(node.place, 'an empty list matches nothing');
    return null;
  }
  if (spec.comparison === 'exists') {
    report.error(node.place, '"exists" takes one value', 'true or false');
    return null;
  }
  const scalars: ScalarNode[] = [];
  for (const item of node.items) {
    if (item.kind !== 'scalar') report.error(item.place, `a value is text or a number, not ${nounOf(item)}`);
    else scalars.push(item);
    if (item.kind === 'scalar' && item.value === null) {
      report.notice(item.place, 'Sigma has no null in a list', 'make it a selection of its own');
    }
  }
  return scalars.length < node.items.length ? null : scalars;
}

function readTest(spec: FieldSpec, { value, place }: ScalarNode, report: Report): Test | null {
  switch (spec.comparison) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith':
      return textTest(spec, value, place, report);
    case 're':
      return regexTest(spec, value, place, report);
    case 'cidr':
      return rangeTest(value, place, report);
    case 'exists':
      if (typeof value === 'boolean') return { op: 'exists', present: value };
      report.error(place, '"exists" takes true or false', wanted(value));
      return null;
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      if (typeof value === 'number') return { op: spec.comparison, value };
      report.error(place, `"${spec.comparison}" compares with a number`, wanted(value));
      return null;
  }
}

function textTest(spec: FieldSpec, value: ScalarNode['value'], place: Place, report: Report): Test | null {
  const { comparison, cased } = spec;
  // A keyword is looked for in the values, not compared with them.
  const anywhere = comparison === 'contains' || (comparison === 'equals' && spec.field === null);
  if (value === null) {
    if (comparison === 'equals' && spec.field !== null) return { op: 'null' };
    report.error(
      place,
      spec.field === null ? 'a keyword cannot be null' : `"${comparison}" compares with text, not null`,
    );
    return null;
  }
  if (value === '' && (anywhere || comparison !== 'equals')) {
    report.notice(place, 'an empty text is in every text', 'write "exists: true" to ask whether there is one');
  }
  if (typeof value !== 'string' && comparison === 'equals' && !anywhere) return { op: 'equals', value, cased };
  const parts = surrounded(
    typeof value === 'string' ? parsePattern(value) : [{ text: String(value) }],
    anywhere || comparison === 'endswith',
    anywhere || comparison === 'startswith',
  );
  const literal = literalOf(parts);
  return literal === null ? { op: 'pattern', parts, cased } : { op: 'equals', value: literal, cased };
}

function regexTest(spec: FieldSpec, value: ScalarNode['value'], place: Place, report: Report): Test | null {
  if (value === null || typeof value === 'boolean') {
    report.error(place, 'a regular expression is text', wanted(value));
    return null;
  }
  const source = String(value);
  const regex = createRegex(source, spec.regexFlags);
  if (regex.ok) return { op: 're', source, flags: spec.regexFlags };
  report.error(
    place,
    `not a regular expression of RE2: ${shown(regex.problem)}`,
    'RE2 has no look-around and no back-references',
  );
  return null;
}

function rangeTest(value: ScalarNode['value'], place: Place, report: Report): Test | null {
  const range = typeof value === 'string' ? parseRange(value) : null;
  if (range === null || typeof value !== 'string') {
    report.error(place, `not a range of addresses: ${shown(String(value))}`, 'such as 10.0.0.0/8 or fc00::/7');
    return null;
  }
  const tidy = tidied(range);
  if (tidy === null) return { op: 'cidr', range: value };
  report.error(place, `the range ${value} has bits set beyond its length`, `did you mean ${tidy}?`);
  return null;
}

function wanted(value: ScalarNode['value']): string {
  return typeof value === 'string' ? `"${shown(value)}" is text: are there quotes too many?` : `it is ${String(value)}`;
}
