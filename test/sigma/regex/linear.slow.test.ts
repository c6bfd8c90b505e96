/** For any expression and text: the work and the table are bounded at build time, or the expression is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSearch } from '../../../src/sigma/evaluate/search.ts';
import { createPatternMatcher } from '../../../src/sigma/evaluate/wildcard.ts';
import { preparePattern } from '../../../src/sigma/parse/prepare-pattern.ts';
import { CELLS_MAX, sizeOf, WORK_MAX } from '../../../src/sigma/regex/size.ts';
import type { PatternPart } from '../../../src/sigma/rule.ts';
import { msOf } from '../times.ts';
import { createRegex, type Regex } from './made.ts';

/** The longest text that the times are about. */
const LENGTH = 200_000;
/** Far more than the 20 ms that a whole rule may take, because tests run beside others. */
const PATIENCE_MS = 150;

function accepted(pattern: string, flags = ''): Regex & { readonly ok: true } {
  const regex = createRegex(pattern, flags);
  if (!regex.ok) throw new Error(`${pattern}: ${regex.problem}`);
  return regex;
}

/** Runs a text; returns the steps that it took to build the table, and the size of that. */
function measured(pattern: string, text: string) {
  const { automaton } = accepted(pattern);
  const found = automaton.run(text);
  return { found, ...automaton.measure() };
}

/** A text that does not repeat itself; from a plain generator of numbers. */
function scrambled(letters: readonly string[], length: number): string {
  let state = 1;
  let text = '';
  while (text.length < length) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += letters[(state >>> 16) % letters.length];
  }
  return text;
}

/** Patterns that take an engine that backtracks years, and a text that makes them. */
const HOSTILE: readonly (readonly [pattern: string, text: string])[] = [
  ['(a+)+$', 'a'],
  ['(a|a)*b', 'a'],
  ['(a|aa)+c', 'a'],
  ['(x+x+)+y', 'x'],
  ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'],
  ['(.*)(.*)(.*)(.*)(.*)x', 'a'],
  ['(a?){50}a{50}b', 'a'],
  ['([a-zA-Z0-9]+)*@', 'a0'],
  [String.raw`\s+$|\bb`, ' \n\t'],
  ['(?:a*)*(?:b*)*c', 'ab'],
];

/** What rules have: gaps of a bounded length, and repetitions that begin or end an expression. */
const USUAL = [
  'foo.{0,100}bar',
  'a.{1,900}x',
  'a.{500,}x',
  String.raw`\w{1,200}`,
  '.{1000,}',
  'powershell.{200}',
  '[A-Za-z0-9+/]{100}={0,2}',
  String.raw`https?://[^/\s]{1,40}\.[a-z]{2,10}/`,
  String.raw`(?i)[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,255}\.[a-z]{2,24}`,
  String.raw`(?i)\\AppData\\(?:Local(?:Low)?|Roaming)\\[^\\]{1,64}\\[^\\]{1,64}\.exe$`,
  String.raw`(?i).*cmd.{0,5}(?:\/c|\/r)(?:\s|)"set\s[a-z]{3,6}.*(?:\{\d\}){1,}\\"\s+?-f(?:.*\)){1,}.*"`,
  String.raw`(?:a\w{1,3}\.){1,50}com`,
];

