/**
 * Which of many rules an entry may satisfy at all.
 *
 * Contract: a rule that the entry satisfies is always among the candidates. For each field it is remembered, of values
 * seen at least twice, which rules such a value rules out, whatever the other fields are; what all fields together
 * leave are the candidates. The memory is bounded: so many values a field, none long, and the eldest are forgotten
 * all at once. Answers do not depend on what is remembered.
 */
import { isScalar, type LoadedEntry } from './loaded.ts';
import type { Plan } from './plan.ts';

/** Calls back with the number of each rule that the entry may satisfy, ascending. */
export type Candidates = (entry: LoadedEntry, each: (rule: number) => void) => void;

/** A longer value is not remembered: it costs more to look up than it saves. */
const VALUE_LENGTH = 128;
/** All that is remembered takes about so many bytes at most, of masks and of values. */
const MEMORY = 4_194_304;
const MOST_VALUES = 2_048;

/** Words of 32 rules from which some are ruled out: the word's number and the bits that are left, in turn. */
type Mask = Int32Array;
const RULES_OUT_NONE: Mask = new Int32Array(0);

/** Prepares the search for candidates among plans. */
export function createCandidates(plans: readonly Plan[]): Candidates {
  const words = Math.ceil(plans.length / 32);
  const byField = new Map<number, number[]>();
  for (const [rule, plan] of plans.entries()) {
    for (const field of fieldsOf(plan)) {
      const rules = byField.get(field);
      if (rules === undefined) byField.set(field, [rule]);
      else rules.push(rule);
    }
  }
  const bytesEach = 8 * words + 2 * VALUE_LENGTH + 64;
  const values = Math.max(16, Math.min(MOST_VALUES, Math.floor(MEMORY / bytesEach / Math.max(1, byField.size))));
  const masks = [...byField].map(([field, rules]) => createMemory(plans, rules, field, values));
  const left = new Int32Array(words);
  return (entry, each) => {
    left.fill(-1);
    for (const maskOf of masks) {
      const mask = maskOf(entry);
      for (let i = 0; i < mask.length; i += 2) {
        const word = mask[i] as number;
        left[word] = (left[word] as number) & (mask[i + 1] as number);
      }
    }
    for (let word = 0; word < words; word++) {
      for (let bits = left[word] as number; bits !== 0; bits &= bits - 1) {
        const rule = word * 32 + 31 - Math.clz32(bits & -bits);
        if (rule < plans.length) each(rule);
      }
    }
  };
}

/** Remembers of one field what its values rule out, from the second time that a value is seen. */
function createMemory(plans: readonly Plan[], rules: readonly number[], field: number, most: number) {
  const known = new Map<unknown, Mask>();
  const once = new Set<unknown>();
  return (entry: LoadedEntry): Mask => {
    const value = entry.values[field];
    const mask = known.get(value);
    if (mask !== undefined) return mask;
    // Lists are not told from each other by a look.
    if (value !== undefined && value !== null && !isScalar(value)) return RULES_OUT_NONE;
    // For a map -0 is 0, and their texts are the same; no test tells them apart either.
    if (typeof value === 'string' && value.length > VALUE_LENGTH) return RULES_OUT_NONE;
    if (!once.has(value)) {
      if (once.size >= most) once.clear();
      once.add(value);
      return RULES_OUT_NONE;
    }
    if (known.size >= most) known.clear();
    const made = maskOf(plans, rules, field, entry);
    known.set(value, made);
    return made;
  };
}

function maskOf(plans: readonly Plan[], rules: readonly number[], field: number, entry: LoadedEntry): Mask {
  const left = new Map<number, number>();
  for (const rule of rules) {
    if (answer(plans[rule] as Plan, field, entry) !== false) continue;
    const word = rule >> 5;
    left.set(word, (left.get(word) ?? -1) & ~(1 << (rule & 31)));
  }
  return Int32Array.from([...left].flat());
}

/** What a plan says where only one field is known; null where that depends on others. */
function answer(plan: Plan, field: number, entry: LoadedEntry): boolean | null {
  switch (plan.kind) {
    case 'leaf':
      return plan.field === field ? plan.test(entry) : null;
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

function fieldsOf(plan: Plan): ReadonlySet<number> {
  const fields = new Set<number>();
  const waiting: Plan[] = [plan];
  for (const one of waiting) {
    if (one.kind === 'not') waiting.push(one.of);
    else if (one.kind !== 'leaf') waiting.push(...one.of);
    else if (one.field !== null) fields.add(one.field);
  }
  return fields;
}
