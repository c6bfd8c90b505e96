/** A text in another: what the platform finds, where it takes long too. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contains, indexOf } from '../../../src/sigma/evaluate/search.ts';

const UNIT = fc.constantFrom('a', 'b', 'ab', 'aab', 'é', '\ud83d');
const word = fc.string({ unit: UNIT, minLength: 1, maxLength: 6 });
const long = fc
  .array(fc.tuple(word, fc.integer({ min: 1, max: 400 })), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.map(([one, times]) => one.repeat(times)).join(''));

describe('a text in another', () => {
  test('is found where the platform finds it', () => {
    fc.assert(
      fc.property(word, long, fc.nat(20), (part, text, from) => {
        expect(indexOf(text, part, from)).toBe(text.indexOf(part, from));
        expect(contains(text, part)).toBe(text.includes(part));
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
        expect(indexOf(whole, part, 100)).toBe(expected);
      }),
      { numRuns: 200 },
    );
    expect(found).toBeGreaterThan(50);
  });

  test('an empty text is at every place, and a longer one at none', () => {
    expect(indexOf('abc', '', 2)).toBe(2);
    expect(indexOf('a'.repeat(1_000), 'a'.repeat(1_001), 0)).toBe(-1);
    expect(indexOf('a'.repeat(1_000), 'a'.repeat(1_000), 1)).toBe(-1);
  });
});
