/**
 * A real browser for tests: finds or unpacks one, starts it, and checks pages for errors, accessibility and overflow.
 *
 * If no browser can be started the tests fail and say why. They are never skipped.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import packed from '@sparticuz/chromium';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Where systems install one; otherwise that of @sparticuz/chromium is unpacked. `CHROMIUM` overrides both. */
const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Without a sandbox, since it only opens our own pages and runs as root in CI. */
const ARGS = ['--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'];

/** Screenshots of every run; ignored by git. */
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
/** As wide as the narrowest common phones. */
export const PHONE: View = { scheme: 'dark', width: 360 };

/** A tab, and the problems it had since it was opened. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors, exceptions, violations of the content security policy, failed requests, requests to other origins. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Opens a tab as `view`; `headers` are sent with each request. */
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
  // Violations of the policy are errors on the console too. So are responses of 4xx and 5xx, which a test may expect.
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

/** The violations that axe-core finds on the page, a line each. */
export async function inaccessible(page: Page): Promise<string[]> {
  // By the debugger, since the page's policy does not allow other scripts.
  const { readFileSync } = await import('node:fs');
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const violations = (await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, help, nodes }) =>
      id + ': ' + help + ': ' + nodes.slice(0, 3).map(({ html, failureSummary }) => html.slice(0, 160) + ' ' + failureSummary).join(' | ')))`,
  )) as string[];
  return violations;
}

/** How many pixels the page is wider than its window. */
export function overhang(page: Page): Promise<number> {
  return page.evaluate('document.scrollingElement.scrollWidth - window.innerWidth') as Promise<number>;
}

/** Stores a screenshot of the whole page. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
