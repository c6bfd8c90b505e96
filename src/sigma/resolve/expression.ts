/**
 * From a search as it is written to what is evaluated.
 *
 * Contract: it means the same. An AND in an AND is one AND; alternatives that ask one field alike are one leaf, as long
 * as they are of one selection, so that the evidence can name it; texts are folded, ranges read. The order is the
 * rule's. Throws where a test holds what reading a rule would have refused. Pure.
 */
import { distinctRanges, parseRange } from '../evaluate/cidr.ts';
import { fold } from '../evaluate/fold.ts';
import type { ParsedCondition, ParsedLeaf, ParsedTest } from '../parse/parsed-condition.ts';
import type { TextOp } from '../regex/prepared.ts';
import type { AddressRange, Expression, Leaf, Pattern, PatternPart, Test } from '../rule.ts';

/** The expression that a search stands for. */
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
      const of = kind === 'or' ? mergeAlternatives(all) : all;
      const [only] = of;
      return only !== undefined && of.length === 1 ? only : { kind, of };
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
      return patternTest(test.cased ? test.parts : test.parts.map(folded), test.cased);
    case 're':
      return { op: 're', values: [test.regex] };
    case 'cidr': {
      const range = parseRange(test.range);
      if (range === null) throw new Error(`not a range of addresses: ${test.range}`);
      return { op: 'cidr', values: [range] };
    }
    default:
      return test;
  }
}

/** Most patterns are no more than a text at one end, or anywhere. */
function patternTest(parts: Pattern, cased: boolean): Test {
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  const shape = parts.map((part) => ('text' in part ? 'x' : 'oneOf' in part ? '.' : part.wildcard)).join('');
  const op = SHAPES.get(shape);
  return op === undefined ? { op: 'pattern', cased, values: [parts] } : { op, cased, values: texts };
}

const SHAPES: ReadonlyMap<string, TextOp> = new Map([
  ['*x*', 'contains'],
  ['x*', 'startswith'],
  ['*x', 'endswith'],
]);

function folded(part: PatternPart): PatternPart {
  if ('text' in part) return { text: fold(part.text) };
  return 'oneOf' in part ? { oneOf: fold(part.oneOf) } : part;
}

/** Alternatives, those that ask one field alike in the place of the first of them. */
function mergeAlternatives(children: readonly Expression[]): readonly Expression[] {
  const alike = new Map<string, Leaf[]>();
  const places = children.map((child) => {
    const key = child.kind === 'leaf' ? keyOf(child) : null;
    if (child.kind !== 'leaf' || key === null) return child;
    const before = alike.get(key);
    if (before !== undefined) before.push(child);
    else alike.set(key, [child]);
    return before === undefined ? key : null;
  });
  return places.flatMap((place) => {
    if (typeof place !== 'string') return place ?? [];
    const leaves = alike.get(place) as [Leaf, ...Leaf[]];
    return [
      {
        ...leaves[0],
        test: mergeTests(
          leaves[0].test,
          leaves.map(({ test }) => test),
        ),
      },
    ];
  });
}

/** Leaves of the same key ask one field alike. Null: alike to none. */
function keyOf({ selection, field, test }: Leaf): string | null {
  return 'values' in test ? JSON.stringify([selection, field, test.op, 'cased' in test && test.cased]) : null;
}

function mergeTests(first: Test, all: readonly Test[]): Test {
  if (!('values' in first)) return first;
  const values = all.flatMap((test): readonly unknown[] => ('values' in test ? test.values : []));
  const unique = first.op === 'cidr' ? distinctRanges(values as AddressRange[]) : [...new Set(values)];
  return { ...first, values: unique } as Test;
}
