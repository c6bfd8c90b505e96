/**
 * Builds the index at build time (candidates.ts looks entries up in it).
 *
 * Contract: of the witnesses of each rule, the cheapest is in the index; a rule without one is always a candidate. Takes
 * time proportional to the rules' values. Pure.
 */

import type { DetectionRule } from '../rule.ts';
import type { IndexData, IndexedField, IndexedLiteral } from './candidates.ts';
import type { Literal } from './literal.ts';
import { anchorText, countGrams, GRAM, groupsOf, isCrowd, withAnchors } from './literal-table.ts';
import { needOf, type Part, partsOf, witnessOf } from './witness.ts';

/** The index of rules, and the paths of the fields that it looks at, in its order. */
export function buildIndex(rules: readonly DetectionRule[]): {
  readonly index: IndexData;
  readonly paths: readonly string[];
} {
  const needs = rules.map(({ expression }) => needOf(expression));
  const costOf = costs(needs.map((need) => new Map(partsOf(need).map((part) => [keyOf(part), part]))));
  const rulesByPart = new Map<string, { readonly part: Part; readonly rules: number[] }>();
  const always: number[] = [];
  for (const [rule, need] of needs.entries()) {
    const parts = witnessOf(need, costOf);
    if (parts === null) always.push(rule);
    for (const [key, part] of new Map(parts?.map((one) => [keyOf(one), one]))) {
      const known = rulesByPart.get(key);
      if (known === undefined) rulesByPart.set(key, { part, rules: [rule] });
      else known.rules.push(rule);
    }
  }
  const byField = Map.groupBy(rulesByPart.values(), ({ part }) => part.field);
  const fields = [...byField.values()].map((parts): IndexedField => {
    const literals = withoutCrowds(
      parts.flatMap(({ part, rules }) =>
        part.kind === 'literal' ? [{ text: part.text, place: part.place, rules }] : [],
      ),
    );
    const ranges = parts.flatMap(({ part, rules }) => (part.kind === 'range' ? [{ ...part, rules }] : []));
    return { literals, sections: sectionsOf(ranges) };
  });
  return { index: { always, fields }, paths: [...byField.keys()] };
}

/**
 * Where many literals have the same anchor, it stands for all of them: a value could make the index compare each of them at
 * each place. The literals without an anchor stay.
 */
function withoutCrowds(
  literals: readonly (Literal & { readonly rules: readonly number[] })[],
): readonly IndexedLiteral[] {
  const shared = groupsOf(withAnchors(literals)).flatMap((group): readonly (readonly IndexedLiteral[])[] => {
    if (group[0]?.end === -1 || !isCrowd(group)) return [group];
    return [...Map.groupBy(group, ({ text, end }) => anchorText(text, end))].map(([text, [first, ...others]]) => {
      if (first === undefined || others.length === 0) return first === undefined ? [] : [first];
      // With fewer than four characters, the marks before the text are among the four.
      const place = text.length === GRAM ? 'anywhere' : 'start';
      return [{ ...first, text, place, rules: [...new Set([first, ...others].flatMap(({ rules }) => rules))] }];
    });
  });
  return withAnchors(shared.flat());
}

function keyOf(part: Part): string {
  return JSON.stringify(
    part.kind === 'literal' ? [part.field, part.place, part.text] : [part.field, part.first, part.last],
  );
}

/**
 * Estimates how often a part is in an entry: from how many rules have a literal of the same field with the same four
 * characters, and how many literals the field has. A longer literal is rarer.
 */
function costs(parts: readonly ReadonlyMap<string, Part>[]): (part: Part) => number {
  const known = new Map<string, { readonly part: Part; uses: number }>();
  for (const [key, part] of parts.flatMap((ofRule) => [...ofRule])) {
    const before = known.get(key);
    if (before === undefined) known.set(key, { part, uses: 1 });
    else before.uses++;
  }
  const costOf = new Map<string, number>();
  for (const ofField of Map.groupBy(known.values(), ({ part }) => part.field).values()) {
    const literals = ofField.flatMap(({ part, uses }) => (part.kind === 'literal' ? [{ ...part, uses }] : []));
    const [grams, shorts] = [countGrams(literals), countShorts(literals)];
    for (const literal of withAnchors(literals)) {
      const { text, end, gram } = literal;
      const uses = (end === -1 ? shorts.get(text) : grams.get(gram)) as number;
      costOf.set(keyOf(literal), (uses / ofField.length) * (1 + COMMON_LENGTH / Math.max(1, text.length)));
    }
    for (const { part, uses } of ofField) if (part.kind === 'range') costOf.set(keyOf(part), uses / ofField.length);
  }
  return (part) => costOf.get(keyOf(part)) ?? 0;
}

/** How many literals have each text that is too short for the table. */
function countShorts(literals: readonly { readonly text: string; readonly uses: number }[]) {
  const counts = new Map<string, number>();
  for (const { text, uses } of literals) {
    const parts = new Set<string>();
    for (let length = 1; length < GRAM; length++) {
      for (let at = 0; at + length <= text.length; at++) parts.add(text.slice(at, at + length));
    }
    for (const part of parts) counts.set(part, (counts.get(part) ?? 0) + uses);
  }
  return counts;
}

/** The length of words that many texts have: a shorter literal costs more than twice as much. */
const COMMON_LENGTH = 8;

/** Overlapping ranges as sections that follow each other. */
function sectionsOf(
  ranges: readonly { readonly first: number; readonly last: number; readonly rules: readonly number[] }[],
): IndexedField['sections'] {
  const begins = Map.groupBy(ranges, ({ first }) => first);
  const ends = Map.groupBy(ranges, ({ last }) => last + 1);
  const open = new Set<(typeof ranges)[number]>();
  return [...new Set([...begins.keys(), ...ends.keys()])]
    .sort((a, b) => a - b)
    .map((from) => {
      for (const range of ends.get(from) ?? []) open.delete(range);
      for (const range of begins.get(from) ?? []) open.add(range);
      return { from, rules: [...new Set([...open].flatMap(({ rules }) => rules))] };
    });
}
