/**
 * Bounds what a rule costs: how often it searches all of a field's text.
 *
 * Contract: counted for each field, so that the bound is one on the time by the length of the whole entry. What is not
 * counted only looks at a text's ends, or compares it as a whole. Pure.
 */
import { truncate } from '../../yaml/diagnostics.ts';
import { NATIVE_MAX } from '../evaluate/search.ts';
import { type ContainsLeaf, containsIn } from '../evaluate/together.ts';
import { leavesIn } from '../formula.ts';
import type { Expression, PreparedPattern } from '../rule.ts';

/** A pass over 200,000 characters takes 0.3 to 0.8 ms; so all of them take 20 ms at most. */
const PASSES_MAX = 24;

/** The platform's search for one text, in a text that an attacker wrote. */
const NATIVE_PASSES = 2;

/** Several texts are searched by a trie (evaluate/together.ts), and one more pass for so many characters: it is far apart. */
const TRIE_PASSES = 5;
const TRIE_CHARS_PER_PASS = 15_000;

/** Generated code searches for each `contains` by itself, but only in shorter texts: so many are a pass. */
const CONTAINS_PER_PASS = 2;

/** A regular expression counts as a pass more for each so many steps that building its table takes, once. */
const STEPS_PER_PASS = 50_000;

/** `fieldref` makes a trie of the other field's texts for each entry: so much for each of the two. */
const FIELDREF_PASSES = 8;

/** Comparing the beginning or end of a text with so many characters is a pass. */
const EDGE_CHARS_PER_PASS = 100_000;

/** In a list of patterns, those with a different end of so many characters are not all searched in the same text. */
const END_LENGTH = 6;

/** What needs many passes, in errors, and how to need fewer. */
const CULPRITS = {
  contains: ['"contains"', 'write alternatives as one list'],
  pattern: ['values with wildcards', 'write *text* where matching more will do'],
  re: ['regular expressions', 'join plain alternatives as (one|other)'],
  counts: ['regular expressions with long counts', 'write .* or .+ or smaller counts'],
  edge: ['long "startswith" and "endswith"', 'shorten the values'],
  fieldref: ['"fieldref"', 'compare whole values'],
} as const;

/** What is wrong with an expression that needs too many passes, and a way around; null if it does not. */
export function problemOfPasses(expression: Expression): { readonly message: string; readonly hint: string } | null {
  const byField = Map.groupBy(countsOf(expression), ({ field }) => field);
  const ofKeywords = byField.get(null) ?? [];
  for (const [field, counts] of byField) {
    const others = field === null ? 0 : sumOf(ofKeywords);
    const total = sumOf(counts) + others;
    if (total <= PASSES_MAX) continue;
    const sorted = counts.filter(({ passes }) => passes > 0).sort((a, b) => b.passes - a.passes);
    const parts = sorted.map(({ culprit, passes }) => `${passes} for ${CULPRITS[culprit][0]}`);
    if (others > 0) parts.push(`${others} by keywords, which search every field`);
    const what = field === null ? 'keywords would search every field' : `"${truncate(field)}" would be searched`;
    const remedy = CULPRITS[sorted[0]?.culprit ?? 'contains'][1];
    return {
      message: `${what} ${total} times (${parts.join(', ')}); at most ${PASSES_MAX} are allowed`,
      hint: `${remedy}, or split the rule`,
    };
  }
  return null;
}

function sumOf(counts: readonly Count[]): number {
  return counts.reduce((sum, { passes }) => sum + passes, 0);
}

interface Count {
  readonly field: string | null;
  readonly culprit: keyof typeof CULPRITS;
  readonly passes: number;
}

/** The passes of an expression, by field and what needs them: in sum rounded, since a short text is a small part of one. */
function countsOf(expression: Expression): readonly Count[] {
  const counts = new Map<string, Count>();
  const add = (field: string | null, culprit: Count['culprit'], passes: number): void => {
    const key = JSON.stringify([field, culprit]);
    counts.set(key, { field, culprit, passes: passes + (counts.get(key)?.passes ?? 0) });
  };
  for (const leaves of containsIn(expression)) add(leaves[0]?.field ?? null, 'contains', passesOfContains(leaves));
  for (const { field, test } of leavesIn(expression)) {
    switch (test.op) {
      case 'startswith':
      case 'endswith':
        add(field, 'edge', Math.max(...test.values.map(({ length }) => length)) / EDGE_CHARS_PER_PASS);
        break;
      case 'pattern':
        add(field, 'pattern', passesOfPatterns(test.values));
        break;
      case 're':
        for (const { size } of test.values) {
          const forTable = Math.floor(size.work / STEPS_PER_PASS);
          add(field, forTable > 1 ? 'counts' : 're', 1 + forTable);
        }
        break;
      case 'fieldref':
        if (test.compare !== 'equals') for (const one of [field, test.field]) add(one, 'fieldref', FIELDREF_PASSES);
    }
  }
  return [...counts.values()].map((count) => ({ ...count, passes: Math.round(count.passes) }));
}

function passesOfContains(leaves: readonly ContainsLeaf[]): number {
  const values = leaves.flatMap(({ test }) => test.values);
  const [only = '', ...others] = values;
  if (others.length === 0 && only.length <= NATIVE_MAX) return NATIVE_PASSES;
  const chars = values.reduce((sum, { length }) => sum + length, 0);
  return Math.max(TRIE_PASSES + chars / TRIE_CHARS_PER_PASS, leaves.length / CONTAINS_PER_PASS);
}

function passesOfPatterns(patterns: readonly PreparedPattern[]): number {
  const byEnd = new Map<string, number>();
  let passes = 0;
  for (const pattern of patterns) {
    const pieces = 'pieces' in pattern ? pattern.pieces : null;
    const cost = pieces === null ? 1 : pieces.some(({ length }) => length > NATIVE_MAX) ? TRIE_PASSES : NATIVE_PASSES;
    const end = pieces?.at(-1)?.slice(-END_LENGTH) ?? '';
    if (end.length < END_LENGTH) passes += cost;
    else byEnd.set(end, cost + (byEnd.get(end) ?? 0));
  }
  return passes + Math.max(0, ...byEnd.values());
}
