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
import { join, type ParsedCondition, type ParsedLeaf, type ParsedTest } from '../parse/parsed-condition.ts';
import { preparePattern } from '../parse/prepare-pattern.ts';
import type { TextOp } from '../regex/prepared.ts';
import type { AddressRange, Expression, Leaf, Pattern, Test } from '../rule.ts';

/** The expression of a search. */
export function expressionOf(written: ParsedCondition): Expression {
  switch (written.kind) {
    case 'leaf':
      return leafOf(written);
    case 'not':
      return { kind: 'not', of: expressionOf(written.of) };
    case 'and':
    case 'or': {
      const { kind } = written;
      const all = written.of.map(expressionOf).flatMap((child) => (child.kind === kind ? child.of : [child]));
      return join(kind, kind === 'or' ? mergeAlternatives(all) : all);
    }
  }
}

function leafOf({ selection, field, test }: ParsedLeaf): Leaf {
  return { kind: 'leaf', selection, field, test: testOf(test) };
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
