/** Several texts looked for at once: what each by itself finds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alternation } from '../../../src/sigma/evaluate/text.ts';

const UNIT = fc.constantFrom('a', 'b', '.', '\\', '$', '^', '|', '\n', 'ſ');
const WORDS = fc.array(fc.string({ unit: UNIT, minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 8 });
const TEXT = fc.string({ unit: UNIT, maxLength: 8 });

const BY_HAND = {
  contains: (text: string, word: string) => text.includes(word),
  startswith: (text: string, word: string) => text.startsWith(word),
  endswith: (text: string, word: string) => text.endsWith(word),
} as const;

describe.each(['contains', 'startswith', 'endswith'] as const)('%s', (where) => {
  test('finds what each by itself finds', () => {
    fc.assert(
      fc.property(WORDS, fc.array(TEXT, { minLength: 1, maxLength: 20 }), (words, texts) => {
        const any = alternation(words, where);
        for (const text of texts) expect(any(text)).toBe(words.some((word) => BY_HAND[where](text, word)));
      }),
    );
  });

  test('of more than one expression holds', () => {
    const words = Array.from({ length: 3_000 }, (_, i) => `<${i}>`);
    const any = alternation(words, where);
    for (const word of [words[0], words[1_499], words[2_999]]) expect(any(word ?? '')).toBe(true);
    expect(any('<3000>')).toBe(false);
  });
});
