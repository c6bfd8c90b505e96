/**
 * Bounds what a rule costs: how often it searches a whole text.
 *
 * Contract: what is not counted only looks at a text's ends, or compares it as a whole. Pure.
 */
import { NATIVE_MAX } from '../evaluate/search.ts';
import { piecesOf } from '../evaluate/wildcard.ts';
import { leavesIn } from '../formula.ts';
import type { Expression, Leaf, Pattern } from '../rule.ts';

/** A pass takes 2 to 5 ns per character, 0.4 to 1 ms on 200,000: all of them 16 to 40 ms. */
export const PASSES_MAX = 40;

/** A regular expression counts as a pass more for each so many steps that building its table takes, once. */
const STEPS_PER_PASS = 25_000;

/** A list of texts becomes a trie, which takes so long in a text made of their beginnings. */
const TRIE_PASSES = 2;

/** `fieldref` searches texts for those of another field, and makes their trie for each entry. */
const FIELDREF_PASSES = 5;

/** In a list of patterns, those with a different end of so many characters are not all searched in the same text. */
const END_LENGTH = 6;

/** The passes of an expression. */
export function passesOf(expression: Expression): number {
  return leavesIn(expression).reduce((sum, leaf) => sum + passesOfLeaf(leaf), 0);
}

function passesOfLeaf({ test }: Leaf): number {
  switch (test.op) {
    case 'contains':
      return passesOfTexts(test.values);
    case 'pattern':
      return passesOfPatterns(test.values);
    case 're':
      return test.values.reduce((sum, { size }) => sum + 1 + Math.floor(size.work / STEPS_PER_PASS), 0);
    case 'fieldref':
      return test.compare === 'equals' ? 1 : FIELDREF_PASSES;
    case 'equals':
    case 'startswith':
    case 'endswith':
    case 'number':
    case 'cidr':
    case 'time':
    case 'null':
    case 'exists':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return 0;
  }
}

function passesOfPatterns(patterns: readonly Pattern[]): number {
  const ends = new Map<string, number>();
  let others = 0;
  for (const pattern of patterns) {
    const end = piecesOf(pattern)?.at(-1) ?? '';
    if (end.length < END_LENGTH) others++;
    else ends.set(end.slice(-END_LENGTH), (ends.get(end.slice(-END_LENGTH)) ?? 0) + 1);
  }
  return others + Math.max(0, ...ends.values());
}

function passesOfTexts(values: readonly string[]): number {
  const [only = '', ...others] = values;
  return others.length === 0 && only.length <= NATIVE_MAX ? 1 : TRIE_PASSES;
}
