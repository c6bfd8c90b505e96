/** Texts in others: what the platform finds one by one, where it takes long too. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIndexOf, createSearch, firstRelated } from '../../../src/sigma/evaluate/search.ts';
import type { TextOp } from '../../../src/sigma/regex/prepared.ts';

const anyRelated = (...args: Parameters<typeof firstRelated>): boolean => firstRelated(...args) !== -1;
const RELATIONS = {
  equals: (text: string, wanted: string) => text === wanted,
  contains: (text: string, wanted: string) => text.includes(wanted),
  startswith: (text: string, wanted: string) => text.startsWith(wanted),
  endswith: (text: string, wanted: string) => text.endsWith(wanted),
};
const relation = fc.constantFrom<TextOp>('equals', 'contains', 'startswith', 'endswith');
const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\ud800'), maxLength: 6 }), { maxLength: 8 });

describe('a text in another', () => {
  const UNIT = fc.constantFrom('a', 'b', 'ab', 'aab', 'é', '\ud83d');
  const word = fc.string({ unit: UNIT, minLength: 1, maxLength: 6 });
  const long = fc
    .array(fc.tuple(word, fc.integer({ min: 1, max: 400 })), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.map(([one, times]) => one.repeat(times)).join(''));

  test('is found where the platform finds it', () => {
    fc.assert(
      fc.property(word, long, fc.nat(20), (part, text, from) => {
        expect(createIndexOf(part)(text, from)).toBe(text.indexOf(part, from));
      }),
      { numRuns: 300 },
    );
  });

  test('is found where it is long too', () => {
    let found = 0;
    fc.assert(
      fc.property(long, long, fc.nat(1_000), fc.boolean(), (text, other, at, isOther) => {
        const whole = text.repeat(Math.ceil(20_000 / text.length));
        const part = isOther ? other : whole.slice(at, at + 2_000);
        const expected = whole.indexOf(part, 100);
        if (expected !== -1) found++;
        expect(createIndexOf(part)(whole, 100)).toBe(expected);
      }),
      { numRuns: 200 },
    );
    expect(found).toBeGreaterThan(50);
  });

  test('an empty text is at every place, and a longer one at none', () => {
    expect(createIndexOf('')('abc', 2)).toBe(2);
    expect(createIndexOf('a'.repeat(1_001))('a'.repeat(1_000), 0)).toBe(-1);
    expect(createIndexOf('a'.repeat(1_000))('a'.repeat(1_000), 1)).toBe(-1);
  });
});

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

  test('is the same by the trie', () => {
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

  test('is the same by the trie where each of its nodes leads to many', () => {
    const unit = fc.integer({ min: 0x61, max: 0x61 + 40 }).map((code) => String.fromCharCode(code));
    const word = fc.string({ unit, minLength: 1, maxLength: 3 });
    const many = fc.array(word, { minLength: 100, maxLength: 400 });
    const text = fc.string({ unit, minLength: 0, maxLength: 60 });
    fc.assert(
      fc.property(many, text, relation, (wanted, one, how) => {
        expect(createSearch(how, wanted)(one)).toBe(wanted.some((each) => RELATIONS[how](one, each)));
      }),
      { numRuns: 300 },
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
