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
});

test.each([
  ['escapes', '\\u0041'],
  ['backslashes', '\\'],
  ['the beginning of the key', 'nvk-proxy\\/'],
  ['the beginning of the key, escaped', '\\u006evk'],
])(
  '16 MB of %s take seconds, not hours',
  (_what, part) => {
    const text = part.repeat(Math.floor((16 * 1024 * 1024) / part.length));
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
