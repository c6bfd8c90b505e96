/**
 * Which of many rules an entry may satisfy at all.
 *
 * Contract: a rule that the entry satisfies is always among the candidates. A rule is split into alternatives, each a
 * bit. For each field it is remembered, of values seen at least twice, which alternatives such a value rules out,
 * whatever the other fields are; the rules of what all fields together leave are the candidates. The memory is bounded:
 * so many values a field, none long, and the eldest are forgotten all at once. A field whose values hardly ever come
 * again is let be for a while. Answers do not depend on what is remembered.
 */
import type { LoadedEntry } from './loaded.ts';
import { holds, type Plan } from './plan.ts';

/** Puts the numbers of the rules that the entry may satisfy into `into`, ascending; tells how many they are. */
export type Candidates = (entry: LoadedEntry, into: Int32Array) => number;

/** A longer value is not remembered: it costs more to look up than it saves. */
const VALUE_LENGTH = 128;
/** All that is remembered takes about so many bytes at most, of masks and of values. */
const MEMORY = 4_194_304;
const MOST_VALUES = 2_048;
/** A field is let be for so many entries where, of so many, fewer than one in eight had a value that is remembered. */
const TRIED = 512;
const LET_BE = 8_192;
/** A rule of more alternatives is split less. */
const ALTERNATIVES = 8;

/** Words of 32 alternatives from which some are ruled out: the word's number and the bits that are left, in turn. */
type Mask = Int32Array;
const RULES_OUT_NONE: Mask = new Int32Array(0);

/** One way to satisfy a rule: all of these hold. */
interface Alternative {
  readonly rule: number;
  readonly all: readonly Plan[];
}

/** Prepares the search for candidates among plans. */
export function createCandidates(plans: readonly Plan[]): Candidates {
  const alternatives = plans.flatMap((plan, rule) => alternativesOf(plan).map((all): Alternative => ({ rule, all })));
  const words = Math.ceil(alternatives.length / 32);
  const byField = new Map<number, number[]>();
  for (const [bit, { all }] of alternatives.entries()) {
    for (const field of fieldsOf(all)) {
      const bits = byField.get(field);
      if (bits === undefined) byField.set(field, [bit]);
      else bits.push(bit);
    }
  }
  const bytesEach = 8 * words + 2 * VALUE_LENGTH + 64;
  const values = Math.max(16, Math.min(MOST_VALUES, Math.floor(MEMORY / bytesEach / Math.max(1, byField.size))));
  const masks = inOrder(byField).map(([field, bits]) => createMemory(alternatives, bits, field, values));
  const all = new Int32Array(words).fill(-1);
  for (let bit = alternatives.length; bit < words * 32; bit++) all[bit >> 5] = (all[bit >> 5] as number) & ~(1 << bit);
  const left = new Int32Array(words);
  return (entry, into) => {
    for (let word = 0; word < words; word++) left[word] = all[word] as number;
    for (let n = 0; n < masks.length; n++) {
      const mask = (masks[n] as (entry: LoadedEntry) => Mask)(entry);
      for (let i = 0; i < mask.length; i += 2) {
        const word = mask[i] as number;
        left[word] = (left[word] as number) & (mask[i + 1] as number);
      }
      if (mask.length > 0 && isEmpty(left)) return 0;
    }
    let found = 0;
    let last = -1;
    for (let word = 0; word < words; word++) {
      for (let bits = left[word] as number; bits !== 0; bits &= bits - 1) {
        const { rule } = alternatives[word * 32 + 31 - Math.clz32(bits & -bits)] as Alternative;
        if (rule !== last) into[found++] = rule;
        last = rule;
      }
    }
    return found;
  };
}

/** Each time the field that decides about most alternatives that no field before it does: soon nothing is left. */
function inOrder(byField: ReadonlyMap<number, readonly number[]>): [field: number, bits: readonly number[]][] {
  const order: [field: number, bits: readonly number[]][] = [];
  const decided = new Set<number>();
  const rest = new Map(byField);
  while (rest.size > 0) {
    const fresh = (bits: readonly number[]): number => bits.reduce((sum, bit) => sum + (decided.has(bit) ? 0 : 1), 0);
    const next = [...rest].reduce((best, one) => (fresh(one[1]) > fresh(best[1]) ? one : best));
    rest.delete(next[0]);
    order.push(next);
    for (const bit of next[1]) decided.add(bit);
  }
  return order;
}

