/**
 * What a test asks of a single scalar.
 *
 * Contract: text compares by its value (`42` is `"42"`), without case unless cased. A question says in which form it
 * wants the scalar. What costs much to prepare is prepared when it is first needed. Pure.
 */
import { createMatcher as createRegexMatcher } from '../regex/matcher.ts';
import type { Order, Test } from '../rule.ts';
import { inAnyRange } from './cidr.ts';
import type { Form, Forms } from './loaded.ts';
import { anyOf, equalsAny, holdsAny, type TextTest } from './text.ts';
import { timePart } from './time.ts';
import { createMatcher } from './wildcard.ts';

type QuestionIn<F extends Form> = {
  readonly form: F;
  /** What it costs, roughly, in comparisons of a short text. */
  readonly cost: number;
  readonly holds: (value: Forms[F]) => boolean;
};
export type Question = { readonly [F in Form]: QuestionIn<F> }[Form];

/** Tests about the value of one field. */
export type ValueTest = Exclude<Test, { op: 'null' | 'exists' | 'fieldref' }>;

/** The question that a test asks. */
export function createQuestion(test: ValueTest): Question {
  switch (test.op) {
    case 'equals':
      return ofText(2, test.cased, equalsAny(test.values));
    case 'contains':
      return ofText(12 + test.values.length / 2, test.cased, holdsAny(test.values, test.op));
    case 'startswith':
    case 'endswith':
      return ofText(4 + test.values.length / 2, test.cased, holdsAny(test.values, test.op));
    case 'pattern':
      return ofText(15 * test.values.length, test.cased, anyOf(test.values.map(createMatcher)));
    case 're':
      return { form: 'text', cost: 100 * test.values.length, holds: anyOf(test.values.map(createRegexMatcher)) };
    case 'cidr': {
      const { values } = test;
      return { form: 'address', cost: 4, holds: (address) => address !== null && inAnyRange(address, values) };
    }
    case 'time': {
      const { part } = test;
      const holds = comparison(test.compare, test.value);
      return { form: 'scalar', cost: 50, holds: (scalar) => holds(timePart(scalar, part)) };
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return { form: 'number', cost: 1, holds: comparison(test.op, test.value) };
  }
}

function ofText(cost: number, cased: boolean, holds: TextTest): Question {
  return cased ? { form: 'text', cost, holds } : { form: 'folded', cost, holds };
}

/** False of what is no number. */
function comparison(op: Order | 'eq', value: number): (number: number) => boolean {
  switch (op) {
    case 'eq':
      return (number) => number === value;
    case 'lt':
      return (number) => number < value;
    case 'lte':
      return (number) => number <= value;
    case 'gt':
      return (number) => number > value;
    case 'gte':
      return (number) => number >= value;
  }
}
