/**
 * Which of many rules an entry may satisfy at all.
 *
 * Contract: a rule that the entry satisfies is always among the candidates. A rule is split into alternatives, each a
 * bit. Field by field, the alternatives that are left are asked whether the field's value rules them out, whatever the
 * other fields are; the rules of what all fields together leave are the candidates. What a value's answers were is
 * remembered, so that an alternative is asked about it once; the memory is bounded, and no long value is in it. A field
 * whose values hardly ever come again is let be for a while. Answers do not depend on what is remembered.
 */
import type { LoadedEntry } from './loaded.ts';
import { holds, type Plan } from './plan.ts';
import { createMemory, type Owner } from './remembered.ts';

/** Puts the numbers of the rules that the entry may satisfy into `into`, ascending; tells how many they are. */
export type Candidates = (entry: LoadedEntry, into: Int32Array) => number;

/** A longer value is not remembered: it costs more to look up than it saves. */
const VALUE_LENGTH = 128;
/** All that is remembered takes about so many bytes at most, of masks and of values. */
const MEMORY = 6_291_456;
/** What it costs to look a value up, and to remember one that is new, in the measure of a plan's costs. */
const LOOKUP_COST = 8;
const NEW_COST = 64;
/** A field where, of so many entries, remembering cost more than it saved is let be for so many, then for longer. */
const TRIED = 512;
const LET_BE = 4_096;
const LONGEST_LET_BE = 32_768;
/** A rule of more alternatives is split less. */
const ALTERNATIVES = 8;
/** Of an alternative's fields, so many decide about it: each would have to look at all its questions. */
const FIELDS = 32;

/** For each word of 32 alternatives that a field decides about: which were asked about a value, and which it rules out. */
type Mask = Int32Array;

/** One way to satisfy a rule: all of these hold. */
interface Alternative {
  readonly rule: number;
  readonly all: readonly Plan[];
  readonly fields: ReadonlySet<number>;
}

/** What a field decides about. */
interface Decided {
  readonly field: number;
  /** The alternatives. */
  readonly bits: readonly number[];
  /** Of all their questions about the field. */
  readonly cost: number;
}

/** Takes out of the alternatives that are left, as bits, those that an entry's value of a field rules out. */
type RuleOut = (entry: LoadedEntry, left: Int32Array) => void;

/** Prepares the search for candidates among plans. */
export function createCandidates(plans: readonly Plan[]): Candidates {
  const alternatives = byFields(
    plans.flatMap((plan, rule) =>
      alternativesOf(plan).map((all): Alternative => ({ rule, all, fields: fieldsOf(all) })),
    ),
  );
  const bitsByField = new Map<number, number[]>();
  for (const [bit, { fields }] of alternatives.entries()) {
    for (const field of fields) {
      const bits = bitsByField.get(field);
      if (bits === undefined) bitsByField.set(field, [bit]);
      else bits.push(bit);
    }
  }
  const memory = createMemory<Mask>(MEMORY);
  const ruleOuts = inOrder(
    [...bitsByField].map(([field, bits]): Decided => {
      const cost = bits.reduce((sum, bit) => sum + costOf((alternatives[bit] as Alternative).all, field), 0);
      return { field, bits, cost };
    }),
  ).map((decided) => createRuleOut(alternatives, decided, memory.createOwner()));
  const all = wordsOf(alternatives.keys());
  const words = all.length;
  const left = new Int32Array(words);
  const rules = Int32Array.from(alternatives, ({ rule }) => rule);
  const found = new Int32Array(Math.ceil(plans.length / 32));
  return (entry, into) => {
    for (let word = 0; word < words; word++) left[word] = all[word] as number;
    for (let n = 0; n < ruleOuts.length; n++) (ruleOuts[n] as RuleOut)(entry, left);
    for (let word = 0; word < words; word++) {
      for (let bits = left[word] as number; bits !== 0; bits &= bits - 1) {
        const rule = rules[word * 32 + lowest(bits)] as number;
        found[rule >> 5] = (found[rule >> 5] as number) | (1 << (rule & 31));
      }
    }
    let count = 0;
    for (let word = 0; word < found.length; word++) {
      for (let bits = found[word] as number; bits !== 0; bits &= bits - 1) into[count++] = word * 32 + lowest(bits);
      found[word] = 0;
    }
    return count;
  };
}

/** The number of the lowest bit that is set. */
function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** Numbers as bits of words. */
function wordsOf(bits: Iterable<number>): Int32Array {
  const words: number[] = [];
  for (const bit of bits) words[bit >> 5] = (words[bit >> 5] ?? 0) | (1 << (bit & 31));
  return Int32Array.from(words);
}

