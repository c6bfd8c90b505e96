/** Every page in every state in a browser: light, dark, on a phone; without errors, overflow or accessibility violations. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Running, servePages } from '../web/serve.ts';
import { SET, STATES } from '../web/states.ts';
import { ORDINARY, views } from '../web/views.ts';
import { DESK, inaccessible, NIGHT, openTab, overhang, PHONE, shoot, startBrowser, type View } from './browser.ts';

// Other tests may be running: these timeouts don't test speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

const VIEWS: readonly (readonly [string, View])[] = [
  ['light', DESK],
  ['dark', NIGHT],
  ['phone', PHONE],
];

describe.each(STATES)('$name', ({ name, path, heading, ledger = {}, caller, env = SET, routing = null }) => {
  let running: Running;
  beforeAll(async () => {
    const made = ledger === null ? null : views(ORDINARY, ledger);
    running = await servePages({ ledger: made, env, routing, ...(caller === undefined ? {} : { caller }) });
  });
  afterAll(() => running.stop());

  it.each(VIEWS)('%s', async (scheme, view) => {
    const { page, complaints, close } = await openTab(browser, running.origin, view);
    await page.goto(path);
    expect(await page.locator('h1').textContent()).toBe(heading);
    expect(await page.locator('h1').count()).toBe(1);
    await shoot(page, `${name}-${scheme}`);
    expect(await overhang(page)).toBeLessThanOrEqual(0);
    expect(await inaccessible(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
});
