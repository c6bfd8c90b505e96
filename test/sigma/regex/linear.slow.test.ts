/** For any pattern and text: the work grows with the text, the cache does not, nothing throws. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundedSource } from '../../../src/sigma/regex/bounded.ts';
import { parseRegex } from '../../../src/sigma/regex/parse.ts';
import { createPlainMatcher, createRegex } from './made.ts';

const NO_FLAGS = { i: false, m: false, s: false };

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

/** Far more states than are remembered. */
const WIDE: readonly (readonly [pattern: string, text: string])[] = [
  ['a[ab]{14}c', 'abaababbbaabababaaabbb'],
  ['(a|b)*a(a|b){40}c', 'aababbabbbaab'],
  [String.raw`(?:\b|a)(\w\W?){1,30}é`, 'a-ab-abb ba-b'],
];

function measured(pattern: string, unit: string, length: number) {
  const automaton = createPlainMatcher(parseRegex(pattern, NO_FLAGS));
  const found = automaton.run(unit.repeat(Math.ceil(length / unit.length)), 0);
  return { found, ...automaton.measure() };
}

/** A text that does not repeat itself; from a plain generator of numbers. */
function scrambled(letters: string, length: number): string {
  let state = 1;
  let text = '';
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += letters[(state >>> 16) % letters.length];
  }
  return text;
}

describe('time', { timeout: 30_000 }, () => {
  test.each(HOSTILE)('%s is done with once its states are known', (pattern, unit) => {
    const little = measured(pattern, unit, 10_000);
    const much = measured(pattern, unit, 1_000_000);
    expect(much.found).toBe(little.found);
    // Each further character is a look into the table.
    expect(much.work).toBe(little.work);
    expect(much.cells).toBeLessThan(5_000);
    const regex = createRegex(pattern, '');
    expect(regex.ok && regex.test(unit.repeat(1_000_000 / unit.length))).toBe(much.found);
  });

  test.each(WIDE)('%s, which has no end of states, takes so much a character and no more', (pattern, letters) => {
    const tree = parseRegex(pattern, NO_FLAGS);
    const work = (length: number) => {
      const automaton = createPlainMatcher(tree);
      expect(automaton.run(scrambled(letters, length), 0)).toBe(false);
      expect(automaton.measure().cells).toBeLessThan(1 << 14);
      return automaton.measure().work;
    };
    const ofMuch = work(80_000);
    expect(ofMuch).toBeLessThan(80_000 * 3 * tree.size);
    expect(ofMuch).toBeLessThan(4 * 1.2 * work(20_000));
  });

  test('the platform’s engine gets only what cannot take it long', () => {
    const few = ['curl|wget', String.raw`\.(php|aspx?)$`, '-[0-9a-f]{32}', '(?i)union', '[0-9]{8}'];
    const many = ['[0-9a-f]{32}', 'a*b', 'a+', '(a|a){9}', '(a?){20}', '.{400}', '(a{1,9}){3}', '((a|b)(c|d)){5}'];
    for (const pattern of few) expect(boundedSource(parseRegex(pattern, NO_FLAGS)), pattern).not.toBeNull();
    for (const pattern of many) expect(boundedSource(parseRegex(pattern, NO_FLAGS)), pattern).toBeNull();
  });
});

describe('memory', () => {
  test('an unlimited number of characters and classes is dropped from the cache', () => {
    const source = Array.from({ length: 1_000 }, (_, i) => String.fromCodePoint(0x4e00 + 3 * i)).join('|');
    const automaton = createPlainMatcher(parseRegex(`(?:${source})$`, NO_FLAGS));
    const text = Array.from({ length: 6_000 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('');
    expect(automaton.run(text, 0)).toBe(false);
    expect(automaton.run(`${text}\u4e03`, 0)).toBe(true);
    expect(automaton.measure().cells).toBeLessThan(1 << 14);
  });

  test('a character of a new class, amidst a match, loses nothing', () => {
    const letters = Array.from({ length: 700 }, (_, i) => String.fromCodePoint(0x61 + i)).join('');
    for (const wanted of [letters.slice(0, 26), letters.slice(100, 250), letters.slice(27)]) {
      const automaton = createPlainMatcher(parseRegex(String.raw`\Q${wanted}`, NO_FLAGS));
      expect(automaton.run(`-${wanted}-`, 0)).toBe(true);
      expect(automaton.run(`-${wanted.slice(1)}-${wanted}`, 0)).toBe(true);
      expect(automaton.run(wanted.slice(1), 0)).toBe(false);
    }
  });

  test('an automaton that has forgotten answers as before', () => {
    const automaton = createPlainMatcher(parseRegex('a[abc]{11}b[abc]{5}cc', NO_FLAGS));
    const all = scrambled('abc', 60_000);
    let found = 0;
    for (let at = 0; at < all.length; at += 30) {
      const text = all.slice(at, at + 30);
      const wanted = /a[abc]{11}b[abc]{5}cc/.test(text);
      expect(automaton.run(text, 0), text).toBe(wanted);
      if (wanted) found++;
    }
    expect(found).toBeGreaterThan(200);
    expect(found).toBeLessThan(1_800);
    expect(automaton.measure().cells).toBeLessThan(1 << 14);
  });
});

describe('hostile patterns', { timeout: 30_000 }, () => {
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
    ['a long class', `[${Array.from({ length: 2_000 }, (_, i) => String.fromCharCode(0x4e00 + 2 * i)).join('')}]`],
    ['properties', String.raw`\p{Greek}\P{Lu}`.repeat(250)],
    ['surrogates', '\ud83d'.repeat(2_000) + '\ude00'.repeat(2_000)],
  ];

  test.each(PATTERNS)('%s', (_, pattern) => {
    for (const flags of ['', 'i', 'ms']) {
      const regex = createRegex(pattern, flags);
      if (regex.ok) for (const text of ['', 'a', 'b', 'ab'.repeat(200), pattern.slice(0, 500)]) regex.test(text);
      else expect(regex.problem.length).toBeLessThan(150);
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
