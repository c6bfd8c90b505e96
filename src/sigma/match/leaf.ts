/**
 * One comparison as a closure.
 *
 * Contract: a list matches if any member does. Text compares by its value (`42` is `"42"`), without case unless
 * cased. Pure.
 */

import { createRegex } from '../regex/regex.ts';
import type { Leaf, PatternPart, Test } from '../rule.ts';
import { inRange, parseRange } from './cidr.ts';
import { fold } from './fold.ts';
import type { LoadedEntry, LoadedField } from './loaded.ts';
import { createMatcher } from './wildcard.ts';

export type LeafTest = (entry: LoadedEntry) => boolean;

/** Whether one of a field's scalars, by its number, satisfies the test; for evidence. */
export type ScalarTest = (field: LoadedField, index: number) => boolean;

export interface CompiledLeaf {
  /** What a test costs, roughly, in comparisons of a short text. */
  readonly cost: number;
  readonly test: LeafTest;
  /** Null where the test is not about a value: null, exists. */
  readonly ofScalar: ScalarTest | null;
}

/** A keyword looks at every value of an entry. */
const KEYWORD_COST = 20;

/** Compiles a leaf whose field has the number `field`. */
export function createLeaf(leaf: Leaf, field: number): CompiledLeaf {
  const { cost, test, ofScalar } = createTest(leaf.test);
  const factor = leaf.field === null ? KEYWORD_COST : 1;
  return { cost: cost * factor, test: (entry) => test(entry.field(field)), ofScalar };
}

interface CompiledTest extends Pick<CompiledLeaf, 'cost' | 'ofScalar'> {
  readonly test: (field: LoadedField) => boolean;
}

function createTest(test: Test): CompiledTest {
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
    case 'time':
    case 'fieldref':
      throw new Error(`not evaluated: ${test.op}`);
    case 'lt': {
      const { value } = test;
      return ofAny(3, numbers, (number) => number < value);
    }
    case 'lte': {
      const { value } = test;
      return ofAny(3, numbers, (number) => number <= value);
    }
    case 'gt': {
      const { value } = test;
      return ofAny(3, numbers, (number) => number > value);
    }
    case 'gte': {
      const { value } = test;
      return ofAny(3, numbers, (number) => number >= value);
    }
  }
}

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
  return 'text' in part ? { text: fold(part.text) } : part;
}
