/**
 * Turns a parsed search into the expression that is evaluated.
 *
 * Contract: the meaning stays the same. Nested ANDs become one, and so do ORs. Alternatives of one selection that compare
 * the same field the same way become one leaf. Texts are folded and ranges parsed. The order stays the rule's. Throws if a
 * test has a value that parsing would have rejected. Pure.
 */
import { distinctRanges, parseRange } from '../evaluate/cidr.ts';
import { fold } from '../evaluate/fold.ts';
import { foldPattern } from '../evaluate/wildcard.ts';
import { join, type ParsedCondition, type ParsedTest } from '../parse/parsed-condition.ts';
import { preparePattern } from '../parse/prepare-pattern.ts';
import type { TextOp } from '../regex/prepared.ts';
import type { AddressRange, Expression, Pattern, Test } from '../rule.ts';

/** The expression of a search. `nameOf`: what evidence calls a selection. */
export function expressionOf(
  written: ParsedCondition,
  nameOf: (selection: string) => string = (selection) => selection,
): Expression {
  switch (written.kind) {
    case 'leaf':
      return { kind: 'leaf', selection: nameOf(written.selection), field: written.field, test: testOf(written.test) };
    case 'not':
      return { kind: 'not', of: expressionOf(written.of, nameOf) };
    case 'and':
    case 'or': {
      const all = written.of.map((child) => expressionOf(child, nameOf));
      return written.kind === 'and' ? allOf(all) : join('or', mergeAlternatives(flatten('or', all)));
    }
  }
}

/** Joins expressions with AND. */
export function allOf(expressions: readonly Expression[]): Expression {
  return join('and', flatten('and', expressions));
}

function flatten(kind: 'and' | 'or', expressions: readonly Expression[]): readonly Expression[] {
  return expressions.flatMap((each) => (each.kind === kind ? each.of : [each]));
}

function testOf(test: ParsedTest): Test {
  switch (test.op) {
    case 'equals': {
      const { cased } = test;
      const text = String(test.value);
      return { op: 'equals', cased, values: [cased ? text : fold(text)] };
    }
    case 'pattern':
      return patternTest(test.cased ? test.parts : foldPattern(test.parts), test.cased);
    case 're':
      return { op: 're', values: [test.regex] };
    case 'cidr': {
      const range = parseRange(test.range);
      if (range === null) throw new Error(`not a range of IP addresses: ${test.range}`);
      return { op: 'cidr', values: [range] };
    }
    case 'number':
      return { op: 'number', values: [test.value] };
    default:
      return test;
  }
}

/** Most patterns are a text at one end, or anywhere, which is faster to find. */
function patternTest(parts: Pattern, cased: boolean): Test {
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  const shape = parts.map((part) => ('text' in part ? 'x' : 'oneOf' in part ? '.' : part.wildcard)).join('');
  const op = SHAPES.get(shape);
  return op === undefined ? { op: 'pattern', cased, values: [preparePattern(parts)] } : { op, cased, values: texts };
}

const SHAPES: ReadonlyMap<string, TextOp> = new Map([
  ['*x*', 'contains'],
  ['x*', 'startswith'],
  ['*x', 'endswith'],
]);

/** Merges similar leaves into the first of them. */
function mergeAlternatives(children: readonly Expression[]): readonly Expression[] {
  const groups = Map.groupBy(children, (child) => keyOf(child) ?? child);
  return [...groups.values()].map((group) => {
    const [first] = group as [Expression, ...Expression[]];
    if (first.kind !== 'leaf' || !('values' in first.test)) return first;
    const values = [...new Set(group.flatMap(valuesOf))];
    const distinct = first.test.op === 'cidr' ? distinctRanges(values as AddressRange[]) : values;
    return { ...first, test: { ...first.test, values: distinct } as Test };
  });
}

function valuesOf(expression: Expression): readonly unknown[] {
  return expression.kind === 'leaf' && 'values' in expression.test ? expression.test.values : [];
}

/** Leaves with the same key can be merged; null for other expressions. */
function keyOf(expression: Expression): string | null {
  if (expression.kind !== 'leaf' || !('values' in expression.test)) return null;
  const { selection, field, test } = expression;
  return JSON.stringify([selection, field, test.op, 'cased' in test && test.cased]);
}
