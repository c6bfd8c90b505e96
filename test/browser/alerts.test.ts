/**
 * The list of alerts in a browser: by keyboard alone, several at once, refreshed without losing the place; and all of it
 * without the script.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ActRequest, AlertList, AlertSummary } from '../../src/ledger/rpc.ts';
import { RESPONDER } from '../web/app.ts';
import { type Running, servePages } from '../web/serve.ts';
import { SET } from '../web/states.ts';
import { ACKNOWLEDGED, ALERT_ID, alertLine, alertPage, groups, NOW, ORDINARY, views } from '../web/views.ts';
import { DESK, inaccessible, openTab, PHONE, shoot, startBrowser, type Tab } from './browser.ts';

// Other tests may be running: these timeouts don't test speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let browser: Browser;
let running: Running;
/** What the ledger has. */
let listed: readonly AlertSummary[];
let requests: ActRequest[];
let isDown: boolean;
beforeAll(async () => {
  const alerts = async (): Promise<AlertList> => {
    if (isDown) throw new Error('the ledger is down');
    return { alerts: listed, next: null, searchedTo: null };
  };
  const ledger = {
    ...views(ORDINARY, { alerts, alert: async () => alertPage() }),
    act: async (request: ActRequest) => {
      requests.push(request);
      return request.alerts.map((alert) => ({ alert, outcome: 'done' as const }));
    },
  };
  [browser, running] = await Promise.all([startBrowser(), servePages({ ledger, env: SET, caller: RESPONDER })]);
});
afterAll(async () => {
  await browser?.close();
  await running?.stop();
});

let tab: Tab;
let page: Page;
beforeEach(async () => {
  [listed, requests, isDown] = [groups(), [], false];
  tab = await openTab(browser, running.origin, DESK);
  page = tab.page;
});
afterEach(async () => {
  expect(tab.complaints).toEqual([]);
  await tab.close();
});

const focused = () => page.evaluate("document.activeElement.closest('[data-alert]')?.dataset.alert ?? null");
const boxOf = (id: number) => page.locator(`[data-alert="${id}"] .box`);
const acts = () => requests.map(({ alerts, act, who, via, seenLevel }) => ({ alerts, ...act, who, via, seenLevel }));
const ADA = { who: 'Ada', via: 'page' };

