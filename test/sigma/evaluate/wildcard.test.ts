/** Wildcards, against a reference that tries everything. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPatternMatcher } from '../../../src/sigma/evaluate/wildcard.ts';
import { preparePattern } from '../../../src/sigma/parse/prepare-pattern.ts';
import { parsePattern } from '../../../src/sigma/parse/value.ts';
import type { PatternPart } from '../../../src/sigma/rule.ts';

const matcherOf = (parts: readonly PatternPart[]) => createPatternMatcher(preparePattern(parts));

/** The definition, character by character. */
function matches(pattern: readonly string[], text: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return text.length === 0;
  if (head === '*') return matches(rest, text) || (text.length > 0 && matches(pattern, text.slice(1)));
  return text.length > 0 && (head === '?' || head === text[0]) && matches(rest, text.slice(1));
}

const letters = fc.constantFrom('a', 'b', '😀');
const pattern = fc.array(fc.oneof(letters, fc.constantFrom('*', '?')), { maxLength: 8 });

/** One of a few characters has no sign of its own in a value: it is made of parts. */
const parts = fc.array(
  fc.oneof(
    fc.string({ unit: letters, minLength: 1, maxLength: 3 }).map((text) => ({ text })),
    fc.constantFrom<PatternPart>({ wildcard: '*' }, { wildcard: '?' }, { oneOf: 'a😀' }, { oneOf: 'b–' }),
  ),
  { maxLength: 6 },
);

/** The definition of a pattern of parts, as a regular expression. */
function asRegExp(of: readonly PatternPart[]): RegExp {
  const source = of.map((part) => {
    if ('text' in part) return part.text;
    if ('oneOf' in part) return `[${part.oneOf}]`;
    return part.wildcard === '*' ? '.*' : '.';
  });
  return new RegExp(`^${source.join('')}$`, 'su');
}

describe('wildcard patterns', () => {
  test('match as a regular expression of the same meaning', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '–', '😀', '\ud83d'), maxLength: 8 });
    fc.assert(
      fc.property(parts, text, (pattern, value) => {
        expect(matcherOf(pattern)(value)).toBe(asRegExp(pattern).test(value));
      }),
      { numRuns: 5_000 },
    );
  });

  test('match as the definition says', () => {
    fc.assert(
      fc.property(pattern, fc.array(letters, { maxLength: 8 }), (written, text) => {
        expect(matcherOf(parsePattern(written.join('')))(text.join(''))).toBe(matches(written, text));
      }),
      { numRuns: 5_000 },
    );
  });

  test('match a text made from them', () => {
    fc.assert(
      fc.property(pattern, fc.array(letters, { maxLength: 3 }), (written, run) => {
        const text = written.map((one) => (one === '*' ? run.join('') : one === '?' ? 'a' : one)).join('');
        expect(matcherOf(parsePattern(written.join('')))(text)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('any escaped character is itself', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const written = text.replace(/[\\*?]/g, String.raw`\$&`);
        expect(matcherOf(parsePattern(written))(text)).toBe(true);
        expect(matcherOf(parsePattern(written))(`${text}x`)).toBe(false);
      }),
    );
  });

  test('take time in proportion to a hostile text', () => {
    const text = 'a'.repeat(3_000_000);
    const parts: readonly PatternPart[] = parsePattern('*a*a*a*a*a*a*a*a?a*a*a*ab');
    const began = performance.now();
    expect(matcherOf(parts)(text)).toBe(false);
    expect(matcherOf(parsePattern('*?a?b*'))(text)).toBe(false);
    const dashes: readonly PatternPart[] = [{ wildcard: '*' }, { oneOf: '-/' }, { text: 'a' }, { wildcard: '*' }];
    expect(matcherOf(dashes)(text)).toBe(false);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
