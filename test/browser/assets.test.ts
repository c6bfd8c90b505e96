/**
 * The static assets of the real Worker, as Cloudflare's own router serves them in workerd: who gets which, with which headers,
 * and what a browser makes of them.
 */
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ASSETS } from '../../src/assets.gen.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import { listedRules } from '../../src/sigma/index.ts';
import { RULE_FILES_PATH } from '../../src/web/asset-paths.ts';
import { freePort, type RunningWorker, startWorker } from '../demo/worker.ts';
import { DESK, openTab, startBrowser } from './browser.ts';
import { viewerToken } from './viewer-token.ts';

// Other tests may be running: these timeouts don't test speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const LINK_SECRET = '0123456789abcdef0123456789abcdef';
/** What a page may cost on its first load. */
const REQUESTS_MAX = 3;
const BYTES_MAX = 15_000;

let worker: RunningWorker;
let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
  worker = await startWorker({ port: await freePort(0), secrets: { LINK_SECRET }, onLog: () => undefined });
});
afterAll(async () => {
  await browser?.close();
  await worker?.stop();
});

/** A request whose target is sent as it is written. */
function get(path: string, method = 'GET'): Promise<{ status: number; headers: Headers; text: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(worker.url);
    const asked = request({ hostname, port, path, method }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: new Headers(response.headers as never), text });
      });
    });
    asked.once('error', reject).end();
  });
}

describe('a public asset', () => {
  it.each([
    ['style', 'text/css; charset=utf-8', 'color-scheme:light dark'],
    ['script', 'text/javascript; charset=utf-8', 'navigator.clipboard'],
    ['icon', 'image/svg+xml', '<svg xmlns='],
  ] as const)('%s: its type, its text, and a year in caches', async (name, type, part) => {
    const { status, headers, text } = await get(ASSETS[name]);
    expect([status, headers.get('content-type')]).toEqual([200, type]);
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(text).toContain(part);
  });

  it('has the security headers of the Worker’s own answers', async () => {
    const own = (await get('/healthz')).headers;
    const ours = [...own.keys()].filter((name) => /^(x-|referrer|cross|permissions|content-security)/.test(name));
    expect(ours.length).toBeGreaterThan(5);
    for (const path of Object.values(ASSETS)) {
      const { headers } = await get(path);
      for (const name of ours) expect([name, headers.get(name)]).toEqual([name, own.get(name)]);
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    }
  });

  it('of another version is missing as every page is, and no cache keeps that', async () => {
    const { status, headers, text } = await get('/assets/tocsin.00000000000.css');
    expect([status, headers.get('cache-control')]).toEqual([404, 'private, no-store']);
    expect(text).toBe((await get('/no-such-page')).text);
  });
});

describe('what only the Worker reads', () => {
  const NAME = RULE_FILES_PATH.slice(1);
  const ESCAPED = NAME.replace('p', '%70');

  it.each([
    `/${NAME}`,
    `/${NAME}?x=1`,
    `/${ESCAPED}`,
    `/${NAME.replace('/', '%2f')}`,
    `/${NAME.replace('/', '%5c')}`,
    `/${NAME.replace('/', '\\')}`,
    `/${NAME.replace('/', '//')}`,
    `//${NAME}`,
    `/./${NAME}`,
    `/x/../${NAME}`,
    `/%2e/${NAME}`,
    `/assets/../${NAME}`,
    `/assets/%2e%2e/${NAME}`,
    `/assets/..%2f${NAME}`,
    `/assets/..%2f${ESCAPED}`,
    `/assets//../${NAME}`,
    `/assets/..;/${NAME}`,
    `/%2570${NAME.slice(1)}`,
    `/${NAME}/`,
    `/${NAME}%00`,
    `/${NAME.toUpperCase()}`,
    `/${NAME.replace('.json', '')}`,
    '/private',
    '/private/',
    '/_headers',
    '/%5fheaders',
    '/.assets/_headers',
  ])('is not served: %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
      let answer = await get(path, method);
      // The router corrects the spelling of a path first.
      const moved = answer.headers.get('location');
      if (answer.status === 307) answer = await get(moved ?? '', method);
      expect([method, answer.status >= 400]).toEqual([method, true]);
      expect(answer.text).not.toContain('detection:');
    }
  });

  it('answers as a path that does not exist', async () => {
    const [private_, missing] = [await get(`/${NAME}`), await get('/no-such-page')];
    expect([private_.status, private_.text]).toEqual([404, missing.text]);
  });
});

describe('a browser', () => {
  it('shows a page with its style and its script, in three requests and 15 kB', async () => {
    const { page, complaints, close } = await openTab(browser, worker.url, DESK);
    const bodies: Promise<Buffer>[] = [];
    page.on('response', (response) => bodies.push(response.body()));
    await page.goto('/sign-in', { waitUntil: 'networkidle' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(244, 244, 241)');
    expect(await page.evaluate('document.documentElement.className')).toBe('scripted');
    expect(bodies.length).toBeLessThanOrEqual(REQUESTS_MAX);
    // Cloudflare compresses all of them.
    const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(BYTES_MAX);
    expect(complaints).toEqual([]);
    await close();
  });

  it('shows the file of every rule, signed in', async () => {
    const token = await viewerToken({ url: worker.url, linkSecret: LINK_SECRET });
    const { page, complaints, close } = await openTab(browser, worker.url, DESK, { authorization: `Bearer ${token}` });
    // Not all: a visitor may open 120 pages a minute.
    for (const { id } of listedRules(ruleSet.rules).filter((_, i) => i % 3 === 0)) {
      await page.goto(`/rules/${encodeURIComponent(id)}`);
      expect(await page.locator('.code').textContent()).toContain('    tests:\n');
    }
    expect(complaints).toEqual([]);
    await close();
  });
});
