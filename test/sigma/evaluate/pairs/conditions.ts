/**
 * Random searches: comparisons of few fields with few words, nested by and, or, not.
 *
 * Contract: only what parsing can result in. The same searches for the same random numbers.
 */
import type { ParsedCondition, ParsedTest } from '../../../../src/sigma/parse/parsed-condition.ts';
import { prepareRegex, type TextOp } from '../../../../src/sigma/regex/prepared.ts';
import { type Order, type PatternPart, TIME_PARTS } from '../../../../src/sigma/rule.ts';
import type { Random } from '../../../sandbox/random.ts';
import type { SampledRegex } from './regexes.ts';
import type { Words } from './words.ts';

export interface ConditionOptions {
  readonly random: Random;
  readonly words: Words;
  readonly fields: readonly string[];
  readonly regex: () => SampledRegex;
}

/** Of both notations, the doubles that they are nearest to among others. */
export const NUMBERS = [0, -0, 0.1, 1, 1.5, -1, 42, 1e3, 1e-7, 1e21, 1_740_821_415, 1_740_821_415_123, 2 ** 53, -7e15];
const EXACT = [
  [2 ** 53, '9007199254740993'],
  [0.1, '0.1000000000000000000099'],
  [1e21, '1000000000000000000001'],
  [-(2 ** 53), '-9007199254740993'],
] as const;

export const RANGES = [
  ...['10.0.0.0/8', '10.0.0.0/24', '10.0.0.128/25', '10.0.0.1', '10.0.1.0/24', '0.0.0.0/0', '128.0.0.0/1'],
  ...['::ffff:10.0.0.0/104', '2001:db8::/32', '2001:db8::1', '::/0', '::1', 'fe80::/10', '255.255.255.255'],
];

const ORDERS: readonly Order[] = ['lt', 'lte', 'gt', 'gte'];
const TEXT_OPS: readonly TextOp[] = ['equals', 'contains', 'startswith', 'endswith'];
const TIMES = [0, 1, 3, 9, 10, 12, 23, 53, 59, 2024, 2025];

/** How often each kind of comparison is used, relative to each other. Each rule set uses only some of them. */
const WEIGHTS: { readonly [kind: string]: number } = {
  ...{ equals: 6, contains: 5, startswith: 4, endswith: 4, pattern: 3, re: 4, cidr: 2, null: 0.5, exists: 0.7 },
  ...{ order: 3, number: 1.5, time: 0.6, fieldref: 2 },
};

/** Where nothing but text makes sense, or a list of values is of one kind. */
const LISTED = ['equals', 'contains', 'startswith', 'endswith', 'pattern', 're', 'cidr', 'number'];

export function createConditions({ random, words, fields, regex }: ConditionOptions): () => ParsedCondition {
  const weights = Object.entries(WEIGHTS).flatMap(([kind, weight]) =>
    random.chance(0.4) ? [] : [[kind, weight * (0.2 + random.next())] as const],
  );
  if (weights.length === 0) weights.push(['equals', 1]);
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);

  function kindOfTest(): string {
    let rest = random.next() * sum;
    for (const [kind, weight] of weights) {
      rest -= weight;
      if (rest < 0) return kind;
    }
    return 'equals';
  }

  function testOf(kind: string, cased: boolean): ParsedTest {
    switch (kind) {
      case 'contains':
      case 'startswith':
      case 'endswith': {
        const run: PatternPart = { wildcard: '*' };
        const [before, after] = [kind === 'startswith' ? [] : [run], kind === 'endswith' ? [] : [run]];
        return { op: 'pattern', parts: [...before, { text: words.literal() }, ...after], cased };
      }
      case 'pattern':
        return { op: 'pattern', parts: Array.from({ length: random.below(5) }, patternPart), cased };
      case 're': {
        const { source, flags } = regex();
        const prepared = prepareRegex(source, flags);
        if (!prepared.ok) throw new Error(prepared.problem);
        return { op: 're', regex: prepared.prepared };
      }
      case 'cidr':
        return { op: 'cidr', range: random.chance(0.8) ? random.pick(RANGES) : `10.${random.below(4)}.0.0/16` };
      case 'null':
        return { op: 'null' };
      case 'exists':
        return { op: 'exists', present: random.chance(0.5) };
      case 'order': {
        const op = random.pick(ORDERS);
        const [value, exact] = random.pick(EXACT);
        const choice = random.next();
        if (choice < 0.3) return { op, value, exact };
        return { op, value: choice < 0.6 ? value : random.pick(NUMBERS) };
      }
      case 'number':
        return { op: 'number', value: random.pick(NUMBERS) };
      case 'time': {
        const [part, compare] = [random.pick(TIME_PARTS), random.pick([...ORDERS, 'eq' as const])];
        return { op: 'time', part, compare, value: random.pick(TIMES) };
      }
      case 'fieldref':
        return { op: 'fieldref', field: fields.at(-1) ?? 'a', compare: random.pick(TEXT_OPS), cased };
      default: {
        const value = random.next();
        if (value < 0.1) return { op: 'equals', value: random.pick(NUMBERS), cased };
        return { op: 'equals', value: value < 0.15 ? random.chance(0.5) : words.literal(), cased };
      }
    }
  }

  function patternPart(): PatternPart {
    const choice = random.next();
    if (choice < 0.5) return { text: words.literal() || 'a' };
    if (choice < 0.75) return { wildcard: '*' };
    return choice < 0.9 ? { wildcard: '?' } : { oneOf: random.pick(['-/–—―', 'aB😀', 'kKſ']) };
  }

  function leaf(): ParsedCondition {
    const kind = kindOfTest();
    const isKeyword = random.chance(0.04) && kind !== 'null' && kind !== 'exists';
    const field = isKeyword ? null : random.pick(fields);
    return { kind: 'leaf', selection: 'leaf', field, test: testOf(kind, random.chance(0.3)) };
  }

  /** Several values of a field: any of them, or all of them. */
  function list(): ParsedCondition {
    const drawn = kindOfTest();
    const kind = LISTED.includes(drawn) ? drawn : 'equals';
    const count = 2 + random.below(random.chance(0.3) ? random.pick([14, 14, 60]) : 3);
    const [field, cased] = [random.chance(0.03) ? null : random.pick(fields), random.chance(0.3)];
    return {
      kind: random.chance(0.85) ? 'or' : 'and',
      of: Array.from({ length: count }, () => ({
        ...{ kind: 'leaf' as const, selection: 'list', field },
        test: testOf(kind, cased),
      })),
    };
  }

  const many = (least: number, most: number, depth: number): ParsedCondition[] =>
    Array.from({ length: least + random.below(most - least + 1) }, () => condition(depth - 1));

  function condition(depth: number): ParsedCondition {
    const choice = random.next();
    if (depth === 0 || choice < 0.4) return leaf();
    if (choice < 0.55) return list();
    if (choice < 0.75) return { kind: 'and', of: many(2, 3, depth) };
    if (choice < 0.86) return { kind: 'or', of: many(2, 3, depth) };
    if (choice < 0.93) return { kind: 'not', of: condition(depth - 1) };
    if (choice < 0.95) return { kind: 'not', of: { kind: 'not', of: condition(depth - 1) } };
    if (choice < 0.97) return { kind: 'and', of: [condition(depth - 1), { kind: 'not', of: condition(depth - 1) }] };
    return { kind: random.chance(0.5) ? 'and' : 'or', of: many(0, 1, depth) };
  }

  return () => condition(3);
}