function isEmpty(words: Int32Array): boolean {
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}

/** A plan as alternatives, one of which must hold: each a list of plans, all of which must. */
function alternativesOf(plan: Plan): readonly (readonly Plan[])[] {
  if (plan.kind === 'or') {
    const split = plan.of.flatMap(alternativesOf);
    return split.length <= ALTERNATIVES ? split : [[plan]];
  }
  if (plan.kind !== 'and') return [[plan]];
  let product: readonly (readonly Plan[])[] = [[]];
  for (const child of plan.of) {
    const split = alternativesOf(child);
    const fits = product.length * split.length <= ALTERNATIVES;
    product = product.flatMap((all) => (fits ? split.map((more) => [...all, ...more]) : [[...all, child]]));
  }
  return product;
}

/** Remembers of one field what its values rule out, from the second time that a value is seen. */
function createMemory(alternatives: readonly Alternative[], bits: readonly number[], field: number, most: number) {
  const known = new Map<unknown, Mask>();
  // Most values rule out the same: one mask for them all is found in the processor's cache.
  const shared = new Map<string, Mask>();
  const once = new Set<unknown>();
  let asked = 0;
  let found = 0;
  let letBe = 0;
  return (entry: LoadedEntry): Mask => {
    if (letBe > 0) {
      letBe--;
      return RULES_OUT_NONE;
    }
    if (asked === TRIED) {
      if (found < TRIED / 8) letBe = LET_BE;
      asked = found = 0;
    }
    asked++;
    const value = entry.value(field);
    // Lists are not told from each other by a look.
    if (typeof value === 'object' && value !== null) return RULES_OUT_NONE;
    if (typeof value === 'string' && value.length > VALUE_LENGTH) return RULES_OUT_NONE;
    // For a map -0 is 0, and their texts are the same; no test tells them apart either.
    const mask = known.get(value);
    if (mask !== undefined) {
      found++;
      return mask;
    }
    if (!once.has(value)) {
      if (once.size >= most) once.clear();
      once.add(value);
      return RULES_OUT_NONE;
    }
    if (known.size >= most) {
      known.clear();
      shared.clear();
    }
    const made = maskOf(alternatives, bits, field, entry);
    const text = made.join();
    const one = shared.get(text) ?? made;
    shared.set(text, one);
    known.set(value, one);
    return one;
  };
}

function maskOf(
  alternatives: readonly Alternative[],
  bits: readonly number[],
  field: number,
  entry: LoadedEntry,
): Mask {
  const left = new Map<number, number>();
  for (const bit of bits) {
    const { all } = alternatives[bit] as Alternative;
    if (all.every((plan) => answer(plan, field, entry) !== false)) continue;
    const word = bit >> 5;
    left.set(word, (left.get(word) ?? -1) & ~(1 << (bit & 31)));
  }
  return Int32Array.from([...left].flat());
}

/** What a plan says where only one field is known; null where that depends on others. */
function answer(plan: Plan, field: number, entry: LoadedEntry): boolean | null {
  switch (plan.kind) {
    case 'leaf':
      return plan.field === field ? holds(plan, entry) : null;
    case 'not': {
      const of = answer(plan.of, field, entry);
      return of === null ? null : !of;
    }
    case 'and':
    case 'or': {
      const decisive = plan.kind === 'or';
      let all: boolean | null = !decisive;
      for (const child of plan.of) {
        const of = answer(child, field, entry);
        if (of === decisive) return decisive;
        if (of === null) all = null;
      }
      return all;
    }
  }
}

function fieldsOf(all: readonly Plan[]): ReadonlySet<number> {
  const fields = new Set<number>();
  const waiting: Plan[] = [...all];
  for (const one of waiting) {
    if (one.kind === 'not') waiting.push(one.of);
    else if (one.kind !== 'leaf') waiting.push(...one.of);
    else if (one.field !== null) fields.add(one.field);
  }
  return fields;
}
