/** Random patterns and texts, against another engine of RE2's language; and the shortcuts against the plain automaton. */
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, test } from 'vitest';
import { parseRegex } from '../../../src/sigma/regex/parse.ts';
import { createPlainMatcher, createRegex } from './made.ts';

/**
 * What differs from re2js on purpose, and is kept out of the random patterns:
 * - names of properties that ECMAScript knows and RE2 does not (`\p{Letter}`, `\p{Grek}`) are accepted;
 * - groups nest at most 250 deep, not 1,000; a program has at most 10,000 instructions;
 * - properties are those of the platform's version of Unicode;
 * - `[[:]` is a class of a bracket and a colon, as it is in RE2; re2js takes `[:]` for the name of a class.
 */
function oracle(pattern: string, flags: string): RE2JS | null {
  try {
    return RE2JS.compile(flags === '' ? pattern : `(?${flags})${pattern}`, 0);
  } catch {
    return null;
  }
}

const r = String.raw;

const atom = fc.constantFrom(
  ...['a', 'b', 'c', 'k', 's', 'K', 'é', 'σ', '😀', '-', '_', ' ', '\n', '\ud83d', '.', '.*', '^', '$', '()', '|'],
  ...['[ab]', '[^a]', '[a-c]', '[^k]', '[ς-ω]', '[[:alpha:]]', '[[:^alpha:]b]', '[^\n]', '[\ud800-\udfff]', '[--a]'],
  ...[r`\d`, r`\w`, r`\s`, r`\D`, r`\W`, r`\S`, r`\A`, r`\z`, r`\b`, r`\B`, r`\n`, r`\x41`, r`\x{1F600}`, r`\Qa.\E`],
  ...[r`\pL`, r`\P{Lu}`, r`\p{Greek}`, r`[^\W]`, r`[\P{L}a]`, r`[^\x00-\x7f]`, r`\.`, r`\x{DE00}`, '\u212a', 'ſ'],
);
const repetition = fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{0,1}', '{1,2}', '{2,}', '{0}', '{3}?');
const setting = fc.constantFrom('(?i)', '(?s)', '(?m)', '(?U)', '(?-i)', '(?-s)', '(?im)', '(?)');
const opening = fc.constantFrom('(', '(?:', '(?i:', '(?-i:', '(?s:', '(?m:', '(?ms-i:');

const { tree: pattern } = fc.letrec<{ tree: string; item: string }>((tie) => ({
  tree: fc.array(tie('item'), { maxLength: 5 }).map((items) => items.join('')),
  item: fc.oneof(
    { maxDepth: 4 },
    { arbitrary: atom, weight: 6 },
    { arbitrary: fc.tuple(atom, repetition).map(([one, times]) => one + times), weight: 3 },
    { arbitrary: setting, weight: 1 },
    { arbitrary: fc.tuple(opening, tie('tree')).map(([open, inner]) => `${open}${inner})`), weight: 2 },
    {
      arbitrary: fc.tuple(opening, tie('tree'), repetition).map(([open, inner, times]) => `${open}${inner})${times}`),
      weight: 2,
    },
  ),
}));

const letter = fc.constantFrom(
  ...['a', 'b', 'c', 'k', 's', 'S', 'A', 'K', '\n', ' ', '_', '-', '.', '0', 'é', 'É', 'σ', 'ς', 'Σ', 'ſ', '\u212a'],
  ...['😀', '\ud83d', '\ude00'],
);
const texts = fc.array(
  fc.array(letter, { maxLength: 10 }).map((letters) => letters.join('')),
  { minLength: 4, maxLength: 4 },
);
const flags = fc.constantFrom('', '', 'i', 'm', 's', 'im', 'is', 'ims');