describe('time', () => {
  test.each(HOSTILE)('%s takes no step more once its states are known', (pattern, unit) => {
    const little = measured(pattern, unit.repeat(10_000 / unit.length));
    const much = measured(pattern, unit.repeat(1_000_000 / unit.length));
    expect(much).toEqual(little);
    expect(much.cells).toBeLessThan(5_000);
  });

  test.each(USUAL)('%s is accepted, and its table is complete', (pattern) => {
    const { automaton, cells } = accepted(pattern);
    expect(cells).toBeLessThanOrEqual(CELLS_MAX);
    for (const letters of ['aox.f/ @\\', 'foobar', 'powershel', '\na.com'])
      automaton.run(scrambled([...letters], 50_000));
    expect(automaton.measure().cells).toBeLessThanOrEqual(cells);
    expect(automaton.measure().work).toBeLessThanOrEqual(WORK_MAX);
    automaton.complete(CELLS_MAX, WORK_MAX);
    expect(automaton.measure().cells).toBe(cells);
  });

  test('a gap of 900 characters is found, and missed, at once', () => {
    const regex = accepted('a.{1,900}x');
    const many = 'a'.repeat(16_384);
    expect(regex.test(many)).toBe(false);
    expect(regex.test(`${many}x`)).toBe(true);
    expect(regex.test(`${many}${'b'.repeat(899)}x`)).toBe(true);
    expect(regex.test(`${many}${'b'.repeat(901)}x`)).toBe(false);
    expect(msOf(() => regex.test(many))).toBeLessThan(PATIENCE_MS);
  });

  test('a text of thousands of characters is found, and missed, in a long one at once', () => {
    const part = `${'a'.repeat(2_000)}c${'a'.repeat(2_000)}`;
    const text = `${'a'.repeat(1_999)}b`.repeat(LENGTH / 2_000);
    const contains = createSearch('contains', [part]);
    expect(contains(text)).toBe(false);
    expect(contains(text + part)).toBe(true);
    expect(msOf(() => contains(text))).toBeLessThan(PATIENCE_MS);
  });

  test.each([
    ['many characters', Array.from({ length: 40_000 }, (_, i) => String.fromCodePoint(0x100 + i))],
    ['characters beyond the first plane', Array.from({ length: 60_000 }, (_, i) => String.fromCodePoint(0x1_0000 + i))],
    ['some of each, and halves', ['a', 'é', '\ud800', '😀', '\udc00', '字', 'α']],
  ])('%s are each looked up', (_, letters) => {
    const text = scrambled(letters, LENGTH);
    for (const pattern of [String.raw`(?i)[é-ÿ]\p{L}+\p{Greek}x`, 'foo.{0,100}bar', String.raw`\p{L}\P{L}\b!`]) {
      const { automaton, cells } = accepted(pattern);
      automaton.run(text);
      expect(automaton.measure().cells).toBeLessThanOrEqual(cells);
      expect(msOf(() => automaton.run(text))).toBeLessThan(PATIENCE_MS);
    }
  });
});

describe('what is refused', () => {
  test.each([
    'a[ab]{18}c',
    '(a|b)*a(a|b){40}c',
    'a.{30}b',
    '^.*x.{40}y',
    '(?i)union.{1,100}select.{1,90}from',
    String.raw`x\d{2}(?:.{3}y.{0,200}z){3}`,
    `a${'[ab]'.repeat(18)}c`,
  ])('%s names the limit and ways around', (pattern) => {
    const regex = createRegex(pattern, '');
    if (regex.ok) throw new Error('accepted');
    expect([
      `its table would have more than ${CELLS_MAX} cells`,
      `building its table would take more than ${WORK_MAX} steps`,
    ]).toContain(regex.problem);
    expect(regex.hint).toMatch(/smaller counts or fewer alternatives, or begin with \^/);
  });

  test('many words are not', () => {
    const words = Array.from({ length: 300 }, (_, i) => `t${(7_919 * i).toString(36)}`);
    expect(createRegex(words.join('|'), 'i').ok).toBe(true);
  });

  test('the way around is accepted', () => {
    for (const pattern of ['a[ab]+c', 'a.*b', '(?i)union.*select.{1,90}from', '^a.{30}b']) {
      expect(createRegex(pattern, '').ok, pattern).toBe(true);
    }
  });
});

describe('hostile patterns', () => {
  const PATTERNS: readonly (readonly [what: string, pattern: string])[] = [
    ['groups in groups', '('.repeat(2_048) + ')'.repeat(2_048)],
    ['groups in groups, as deep as they may be', `${'(?:a*b|'.repeat(250)}c${')*'.repeat(250)}`],
    ['groups that are not closed', '('.repeat(4_096)],
    ['groups that are not open', ')'.repeat(4_096)],
    ['classes', '['.repeat(4_096)],
    ['alternatives of nothing', '|'.repeat(4_096)],
    ['nothing, repeated', `${'('.repeat(200)}${'){1000}'.repeat(200)}`],
    ['an empty choice, repeated', `${'(|'.repeat(100)}${'){999}'.repeat(100)}`],
    ['anchors, repeated', '(?:^|$)*'.repeat(500)],
    ['repetitions', 'a{1000}'.repeat(500)],
    ['as much as is allowed', 'a{1000}'.repeat(10)],
    ['as much that may be empty', '(?:|a){1000}(?:a?){1000}b'],
    ['flags', '(?i)(?s)(?m)'.repeat(341)],
    ['a long literal', '字'.repeat(4_096)],
    ['a literal of many characters', String.fromCharCode(...Array.from({ length: 4_096 }, (_, i) => 0x4e00 + i))],
    ['a long class', `[${Array.from({ length: 2_000 }, (_, i) => String.fromCharCode(0x4e00 + 2 * i)).join('')}]`],
    ['sets in sets', Array.from({ length: 500 }, (_, i) => `[${String.fromCharCode(0x4e00 + i)}-龥]`).join('|')],
    ['properties', String.raw`\p{Greek}\P{Lu}`.repeat(250)],
    ['surrogates', '\ud83d'.repeat(2_000) + '\ude00'.repeat(2_000)],
  ];

  test.each(PATTERNS)('%s', (_, pattern) => {
    for (const flags of ['', 'i', 'ms']) {
      const regex = createRegex(pattern, flags);
      if (!regex.ok) {
        expect(regex.problem.length).toBeLessThan(150);
        continue;
      }
      for (const text of ['', 'a', 'b', 'ab'.repeat(200), pattern.slice(0, 500)]) regex.automaton.run(text);
      expect(regex.automaton.measure().cells).toBeLessThanOrEqual(regex.cells);
    }
  });

  test('any text is a pattern or has a problem', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'binary' }), (pattern, text) => {
        const regex = createRegex(pattern, 'i');
        if (regex.ok) expect(typeof regex.test(text)).toBe('boolean');
        else expect(regex.problem).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });
});

