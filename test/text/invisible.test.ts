/** One list of characters that never stand raw, and every sink keeps to it. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable, safe } from '../../src/cli/terminal.ts';
import { escapeInvisible, INVISIBLE, jsonLine } from '../../src/text/invisible.ts';
import { untrustedLine } from '../../src/text/untrusted.ts';
import { prettyJson } from '../../src/web/pages/parts/json-text.ts';
import { problemText } from '../../src/yaml/diagnostics.ts';

/** Written as code points: an editor would hide them. */
const HOSTILE: readonly (readonly [what: string, code: number])[] = [
  ['NUL', 0x00],
  ['BEL, which rings', 0x07],
  ['backspace, which takes back', 0x08],
  ['line feed', 0x0a],
  ['carriage return, which writes over the line', 0x0d],
  ['ESC', 0x1b],
  ['DEL', 0x7f],
  ['NEL, a line break of C1', 0x85],
  ['the 8-bit CSI', 0x9b],
  ['the 8-bit OSC', 0x9d],
  ['no-break space', 0xa0],
  ['soft hyphen', 0xad],
  ['Arabic letter mark', 0x61c],
  ['zero-width space', 0x200b],
  ['zero-width joiner', 0x200d],
  ['left-to-right mark', 0x200e],
  ['line separator', 0x2028],
  ['paragraph separator', 0x2029],
  ['right-to-left override', 0x202e],
  ['right-to-left isolate', 0x2067],
  ['Braille blank', 0x2800],
  ['ideographic space', 0x3000],
  ['Hangul filler', 0x3164],
  ['half a character', 0xd800],
  ['private use', 0xe000],
  ['variation selector', 0xfe0f],
  ['byte order mark', 0xfeff],
  ['annotation', 0xfff9],
  ['non-character', 0xffff],
  ['tag letter', 0xe0041],
];

const problem = { path: 'a.yml', line: 1, column: 1, message: '', hint: null, severity: 'error' } as const;
const noneLeft = (text: string) => expect(text.match(INVISIBLE)).toBeNull();

describe('a character that must not stand raw', () => {
  test.each(HOSTILE)('%s', (_what, code) => {
    const text = `a${String.fromCodePoint(code)}b`;
    noneLeft(escapeInvisible(text));
    noneLeft(jsonLine({ [text]: text }));
    noneLeft(safe(text));
    noneLeft(untrustedLine(text, 100));
    noneLeft(prettyJson(JSON.stringify(text)));
    noneLeft(problemText({ ...problem, path: text, message: text, hint: text }));
    noneLeft(printable(text).replaceAll('\n', ''));
    expect(JSON.parse(jsonLine({ [text]: [text] }))).toEqual({ [text]: [text] });
  });

  test('is any of them, of all there are', () => {
    const all = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));
    const hidden = all.filter((character) => character.match(INVISIBLE) !== null);
    expect(hidden.length).toBeGreaterThan(100_000);
    for (const character of hidden) {
      if (jsonLine(character).match(INVISIBLE) !== null) throw new Error(jsonLine(character));
      if (safe(`a${character}b`).match(INVISIBLE) !== null) throw new Error(jsonLine(character));
    }
  });

  test.each(['a plain line: ü 漢字 😀 ∑ “x”', '{"a":[1.0,"b\\n"]}', ''])('leaves alone %j', (text) => {
    expect(escapeInvisible(text)).toBe(text);
  });

  test('is a mark above four on one letter', () => {
    const heap = `z${'\u0301'.repeat(6)}y`;
    expect(escapeInvisible(heap)).toBe(`z${'\u0301'.repeat(4)}\\u0301\\u0301y`);
    expect(JSON.parse(jsonLine(heap))).toBe(heap);
  });

  test('keeps JSON valid and its value the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const line = jsonLine(value);
        noneLeft(line);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });
});

test('the terminal has our line breaks and nothing else of these', () => {
  expect(printable('a\n\u001b]0;title\u0007b\r\n')).toBe('a\n\\u001b]0;title\\u0007b\\u000d\n');
});

test('a problem of a rule file is one line, whatever its name and keys', () => {
  const text = problemText({ ...problem, path: 'a\nb.yml', message: 'unknown key "x\n\u001b[2J"', hint: 'y\u202e' });
  expect(text).toBe('a\\u000ab.yml:1:1: error: unknown key "x\\u000a\\u001b[2J" (y\\u202e)');
});

describe('only one file of src writes', () => {
  const root = new URL('../../src/', import.meta.url).pathname;
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && path !== 'rules.gen.ts')
    .map((path) => ({ path, code: readFileSync(`${root}${path}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '') }));

  test.each([
    ['to the log', /\bconsole\b/, ['text/log.ts']],
    ['to the terminal', /\bprocess\.(?:stdout|stderr)\.write\b/, ['cli/terminal.ts']],
  ])('%s', (_where, words, files) => {
    expect(sources.filter(({ code }) => words.test(code)).map(({ path }) => path)).toEqual(files);
  });
});
