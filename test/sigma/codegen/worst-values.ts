/**
 * The worst values for an index (codegen/literal-table.ts): what an attacker who knows the rules would send.
 *
 * Contract: each has about as many characters as are asked for. Pure.
 */
import type { IndexedField } from '../../../src/sigma/codegen/candidates.ts';

/** All literals of a field one after the other, again and again. */
export function literalsText({ literals }: IndexedField, length: number): string {
  const all = literals.map(({ text }) => text).join('') || 'a';
  return all.repeat(Math.ceil(length / all.length)).slice(0, length);
}

/** All literals of a field as a list, again and again. */
export function literalsList({ literals }: IndexedField, length: number): readonly string[] {
  const list: string[] = [];
  for (let i = 0, left = length; left > 0; i++) {
    const text = literals[i % literals.length]?.text || 'a';
    list.push(text);
    left -= text.length;
  }
  return list;
}

/** How many literals are looked for where these four characters stand. */
export function literalsByGram({ literals }: IndexedField): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { text, end } of literals) {
    const gram = text.slice(Math.max(0, end - 3), end + 1);
    // Others stand at an end of the text, of which there are only two.
    if (end >= 3 && gram.length === 4) counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** The characters to find such a text among. It is repeated: longer ones are hardly worse. */
const PERIOD = 120;

/**
 * A text that leads to as many comparisons as it can: the fours overlap, and those that many literals have are often in
 * it. What the index then compares is hardly ever equal.
 */
export function nearMissText(field: IndexedField, length: number): string {
  const grams = [...literalsByGram(field)];
  if (grams.length === 0) return literalsText(field, length);
  // By length, and by the characters at its end: the best text so far.
  const best: Map<string, Step>[] = [];
  for (let end = 0; end <= PERIOD; end++) {
    const here = new Map<string, Step>();
    for (const [gram, weight] of grams) {
      const step = bestBefore(gram, end, best, weight);
      if (step === null) continue;
      for (let kept = 0; kept <= 3; kept++) {
        const suffix = gram.slice(4 - kept);
        if (step.sum > (here.get(suffix)?.sum ?? -1)) here.set(suffix, step);
      }
    }
    best.push(here);
  }
  const period = textOf(best[PERIOD]?.get('') ?? null) || 'a';
  return period.repeat(Math.ceil(length / period.length)).slice(0, length);
}

interface Step {
  readonly sum: number;
  /** The characters that it adds. */
  readonly added: string;
  readonly before: Step | null;
}

function bestBefore(gram: string, end: number, best: readonly Map<string, Step>[], weight: number): Step | null {
  let found: Step | null = end === 4 ? { sum: weight, added: gram, before: null } : null;
  for (let kept = 0; kept <= 3; kept++) {
    const before = best[end - 4 + kept]?.get(gram.slice(0, kept));
    if (before !== undefined && before.sum + weight > (found?.sum ?? -1)) {
      found = { sum: before.sum + weight, added: gram.slice(kept), before };
    }
  }
  return found;
}

function textOf(last: Step | null): string {
  let text = '';
  for (let step = last; step !== null; step = step.before) text = step.added + text;
  return text;
}
