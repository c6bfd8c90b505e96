/** A secret is taken out of what others wrote, in whatever form they may echo it; and nothing else is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vendorText } from '../../src/http/post.ts';
import { createRedact } from '../../src/http/redact.ts';

const KEY = 'nvk-proxy/0123+ab"c~def';
const redact = createRedact(KEY);

/** As any JSON encoder may: every character that `chosen` says as `\uXXXX`, the rest as it must be. */
function encoded(text: string, chosen: (i: number) => boolean, upper = false): string {
  return Array.from(text, (character, i) => {
    const hex = character.charCodeAt(0).toString(16).padStart(4, '0');
    if (chosen(i)) return `\\u${upper ? hex.toUpperCase() : hex}`;
    return JSON.stringify(character).slice(1, -1);
  }).join('');
}

const hexOf = (character: string): string => character.charCodeAt(0).toString(16);
/** Ways to write one character, and how often it is written so again. */
const WAYS: readonly ((character: string) => string)[] = [
  (character) => JSON.stringify(character).slice(1, -1),
  (character) => `\\u00${hexOf(character)}`,
  (character) => `%${hexOf(character)}`,
  (character) => `%25${hexOf(character).toUpperCase()}`,
  (character) => `%2525${hexOf(character)}`,
  (character) => `&#${character.charCodeAt(0)};`,
  (character) => `&#000${character.charCodeAt(0)};`,
  (character) => `&#x${hexOf(character)};`,
  (character) => `&#X00${hexOf(character).toUpperCase()};`,
  (character) => `&amp;#${character.charCodeAt(0)};`,
  (character) => `\\u0026#x${hexOf(character)};`,
  (character) => `%26%23${character.charCodeAt(0)}%3b`,
  (character) => `\\u0025${hexOf(character)}`,
  (character) => `%5cu00${hexOf(character)}`,
];

/** Everything here but `inside` must stay byte for byte. */
const around = (inside: string) =>
  `{ "n":1.0,"n":12345678901234567890, "${inside}":["A\\/\\u0041 ${inside} \\u00e9\\ud83d\\ude00"], "s":"a\\u0026b" }\n`;

