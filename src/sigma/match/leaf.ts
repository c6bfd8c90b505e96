/**
 * A comparison of one field as a closure over a loaded entry; or several of a kind, of which any suffices, as one.
 *
 * Contract: a list matches if any member does. Text compares by its value (`42` is `"42"`), without case unless
 * cased. What costs much to prepare is prepared when it is first asked. Pure.
 */
import { createRegex } from '../regex/regex.ts';
import type { Leaf, Order, PatternPart, Test } from '../rule.ts';
import { type AddressRange, createRangeTest, parseRange } from './cidr.ts';
import { fold } from './fold.ts';
import type { Field, FieldNumbers, LoadedEntry } from './loaded.ts';
import { anyRelated } from './multi-search.ts';
import { anyOf, equalsAny, holdsAny, type TextTest } from './text.ts';
import { timePart } from './time.ts';
import { createMatcher } from './wildcard.ts';

export type EntryTest = (entry: LoadedEntry) => boolean;

/** Whether a field that is a single scalar is what is asked for. */
export type ScalarTest = (field: Field, entry: LoadedEntry) => boolean;

export interface CompiledLeaf {
  /** What a test costs, roughly, in comparisons of a short text. */
  readonly cost: number;
  /** The number of the field it looks at. */
  readonly field: number;
  /** Whether its answer depends on that field only, and on one that can be told from others by its value. */
  readonly isOfField: boolean;
  readonly test: EntryTest;
  /** Null where it is not about a value: null, exists. */
  readonly ofScalar: ScalarTest | null;
}

/** A keyword looks at every value of an entry. */
const KEYWORD_COST = 20;

/** Leaves of the same text here may be given to `createLeaf` together; null: by itself only. */
export function kindOf({ field, test }: Leaf): string | null {
  const how = test.op === 'pattern' ? simplePattern(test.parts)?.where : test.op;
  switch (how) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith':
    case 're':
      return JSON.stringify([field, how, 'cased' in test && test.cased]);
    case 'cidr':
      return JSON.stringify([field, how]);
    default:
      return null;
  }
}

/** Compiles leaves of one kind, of which any suffices. */
export function createLeaf(leaves: readonly [Leaf, ...Leaf[]], fields: FieldNumbers): CompiledLeaf {
  const [{ field: path, test }] = leaves;
  const field = fields.numberOf(path);
  if (test.op === 'fieldref') return createReference(test, field, fields.numberOf(test.field));
  const {
    cost,
    test: entryTest,
    ofScalar,
  } = createTest(
    test,
    leaves.map((leaf) => leaf.test),
    field,
  );
  const isKeyword = path === null;
  return { cost: isKeyword ? cost * KEYWORD_COST : cost, field, isOfField: !isKeyword, test: entryTest, ofScalar };
}

type Reference = Extract<Test, { op: 'fieldref' }>;
type Compiled = Pick<CompiledLeaf, 'cost' | 'test' | 'ofScalar'>;

function createTest(first: Exclude<Test, Reference>, all: readonly Test[], field: number): Compiled {
  switch (first.op) {
    case 'null':
      return { cost: 1, test: (entry) => entry.field(field).isNull, ofScalar: null };
    case 'exists': {
      const { present } = first;
      return { cost: 1, test: (entry) => entry.field(field).present === present, ofScalar: null };
    }
    case 'equals': {
      const texts = all.flatMap((test) => (test.op === 'equals' ? [String(test.value)] : []));
      return ofText(2, first.cased, equalsAny(first.cased ? texts : texts.map(fold)), field);
    }
    case 'pattern':
      return ofPatterns(
        all.flatMap((test) => (test.op === 'pattern' ? [test.parts] : [])),
        first.cased,
        field,
      );
    case 're': {
      const tests = all.flatMap((test) => (test.op === 're' ? [lazyRegex(test.source, test.flags)] : []));
      return ofText(100 * tests.length, true, anyOf(tests), field);
    }
    case 'cidr': {
      const isInRange = createRangeTest(all.flatMap((test) => (test.op === 'cidr' ? [rangeOf(test.range)] : [])));
      return ofScalars(6, ({ address }) => address !== null && isInRange(address), field);
    }
    case 'time': {
      const { part } = first;
      const holds = comparison(first.compare, first.value);
      return ofScalars(30, ({ scalar }) => holds(timePart(scalar, part)), field);
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const holds = comparison(first.op, first.value);
      return ofScalars(2, ({ number }) => holds(number), field);
    }
  }
}

function ofPatterns(patterns: readonly (readonly PatternPart[])[], cased: boolean, field: number): Compiled {
  const folded = cased ? patterns : patterns.map((parts) => parts.map(foldedPart));
  const simple = folded.map(simplePattern);
  const where = simple[0]?.where;
  if (where === undefined) return ofText(15 * folded.length, cased, anyOf(folded.map(createMatcher)), field);
  const cost = where === 'contains' ? 12 : 4;
  return ofText(
    cost + folded.length / 2,
    cased,
    holdsAny(
      simple.flatMap((one) => one?.text ?? []),
      where,
    ),
    field,
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

/** The test that a field's text satisfies, or that of any of its members. */
function ofText(cost: number, cased: boolean, matches: TextTest, number: number): Compiled {
  if (cased) return ofScalars(cost, (field) => matches(field.text), number);
  return {
    cost,
    // This is asked most of all: one closure less.
    test: (entry) => {
      const field = entry.field(number);
      if (field.members === null) return matches(field.folded);
      for (const member of field.members) if (matches(member.folded)) return true;
      return false;
    },
    ofScalar: (field) => matches(field.folded),
  };
}

function ofScalars(cost: number, ofScalar: (field: Field) => boolean, number: number): Compiled {
  return {
    cost,
    test: (entry) => {
      const field = entry.field(number);
      if (field.members === null) return ofScalar(field);
      for (const member of field.members) if (ofScalar(member)) return true;
      return false;
    },
    ofScalar,
  };
}

/** Any member of the one field with any member of the other. */
function createReference({ compare, cased }: Reference, field: number, other: number): CompiledLeaf {
  const textsOf = (one: Field) => (one.members ?? [one]).map(cased ? ({ text }) => text : ({ folded }) => folded);
  return {
    cost: 10,
    field,
    isOfField: false,
    test: (entry) => anyRelated(textsOf(entry.field(field)), textsOf(entry.field(other)), compare),
    ofScalar: (own, entry) => anyRelated(textsOf(own), textsOf(entry.field(other)), compare),
  };
}
