/**
 * A real browser for tests: found or unpacked, started, and asked what a careful person would ask of each page.
 *
 * Where no browser can be started the tests fail and say why: pages that nobody looked at are not tested.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import packed from '@sparticuz/chromium';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Where systems put one; otherwise the one of @sparticuz/chromium is unpacked. `CHROMIUM` names another. */
const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** It shows nothing but our own pages, and runs as root in CI. */
const ARGS = ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'];

/** Screenshots of every run; git does not see them. */
const SCREENSHOTS = resolve(import.meta.dirname, '../../.vitest/screenshots');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Starts the browser. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? INSTALLED.find((path) => existsSync(path)) ?? (await unpacked());
  try {
    return await chromium.launch({ executablePath, args: ARGS });
  } catch (error) {
    throw new Error(`no browser could be started (${executablePath}): set CHROMIUM to the path of one`, {
      cause: error,
    });
  }
}

async function unpacked(): Promise<string> {
  try {
    return await packed.executablePath();
  } catch (error) {
    throw new Error('@sparticuz/chromium could not be unpacked: run npm ci, or set CHROMIUM to the path of a browser', {
      cause: error,
    });
  }
}

export interface View {
  readonly scheme: 'light' | 'dark';
  readonly width: number;
  readonly timezone?: string;
}

export const DESK: View = { scheme: 'light', width: 1200 };
export const NIGHT: View = { scheme: 'dark', width: 1200 };
/** The narrowest phone that is still sold. */
export const PHONE: View = { scheme: 'dark', width: 360 };

/** A tab, and everything it complained about since it was opened. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors, exceptions, violations of the policy, requests to anybody else, requests that failed. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Opens a tab as `view`, let in by `cookie` or `headers` where there are some. */
export async function openTab(
  browser: Browser,
  origin: string,
  view: View,
  headers: Readonly<Record<string, string>> = {},
): Promise<Tab> {
  const context = await browser.newContext({
    baseURL: origin,
    colorScheme: view.scheme,
    viewport: { width: view.width, height: 800 },
    timezoneId: view.timezone ?? 'Europe/Zurich',
    locale: 'en-GB',
    extraHTTPHeaders: { ...headers },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  // A violation of the policy is an error on the console, too; so is an answer of 4xx, which a test may want.
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (/Failed to load resource: the server responded with a status of (4|5)\d\d/.test(message.text())) return;
    complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('dialog', async (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) complaints.push(`request to ${url}`);
  });
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  return { page, context, complaints, close: () => context.close() };
}

/** What axe-core finds wrong with the page, a line each. */
export async function inaccessible(page: Page): Promise<string[]> {
  // Through the debugger, as the policy does not let a script be added; what it then runs is not the page's own.
  const { readFileSync } = await import('node:fs');
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const violations = (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, help, nodes }) =>
      id + ': ' + help + ': ' + nodes.slice(0, 3).map(({ html, failureSummary }) => html.slice(0, 160) + ' ' + failureSummary).join(' | ')))`,
  )) as string[];
  return violations;
}

/** By how many pixels the page is wider than its window. */
export function overhang(page: Page): Promise<number> {
  return page.evaluate('document.scrollingElement.scrollWidth - window.innerWidth') as Promise<number>;
}

/** Keeps a picture of the whole page for people to look at. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
