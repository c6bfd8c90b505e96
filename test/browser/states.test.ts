/** Every page in every state, as a browser shows it: by day, by night, on a phone; nothing is complained about. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LedgerViews } from '../../src/ledger/views.ts';
import type { Caller, Refused } from '../../src/web/caller.ts';
import { type Running, servePages } from '../web/serve.ts';
import {
  ALERT_ID,
  alertPage,
  ENTRY_ID,
  entryPage,
  NOW,
  ORDINARY,
  overview,
  RULE,
  status,
  views,
} from '../web/views.ts';
import { DESK, inaccessible, NIGHT, openTab, overhang, PHONE, shoot, startBrowser, type View } from './browser.ts';

// A browser shares the machine with other tests: nothing here is about speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const LINK: Caller = {
  kind: 'link',
  alert: ALERT_ID,
  pass: `${ALERT_ID}.1.${'0'.repeat(64)}`,
  expires: NOW + 3_600_000,
};
/** All is set, as far as the pages know. */
const SET = {
  NIRVANA_LABS_API_KEY: 'nirvana-key-for-tests-only',
  LINK_SECRET: '0123456789abcdef0123456789abcdef',
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T01TESTS0/B01TESTS0/for-tests-only-no-secret',
  KV: { get() {}, put() {}, delete() {} },
  LEDGER: { idFromName() {}, get() {} },
};
const BLIND = {
  watching: 'blind',
  movedAt: NOW - 3_600_000,
  lagMs: 3_900_000,
  failure: {
    kind: 'key',
    message: 'the upstream refuses our API key (401)',
    since: NOW - 3_600_000,
    at: NOW - 20_000,
  },
  alarms: [{ kind: 'blind', since: NOW - 3_000_000, count: 1, summary: 'No walk has ended for 60 minutes.' }],
} as const;

interface Row {
  readonly name: string;
  readonly path: string;
  readonly heading: string;
  readonly ledger?: Partial<LedgerViews> | null;
  readonly caller?: Caller | Refused;
  readonly env?: Readonly<Record<string, unknown>>;
}

const ROWS: readonly Row[] = [
  { name: 'front', path: '/', heading: 'Watching' },
  {
    name: 'front-blind',
    path: '/',
    heading: 'Blind',
    ledger: { overview: async () => overview(ORDINARY, { status: status(BLIND) }) },
  },
  {
    name: 'front-fresh',
    path: '/',
    heading: 'Not watching',
    env: { LEDGER: SET.LEDGER, KV: SET.KV },
    ledger: {
      overview: async () =>
        overview(ORDINARY, {
          status: status({ watching: 'not begun', movedAt: null, seenThrough: null, lagMs: null, counters: null }),
          open: [],
          receivers: [],
          newest: [],
          chart: { from: NOW, stepMs: 3_600_000, entries: [], alerts: [] },
        }),
    },
  },
  { name: 'front-unbound', path: '/', heading: 'Not watching', env: {}, ledger: null },
  {
    name: 'front-quiet',
    path: '/',
    heading: 'Watching',
    ledger: {
      overview: async () =>
        overview(ORDINARY, { status: status({ alerts: { open: {}, newest: [] } }), open: [], newest: [] }),
    },
  },
  { name: 'alerts', path: '/alerts?state=all', heading: 'Alerts' },
  {
    name: 'alerts-none',
    path: '/alerts?level=critical',
    heading: 'Open alerts',
    ledger: { alerts: async () => ({ alerts: [], next: null }) },
  },
  { name: 'alert', path: `/alerts/${ALERT_ID}`, heading: RULE.title },
  {
    name: 'alert-closed',
    path: `/alerts/${ALERT_ID}`,
    heading: RULE.title,
    ledger: {
      alert: async () =>
        alertPage(ORDINARY, {
          alert: { ...alertPage().alert, state: 'closed', rule: 'gone', history: true },
          deliveries: [],
          closing: 'did not grow',
        }),
    },
  },
  { name: 'alert-by-link', path: `/alerts/${ALERT_ID}`, heading: RULE.title, caller: LINK },
  { name: 'entry', path: `/entries/${ENTRY_ID}`, heading: 'api_key.deleted' },
  {
    name: 'entry-by-link',
    path: `/entries/${ENTRY_ID}`,
    heading: 'api_key.deleted',
    caller: LINK,
    ledger: {
      entry: async () => entryPage(ORDINARY, { cut: true, story: { ...entryPage().story, open: ['before-1'] } }),
    },
  },
  {
    name: 'entry-quiet',
    path: `/entries/${ENTRY_ID}`,
    heading: 'api_key.deleted',
    ledger: {
      entry: async () =>
        entryPage(ORDINARY, {
          rules: [],
          parts: [],
          story: { ...entryPage().story, actor: null, before: [], after: [], moreBefore: false },
        }),
    },
  },
  { name: 'rules', path: '/rules', heading: 'Rules' },
  { name: 'rule', path: `/rules/${RULE.id}`, heading: RULE.title },
  { name: 'missing', path: '/alerts/7', heading: 'Nothing here' },
  { name: 'missing-by-link', path: '/alerts/7', heading: 'Nothing here', caller: LINK },
  { name: 'signed-out', path: '/alerts/7', heading: 'Sign in', caller: { kind: 'nobody' } },
  { name: 'expired', path: '/alerts/7', heading: 'This link has expired', caller: { kind: 'expired link' } },
];

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

describe.each(ROWS)('$name', ({ name, path, heading, ledger = {}, caller, env = SET }) => {
  let running: Running;
  beforeAll(async () => {
    const made = ledger === null ? null : views(ORDINARY, ledger);
    running = await servePages({ ledger: made, env, ...(caller === undefined ? {} : { caller }) });
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