describe('a key in JSON', () => {
  test.each([
    ['as it is', encoded(KEY, () => false)],
    ['escaped', encoded(KEY, () => true)],
    ['escaped in upper case', encoded(KEY, () => true, true)],
    ['escaped at its first character', encoded(KEY, (i) => i === 0)],
    ['escaped at its last character', encoded(KEY, (i) => i === KEY.length - 1)],
    ['escaped here and there', encoded(KEY, (i) => i % 3 === 1)],
    ['with an escaped slash', encoded(KEY, () => false).replace('/', '\\/')],
    ['percent-encoded', encodeURIComponent(KEY)],
    ['percent-encoded, and escaped', encoded(encodeURIComponent(KEY), (i) => i % 2 === 0)],
    ['percent-encoded at its first character', `%6e${JSON.stringify(KEY.slice(1)).slice(1, -1)}`],
    ['percent-encoded twice at its first character', `%256e${JSON.stringify(KEY.slice(1)).slice(1, -1)}`],
    ['with a character reference', `&#110;${JSON.stringify(KEY.slice(1)).slice(1, -1)}`],
    ['with a character reference of no end', `&#110${JSON.stringify(KEY.slice(1)).slice(1, -1)}`],
    ['with a character reference whose end is escaped', `&#110\\u003b${JSON.stringify(KEY.slice(1)).slice(1, -1)}`],
    ['with one whose end is percent-encoded', `&#x6e%3B${JSON.stringify(KEY.slice(1)).slice(1, -1)}`],
    ['with one whose end is a character reference', `&#110&#59;${JSON.stringify(KEY.slice(1)).slice(1, -1)}`],
    ['with a hexadecimal character reference', `&#x6e;${JSON.stringify(KEY.slice(1)).slice(1, -1)}`],
    ['with named character references', KEY.replace('/', '&sol;').replace('+', '&plus;').replace('"', '&quot;')],
    ['in base64, and percent-encoded', encodeURIComponent(btoa(KEY).replaceAll('=', ''))],
    ['in base64', btoa(KEY).replaceAll('=', '')],
    ['in base64 with escaped slashes', btoa(KEY).replaceAll('=', '').replaceAll('/', '\\/')],
    ['in base64, and escaped', encoded(btoa(KEY).replaceAll('=', ''), (i) => i % 2 === 1)],
  ])('%s', (_what, echo) => {
    const clean = redact(around(echo));
    expect(JSON.parse(clean)).toBeTypeOf('object');
    expect(clean.replace(/\[redacted\][\w-]{0,3}/g, '[redacted]')).toBe(around('[redacted]'));
  });

  test.each([1, 2, 3])('inside JSON inside JSON, %i deep', (deep) => {
    let text = `{"key":"${encoded(KEY, () => true)}"}`;
    for (let i = 0; i < deep; i++) text = JSON.stringify({ body: text });
    const clean = redact(text);
    let value = JSON.parse(clean) as { body?: string; key?: string };
    for (let i = 0; i < deep; i++) value = JSON.parse(value.body ?? '') as typeof value;
    expect(value).toEqual({ key: '[redacted]' });
  });

  test.each([1, 2, 3, 4, 8, 9, 11, 13, 17, 2_001])('with %i backslashes before an escape', (count) => {
    const backslashes = '\\'.repeat(count);
    const rest = encoded(KEY.slice(1), (i) => i === 4).replace('\\u', `${backslashes}u`);
    expect(redact(around(`${backslashes}u006e${rest}`))).toBe(around('[redacted]'));
  });

  test('between characters that are escaped too, which stay', () => {
    const [before, after] = ['%41&#65;&amp;\\\\ %2525', ';%41;&#65;\\\\\\/%2525&#1114111;&#x6e45;&none;'];
    for (const way of WAYS) {
      const echo = Array.from(KEY, way).join('');
      expect(redact(`${before}${echo}${after}${echo}`)).toBe(`${before}[redacted]${after}[redacted]`);
    }
  });

  test('that looks like an escape', () => {
    const redactThis = createRedact('nvk%41&#66;\\u0043-key');
    for (const echo of ['nvk%41&#66;\\u0043-key', 'nvk%2541&amp;#66;\\u005cu0043-key', 'nvk%41&#66;\\\\u0043-%6bey']) {
      expect(redactThis(`"${echo}"`)).toBe('"[redacted]"');
    }
  });

  test.each([
    ['is cut', `{"a":"${encoded(KEY, () => true)}`],
    ['is not JSON', `error: ${encoded(KEY, (i) => i % 2 === 0)} was refused`],
  ])('that %s', (_what, text) => {
    expect(redact(text)).toBe(text.replace(/\\u006e.*\\u0066|\\u006e.*f(?= was)/, '[redacted]'));
  });

  test.each(['utf-16le', 'utf-16be'])('in %s', (encoding) => {
    const bytes = Buffer.from(`\ufeff{"a":"${KEY.replace('"', '')}"}`, 'utf16le');
    if (encoding === 'utf-16be') bytes.swap16();
    const redactPlain = createRedact(KEY.replace('"', ''));
    expect(redactPlain(new TextDecoder().decode(bytes))).toBe('[redacted]');
    expect(redactPlain('\0{"a":1}')).toBe('\0{"a":1}');
  });

  test('is found however its characters are written, and all else is kept', () => {
    const written = fc.tuple(
      fc.infiniteStream(fc.boolean()).map((stream) => Array.from(KEY, () => stream.next().value === true)),
      fc.boolean(),
    );
    fc.assert(
      fc.property(written, fc.json(), ([chosen, upper], json) => {
        const echo = encoded(KEY, (i) => chosen[i] === true, upper);
        expect(redact(`{"k":"${echo}","j":${json}}`)).toBe(`{"k":"[redacted]","j":${json}}`);
        expect(redact(json)).toBe(json);
      }),
      { numRuns: 1_000 },
    );
  });

  test('is found in any mix of the ways to write its characters, and all else is kept', () => {
    const mix = fc.array(fc.nat(WAYS.length - 1), { minLength: KEY.length, maxLength: KEY.length });
    fc.assert(
      fc.property(mix, fc.json(), (ways, json) => {
        const echo = Array.from(KEY, (character, i) => WAYS[ways[i] ?? 0]?.(character)).join('');
        expect(redact(`{"k":"${echo}","j":${json}}`)).toBe(`{"k":"[redacted]","j":${json}}`);
      }),
      { numRuns: 1_000 },
    );
  });
});

test.each([
  ['escapes', '\\u0041'],
  ['backslashes', '\\'],
  ['the beginning of the key', 'nvk-proxy\\/'],
  ['the beginning of the key, escaped', '\\u006evk'],
  ['a percent sign, percent-encoded', '%25'],
  ['a percent sign, percent-encoded many times', '25'],
  ['references', '&#110;'],
  ['zeros of a reference', '0'],
])(
  '4 MB of %s take seconds, not hours',
  (_what, part) => {
    const text = `%&#${part.repeat(Math.floor((4 * 1024 * 1024) / part.length))}`;
    const began = performance.now();
    expect(redact(text)).toBe(text);
    redact(`${text}${encoded(KEY, () => true)}`);
    expect(performance.now() - began).toBeLessThan(20_000);
  },
  60_000,
);

test("a vendor's answer shows no part of an address, however it is escaped", () => {
  const url = 'https://hooks.slack.com/services/T0123/B0456/abcdefgh12345678';
  const secret = encoded('abcdefgh12345678', (i) => i % 2 === 0);
  const shown = vendorText(`{"url":"https:\\/\\/hooks.slack.com\\/services\\/T0123", "token":"${secret}"}`, url);
  for (const part of ['T0123', 'abcdefgh12345678', 'hooks', '\\u0061']) expect(shown).not.toContain(part);
});
