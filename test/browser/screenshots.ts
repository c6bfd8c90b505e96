/**
 * `node test/browser/screenshots.ts` takes the screenshots of README.md, from a real Worker with 100,000 entries, and
 * stores them in .github/screenshots, cropped to the first screen.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { type Seeded, startSeeded } from '../support/seeded.ts';
import { openTab, startBrowser, type View } from './browser.ts';
import { viewerToken } from './viewer-token.ts';

const FOLDER = resolve(import.meta.dirname, '../../.github/screenshots');
const WIDTH = 1000;
const BYTES_MAX = 150_000;

/** The pages, and how much of each. */
const SHOTS = [
  { name: 'overview-light', path: () => '/', scheme: 'light', height: 900 },
  { name: 'overview-dark', path: () => '/', scheme: 'dark', height: 900 },
  { name: 'alert', path: stolenKeyAlert, scheme: 'dark', height: 960 },
  { name: 'entry', path: stolenKeyEntry, scheme: 'light', height: 1000 },
] as const;

async function stolenKeyAlert(page: Page): Promise<string> {
  await page.goto('/alerts');
  return (await page.getByRole('link', { name: 'Kubeconfig' }).first().getAttribute('href')) ?? '/alerts';
}

function stolenKeyEntry(_: Page, { facts }: Seeded): string {
  return `/entries/${facts.scenarios['stolen key'].entry}`;
}

const seeded = await startSeeded({ settings: { WEBHOOK_URL: '', WEBHOOK_SECRET: '' } });
const browser = await startBrowser();
try {
  mkdirSync(FOLDER, { recursive: true });
  const token = await viewerToken(seeded);
  for (const { name, path, scheme, height } of SHOTS) {
    const view: View = { scheme, width: WIDTH, timezone: 'Europe/Zurich' };
    const { page, close } = await openTab(browser, seeded.url, view);
    await page.goto('/');
    await page.getByLabel('Viewer token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Watching' }).waitFor();
    await page.goto(await path(page, seeded));
    const file = join(FOLDER, `${name}.png`);
    await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y: 0, width: WIDTH, height } });
    const bytes = statSync(file).size;
    console.log(`${file}: ${Math.round(bytes / 1000)} kB`);
    if (bytes > BYTES_MAX) process.exitCode = 1;
    await close();
  }
} finally {
  await browser.close();
  await seeded.stop();
}