describe('the keyboard alone', () => {
  it('moves, also into a fold, chooses, acknowledges, and says what was done', async () => {
    await page.goto('/alerts');
    for (const [key, id] of [
      ['j', '80'],
      ['k', '80'],
      ['j', '79'],
      ['k', '80'],
      ['j', '79'],
      ['j', '78'],
      ['j', '77'],
      ['j', '70'],
      ['j', '60'],
    ] as const) {
      await page.keyboard.press(key);
      expect([key, await focused()]).toEqual([key, id]);
    }
    expect(await page.locator('[data-alert="60"] .what a').isVisible()).toBe(true);
    await page.keyboard.press('x');
    await page.keyboard.press('k');
    await page.keyboard.press('x');
    expect(await page.locator('#chosen').textContent()).toBe('Acts on 2 alerts:');
    await page.keyboard.press('a');
    await page.getByText('2 alerts acknowledged').waitFor();
    expect(acts()).toEqual([{ alerts: [70, 60], act: 'acknowledge', comment: null, ...ADA, seenLevel: 'critical' }]);
    // Said once: not when the page is loaded again.
    expect(new URL(page.url()).search).toBe('');
  });

  it('acknowledges the alert in focus, where none is chosen', async () => {
    await page.goto('/alerts?status=open');
    for (const key of ['j', 'j', 'a']) await page.keyboard.press(key);
    await page.getByText('Acknowledged, until the same time tomorrow').waitFor();
    expect(acts()).toEqual([{ alerts: [79], act: 'acknowledge', comment: null, ...ADA, seenLevel: 'high' }]);
    // Back in the same list.
    expect(new URL(page.url()).search).toBe('?status=open');
  });

  it('resolves with a reason', async () => {
    await page.goto('/alerts');
    for (const key of ['j', 'r']) await page.keyboard.press(key);
    expect(await page.evaluate('document.activeElement.name')).toBe('reason');
    for (const key of ['f', 'Tab', 'Enter']) await page.keyboard.press(key);
    await page.getByText('Resolved.', { exact: true }).waitFor();
    expect(acts()).toEqual([
      { alerts: [80], act: 'resolve', reason: 'false positive', comment: null, ...ADA, seenLevel: 'critical' },
    ]);
  });

  it('searches, and what is typed there is text', async () => {
    await page.goto('/alerts');
    await page.keyboard.press('/');
    await page.keyboard.type('jar?x');
    await page.keyboard.press('Enter');
    await page.waitForURL(/text=jar%3Fx/);
    expect(requests).toEqual([]);
    expect(await page.getByLabel('Search').inputValue()).toBe('jar?x');
  });

  it('shows the keys, and turns them off and on, for good', async () => {
    await page.goto('/alerts');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await shoot(page, 'alerts-keys');
    expect(await inaccessible(page)).toEqual([]);
    await page.getByRole('button', { name: 'Turn keys off' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('j');
    expect(await focused()).toBe(null);
    await page.reload();
    await page.keyboard.press('j');
    expect(await focused()).toBe(null);
    await page.keyboard.press('?');
    await page.getByRole('button', { name: 'Turn keys on' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('j');
    expect(await focused()).toBe('80');
  });

  it('goes to the silence of the alert in focus, and on its page to the form', async () => {
    await page.goto('/alerts');
    for (const key of ['j', 's']) await page.keyboard.press(key);
    await page.waitForURL(/\/alerts\/80#silence$/);
    await page.goto(`/alerts/${ALERT_ID}`);
    await page.keyboard.press('s');
    expect(await page.evaluate('document.activeElement.closest("form").id')).toBe('silence');
    expect(requests).toEqual([]);
  });

  it('leaves keys with Ctrl to the browser', async () => {
    await page.goto('/alerts');
    for (const key of ['j', 'Control+a', 'Meta+a', 'Alt+a']) await page.keyboard.press(key);
    expect(requests).toEqual([]);
    expect(await page.locator('.box:checked').count()).toBe(0);
  });

  it('acknowledges on the page of an alert, and finds the reason', async () => {
    await page.goto(`/alerts/${ALERT_ID}`);
    await page.keyboard.press('r');
    expect(await page.evaluate('document.activeElement.name')).toBe('reason');
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('a');
    await page.getByText('Acknowledged, until the same time tomorrow').waitFor();
    expect(acts()).toEqual([{ alerts: [ALERT_ID], act: 'acknowledge', comment: null, ...ADA, seenLevel: 'high' }]);
  });
});

describe('several at once', () => {
  it('are chosen, all or some, and one bar says how many', async () => {
    await page.goto('/alerts');
    const words = page.locator('#chosen');
    expect(await words.textContent()).toBe('Choose alerts to act on:');
    await page.getByRole('button', { name: 'Choose all on this page' }).click();
    expect(await words.textContent()).toBe('Acts on 19 alerts:');
    await page.getByRole('button', { name: 'Choose all on this page' }).click();
    expect(await words.textContent()).toBe('Choose alerts to act on:');
    await boxOf(40).check();
    expect(await words.textContent()).toBe('Acts on 1 alert:');
    await page.getByRole('button', { name: 'Assign to me' }).click();
    await page.getByText('Assigned.', { exact: true }).waitFor();
    expect(acts()).toEqual([{ alerts: [40], act: 'assign', to: 'Ada', ...ADA, seenLevel: 'low' }]);
  });

  it('without any, or to resolve without a reason, sends nothing and says why', async () => {
    await page.goto('/alerts');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    expect(await page.locator('#chosen').textContent()).toBe('Choose alerts first.');
    await boxOf(80).check();
    await page.getByRole('button', { name: 'Resolve' }).click();
    expect(await page.locator('#chosen').textContent()).toBe('Choose a reason to resolve.');
    expect(requests).toEqual([]);
  });

  it('work without the script', async () => {
    const context = await browser.newContext({ baseURL: running.origin, javaScriptEnabled: false });
    const plain = await context.newPage();
    await plain.goto('/alerts?actor=ci-deploy');
    await plain.locator('[data-alert="80"] .box').check();
    await plain.locator('[data-alert="40"] .box').check();
    await plain.getByLabel('Why it is resolved').selectOption('expected');
    await plain.getByRole('button', { name: 'Resolve' }).click();
    await plain.getByText('2 alerts resolved.').waitFor();
    expect(acts().map(({ alerts, seenLevel }) => [alerts, seenLevel])).toEqual([
      [[80], 'critical'],
      [[40], 'low'],
    ]);
    expect(new URL(plain.url()).searchParams.get('actor')).toBe('ci-deploy');
    await context.close();
  });
});

describe('the list is refreshed', () => {
  /** As if so long had passed. */
  const later = async (ms = 31_000): Promise<void> => {
    const answered = page.waitForResponse((response) => response.url().includes('/alerts'));
    await page.clock.runFor(ms);
    await answered;
    await page.waitForTimeout(100);
  };
  beforeEach(async () => {
    await page.clock.install({ time: NOW });
    await page.goto('/alerts');
  });

  it('in place: what is chosen, the focus and the scroll stay, and what is new is only counted', async () => {
    await boxOf(79).check();
    await page.getByRole('link', { name: 'Silence… alert 79' }).focus();
    await page.evaluate('window.scrollTo(0, 200)');
    const scroll = await page.evaluate('window.scrollY');
    listed = [alertLine(ORDINARY, { id: 99 }), alertLine(ORDINARY, { id: 98 }), ...listed].map((alert) =>
      alert.id === 79 ? { ...alert, ...ACKNOWLEDGED, count: 12 } : alert,
    );
    await later();
    const item = page.locator('[data-alert="79"]');
    expect(await item.textContent()).toContain('acknowledged by Ada');
    expect(await item.textContent()).toContain('12 matches');
    expect(await boxOf(79).isChecked()).toBe(true);
    expect(await focused()).toBe('79');
    expect(await page.evaluate('document.activeElement.hash')).toBe('#silence');
    expect(await page.evaluate('window.scrollY')).toBe(scroll);
    expect(await page.locator('[data-alert="99"]').count()).toBe(0);
    expect(await page.locator('#news').textContent()).toBe('2 new: show them');
    expect(await inaccessible(page)).toEqual([]);
    await page.getByRole('link', { name: '2 new' }).click();
    await page.locator('[data-alert="99"]').waitFor();
  });

  it('and what rose meanwhile is not chosen any more', async () => {
    await boxOf(79).check();
    await boxOf(78).check();
    listed = listed.map((alert) => (alert.id === 79 ? { ...alert, level: 'critical' } : alert));
    await later();
    expect(await boxOf(79).isChecked()).toBe(false);
    expect(await page.locator('#chosen').textContent()).toBe('Acts on 1 alert:');
  });

  it('and what is not in it any more stays where it is, marked', async () => {
    listed = listed.filter(({ id }) => id !== 77);
    await later();
    expect(await page.evaluate("[...document.querySelectorAll('.gone')].map((of) => of.dataset.alert)")).toEqual([
      '77',
    ]);
    listed = groups();
    await later();
    expect(await page.locator('.gone').count()).toBe(0);
  });

  it('or says that it could not be, and goes on', async () => {
    isDown = true;
    await later();
    expect(await page.locator('#news').textContent()).toContain('could not be refreshed');
    expect(await page.locator('[data-alert]').count()).toBe(19);
    isDown = false;
    await later();
    expect(await page.locator('#news').textContent()).toBe('');
  });

  it('only while the page is visible', async () => {
    let asked = 0;
    page.on('request', () => asked++);
    await page.evaluate("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })");
    await page.clock.runFor(120_000);
    await page.waitForTimeout(100);
    expect(asked).toBe(0);
  });
});

it('a phone shows the bar and the list without scrolling sideways', async () => {
  const phone = await openTab(browser, running.origin, { ...PHONE, width: 390 });
  await phone.page.goto('/alerts');
  await phone.page.locator('[data-alert="80"] .box').check();
  await shoot(phone.page, 'alerts-phone-390');
  expect(await phone.page.evaluate('document.scrollingElement.scrollWidth')).toBeLessThanOrEqual(390);
  await phone.close();
});

describe('on a phone, without scrolling', () => {
  const SCREEN = 800;
  it.each([
    [
      'a page leads to acknowledge, silence and why',
      `/alerts/${ALERT_ID}`,
      ['Acknowledge', 'Silence', 'Why it alerted'],
    ],
    [
      'the list has them for its first alert',
      '/alerts?actor=ci-deploy&since=24h',
      ['Why alert 80', 'Silence… alert 80'],
    ],
  ] as const)('%s', async (_, path, names) => {
    const phone = await openTab(browser, running.origin, PHONE);
    await phone.page.goto(path);
    const ends = [phone.page.getByRole('button', { name: 'Acknowledge', exact: true })]
      .concat(names.map((name) => phone.page.getByRole('link', { name, exact: true })))
      .map(async (each) => {
        const box = await each.boundingBox();
        return (box?.y ?? Number.POSITIVE_INFINITY) + (box?.height ?? 0);
      });
    for (const end of await Promise.all(ends)) expect(end).toBeLessThan(SCREEN);
    await phone.close();
  });

  it('how many filters are set stands there, and they are a tap away', async () => {
    const phone = await openTab(browser, running.origin, PHONE);
    await phone.page.goto('/alerts?actor=ci-deploy&since=24h&level=high');
    const level = phone.page.getByLabel('Level');
    expect(await level.isVisible()).toBe(false);
    await phone.page.getByText('More filters: 2 set').click();
    expect(await level.inputValue()).toBe('high');
    expect(await level.isVisible()).toBe(true);
    await phone.close();
  });
});

it('an act that needs more says so before it is sent, and no other act does', async () => {
  await page.goto(`/alerts/${ALERT_ID}`);
  for (const name of ['Resolve', 'Comment']) await page.getByRole('button', { name }).click();
  expect(await page.evaluate('document.activeElement.name')).toBe('comment');
  expect(requests).toEqual([]);
  await page.evaluate('document.activeElement.blur()');
  await page.keyboard.press('a');
  await page.getByText('Acknowledged, until the same time tomorrow').waitFor();
});

it('without the script, a form that nothing was done for leads back to its page', async () => {
  const context = await browser.newContext({ baseURL: running.origin, javaScriptEnabled: false });
  const plain = await context.newPage();
  await plain.goto('/alerts?actor=ci-deploy');
  await plain.locator('[data-alert="80"] .box').check();
  await plain.getByRole('button', { name: 'Resolve' }).click();
  await plain.getByText('Choose why it is resolved.').waitFor();
  await plain.getByRole('link', { name: 'Back to the page' }).click();
  expect(plain.url()).toBe(`${running.origin}/alerts?actor=ci-deploy`);
  expect(requests).toEqual([]);
  await context.close();
});