describe('the worst that is found', () => {
  const letter = fc.constantFrom('a', 'b', 'é', '😀');
  const word = fc.string({ unit: letter, minLength: 1, maxLength: 4 });
  const count = fc
    .tuple(
      fc.nat(12),
      fc.oneof(
        fc.constant(''),
        fc.constant(','),
        fc.nat(300).map((more) => `,+${more}`),
      ),
    )
    .map(([min, more]) => `{${min}${more.startsWith(',+') ? `,${min + Number(more.slice(2)) + 1}` : more}}`);
  const atom = fc.oneof(word, fc.constantFrom('.', '[ab]', '[^a]', String.raw`\w`, String.raw`\b`, String.raw`\p{L}`));
  const item = fc
    .tuple(atom, fc.oneof(count, fc.constantFrom('', '*', '+', '?')))
    .map(([one, times]) => `(?:${one})${times}`);
  const regex = fc.array(item, { minLength: 1, maxLength: 5 }).map((items) => items.join(''));
  const group = fc.tuple(regex, regex, count).map(([one, other, times]) => `(?:${one}|${other})${times}${one}`);

  /** Texts made from pieces: repeated, all but found, and in no order. */
  const textsOf = (pieces: readonly string[]): readonly string[] => {
    const all = pieces.join('') || 'a';
    const letters = [...new Set(all)];
    const repeated = (unit: string): string => unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH);
    return [
      repeated(all),
      repeated(all.slice(0, -1) || 'a'),
      repeated(letters[0] ?? 'a'),
      scrambled(letters, LENGTH),
      scrambled(pieces.length === 0 ? letters : pieces, LENGTH),
    ];
  };

  test('regular expressions', () => {
    let tested = 0;
    fc.assert(
      fc.property(fc.oneof(regex, group), fc.constantFrom('', 'i', 's'), (source, flags) => {
        const made = createRegex(source, flags);
        if (!made.ok) return;
        tested++;
        for (const text of textsOf(source.match(/[abé😀]+/gu) ?? [])) {
          const { automaton, cells } = made;
          automaton.run(text);
          const { work } = automaton.measure();
          expect(automaton.measure().cells).toBeLessThanOrEqual(cells);
          expect(work).toBeLessThanOrEqual(WORK_MAX);
          expect(msOf(() => automaton.run(text))).toBeLessThan(PATIENCE_MS);
          // Nothing new.
          expect(automaton.measure().work).toBe(work);
        }
      }),
      { numRuns: 60 },
    );
    expect(tested).toBeGreaterThan(20);
  });

  test('patterns', () => {
    const part = fc.oneof(
      { weight: 2, arbitrary: word.map((text): PatternPart => ({ text })) },
      fc.constantFrom<PatternPart>({ wildcard: '*' }, { wildcard: '*' }, { wildcard: '?' }, { oneOf: 'ab' }),
    );
    let tested = 0;
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        const pattern = preparePattern(parts);
        if ('program' in pattern && typeof sizeOf(pattern.program) === 'string') return;
        tested++;
        const test = createPatternMatcher(pattern);
        for (const text of textsOf(parts.flatMap((one) => ('text' in one ? [one.text] : [])))) {
          expect(msOf(() => test(text))).toBeLessThan(PATIENCE_MS);
        }
      }),
      { numRuns: 80 },
    );
    expect(tested).toBeGreaterThan(50);
  });

  test('texts in texts', () => {
    const many = fc
      .tuple(word, fc.nat(5_000), word, fc.nat(5_000))
      .map(([one, n, other, m]) => one.repeat(n) + other.repeat(m));
    fc.assert(
      fc.property(many, (part) => {
        for (const text of textsOf([part.slice(0, LENGTH / 4), part.slice(1, 5)])) {
          const contains = createSearch('contains', [part]);
          expect(contains(text)).toBe(text.includes(part));
          expect(msOf(() => contains(text))).toBeLessThan(PATIENCE_MS);
        }
      }),
      { numRuns: 25 },
    );
  });
});
