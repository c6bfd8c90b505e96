/** The check of the vocabulary finds what is retired, and nothing else. */
import { describe, expect, test } from 'vitest';
import { readTexts, wordProblems } from './words.ts';

const problemsOf = (text: string, path = 'src/a.ts'): string[] => wordProblems(new Map([[path, text]]), []);

describe('is found', () => {
  const FOUND: readonly (readonly [what: string, text: string, problem: string])[] = [
    ['a retired name', 'const seenThrough = 1;', 'src/a.ts:1: "seenThrough": use "watermark"'],
    ['a retired function', 'return sift(entries);', 'src/a.ts:1: "sift(": use "dedupe("'],
    ['a phrase in any case', '// Whoever asks', 'src/a.ts:1: "Whoever": use "anyone who"'],
    ['on its own line', 'one\ntwo\nread in silence', 'src/a.ts:3: "in silence": use "without notifying"'],
    ['across a line break', 'it is\n held back', 'src/a.ts:2: "held back": use "suppressed"'],
    ['across lines of a comment', '/**\n * it was\n * told\n */', 'src/a.ts:2: "was told": use "notified"'],
  ];
  test.each(FOUND)('%s', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test('every occurrence, in the order of the lines', () => {
    expect(problemsOf('mend it\nin peace\nmend it')).toEqual([
      'src/a.ts:1: "mend": use "fix"',
      'src/a.ts:2: "in peace": use "alone"',
      'src/a.ts:3: "mend": use "fix"',
    ]);
  });
});

describe('is left alone', () => {
  const LEFT: readonly (readonly [what: string, text: string])[] = [
    ['part of a longer word', 'we recommend this; the engraved orange; ticks overlap'],
    ['a name in another case', 'const sieve = 1; // occasion'],
    ['ordinary words', 'the history of its state says it is open'],
  ];
  test.each(LEFT)('%s', (_, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test('a word that the file is allowed', () => {
    const files = new Map([
      ['docs/a.md', 'the bell'],
      ['docs/b.md', 'the bell'],
    ]);
    expect(wordProblems(files, [['docs/a.md', 'bell']])).toEqual(['docs/b.md:1: "bell": use "notify"']);
  });
});

test('reads sources, tests, rules and pages, and neither the change log nor snapshots', () => {
  const paths = [...readTexts().keys()];
  for (const path of ['src/index.ts', 'README.md', 'wrangler.toml', 'package.json']) expect(paths).toContain(path);
  for (const start of ['test/', 'docs/', 'rules/', '.github/'])
    expect(paths.some((path) => path.startsWith(start))).toBe(true);
  expect(paths.filter((path) => /^CHANGELOG|^test\/frozen\/|rules\.gen\.ts|node_modules/.test(path))).toEqual([]);
});
