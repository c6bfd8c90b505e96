/** The inbox page in a real browser: new messages appear without a reload, and nothing in them runs. */

import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InboxPage, startInboxPage } from '../demo/inbox-page.ts';
import type { Mail } from '../demo/mailbox.ts';
import { DESK, inaccessible, NIGHT, openTab, overhang, PHONE, shoot, startBrowser } from './browser.ts';

const HOSTILE = `"><script>alert('x')</script><img src=https://evil.example/x onerror=alert(1)> <!channel> \u202e`;
const LONG = 'x'.repeat(2_000);

let browser: Browser;
let inbox: InboxPage;
beforeAll(async () => {
  browser = await startBrowser();
  inbox = await startInboxPage();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await inbox?.stop();
});

function mail(more: Partial<Mail>): Mail {
  return {
    messageId: '<a@demo.example>',
    from: '"Tocsin" <tocsin@demo.example>',
    to: 'night@demo.example',
    subject: '[HIGH] API key deleted',
    sentAt: 0,
    headers: [['References', '<alert-1@demo.example>']],
    text: 'API key deleted',
    html: '<h1>API key deleted</h1>',
    alert: 1,
    ...more,
  };
}

test('new messages appear without a reload; hostile text stays text, in light and dark and on a phone', async () => {
  const tab = await openTab(browser, inbox.url, DESK);
  await tab.page.goto('/');
  expect(await tab.page.locator('.none').isVisible()).toBe(true);

  inbox.addMessage({
    text: HOSTILE,
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text: `${HOSTILE} ${LONG}` } }],
  });
  inbox.addMail(
    mail({ subject: HOSTILE, from: HOSTILE, headers: [[HOSTILE, LONG]], text: `${HOSTILE} ${LONG}`, html: HOSTILE }),
  );
  inbox.addMail(mail({ subject: `[HIGH] ${LONG}`, html: `<h1>the last mail</h1><p>${'words '.repeat(2_000)}</p>` }));
  await tab.page.locator('#item-3').waitFor();
  expect(await tab.page.locator('.item').count()).toBe(3);
  expect(await tab.page.locator('#item-2 h2').textContent()).toBe(HOSTILE);
  expect(await tab.page.locator('.none').isVisible()).toBe(false);

  await tab.page.locator('#item-2 input[value=text]').check();
  expect(await tab.page.locator('#item-2 pre').textContent()).toContain(HOSTILE.split('https:')[0]);
  await tab.page.locator('input[name=show][value=slack]').check();
  expect(await tab.page.locator('#item-3').isVisible()).toBe(false);
  await tab.close();

  for (const [name, view] of [
    ['inbox', DESK],
    ['inbox-night', NIGHT],
    ['inbox-phone', PHONE],
  ] as const) {
    const shown = await openTab(browser, inbox.url, view);
    await shown.page.goto('/');
    await frameOf(shown.page, '/mails/3');
    expect(await overhang(shown.page)).toBeLessThanOrEqual(0);
    expect(await inaccessible(shown.page)).toEqual([]);
    await shoot(shown.page, name);
    // The policy of the mail's frame blocks what it would load or run, and the browser reports that.
    const unexpected = shown.complaints.filter((each) => !/evil\.example|sandboxed/.test(each));
    expect(unexpected).toEqual([]);
    expect(shown.complaints.filter((each) => each.startsWith('dialog'))).toEqual([]);
    await shown.close();
  }
}, 60_000);

test('the frame of a mail has the height of its content', async () => {
  const tab = await openTab(browser, inbox.url, DESK);
  await tab.page.goto('/');
  const frame = await frameOf(tab.page, '/mails/3');
  const inside = (await frame.evaluate('document.documentElement.scrollHeight')) as number;
  await expect
    .poll(() => tab.page.evaluate("document.querySelector('#item-3 iframe').clientHeight"))
    .toBeGreaterThanOrEqual(inside);
  await tab.close();
});

/** The frame of a mail, once it has loaded. */
async function frameOf(page: Page, path: string): Promise<Frame> {
  let found: Frame | undefined;
  await expect.poll(() => (found = page.frames().find((frame) => frame.url().endsWith(path)))).toBeDefined();
  await found?.waitForLoadState();
  return found as Frame;
}
