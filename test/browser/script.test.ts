/** The script: times in the reader's zone beside UTC, and the copy buttons. Pages are complete without it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Running, servePages } from '../web/serve.ts';
import { ENTRY_ID, views } from '../web/views.ts';
import { DESK, openTab, startBrowser } from './browser.ts';

// Other tests may be running: these timeouts don't test speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let browser: Browser;
let running: Running;
beforeAll(async () => {
  [browser, running] = await Promise.all([startBrowser(), servePages({ ledger: views() })]);
});
afterAll(async () => {
  await browser?.close();
  await running?.stop();
});

// The entry was created at 2026-11-21 02:47:45 UTC.
const ZONES: readonly (readonly [zone: string, shown: string])[] = [
  ['Europe/Zurich', '2026-11-21 03:47:45 +01:00 02:47:45 UTC'],
  ['UTC', '2026-11-21 02:47:45 UTC'],
  ['America/Los_Angeles', '2026-11-20 18:47:45 −08:00 2026-11-21 02:47:45 UTC'],
  ['Asia/Kathmandu', '2026-11-21 08:32:45 +05:45 02:47:45 UTC'],
];

describe('times', () => {
  it.each(ZONES)('are shown in %s and in UTC', async (timezone, shown) => {
    const { page, close } = await openTab(browser, running.origin, { ...DESK, timezone });
    await page.goto(`/entries/${ENTRY_ID}`);
    expect(await page.locator('.lead .when').textContent()).toBe(shown);
    expect(await page.locator('.lead time').getAttribute('datetime')).toBe('2026-11-21T02:47:45.000Z');
    await close();
  });

  it('are in UTC without the script', async () => {
    const context = await browser.newContext({ baseURL: running.origin, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`/entries/${ENTRY_ID}`);
    expect(await page.locator('.lead .when').textContent()).toBe('2026-11-21 02:47:45 UTC');
    expect(await page.locator('button.copy:visible').count()).toBe(0);
    expect(await page.locator('#entry-json').textContent()).toContain('"api_key.deleted"');
    await context.close();
  });
});

describe('the button', () => {
  it('copies the JSON', async () => {
    const { page, context, complaints, close } = await openTab(browser, running.origin, DESK);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`/entries/${ENTRY_ID}`);
    const button = page.locator('button.copy').first();
    await button.click();
    await page.getByText('Copied').first().waitFor();
    const copied = (await page.evaluate('navigator.clipboard.readText()')) as string;
    expect(copied).toBe(await page.locator('#entry-json').textContent());
    expect(JSON.parse(copied)).toMatchObject({ id: ENTRY_ID });
    expect(complaints).toEqual([]);
    await close();
  });

  it('selects the JSON if copying is not allowed', async () => {
    const { page, close } = await openTab(browser, running.origin, DESK);
    await page.addInitScript('navigator.clipboard.writeText = () => Promise.reject(new Error("no"))');
    await page.goto(`/entries/${ENTRY_ID}`);
    await page.locator('button.copy').first().click();
    await page.getByText('Selected').first().waitFor();
    const selected = (await page.evaluate('getSelection().toString()')) as string;
    expect(JSON.parse(selected)).toMatchObject({ id: ENTRY_ID });
    await close();
  });
});

describe('the keyboard', () => {
  it('reaches the content first, with a visible focus', async () => {
    const { page, close } = await openTab(browser, running.origin, DESK);
    await page.goto('/');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await close();
  });
});
