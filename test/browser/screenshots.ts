/**
 * `node test/browser/screenshots.ts` takes the screenshots of README.md, from a real Worker with 100,000 entries, and
 * stores them in .github/screenshots, cropped to the first screen.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { out } from '../../src/cli/terminal.ts';
import { render as mail } from '../../src/notify/email/render.ts';
import { render as slack } from '../../src/notify/slack/render.ts';
import { startInboxPage } from '../demo/inbox-page.ts';
import { LINKS, OPENED } from '../notify/notifications.ts';
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
  { name: 'alert', path: stolenKeyAlert, scheme: 'dark', height: 760 },
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
  const token = await viewerToken(seeded, 'responder');
  for (const { name, path, scheme, height } of SHOTS) {
    const view: View = { scheme, width: WIDTH, timezone: 'Europe/Zurich' };
    const { page, close } = await openTab(browser, seeded.url, view);
    await page.goto('/');
    await page.getByLabel('Viewer token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: /^(Healthy|Degraded)$/ }).waitFor();
    await page.goto(await path(page, seeded));
    await shoot(page, name, WIDTH, height);
    await close();
  }
  await shootInbox();
} finally {
  await browser.close();
  await seeded.stop();
}

async function shoot(page: Page, name: string, width: number, height: number): Promise<void> {
  const file = join(FOLDER, `${name}.png`);
  await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y: 0, width, height } });
  const bytes = statSync(file).size;
  out(`${file}: ${Math.round(bytes / 1000)} kB\n`);
  if (bytes > BYTES_MAX) process.exitCode = 1;
}

/** The demo's inbox, with one alert as a Slack message and as a mail. */
async function shootInbox(): Promise<void> {
  const inbox = await startInboxPage();
  const { close, page } = await openTab(browser, inbox.url, { scheme: 'light', width: 1280, timezone: 'UTC' });
  try {
    const { subject, headers, text, html } = mail(OPENED, LINKS, 'tocsin@demo.example');
    inbox.addMail({
      messageId: '<1@demo.example>',
      from: '"Tocsin" <tocsin@demo.example>',
      to: 'night-shift@demo.example',
      subject,
      sentAt: OPENED.entry.createdAt,
      headers: Object.entries(headers),
      text,
      html,
      alert: OPENED.alert.id,
    });
    inbox.addMessage(slack(OPENED, LINKS));
    await page.goto('/');
    await page.locator('iframe').contentFrame().getByRole('heading').first().waitFor();
    await shoot(page, 'inbox', 1280, 800);
  } finally {
    await close();
    await inbox.stop();
  }
}
