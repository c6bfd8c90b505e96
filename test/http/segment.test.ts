/** Any text is one segment of a path: URL parsing leaves it where it is, and reading gives the text. */
import { describe, expect, it } from 'vitest';
import { readSegment, toSegment } from '../../src/http/segment.ts';

const TEXTS = [
  '.',
  '..',
  '...',
  '%2e',
  '%2e%2e',
  '%2E.',
  '.%2e',
  '~',
  '~.',
  '~..',
  '~~',
  'a~',
  'a/b',
  '/',
  '//',
  '../operator/status',
  '..%2foperator',
  '..\\x',
  '\\',
  'a?b=c',
  'a#b',
  ' ',
  'a b',
  '\t..\n',
  '..\r\n',
  '\0',
  'a%00b',
  '%',
  '%ff',
  'ä',
  '\u202e',
  '\u2024\u2024',
  'a;b',
  'a:b@c',
  'javascript:alert(1)',
  '\'"<>&',
  '5f0e7a4c-7e0f-4c6e-9f43-3f6a1f8f0b1a',
];

describe.each(['/entries/', '/rules/'])('a segment below %s', (folder) => {
  it.each(TEXTS)('stays one: %j', (text) => {
    const { pathname, search, hash, origin } = new URL(`${folder}${toSegment(text)}`, 'https://tocsin.example/x/y');
    expect([origin, search, hash]).toEqual(['https://tocsin.example', '', '']);
    expect(pathname.startsWith(folder)).toBe(true);
    const segment = pathname.slice(folder.length);
    expect(segment).not.toContain('/');
    expect(readSegment(decodeURIComponent(segment))).toBe(text);
  });
});

it('leaves ordinary ids as they are', () => {
  for (const id of ['5f0e7a4c-7e0f', 'entry_1', 'a.b', '..a', '-']) expect(toSegment(id)).toBe(id);
});

it('replaces a lone surrogate, which no URL can hold', () => {
  expect(decodeURIComponent(toSegment('a\ud800'))).toBe('a\ufffd');
});

it('gives different texts different segments', () => {
  expect(new Set(TEXTS.map(toSegment)).size).toBe(TEXTS.length);
});
