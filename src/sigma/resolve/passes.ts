/**
 * Bounds what a rule costs: how often it searches all of a field's text.
 *
 * Contract: counted for each field, so that the bound is one on the time by the length of the whole entry. What is not
 * counted only looks at a text's ends, or compares it as a whole. Pure.
 */
import { truncate } from '../../yaml/diagnostics.ts';
import { NATIVE_MAX } from '../evaluate/search.ts';
import { type ContainsLeaf, containsIn } from '../evaluate/together.ts';
import { piecesOf } from '../evaluate/wildcard.ts';
import { leavesIn } from '../formula.ts';
import type { Expression, Pattern } from '../rule.ts';

/** A pass over 200,000 characters takes 0.3 to 0.8 ms; so all of them take 20 ms at most. */
const PASSES_MAX = 24;

/** The platform's search for one text, in a text that an attacker wrote. */
const NATIVE_PASSES = 2;

/** Several texts are searched by a trie, however many they are (evaluate/together.ts). */
const TRIE_PASSES = 5;

/** Generated code searches for each `contains` by itself, but only in shorter texts: so many are a pass. */
const CONTAINS_PER_PASS = 2;

/** A regular expression counts as a pass more for each so many steps that building its table takes, once. */
const STEPS_PER_PASS = 25_000;

/** `fieldref` makes a trie of the other field's texts for each entry: so much for each of the two. */
const FIELDREF_PASSES = 8;

/** In a list of patterns, those with a different end of so many characters are not all searched in the same text. */
const END_LENGTH = 6;

/** What needs many passes, in errors, and how to need fewer. */
const CULPRITS = {
  contains: ['"contains"', 'write the values as one list'],
  pattern: ['values with wildcards', 'write *text* instead of text*text where that will do, or regular expressions'],
  re: ['regular expressions', 'join them as one: (one|other)'],
  fieldref: ['"fieldref"', 'compare whole values'],
} as const;

/** What is wrong with an expression that needs too many passes, and a way around; null if it does not. */
export function problemOfPasses(expression: Expression): { readonly message: string; readonly hint: string } | null {
  const byField = Map.groupBy(countsOf(expression), ({ field }) => field);
  const everywhere = byField.get(null) ?? [];
  for (const [field, own] of byField) {
    const counts = field === null ? own : [...own, ...everywhere];
    const total = counts.reduce((sum, { passes }) => sum + passes, 0);
    const most = counts.reduce((a, b) => (b.passes > a.passes ? b : a));
    if (total <= PASSES_MAX) continue;
    const [name, remedy] = CULPRITS[most.culprit];
    const where = field === null ? 'all fields' : `"${truncate(field)}"`;
    const part = most.passes === total ? '' : `${most.passes} of them `;
    const message = `the rule searches ${where} ${total} times, ${part}for ${name}; the limit is ${PASSES_MAX}`;
    return { message, hint: `${remedy}, or split the rule` };
  }
  return null;
}

interface Count {
  readonly field: string | null;
  readonly culprit: keyof typeof CULPRITS;
  readonly passes: number;
}

/** The passes of an expression, by field and what needs them. */
function countsOf(expression: Expression): readonly Count[] {
  const counts = new Map<string, Count>();
  const add = (field: string | null, culprit: Count['culprit'], passes: number): void => {
    const key = JSON.stringify([field, culprit]);
    counts.set(key, { field, culprit, passes: passes + (counts.get(key)?.passes ?? 0) });
  };
  for (const leaves of containsIn(expression)) add(leaves[0]?.field ?? null, 'contains', passesOfContains(leaves));
  for (const { field, test } of leavesIn(expression)) {
    if (test.op === 'pattern') add(field, 'pattern', passesOfPatterns(test.values));
    if (test.op === 're')
      for (const { size } of test.values) add(field, 're', 1 + Math.floor(size.work / STEPS_PER_PASS));
    if (test.op === 'fieldref' && test.compare !== 'equals') {
      for (const one of [field, test.field]) add(one, 'fieldref', FIELDREF_PASSES);
    }
  }
  return [...counts.values()];
}

function passesOfContains(leaves: readonly ContainsLeaf[]): number {
  const [only = '', ...others] = leaves.flatMap(({ test }) => test.values);
  if (others.length === 0 && only.length <= NATIVE_MAX) return NATIVE_PASSES;
  return Math.max(TRIE_PASSES, Math.ceil(leaves.length / CONTAINS_PER_PASS));
}

function passesOfPatterns(patterns: readonly Pattern[]): number {
  const ends = new Map<string, number>();
  let passes = 0;
  for (const pattern of patterns) {
    const pieces = piecesOf(pattern);
    const end = pieces?.at(-1)?.slice(-END_LENGTH) ?? '';
    if (pieces === null) passes++;
    else if (end.length < END_LENGTH) passes += NATIVE_PASSES;
    else ends.set(end, NATIVE_PASSES + (ends.get(end) ?? 0));
  }
  return passes + Math.max(0, ...ends.values());
}