describe('as another engine does', () => {
  test('accepts the same patterns, and finds the same, by every way', () => {
    let matches = 0;
    let runs = 0;
    fc.assert(
      fc.property(pattern, flags, texts, (source, set, all) => {
        const wanted = oracle(source, set);
        const regex = createRegex(source, set);
        // What repeats too much is refused, with a hint.
        if (!regex.ok && regex.hint !== undefined) return;
        expect(regex.ok, regex.ok ? '' : regex.problem).toBe(wanted !== null);
        if (!regex.ok || wanted === null) return;
        const tree = parseRegex(source, set);
        const plain = createPlainMatcher(tree);
        for (const text of all) {
          const found = wanted.test(text);
          expect(regex.test(text)).toBe(found);
          expect(plain.run(text)).toBe(found);
          if (found) matches++;
          runs++;
        }
      }),
      { numRuns: 2_500 },
    );
    // The texts are neither all found nor none.
    expect(matches / runs).toBeGreaterThan(0.2);
    expect(matches / runs).toBeLessThan(0.8);
  });

  test('finds the same with counted repetitions, as the platform does', () => {
    const one = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      r`\w`,
      'ab',
      'a|b',
      'a|ba',
      r`\ba`,
      r`b\b`,
      'a?b',
      'a.b?',
    );
    const times = fc.constantFrom('{0,3}', '{1,4}', '{0,6}', '{2,5}', '{2,}', '{3,}', '{4,}', '{3}', '*', '+', '?', '');
    const repeated = fc.tuple(one, times).map(([inner, count]) => `(?:${inner})${count}`);
    const nested = fc.tuple(repeated, repeated, times).map(([first, second, count]) => `(?:${first}${second})${count}`);
    const parts = fc.array(fc.oneof(one, repeated, repeated, nested), { minLength: 1, maxLength: 5 });
    const text = fc.array(fc.constantFrom('a', 'a', 'b', 'b', '-', '\n'), { maxLength: 16 }).map((all) => all.join(''));
    let matches = 0;
    fc.assert(
      fc.property(
        fc.constantFrom('', '^', 'a', 'b'),
        parts,
        fc.constantFrom('', '$', 'a', '-'),
        fc.array(text),
        (...[head, inner, tail, all]) => {
          const source = head + inner.map((part) => `(?:${part})`).join('') + tail;
          const regex = createRegex(source, '');
          if (!regex.ok) return;
          const platform = new RegExp(source, 'u');
          for (const each of all) {
            expect(regex.test(each), `${source} ${JSON.stringify(each)}`).toBe(platform.test(each));
            if (platform.test(each)) matches++;
          }
        },
      ),
      { numRuns: 4_000 },
    );
    expect(matches).toBeGreaterThan(1_000);
  });

  test('finds the same places between characters', () => {
    const edge = fc.constantFrom(
      r`\B`,
      r`\b`,
      '^',
      '$',
      r`\A`,
      r`\z`,
      '(?m:^)',
      '(?m:$)',
      '.',
      '[^a]',
      '😀',
      r`\x{DE00}`,
    );
    const edges = fc.array(edge, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(edges, { minLength: 1, maxLength: 3 }), texts, (choices, all) => {
        const source = choices.map((choice) => choice.join('')).join('|');
        const wanted = oracle(source, '');
        const regex = createRegex(source, '');
        if (!regex.ok || wanted === null) throw new Error(source);
        for (const text of all) expect(regex.test(text), source).toBe(wanted.test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('accepts the same garbage', () => {
    const piece = fc.constantFrom(
      ...[...'ab()[]{}|*+?^$.\\-,:=!<>01289iPQExdDzZpn&#\'"é'],
      ...['(?', '(?:', '(?i', '(?P<', '[^', '[:', ':]', '[[:', 'alpha', r`\Q`, r`\E`, r`\x`, r`\x{`, '{1', '1}', ',}'],
    );
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('')),
        (source) => {
          fc.pre(!source.includes('[:]'));
          const wanted = oracle(source, '');
          const regex = createRegex(source, '');
          expect(regex.ok, regex.ok ? '' : regex.problem).toBe(wanted !== null);
          if (!regex.ok || wanted === null) return;
          accepted++;
          for (const text of ['', 'a', 'ab', source, 'a{1}', '\n']) expect(regex.test(text)).toBe(wanted.test(text));
        },
      ),
      { numRuns: 6_000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  test('any text quoted is found in itself, and as the platform finds it', () => {
    const any = fc.string({ unit: fc.oneof(letter, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })) });
    fc.assert(
      fc.property(any, any, any, (before, wanted, after) => {
        fc.pre(!wanted.includes('\\'));
        const regex = createRegex(r`\Q${wanted}\E`, '');
        const whole = before + wanted + after;
        if (!regex.ok) throw new Error(regex.problem);
        expect(regex.test(whole)).toBe(oracle(r`\Q${wanted}\E`, '')?.test(whole));
        expect(regex.test(before)).toBe(oracle(r`\Q${wanted}\E`, '')?.test(before));
        if (wanted.isWellFormed()) expect(regex.test(before)).toBe(before.includes(wanted));
      }),
      { numRuns: 1_000 },
    );
  });

  test('case variants are equal for every letter that has them', () => {
    const related = new Map<number, Set<number>>();
    const relate = (one: number, other: number) =>
      related.set(one, (related.get(one) ?? new Set<number>()).add(other).add(one));
    for (let point = 0; point < 0x1f000; point++) {
      const text = String.fromCodePoint(point);
      const forms = [text.toLowerCase(), text.toUpperCase(), text.toLowerCase().toUpperCase()];
      for (const form of [...forms.join('')]) {
        const other = form.codePointAt(0) ?? 0;
        if (other === point) continue;
        relate(point, other);
        relate(other, point);
      }
    }
    expect(related.size).toBeGreaterThan(2_500);
    for (const [point, near] of related) {
      const source = r`\x{${point.toString(16)}}`;
      const wanted = oracle(source, 'i');
      const regex = createRegex(source, 'i');
      if (!regex.ok || wanted === null) throw new Error(source);
      for (const other of [...near].flatMap((one) => [...(related.get(one) ?? [])])) {
        const text = String.fromCodePoint(other);
        expect(regex.test(text), `${source} ${text}`).toBe(wanted.test(text));
      }
    }
  });
});
