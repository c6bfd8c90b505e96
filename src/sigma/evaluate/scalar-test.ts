/**
 * Tests of single scalars.
 *
 * Contract: text is compared by its value (`42` is `"42"`), without case unless `cased`. With several values, any of them
 * suffices. The time is proportional to the text, however many values there are. Pure.
 */
import { createRegexMatcher } from '../regex/matcher.ts';
import type { TextOp } from '../regex/prepared.ts';
import type { Test } from '../rule.ts';
import { inAnyRange, parseAddress } from './cidr.ts';
import { gramsOf, LiteralTable, type Place } from './literal-table.ts';
import { isInOrder, meetsOrder } from './number.ts';
import { type Scalar, textOf } from './scalar.ts';
import { timePart } from './time.ts';
import { createPatternMatcher } from './wildcard.ts';

/** Tests that are about each of a field's scalars. */
export type ScalarTest = Exclude<Test, { op: 'fieldref' | 'null' | 'exists' }>;

type Matcher<T> = (value: T) => boolean;

/** Creates the matcher of a test. */
export function createScalarTest(test: ScalarTest): Matcher<Scalar> {
  switch (test.op) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith':
      return ofText(test.cased, createTextMatcher(test.op, test.values));
    case 'pattern':
      return ofText(test.cased, anyOf(test.values.map(createPatternMatcher)));
    case 're':
      return ofText(true, anyOf(test.values.map(createRegexMatcher)));
    case 'cidr':
      return (scalar) => {
        const address = parseAddress(textOf(scalar, true));
        return address !== null && inAnyRange(address, test.values);
      };
    case 'time':
      return (scalar) => {
        const part = timePart(scalar, test.part);
        return test.compare === 'eq' ? part === test.value : isInOrder(test.compare, part, test.value);
      };
    case 'number':
      return (scalar) => typeof scalar === 'number' && test.values.includes(scalar);
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return (scalar) => meetsOrder(test, scalar);
  }
}

function ofText(cased: boolean, matches: Matcher<string>): Matcher<Scalar> {
  return (scalar) => matches(textOf(scalar, cased));
}

function anyOf(matchers: readonly Matcher<string>[]): Matcher<string> {
  return (text) => matchers.some((matches) => matches(text));
}

const PLACES: { readonly [op in TextOp]: Place } = {
  equals: 'whole',
  startswith: 'start',
  endswith: 'end',
  contains: 'anywhere',
};

/** Whether a text equals, contains … any of these. */
function createTextMatcher(op: TextOp, values: readonly string[]): Matcher<string> {
  if (op === 'equals') {
    const known = new Set(values);
    return (text) => known.has(text);
  }
  const literals = values.map((text) => ({ text, place: PLACES[op] }));
  const table = new LiteralTable(literals, gramsOf(literals));
  return (text) => {
    let isFound = false;
    const found = (): void => {
      isFound = true;
    };
    table.scan(text, { text: () => text }, found);
    return isFound;
  };
}
