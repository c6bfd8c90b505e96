/** Encodings and dashes, against the plainest way to do the same. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base64, base64offset, utf8, utf16, withDashes } from '../../../src/sigma/parse/encodings.ts';
import { UTF16 } from '../../../src/sigma/parse/modifiers.ts';

const bytes = fc.uint8Array({ maxLength: 40 });
const textOf = (data: Uint8Array) => Buffer.from(data).toString('latin1');
/** Whole characters of any kind, pairs of surrogates too. */
const text = fc.string({ unit: 'binary', maxLength: 30 });

describe('UTF-8 and UTF-16', () => {
  test('are those of Node', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(utf8(value)).toBe(Buffer.from(value, 'utf8').toString('latin1'));
        const little = Buffer.from(value, 'utf16le');
        expect(utf16(value, 'utf16le')).toBe(little.toString('latin1'));
        expect(utf16(value, 'wide')).toBe(little.toString('latin1'));
        expect(utf16(value, 'utf16')).toBe(`\xff\xfe${little.toString('latin1')}`);
        expect(utf16(value, 'utf16be')).toBe(Buffer.from(little).swap16().toString('latin1'));
      }),
    );
  });

  test('of half a pair of surrogates', () => {
    expect(utf8('\ud800')).toBe('\xef\xbf\xbd');
    for (const encoding of UTF16) expect(utf16('\ud800', encoding)).toContain('\xd8');
  });
});

describe('Base64', () => {
  test('is that of Node', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(base64(textOf(data))).toBe(Buffer.from(data).toString('base64'));
      }),
    );
  });

  test('base64offset: with any text before and after, one of the three is in it', () => {
    fc.assert(
      fc.property(bytes, fc.uint8Array({ minLength: 2, maxLength: 40 }), bytes, (before, data, after) => {
        const whole = Buffer.concat([before, data, after]).toString('base64');
        const part = base64offset(textOf(data))[before.length % 3] ?? '';
        expect(part).not.toBe('');
        expect(whole).toContain(part);
      }),
      { numRuns: 500 },
    );
  });

  test('base64offset: no longer text could be: the next characters depend on the text around it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 20 }), fc.nat({ max: 2 }), (data, shift) => {
        const encoded = (fill: number) =>
          Buffer.concat([Buffer.alloc(shift, fill), data, Buffer.alloc(3, fill)])
            .toString('base64')
            .replace(/=+$/, '');
        const [zeros, ones] = [encoded(0), encoded(255)];
        const same = [...zeros]
          .map((char, i) => (char === ones[i] ? char : ' '))
          .join('')
          .trim();
        expect(base64offset(textOf(data))[shift]).toBe(same);
      }),
      { numRuns: 500 },
    );
  });
});

describe('windash', () => {
  test('is the pattern of dashes not after a word and before one', () => {
    const piece = fc.constantFrom('-', '/', '–', '—', '―', 'a', 'Ö', '7', '_', ' ', '"', '=', '😀', '+');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const value = pieces.join('');
        const isWord = (char: string | undefined) => char !== undefined && /[\p{L}\p{N}_]/u.test(char);
        const expected = pieces.map((char, i) =>
          '-/–—―'.includes(char) && !isWord(pieces[i - 1]) && isWord(pieces[i + 1]) ? '§' : char,
        );
        const found = withDashes([{ text: value }]).map((part) =>
          'text' in part ? part.text : 'oneOf' in part ? '§' : '!',
        );
        expect(found.join('')).toBe(expected.join(''));
      }),
      { numRuns: 500 },
    );
  });
});
