/** Several texts asked for at once: the same answers before and after a regular expression was worth its making. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalsAny, holdsAny } from '../../../src/sigma/match/text.ts';

const ASKED_OFTEN = 1_200;
const WORD = fc.string({
  unit: fc.constantFrom('a', 'b', '.', '\\', '$', '^', '|', '\n', 'ſ'),
  minLength: 1,
  maxLength: 3,
});
const WORDS = fc.array(WORD, { minLength: 1, maxLength: 8 });
const TEXT = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\\', '$', '^', '|', '\n', 'ſ'), maxLength: 8 });

const BY_HAND = {
  contains: (text: string, word: string) => text.includes(word),
  startswith: (text: string, word: string) => text.startsWith(word),
  endswith: (text: string, word: string) => text.endsWith(word),
} as const;

describe.each(['contains', 'startswith', 'endswith'] as const)('%s', (where) => {
  test('finds what each by itself finds, asked once or often', () => {
    fc.assert(
      fc.property(WORDS, fc.array(TEXT, { minLength: 1, maxLength: 20 }), (words, texts) => {
        const once = holdsAny(words, where);
        const often = holdsAny(words, where);
        for (let i = 0; i < ASKED_OFTEN; i++) often(texts[i % texts.length] ?? '');
        for (const text of texts) {
          const wanted = words.some((word) => BY_HAND[where](text, word));
          expect([once(text), often(text)]).toEqual([wanted, wanted]);
        }
      }),
    );
  });
});

test('equals one of a few, or of many', () => {
  fc.assert(
    fc.property(WORDS, TEXT, (words, text) => {
      expect(equalsAny(words)(text)).toBe(words.includes(text));
    }),
  );
});
