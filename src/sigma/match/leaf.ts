/**
 * One comparison as a closure.
 *
 * Contract: a list matches if any member does. Text compares by its value (`42` is `"42"`), without case unless
 * cased. Pure.
 */

import { createRegex } from '../regex/regex.ts';
import type { Leaf, Order, PatternPart, Test } from '../rule.ts';
import { inRange, parseRange } from './cidr.ts';
import { fold } from './fold.ts';
import type { LoadedEntry, LoadedField } from './loaded.ts';
import { anyRelated } from './multi-search.ts';
import { timePart } from './time.ts';
import { createMatcher } from './wildcard.ts';

export type LeafTest = (entry: LoadedEntry) => boolean;

/** Whether one of a field's scalars, by its number, satisfies the test; for evidence. */
export type ScalarTest = (field: LoadedField, index: number, entry: LoadedEntry) => boolean;

export interface CompiledLeaf {
  /** What a test costs, roughly, in comparisons of a short text. */
  readonly cost: number;
  readonly test: LeafTest;
  /** Null where the test is not about a value: null, exists. */
  readonly ofScalar: ScalarTest | null;
}

/** A keyword looks at every value of an entry. */
const KEYWORD_COST = 20;

/** Compiles a leaf; `indexOf` gives fields their numbers. */
export function createLeaf(leaf: Leaf, indexOf: (path: string | null) => number): CompiledLeaf {
  const field = indexOf(leaf.field);
  if (leaf.test.op === 'fieldref') return createReference(leaf.test, field, indexOf(leaf.test.field));
  const { cost, test, ofScalar } = createTest(leaf.test);
  const factor = leaf.field === null ? KEYWORD_COST : 1;
  return { cost: cost * factor, test: (entry) => test(entry.field(field)), ofScalar };
}

type Reference = Extract<Test, { op: 'fieldref' }>;

/** Any member of the one field with any member of the other. */
function createReference({ compare, cased }: Reference, field: number, other: number): CompiledLeaf {
  const valuesOf = cased ? texts : foldedTexts;
  return {
    cost: 10,
    test: (entry) => anyRelated(valuesOf(entry.field(field)), valuesOf(entry.field(other)), compare),
    ofScalar: (own, index, entry) => {
      const text = valuesOf(own)[index];
      return text !== undefined && anyRelated([text], valuesOf(entry.field(other)), compare);
    },
  };
}

interface CompiledTest extends Pick<CompiledLeaf, 'cost' | 'ofScalar'> {
  readonly test: (field: LoadedField) => boolean;
}

function createTest(test: Exclude<Test, Reference>): CompiledTest {
  switch (test.op) {
    case 'null':
      return { cost: 1, test: (field) => field.isNull, ofScalar: null };
    case 'exists': {
      const { present } = test;
      return { cost: 1, test: (field) => field.present === present, ofScalar: null };
    }
    case 'equals': {
      const wanted = test.cased ? String(test.value) : fold(String(test.value));
      return ofAny(2, test.cased ? texts : foldedTexts, (text) => text === wanted);
    }
    case 'pattern': {
      const matches = createMatcher(test.cased ? test.parts : test.parts.map(foldedPart));
      return ofAny(6, test.cased ? texts : foldedTexts, matches);
    }
    case 're': {
      const regex = createRegex(test.source, test.flags);
      if (!regex.ok) throw new Error(`regular expression: ${regex.problem}`);
      return ofAny(100, texts, regex.test);
    }
    case 'cidr': {
      const range = parseRange(test.range);
      if (range === null) throw new Error('not a range of addresses');
      return ofAny(8, addresses, (address) => address !== null && inRange(address, range));
    }
    case 'time': {
      const { part } = test;
      const holds = comparison(test.compare, test.value);
      return ofAny(30, scalars, (scalar) => holds(timePart(scalar, part)));
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return ofAny(3, numbers, comparison(test.op, test.value));
  }
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

const scalars = (field: LoadedField) => field.scalars;
const texts = (field: LoadedField) => field.texts;
const foldedTexts = (field: LoadedField) => field.folded;
const numbers = (field: LoadedField) => field.numbers;
const addresses = (field: LoadedField) => field.addresses;

/** The test that any of a field's values, in the form `valuesOf` gives, satisfies. */
function ofAny<T>(
  cost: number,
  valuesOf: (field: LoadedField) => readonly T[],
  matches: (value: T) => boolean,
): CompiledTest {
  return {
    cost,
    test: (field) => {
      for (const value of valuesOf(field)) if (matches(value)) return true;
      return false;
    },
    ofScalar: (field, index) =>
      valuesOf(field)
        .slice(index, index + 1)
        .some(matches),
  };
}

function foldedPart(part: PatternPart): PatternPart {
  if ('text' in part) return { text: fold(part.text) };
  return 'oneOf' in part ? { oneOf: fold(part.oneOf) } : part;
}
