/** Entries made against the index of 3,000 rules: the work is in proportion to their length. */
import { expect, test } from 'vitest';
import type { IndexedField } from '../../../src/sigma/codegen/candidates.ts';
import { codeOf } from '../../../src/sigma/codegen/generate.ts';
import { type Anchored, LiteralTable } from '../../../src/sigma/codegen/literal-table.ts';
import { leavesOf } from '../../../src/sigma/codegen/rule-code.ts';
import { compile } from '../../../src/sigma/engine.ts';
import { fieldValue } from '../../../src/sigma/evaluate/field.ts';
import type { EntryBody } from '../../../src/sigma/rule.ts';
import { ruleFiles } from '../../bench/rules/generate.ts';
import { builtCode } from '../evaluate/agreement.ts';
import { parsed } from '../rules.ts';
import { literalsByGram, literalsList, literalsText, nearMissText } from './worst-values.ts';

const { ruleSet } = parsed(...ruleFiles(3_000).map(({ text }) => text));
const code = builtCode({ codeOf }, ruleSet);
const engine = compile(ruleSet, { code });
const fields = indexedFields();

const LENGTHS = [12_000, 200_000];
const VALUES = [
  { what: 'a text of all literals of a field', valueFor: literalsText },
  { what: 'a list of all literals of a field', valueFor: literalsList },
  { what: 'a text of near misses', valueFor: nearMissText },
];
const CASES = VALUES.flatMap((one) => LENGTHS.map((length) => ({ ...one, length })));

/** Literals that have the same four characters, and none that are rarer. */
const SAME_GRAM_MAX = 100;
const COMPARISONS_PER_CHARACTER_MAX = 40;
/** Generous: in fact it is a tenth of it at most. A list takes longest, because rules that read one are interpreted. */
const TIME_MAX_MS = 3_000;

test('few literals are looked for where the same four characters stand', () => {
  for (const [path, field] of fields) {
    const most = Math.max(0, ...literalsByGram(field).values());
    expect(most, path).toBeLessThanOrEqual(SAME_GRAM_MAX);
  }
});

test.each(CASES)('$what, $length characters: comparisons are in proportion', ({ valueFor, length }) => {
  for (const [path, field] of fields) {
    const comparisons = comparisonsIn(field, [valueFor(field, length)].flat());
    expect(comparisons, path).toBeLessThan(COMPARISONS_PER_CHARACTER_MAX * length);
  }
});

test.each(CASES)('$what, $length characters: evaluated in time', ({ valueFor, length }) => {
  for (const [path, field] of fields)
    expect(timeOf({ [path]: valueFor(field, length) }), path).toBeLessThan(TIME_MAX_MS);
});

test.each(VALUES)('$what, 12,000 characters in every field: evaluated in time', ({ valueFor }) => {
  const body = Object.fromEntries(fields.map(([path, field]) => [path, valueFor(field, 12_000)]));
  expect(timeOf(body)).toBeLessThan(TIME_MAX_MS);
});

/** The milliseconds of the second evaluation: the runtime compiles each rule's function when it is first called. */
function timeOf(body: EntryBody): number {
  engine.evaluate(body);
  const began = performance.now();
  engine.evaluate(body);
  return performance.now() - began;
}

/** Counts how often a literal is read, which is only done to compare it. */
function comparisonsIn({ literals }: IndexedField, texts: readonly string[]): number {
  let comparisons = 0;
  const counted = literals.map(
    ({ text, place, end, gram }): Anchored => ({
      ...{ text, end, gram },
      get place() {
        comparisons++;
        return place;
      },
    }),
  );
  const table = new LiteralTable(counted);
  // Making the table reads them too.
  comparisons = 0;
  for (const text of texts) table.scan(text, { text: () => text }, () => {});
  return comparisons;
}

/** With their paths, which the index does not have: the code reads an entry whose values are their own paths. */
function indexedFields(): readonly (readonly [path: string, field: IndexedField])[] {
  const leaves = leavesOf(ruleSet.rules.filter((rule) => rule.kind === 'detection'));
  const paths = leaves.flatMap(({ field }) => field ?? []);
  const values: unknown[] = [];
  code.read.first(Object.fromEntries(paths.map((path) => [path, path])), values, fieldValue);
  return code.index.fields.map((field, i) => [String(values[i]), field]);
}
