/** Many texts in many others, against trying each with each. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyRelated } from '../../../src/sigma/evaluate/multi-search.ts';
import type { TextOp } from '../../../src/sigma/regex/prepared.ts';

const RELATIONS = {
  equals: (text: string, wanted: string) => text === wanted,
  contains: (text: string, wanted: string) => text.includes(wanted),
  startswith: (text: string, wanted: string) => text.startsWith(wanted),
  endswith: (text: string, wanted: string) => text.endsWith(wanted),
};
const relation = fc.constantFrom<TextOp>('equals', 'contains', 'startswith', 'endswith');
const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\ud800'), maxLength: 6 }), { maxLength: 8 });

describe('any of many texts in any of many others', () => {
  test('is what trying each with each finds', () => {
    fc.assert(
      fc.property(texts, texts, relation, (own, wanted, how) => {
        const found = own.some((text) => wanted.some((one) => RELATIONS[how](text, one)));
        expect(anyRelated(own, wanted, how)).toBe(found);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is the same by the automaton', () => {
    // So much that it is not tried one by one, and that has nothing to do with the rest.
    const padding = Array.from({ length: 1_500 }, (_, i) => `x${i}`.repeat(2));
    const other = Array.from({ length: 1_500 }, (_, i) => `y${i}`.repeat(2));
    fc.assert(
      fc.property(texts, texts, relation, (own, wanted, how) => {
        const some = wanted.filter((one) => one !== '');
        const found = own.some((text) => some.some((one) => RELATIONS[how](text, one)));
        expect(anyRelated([...own, ...padding], [...other, ...some], how)).toBe(found);
      }),
      { numRuns: 150 },
    );
  });

  test.each(['equals', 'contains', 'startswith', 'endswith'] as const)('%s takes time in proportion', (how) => {
    const began = performance.now();
    const [many, few] = [Array.from({ length: 50_000 }, (_, i) => `a${i}`), ['a'.repeat(300_000)]];
    expect(anyRelated(many, [`b${'a'.repeat(150_000)}`], how)).toBe(false);
    expect(anyRelated(few, [`${'a'.repeat(150_000)}ba`, `b${'a'.repeat(150_000)}`], how)).toBe(false);
    expect(
      anyRelated(
        few,
        many.map((one) => `${one}b`),
        how,
      ),
    ).toBe(false);
    expect(
      anyRelated(
        many.map((one) => `${one}b`),
        many.map((one) => `${one}c`),
        how,
      ),
    ).toBe(false);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
