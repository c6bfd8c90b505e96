/**
 * Generated code behind its index says what the interpreter says, on a million random pairs of rule and entry; and the
 * comparison notices mistakes.
 *
 * `AGREEMENT_SEED=7 npm test -- agreement` compares others.
 */
import { expect, test } from 'vitest';
import { codeOf } from '../../../src/sigma/codegen/generate.ts';
import { compile } from '../../../src/sigma/engine.ts';
import { TIME_PARTS } from '../../../src/sigma/rule.ts';
import { compare, describeDifference, interpreterOf } from './agreement.ts';
import { MISTAKES } from './mistakes.ts';
import { count, countEntry, countExpression, type Tally } from './pairs/tally.ts';
import { withMistake } from './with-mistake.ts';

const SEED = Number(process.env['AGREEMENT_SEED'] ?? 1);
const PAIRS = 1_000_000;
const MISTAKE_PAIRS = 100_000;

test('generated code and interpreter agree on a million pairs of rule and entry', () => {
  const [inRules, inEntries]: readonly [Tally, Tally] = [new Map(), new Map()];
  const total: Tally = new Map();
  const { pairs, difference } = compare(
    { codeOf, compile, interpret: interpreterOf() },
    {
      seed: SEED,
      pairs: PAIRS,
      onBatch: ({ batch, code, matches }) => {
        const always = new Set(code.index.always);
        count(total, 'rules', batch.rules.length);
        if (batch.fromFiles) count(total, 'rules from files', batch.rules.length);
        count(total, 'matches', sum(matches));
        count(total, 'rules with a witness', batch.rules.length - always.size);
        count(total, 'pairs with a witness', (batch.rules.length - always.size) * batch.entries.length);
        count(total, 'matches with a witness', sum(matches.filter((_, rule) => !always.has(rule))));
        for (const { expression } of batch.rules) countExpression(expression, inRules);
        for (const entry of batch.entries) countEntry(entry, inEntries);
      },
    },
  );
  if (difference !== null) expect.fail(describeDifference(difference));
  const of = (name: string): number => total.get(name) ?? 0;
  expect(pairs).toBeGreaterThanOrEqual(PAIRS);
  expect(of('matches') / pairs).toBeGreaterThan(0.1);
  expect(of('rules with a witness') / of('rules')).toBeGreaterThan(0.5);
  expect(of('matches with a witness') / of('pairs with a witness')).toBeGreaterThan(0.04);
  expect(of('rules from files')).toBeGreaterThan(2_000);
  expect(missing(inRules, RULES_HAVE)).toEqual([]);
  expect(missing(inEntries, ENTRIES_HAVE)).toEqual([]);
}, 600_000);

test.each(MISTAKES)(
  'notices: $name',
  async (mistake) => {
    const { difference } = await withMistake(mistake, (made) => compare(made, { seed: 1, pairs: MISTAKE_PAIRS }));
    expect(difference).not.toBeNull();
  },
  120_000,
);

/** How often each of these must be there. */
const TIMES_MIN = 50;

const RULES_HAVE = [
  ...['and', 'or', 'not', 'not not', 'empty and', 'empty or', 'keyword', 'null', 'exists', 'number'],
  ...['equals', 'contains', 'startswith', 'endswith', 'pattern'].flatMap((op) => [op, `${op} cased`, `${op} of many`]),
  ...['lt', 'lte', 'gt', 'gte'].flatMap((op) => [op, `${op} exact`]),
  ...TIME_PARTS.flatMap((part) => ['lt', 'lte', 'gt', 'gte', 'eq'].map((op) => `${part} ${op}`)),
  ...['equals', 'contains', 'startswith', 'endswith'].map((op) => `fieldref ${op}`),
  ...['fieldref cased', 'cidr', 'cidr 4', 'cidr 6'],
];

const ENTRIES_HAVE = [
  ...['empty entry', 'null', 'boolean', 'number', '-0', 'text', 'empty text', 'list', 'empty list', 'object'],
  ...['list in a list', 'null in a list', 'object in a list', 'name with a dot', 'name of a prototype'],
  ...Array.from({ length: 37 }, (_, i) => `text of ${i + 4}`),
  ...['long text', 'text beyond ASCII', 'text with letters beyond 16 bits', 'text with a lone surrogate'],
  ...['text that changes length when folded', 'text with a long s or a Kelvin sign', 'text with a sigma'],
  'text of a number',
];

function missing(tally: Tally, names: readonly string[]): readonly string[] {
  return names.filter((name) => (tally.get(name) ?? 0) < TIMES_MIN);
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
