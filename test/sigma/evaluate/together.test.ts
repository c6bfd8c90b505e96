/** `contains` in long texts, where those of a rule are searched together: as one by one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explain, holds } from '../../../src/sigma/evaluate/interpreter.ts';
import { createListsSearch } from '../../../src/sigma/evaluate/search.ts';
import { APART_MAX } from '../../../src/sigma/evaluate/together.ts';
import { Values } from '../../../src/sigma/evaluate/values.ts';
import type { Expression, Leaf } from '../../../src/sigma/rule.ts';

const unit = fc.constantFrom('a', 'b', 'c', 'é', '字', '\ud83d', '\ude00');
const text = fc.string({ unit, maxLength: 12 });
const lists = fc.array(fc.array(fc.string({ unit, maxLength: 4 }), { minLength: 1, maxLength: 4 }), { maxLength: 8 });

test('the first text with any of a list', () => {
  fc.assert(
    fc.property(lists, fc.array(text, { maxLength: 4 }), (searched, texts) => {
      const search = createListsSearch(searched);
      const expected = searched.map((list) => texts.findIndex((one) => list.some((part) => one.includes(part))));
      expect(search(texts)).toEqual(expected);
      // What it found before is of no matter.
      expect(search(texts)).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

describe('an expression about a long text', () => {
  /** Longer than what is searched one by one, and without any of the searched characters. */
  const PADDING = 'x'.repeat(APART_MAX);

  const leaf = fc.record({
    kind: fc.constant('leaf' as const),
    selection: fc.constantFrom('one', 'two'),
    field: fc.constantFrom('f', 'g', null),
    test: fc.record({
      op: fc.constant('contains' as const),
      cased: fc.boolean(),
      values: fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  });
  const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({ kind: fc.constant('not' as const), of: tie('expression') }),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(tie('expression'), { maxLength: 4 }),
      }),
    ),
  }));
  const value = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', 'x'), maxLength: 8 });
  const values = fc.oneof(value, fc.array(value, { maxLength: 3 }));

  test('means the same', () => {
    let matches = 0;
    fc.assert(
      fc.property(expression, values, values, (rule, f, g) => {
        const entry = { f: ['x', f, 'x'].flat(), g: [g, 'x'].flat() };
        const long = { f: [PADDING, f, PADDING].flat(), g: [g, PADDING].flat() };
        const expected = holds(rule, new Values(entry));
        expect(holds(rule, new Values(long))).toBe(expected);
        if (!expected) return;
        matches++;
        const evidence = explain(rule, new Values(long)).map((one) => ({
          ...one,
          value: one.value.replace(/^x{256}$/, 'x'),
        }));
        expect(evidence).toEqual(explain(rule, new Values(entry)));
      }),
      { numRuns: 2_000 },
    );
    expect(matches).toBeGreaterThan(200);
  });

  test('has evidence of what was found', () => {
    const leaf = (value: string): Leaf => ({
      ...{ kind: 'leaf', selection: value, field: 'f' },
      test: { op: 'contains', cased: false, values: [value] },
    });
    const rule: Expression = { kind: 'and', of: [leaf('b'), { kind: 'not', of: leaf('c') }, leaf('a')] };
    expect(explain(rule, new Values({ f: [PADDING, 'A', 'ab'] }))).toEqual([
      { selection: 'b', field: 'f', value: 'ab' },
      { selection: 'a', field: 'f', value: 'A' },
    ]);
  });
});
