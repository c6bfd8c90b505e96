/** HTML from text. What pages and mails make of it is in test/web/jsx-runtime.test.ts and test/frozen. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Html, html } from '../../src/text/html.ts';

const BOLD = html`<b>${'1 < 2'}</b>`;

test.each<[string, unknown, string]>([
  ['text', '<script>"\'&', '&lt;script&gt;&quot;&#39;&amp;'],
  ['what is escaped already', BOLD, '<b>1 &lt; 2</b>'],
  ['a list, and lists in it', ['a', [BOLD, 7, [null, '<']]], 'a<b>1 &lt; 2</b>7&lt;'],
  ['an empty list', [], ''],
  ['null', null, ''],
  ['undefined', undefined, ''],
  ['false', false, ''],
  ['zero', 0, '0'],
  ['the empty text', '', ''],
  ['text that claims to be HTML', Object.assign(new String('<b>'), { isEscaped: true }), '&lt;b&gt;'],
  ['a promise, which is nothing to wait for', Promise.resolve('<'), '[object Promise]'],
])('a template shows %s', (_, value, expected) => {
  expect(String(html`<p title="x">${value}</p>`)).toBe(`<p title="x">${expected}</p>`);
  expect(String(html`${value}`)).toBe(expected);
});

test('a template without values is as it is written', () => {
  const made = html`<hr>\n`;
  expect(made).toBeInstanceOf(Html);
  expect(String(made)).toBe('<hr>\n');
});

test('no text leaves its attribute or its element', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
      expect(String(html`<p title="${a}">${b}</p>`)).toMatch(/^<p title="[^"<>]*">[^<>]*<\/p>$/);
    }),
  );
});
