/**
 * Untrusted text stays text: pages with hostile names, paths and agents are parsed by a real browser and compared with
 * the same pages with harmless ones. They must not have another element or address, and nothing may run.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Running, servePages } from '../web/serve.ts';
import { ALERT_ID, ENTRY_ID, ORDINARY, QUARANTINE_KEY, type UntrustedText, views } from '../web/views.ts';
import { DESK, inaccessible, openTab, overhang, PHONE, shoot, startBrowser } from './browser.ts';

// Other tests may be running: these timeouts don't test speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const ROWS: readonly { readonly name: string; readonly text: string; readonly shown: string }[] = [
  { name: 'a script', text: '<script>alert(1)</script>', shown: '<script>alert(1)</script>' },
  { name: 'an image that fails', text: '"><img src=x onerror=alert(1)>', shown: '"><img src=x onerror=alert(1)>' },
  { name: 'closing tags', text: '</bdi></td></table></main></title><h1>Blind', shown: '</bdi></td></table>' },
  {
    name: 'svg and style',
    text: "'><svg/onload=alert(1)><style>*{display:none}</style>",
    shown: '<svg/onload=alert(1)>',
  },
  { name: 'a javascript: address', text: 'javascript:alert(1)', shown: 'javascript:alert(1)' },
  { name: 'entities', text: '&lt;b&gt; &#x3c;i&#x3e; &amp;amp;', shown: '&lt;b&gt; &#x3c;i&#x3e; &amp;amp;' },
  { name: 'a right-to-left override', text: 'invoice\u202Efdp.exe', shown: 'invoiceU+202Efdp.exe' },
  { name: 'isolates that never end', text: '\u2066\u2067\u2068evil', shown: 'U+2066U+2067U+2068evil' },
  { name: 'controls and a lone surrogate', text: 'a\u0000b\uD800c\u0085d', shown: 'aU+0000bU+D800cU+0085d' },
  { name: 'invisible characters', text: 'ad\u200Bmin\u00A0\u2800\u{E0041}', shown: 'adU+200BminU+00A0U+2800U+E0041' },
  { name: 'line breaks and a tab', text: 'one\r\ntwo\tthree', shown: 'oneU+000DU+000AtwoU+0009three' },
  { name: 'Hebrew and Arabic', text: 'שלום مرحبا', shown: 'שלום مرحبا' },
  { name: '300 combining marks', text: `Z${'\u0301'.repeat(300)}`, shown: 'Z\u0301\u0301\u0301\u0301' },
  { name: '10,000 characters', text: 'W'.repeat(10_000), shown: 'WWWWWWWW' },
  { name: '10,000 invisible characters', text: '\u0000\u200B'.repeat(5_000), shown: 'U+0000U+200B' },
  { name: 'a name of Object.prototype', text: '__proto__', shown: '__proto__' },
  { name: 'placeholders of formatters', text: '$& $1 %s %c #{7*7} {{7*7}}', shown: '$& $1 %s %c #{7*7} {{7*7}}' },
];

const PATHS = [
  '/',
  '/alerts',
  `/alerts/${ALERT_ID}`,
  `/entries/${ENTRY_ID}`,
  '/security',
  '/quarantine',
  `/quarantine/${QUARANTINE_KEY}`,
];

/** The markup of the page: its elements in order, with the names of their attributes and their addresses. */
const OUTLINE = `(() => {
  const inert = 'bdi,.unseen,mark,details,summary,p.whole,.quiet,.sub,.none';
  return [...document.querySelectorAll('*')].filter((e) => !e.matches(inert) && !e.closest('main code')).map((e) =>
    e.tagName + ' ' + e.getAttributeNames().join(' ') + ' ' + (e.getAttribute('href') ?? e.getAttribute('src') ?? ''));
})()`;

let browser: Browser;
let harmless: Running;
beforeAll(async () => {
  browser = await startBrowser();
  harmless = await servePages({ ledger: views({ ...ORDINARY, name: 'N', path: 'P', agent: 'A', action: 'C' }) });
});
afterAll(async () => {
  await browser?.close();
  await harmless?.stop();
});

describe.each(ROWS)('$name', ({ name, text, shown }) => {
  let running: Running;
  beforeAll(async () => {
    const of: UntrustedText = { name: text, path: text, agent: text, action: text };
    running = await servePages({ ledger: views(of) });
  });
  afterAll(() => running.stop());

  it('is text on every page', async () => {
    const { page, complaints, close } = await openTab(browser, running.origin, PHONE);
    const plain = await openTab(browser, harmless.origin, PHONE);
    for (const path of PATHS) {
      await page.goto(path);
      await plain.page.goto(path);
      expect(await page.evaluate(OUTLINE), path).toEqual(await plain.page.evaluate(OUTLINE));
      expect(await page.locator('main').textContent(), path).toContain(shown);
      expect(await overhang(page), path).toBeLessThanOrEqual(0);
      expect(await page.title(), path).toMatch(/ · Tocsin$/);
    }
    await shoot(page, `hostile-${name.replaceAll(/[^a-z0-9]+/gi, '-')}`);
    expect(complaints).toEqual([]);
    await plain.close();
    await close();
  });

  it('is whole in the JSON to copy', async () => {
    const { page, close } = await openTab(browser, running.origin, DESK);
    await page.goto(`/entries/${ENTRY_ID}`);
    const copied = JSON.parse((await page.locator('#entry-json').textContent()) ?? '') as { extra: { note: string } };
    expect(copied.extra.note).toBe(text);
    expect(await inaccessible(page)).toEqual([]);
    await close();
  });
});
