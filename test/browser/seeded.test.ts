/**
 * A real Worker with 100,000 entries: from a message to the alert, the entry and the actor's activity, with the link alone;
 * then every page, signed in: light, dark and on a phone.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ruleSet } from '../../src/rules.gen.ts';
import { listedRules } from '../../src/sigma/index.ts';
import { type Seeded, startSeeded } from '../support/seeded.ts';
import { HOSTILE_NAME, SCANNING } from '../support/seeded-log.ts';
import { DESK, inaccessible, NIGHT, openTab, overhang, PHONE, shoot, startBrowser, type View } from './browser.ts';
import { viewerToken } from './viewer-token.ts';

// 100,000 entries are read first, and other tests may be running: these timeouts don't test speed.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 300_000 });

/** The size of a page's HTML. */
const PAGE_BYTES_MAX = 60_000;
/** Of lists: all rules, and fifty alerts. */
const LIST_BYTES_MAX: { readonly [path: string]: number } = { '/rules': 90_000, '/alerts': 75_000 };

let seeded: Seeded;
let browser: Browser;
beforeAll(async () => {
  [seeded, browser] = await Promise.all([startSeeded(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await seeded?.stop();
});

const VIEWS: readonly (readonly [string, View])[] = [
  ['light', DESK],
  ['dark', NIGHT],
  ['phone', PHONE],
];

/** Where the message about an entry leads to its alert: about a minute, since Slack takes one message a second. */
async function linkOf(entry: string): Promise<string> {
  const find = (): unknown => seeded.inbox.messages.find((each) => JSON.stringify(each).includes(`/entries/${entry}`));
  await vi.waitFor(() => expect(find()).toBeDefined(), { timeout: 150_000, interval: 250 });
  return /"url":"([^"#]+\/alerts\/[^"#]+)/.exec(JSON.stringify(find()))?.[1] ?? '';
}

/** A tab that signed in with the form. */
async function signedIn(view: View) {
  const tab = await openTab(browser, seeded.url, view);
  await tab.page.goto('/');
  await tab.page.getByLabel('Viewer token').fill(await viewerToken(seeded));
  await tab.page.getByRole('button', { name: 'Sign in' }).click();
  await tab.page.getByRole('heading', { name: /^(Healthy|Degraded)$/ }).waitFor();
  return tab;
}

async function expectAccessible(page: Page, path: string): Promise<void> {
  expect(await page.locator('h1').count(), path).toBe(1);
  expect(await overhang(page), path).toBeLessThanOrEqual(0);
  expect(await inaccessible(page), path).toEqual([]);
}

describe('signed in', () => {
  const pages = (): readonly (readonly [name: string, path: string])[] => {
    const { facts } = seeded;
    return [
      ['overview', '/'],
      ['alerts', '/alerts'],
      ['alerts-all', '/alerts?status=all'],
      ['alerts-level', '/alerts?status=all&level=high'],
      ['rules', '/rules'],
      // One in ten: a page takes a second.
      ...listedRules(ruleSet.rules)
        .filter((_, i) => i % 10 === 0)
        .map(({ id }, i) => [`rule-${i}`, `/rules/${encodeURIComponent(id)}`] as const),
      ['entry-story', `/entries/${facts.scenarios['stolen key'].entry}`],
      ['entry-grown', `/entries/${facts.updated.entry}`],
      ['entry-hostile', `/entries/${facts.hostile.entry}`],
      ['entry-quiet', `/entries/${facts.quiet.entry}`],
      ['entry-nobody', `/entries/${facts.nobody}`],
    ];
  };

  it.each(VIEWS)('every page is accessible and fits: %s', async (scheme, view) => {
    const { page, complaints, close } = await signedIn(view);
    for (const [name, path] of pages()) {
      const response = await page.goto(path);
      expect(response?.status(), path).toBe(200);
      expect((await response?.body())?.length, path).toBeLessThan(
        LIST_BYTES_MAX[path.split('?')[0] ?? ''] ?? PAGE_BYTES_MAX,
      );
      await expectAccessible(page, path);
      await shoot(page, `seeded-${name}-${scheme}`);
    }
    // And an open alert of each rule.
    await page.goto('/alerts');
    const links = await page
      .locator('[data-alert] .what a')
      .evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute('href')] as const));
    const alerts = [...new Map(links).values()];
    expect(alerts.length).toBeGreaterThan(2);
    for (const path of alerts) {
      await page.goto(path ?? '');
      await expectAccessible(page, path ?? '');
      await shoot(page, `seeded${path?.replaceAll('/', '-')}-${scheme}`);
    }
    expect(complaints).toEqual([]);
    await close();
  });

  it('the list of alerts can be paged to its end', async () => {
    const { page, complaints, close } = await signedIn(DESK);
    await page.getByRole('link', { name: 'All alerts' }).click();
    let seen = await page.locator('[data-alert]').count();
    let pages = 1;
    for (; (await page.getByRole('link', { name: 'Older' }).count()) > 0; pages++) {
      await page.getByRole('link', { name: 'Older' }).click();
      seen += await page.locator('[data-alert]').count();
    }
    expect(pages).toBe(2);
    expect(seen).toBeGreaterThan(SCANNING);
    expect(complaints).toEqual([]);
    await close();
  });

  it('a hostile name is text', async () => {
    const { page, complaints, close } = await signedIn(NIGHT);
    const shown = HOSTILE_NAME.replace('\u202e', 'U+202E').replace('\n', 'U+000A');
    await page.goto(`/entries/${seeded.facts.hostile.entry}`);
    expect(await page.locator('.fields').textContent()).toContain(shown);
    expect(await page.locator('main script, main img').count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it('an entry that was cut says so, and links to the full entry', async () => {
    const { page, complaints, close } = await signedIn(DESK);
    await page.goto(`/entries/${seeded.facts.cut}`);
    const whole = page.getByRole('link', { name: 'Full entry, from the upstream' });
    const path = (await whole.getAttribute('href')) ?? '';
    await expectAccessible(page, path);
    await shoot(page, 'seeded-entry-cut');
    const response = await page.request.get(path);
    expect(((await response.json()) as { user_agent: string }).user_agent).toHaveLength(100_012);
    expect(complaints).toEqual([]);
    await close();
  });

  it('an entry that the ledger does not have is read from the upstream', async () => {
    const { page, complaints, close } = await signedIn(DESK);
    const id = 'not-recorded-yet';
    const at = Date.now();
    const body = {
      id,
      created_at: new Date(at).toISOString(),
      action: 'vm.listed',
      actor: { id: 'u-1', name: HOSTILE_NAME },
    };
    seeded.upstream.append({ createdAt: at, appearsAt: at, body });
    await page.goto(`/entries/${id}`);
    expect(await page.locator('h1').textContent()).toBe('vm.listed');
    expect(await page.locator('.note').textContent()).toContain('read from the upstream');
    await expectAccessible(page, id);
    expect((await page.goto('/entries/there-is-none'))?.status()).toBe(404);
    expect(complaints).toEqual([]);
    await close();
  });

  it('can sign out', async () => {
    const { page, close } = await signedIn(PHONE);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto('/alerts');
    expect(await page.locator('h1').textContent()).toBe('Sign in');
    await page.getByLabel('Viewer token').fill('tocsin_no-such-token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').textContent()).toBe('Invalid or revoked token.');
    await expectAccessible(page, '/session');
    await shoot(page, 'seeded-wrong-token');
    await close();
  });
});

// Last: by then most messages have been sent.
describe('a link in a message', () => {
  // What is critical is in no digest.
  const stolenKey = () => seeded.facts.scenarios['stolen key'];

  it.each(VIEWS)('opens the alert, the entry and the actor’s activity: %s', async (scheme, view) => {
    const { actor, entry } = stolenKey();
    const alertUrl = await linkOf(entry);
    const { page, complaints, close } = await openTab(browser, seeded.url, view);

    await page.goto(alertUrl);
    // The address no longer opens it: who reads it over a shoulder, or in a history, gets nothing.
    expect(page.url()).toBe(alertUrl.replace(/\?.*/, ''));
    expect(await page.locator('h1').textContent()).toMatch(/kubeconfig/);
    expect(await page.locator('.timeline mark').count()).toBeGreaterThan(0);
    expect(await page.locator('nav[aria-label="Main"]').count()).toBe(0);
    await expectAccessible(page, alertUrl);
    await shoot(page, `seeded-link-alert-${scheme}`);

    await page.locator(`.timeline a[href="/entries/${entry}"]`).click();
    expect(new URL(page.url()).search).toBe('');
    expect(await page.locator('h1').textContent()).toBe('nks_cluster.kubeconfig_read');
    await expectAccessible(page, page.url());
    const actorActivity = page.locator('#activity');
    expect(await actorActivity.locator('tr.here').count()).toBe(1);
    expect(await actorActivity.locator('tbody tr').count()).toBeGreaterThanOrEqual(3);
    expect(await actorActivity.textContent()).toContain(actor ?? 'nobody');
    await shoot(page, `seeded-link-entry-${scheme}`);

    // Other entries of the actor are listed, but only those of the alert have links.
    for (const link of await actorActivity.locator('tbody a').all()) {
      const opened = await page.request.get((await link.getAttribute('href')) ?? '');
      expect(opened.status()).toBe(200);
    }
    expect(complaints).toEqual([]);
    await close();
  });

  it('opens no other page', async () => {
    const alertUrl = await linkOf(stolenKey().entry);
    const { search } = new URL(alertUrl);
    const { page, complaints, close } = await openTab(browser, seeded.url, PHONE);
    for (const path of ['/', '/alerts', '/rules', '/alerts/1', `/entries/${seeded.facts.quiet.entry}`]) {
      const response = await page.goto(`${path}${search}`);
      expect(response?.status(), path).toBe(404);
      expect(await page.locator('main').textContent(), path).not.toContain(seeded.facts.quiet.actor);
    }
    expect(complaints).toEqual([]);
    await close();
  });
});