/** Those of the same fields beside each other: so a field decides about few words. */
function byFields(alternatives: readonly Alternative[]): readonly Alternative[] {
  const groups = Map.groupBy(alternatives, ({ fields }) => [...fields].sort((a, b) => a - b).join());
  return [...groups.values()].flat();
}

/** Each time the field that decides, for its cost, about most alternatives that no field before it does. */
function inOrder(fields: readonly Decided[]): readonly Decided[] {
  const order: Decided[] = [];
  const decided = new Set<number>();
  const worthOf = ({ bits, cost }: Decided): number =>
    bits.filter((bit) => !decided.has(bit)).length / (LOOKUP_COST + cost / bits.length);
  const rest = new Set(fields);
  while (rest.size > 0) {
    let [next, most]: [Decided | null, number] = [null, 0];
    for (const one of rest) {
      const worth = worthOf(one);
      if (worth > most) [next, most] = [one, worth];
    }
    // Those that are left decide about nothing more.
    if (next === null) return [...order, ...rest];
    rest.delete(next);
    order.push(next);
    for (const bit of next.bits) decided.add(bit);
  }
  return order;
}

/** A plan as alternatives, one of which must hold: each a list of plans, all of which must. */
function alternativesOf(plan: Plan): readonly (readonly Plan[])[] {
  if (plan.kind === 'or') {
    const split = plan.of.flatMap(alternativesOf);
    return split.length <= ALTERNATIVES ? split : [[plan]];
  }
  if (plan.kind !== 'and') return [[plan]];
  let product: Plan[][] = [[]];
  for (const child of plan.of) {
    const split = alternativesOf(child);
    if (split.length === 1 || product.length * split.length > ALTERNATIVES) for (const all of product) all.push(child);
    else product = product.flatMap((all) => split.map((more) => [...all, ...more]));
  }
  return product;
}

function createRuleOut(
  alternatives: readonly Alternative[],
  { field, bits, cost }: Decided,
  owner: Owner<Mask>,
): RuleOut {
  const words = Int32Array.from(new Set(bits.map((bit) => bit >> 5)));
  const own = wordsOf(bits);
  /** The others count as asked. */
  const nothing: Mask = Int32Array.from([...words].flatMap((word) => [~(own[word] as number), 0]));
  let asked = 0;
  let found = 0;
  let letBe = 0;
  let nextLetBe = LET_BE;
  return (entry, left) => {
    if (letBe > 0) {
      letBe--;
      return;
    }
    if (isEmpty(left, words)) return;
    if (asked === TRIED) {
      if (found * cost >= (TRIED - found) * NEW_COST) nextLetBe = LET_BE;
      else {
        letBe = nextLetBe;
        nextLetBe = Math.min(2 * nextLetBe, LONGEST_LET_BE);
      }
      asked = found = 0;
    }
    asked++;
    const value = entry.value(field);
    // Lists are not told from each other by a look.
    if (typeof value === 'object' && value !== null) return;
    if (typeof value === 'string' && value.length > VALUE_LENGTH) return;
    // For a map -0 is 0, and their texts are the same; no test tells them apart either.
    let mask = owner.recall(value);
    if (mask !== undefined) found++;
    else {
      mask = nothing.slice();
      owner.remember(value, mask, mask.byteLength + (typeof value === 'string' ? 2 * value.length : 0));
    }
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as number;
      const open = left[word] as number;
      let unasked = open & ~(mask[2 * i] as number);
      if (unasked !== 0) {
        let ruledOut = mask[2 * i + 1] as number;
        mask[2 * i] = (mask[2 * i] as number) | unasked;
        for (; unasked !== 0; unasked &= unasked - 1) {
          const bit = lowest(unasked);
          const { all } = alternatives[32 * word + bit] as Alternative;
          if (!mayHold(all, field, entry)) ruledOut |= 1 << bit;
        }
        mask[2 * i + 1] = ruledOut;
      }
      left[word] = open & ~(mask[2 * i + 1] as number);
    }
  };
}

function isEmpty(left: Int32Array, words: Int32Array): boolean {
  for (let i = 0; i < words.length; i++) if (left[words[i] as number] !== 0) return false;
  return true;
}

/** Whether all of these may hold where only one field is known. */
function mayHold(all: readonly Plan[], field: number, entry: LoadedEntry): boolean {
  for (let i = 0; i < all.length; i++) if (answer(all[i] as Plan, field, entry) === false) return false;
  return true;
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
    else if (one.field !== null && fields.size < FIELDS) fields.add(one.field);
  }
  return fields;
}

/** What the questions about one field cost. */
function costOf(all: readonly Plan[], field: number): number {
  let cost = 0;
  for (const one of all) {
    if (one.kind === 'leaf') cost += one.field === field ? one.cost : 0;
    else cost += costOf(one.kind === 'not' ? [one.of] : one.of, field);
  }
  return cost;
}
