/**
 * What a test asks of a single scalar, as a number and what it needs: so that asking takes one look and no call more.
 *
 * Contract: text compares by its value (`42` is `"42"`), without case unless cased. A question says in which form it
 * wants the scalar. What costs much to prepare is prepared when it is first needed. Pure.
 */
import { createRegexMatcher } from '../regex/matcher.ts';
import type { Address, AddressRange, Order, Test } from '../rule.ts';
import { inAnyRange } from './cidr.ts';
import type { Form, Forms } from './loaded.ts';
import { ALTERNATION_FROM, alternation, anyOf } from './text.ts';
import { timePart } from './time.ts';
import { createPatternMatcher } from './wildcard.ts';

export interface Question<F extends Form = keyof Forms> {
  readonly op: number;
  readonly operand: unknown;
  readonly form: F;
}

/** What `op` may be, and what `operand` then is. */
export const EQUALS = 1; // the text
export const ONE_OF = 2; // a set of texts
const CONTAINS = 3; // texts
const STARTSWITH = 4; // texts
const ENDSWITH = 5; // texts
const LT = 6; // a number
const LTE = 7; // a number
const GT = 8; // a number
const GTE = 9; // a number
const IN_RANGE = 10; // ranges
const TEST = 11; // a function

/** Tests about one field, and those about its scalars. */
export type FieldTest = Exclude<Test, { op: 'fieldref' }>;
export type ScalarTest = Exclude<FieldTest, { op: 'null' | 'exists' }>;

/** The question that a test asks of a field. `often`: it will be asked so often that more may be prepared. */
export function createFieldQuestion(test: FieldTest, often: boolean): Question<Form> {
  switch (test.op) {
    case 'null':
      return { op: EQUALS, operand: true, form: 'null' };
    case 'exists':
      return { op: EQUALS, operand: test.present, form: 'exists' };
    default:
      return createQuestion(test, often);
  }
}

/** The question that a test asks of each of a field's scalars. */
export function createQuestion(test: ScalarTest, often: boolean): Question {
  switch (test.op) {
    case 'equals': {
      const { values, cased } = test;
      return values.length === 1 ? ofText(cased, EQUALS, values[0]) : ofText(cased, ONE_OF, new Set(values));
    }
    case 'contains':
    case 'startswith':
    case 'endswith': {
      const { op, values, cased } = test;
      if (often && values.length >= ALTERNATION_FROM[op]) return ofText(cased, TEST, alternation(values, op));
      return ofText(cased, PARTS[op], values);
    }
    case 'pattern':
      return ofText(test.cased, TEST, anyOf(test.values.map(createPatternMatcher)));
    case 're':
      return ofText(true, TEST, anyOf(test.values.map(createRegexMatcher)));
    case 'cidr':
      return { op: IN_RANGE, operand: test.values, form: 'address' };
    case 'time': {
      const { part, value } = test;
      const op = test.compare;
      const holds = (number: number): boolean => (op === 'eq' ? number === value : asks(ORDERS[op], value, number));
      const operand = (scalar: string | number | boolean): boolean => holds(timePart(scalar, part));
      return { op: TEST, operand, form: 'scalar' };
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return { op: ORDERS[test.op], operand: test.value, form: 'number' };
  }
}

const PARTS = { contains: CONTAINS, startswith: STARTSWITH, endswith: ENDSWITH } as const;
const ORDERS: { readonly [op in Order]: number } = { lt: LT, lte: LTE, gt: GT, gte: GTE };

function ofText(cased: boolean, op: number, operand: unknown): Question {
  return { op, operand, form: cased ? 'text' : 'folded' };
}

/** Whether the answer is yes for a scalar in the question's form; a comparison with what is no number never is. */
export function asks(op: number, operand: unknown, value: unknown): boolean {
  switch (op) {
    case EQUALS:
      return value === operand;
    case ONE_OF:
      return (operand as ReadonlySet<unknown>).has(value);
    case CONTAINS: {
      const wanted = operand as readonly string[];
      for (let i = 0; i < wanted.length; i++) if ((value as string).includes(wanted[i] as string)) return true;
      return false;
    }
    case STARTSWITH: {
      const wanted = operand as readonly string[];
      for (let i = 0; i < wanted.length; i++) if ((value as string).startsWith(wanted[i] as string)) return true;
      return false;
    }
    case ENDSWITH: {
      const wanted = operand as readonly string[];
      for (let i = 0; i < wanted.length; i++) if ((value as string).endsWith(wanted[i] as string)) return true;
      return false;
    }
    case LT:
      return (value as number) < (operand as number);
    case LTE:
      return (value as number) <= (operand as number);
    case GT:
      return (value as number) > (operand as number);
    case GTE:
      return (value as number) >= (operand as number);
    case IN_RANGE:
      return inAnyRange(value as Address, operand as readonly AddressRange[]);
    default:
      return (operand as (value: unknown) => boolean)(value);
  }
}
