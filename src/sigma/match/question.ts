/**
 * What a test asks of a single scalar; or what several of a kind ask, of which any suffices.
 *
 * Contract: text compares by its value (`42` is `"42"`), without case unless cased. A question says in which form it
 * wants the scalar. What costs much to prepare is prepared when it is first asked. Pure.
 */
import { createRegex } from '../regex/regex.ts';
import type { Leaf, Order, PatternPart, Test } from '../rule.ts';
import { type AddressRange, createRangeTest, parseRange } from './cidr.ts';
import { fold } from './fold.ts';
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

/** Leaves of the same text here ask one field alike: their tests may be joined in one question. Null: may not. */
export function kindOf({ field, test }: Leaf): string | null {
  const how = test.op === 'pattern' ? simplePattern(test.parts)?.where : test.op;
  switch (how) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith':
      return JSON.stringify([field, how, 'cased' in test && test.cased]);
    case 'cidr':
      return JSON.stringify([field, how]);
    default:
      return null;
  }
}

/** The question whether any of these tests holds, which are of one kind. */
export function createQuestion(tests: readonly [ValueTest, ...ValueTest[]]): Question {
  const [first] = tests;
  switch (first.op) {
    case 'equals': {
      const texts = tests.flatMap((test) => (test.op === 'equals' ? [String(test.value)] : []));
      return ofText(2, first.cased, equalsAny(first.cased ? texts : texts.map(fold)));
    }
    case 'pattern': {
      const patterns = tests.flatMap((test) => (test.op === 'pattern' ? [test.parts] : []));
      return ofPatterns(first.cased ? patterns : patterns.map((parts) => parts.map(foldedPart)), first.cased);
    }
    case 're':
      return { form: 'text', cost: 100, holds: lazyRegex(first.source, first.flags) };
    case 'cidr': {
      const isInRange = createRangeTest(tests.flatMap((test) => (test.op === 'cidr' ? [rangeOf(test.range)] : [])));
      return { form: 'address', cost: 4, holds: (address) => address !== null && isInRange(address) };
    }
    case 'time': {
      const { part } = first;
      const holds = comparison(first.compare, first.value);
      return { form: 'scalar', cost: 50, holds: (scalar) => holds(timePart(scalar, part)) };
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return { form: 'number', cost: 1, holds: comparison(first.op, first.value) };
  }
}

function ofText(cost: number, cased: boolean, holds: TextTest): Question {
  return cased ? { form: 'text', cost, holds } : { form: 'folded', cost, holds };
}

function ofPatterns(patterns: readonly (readonly PatternPart[])[], cased: boolean): Question {
  const simple = patterns.map(simplePattern);
  const where = simple[0]?.where;
  if (where === undefined) return ofText(15 * patterns.length, cased, anyOf(patterns.map(createMatcher)));
  const cost = (where === 'contains' ? 12 : 4) + patterns.length / 2;
  return ofText(
    cost,
    cased,
    holdsAny(
      simple.flatMap((one) => one?.text ?? []),
      where,
    ),
  );
}

/** A text at one end, or anywhere, if the pattern is no more than that. */
function simplePattern(parts: readonly PatternPart[]) {
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  const [text] = texts;
  if (text === undefined || texts.length > 1) return null;
  const shape = parts.map((part) => ('text' in part ? 'x' : 'oneOf' in part ? '.' : part.wildcard)).join('');
  if (shape === '*x*') return { where: 'contains', text } as const;
  if (shape === 'x*') return { where: 'startswith', text } as const;
  return shape === '*x' ? ({ where: 'endswith', text } as const) : null;
}

function foldedPart(part: PatternPart): PatternPart {
  if ('text' in part) return { text: fold(part.text) };
  return 'oneOf' in part ? { oneOf: fold(part.oneOf) } : part;
}

function lazyRegex(source: string, flags: string): TextTest {
  let test: TextTest | null = null;
  return (text) => {
    test ??= regexOf(source, flags);
    return test(text);
  };
}

function regexOf(source: string, flags: string): TextTest {
  const regex = createRegex(source, flags);
  if (!regex.ok) throw new Error(`regular expression: ${regex.problem}`);
  return regex.test;
}

function rangeOf(text: string): AddressRange {
  const range = parseRange(text);
  if (range === null) throw new Error('not a range of addresses');
  return range;
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
