/**
 * Tests of single scalars.
 *
 * Contract: text is compared by its value (`42` is `"42"`), without case unless `cased`. With several values, any of them
 * suffices. The time is proportional to the text, however many values there are. Pure.
 */
import { createAutomaton } from '../regex/automaton.ts';
import type { Test } from '../rule.ts';
import { createRangeTest } from './cidr.ts';
import { compares, meetsOrder } from './number.ts';
import type { Scalar } from './scalar.ts';
import { createSearch } from './search.ts';
import { timePart } from './time.ts';
import { createPatternMatcher } from './wildcard.ts';

/** Tests that are about each of a field's scalars. */
export type ScalarTest = Exclude<Test, { op: 'fieldref' | 'null' | 'exists' | 'during' }>;

/** In which form a test takes a scalar: as it is, as text, or as text without case. */
export type Form = 'scalar' | 'text' | 'folded';

export interface Matcher {
  readonly form: Form;
  readonly matches: (value: Scalar) => boolean;
}

const MATCHERS = new WeakMap<ScalarTest, Matcher>();

/** The matcher of a test, which is made once. */
export function matcherOf(test: ScalarTest): Matcher {
  const matcher = MATCHERS.get(test) ?? createMatcher(test);
  MATCHERS.set(test, matcher);
  return matcher;
}

function createMatcher(test: ScalarTest): Matcher {
  switch (test.op) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith':
      return ofText(test.cased, createSearch(test.op, test.values));
    case 'pattern':
      return ofText(test.cased, anyOf(test.values.map(createPatternMatcher)));
    case 're':
      return ofText(true, anyOf(test.values.map(({ program }) => createAutomaton(program).run)));
    case 'cidr':
      return ofText(true, createRangeTest(test.values));
    case 'time':
      return ofScalar((scalar) => compares(test.compare, timePart(scalar, test.part), test.value));
    case 'number':
      return ofScalar((scalar) => typeof scalar === 'number' && test.values.includes(scalar));
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return ofScalar((scalar) => meetsOrder(test, scalar));
  }
}

function ofScalar(matches: (scalar: Scalar) => boolean): Matcher {
  return { form: 'scalar', matches };
}

function ofText(cased: boolean, matches: (text: string) => boolean): Matcher {
  return { form: cased ? 'text' : 'folded', matches: (text) => matches(text as string) };
}

function anyOf(tests: readonly ((text: string) => boolean)[]): (text: string) => boolean {
  return (text) => tests.some((test) => test(text));
}
