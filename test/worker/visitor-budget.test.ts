/**
 * Visitors together have a fifth of the free plan's reads a day. When that is used, pages say so, the lookup asks the upstream,
 * an operator's commands work, and the watch goes on.
 */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { operatorToken } from '../../src/access/operator.ts';
import { VISITOR_READS_AHEAD } from '../../src/ledger/health/usage.ts';
import type { DayUsage } from '../../src/ledger/rpc.ts';
import type { AllDeps } from '../../src/web/app.ts';
import { POLICY } from '../../src/web/policy.ts';
import { entryAt } from '../sandbox/odd.ts';
import { addViewer, bearer, createSite, passFor, SECRET, type Site } from './site.ts';
import { HOUR } from './world.ts';

const DAY = 24 * HOUR;
const LIMIT = 1_000_000;

/** A site with a real ledger, with two entries that open an alert, at noon of tomorrow. */
async function realSite(settings: Readonly<Record<string, string>> = {}) {
  const site = await createSite({ world: { settings }, settings });
  const { world } = site;
  await world.advance(DAY - (Date.now() % DAY) + 12 * HOUR);
  await world.append(
    [0, 1].map((i) =>
      entryAt(Date.now() - 30_000 + i, `deleted-${i}`, { action: 'api_key.deleted', actor: { id: 'u' } }),
    ),
  );
  await world.tick();
  const setUsed = async (used: Partial<DayUsage>): Promise<void> => {
    await world.editState((state) => (state.usage ? { ...state, usage: { ...state.usage, ...used } } : state));
    await world.evict();
  };
  const visit: Site['visit'] = (path, init) =>
    site.visit(path, init, { deps: { ledger: world.stub as unknown as AllDeps['ledger'] } });
  return { world, setUsed, visit };
}

const asPage = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}`, accept: 'text/html' } });

let token = '';
beforeAll(async () => {
  token = (await addViewer('a visitor')).token;
});

describe("the visitors' part of the day's reads", () => {
  it('counts what pages, links and the lookup read, and nothing else', async () => {
    const { world, visit } = await realSite();
    const used = async () =>
      (await world.status()).usage?.allowances.find(({ of }) => of === 'visitorReads')?.used ?? 0;
    expect(await used()).toBe(0);
    let before = 0;
    const pass = await passFor(1);
    for (const [path, init] of [
      ['/', asPage(token)],
      ['/alerts', asPage(token)],
      ['/v1/audit_logs/deleted-0', bearer(token)],
      [`/alerts/1?pass=${pass}`, { headers: { accept: 'text/html' } }],
    ] as const) {
      // A link may become a cookie first.
      const answer = await visit(path, init);
      if (answer.status === 303) continue;
      expect([path, answer.status]).toEqual([path, 200]);
      const after = await used();
      expect(after).toBeGreaterThan(before);
      before = after;
    }
    await world.tick();
    const signed = bearer(await operatorToken(SECRET, 'GET', '/api/alerts', '', Date.now()));
    expect((await visit('/api/alerts', signed)).status).toBe(200);
    expect(await used()).toBe(before);
  });

  it('is not forgotten with the memory, whenever that is, and is seldom stored', async () => {
    const { world, visit } = await realSite();
    const used = async () =>
      (await world.status()).usage?.allowances.find(({ of }) => of === 'visitorReads')?.used ?? 0;
    const show = async (times: number): Promise<void> => {
      for (let n = 0; n < times; n++) expect((await visit('/entries/deleted-0', asPage(token))).status).toBe(200);
    };
    await show(1);
    const each = await used();
    expect(each).toBeGreaterThan(5);
    for (const [times, isTicking] of [
      [1, false],
      [1, true],
      [10, true],
      [10, false],
    ] as const) {
      const before = await used();
      await show(times);
      const after = await used();
      expect(after - before).toBeGreaterThanOrEqual(times * each);
      if (isTicking) {
        await world.append([entryAt(Date.now() - 20_000, `recorded-${Date.now()}`)]);
        expect(await world.tick()).toMatchObject({ recorded: 1 });
      }
      await world.evict();
      expect(await used()).toBeGreaterThanOrEqual(after);
      expect(await used()).toBeLessThanOrEqual(after + VISITOR_READS_AHEAD);
    }
    // Of these views one in so many writes a row.
    const stored = async () => (await world.sql<{ value: string }>('SELECT value FROM state'))[0]?.value;
    const views = Math.ceil((3 * VISITOR_READS_AHEAD) / each);
    let [writes, last] = [0, await stored()];
    for (let n = 0; n < views; n++) {
      await show(1);
      const now = await stored();
      if (now !== last) writes++;
      last = now;
    }
    expect(writes).toBeGreaterThan(0);
    expect(writes).toBeLessThanOrEqual(4);
  });

  it('that is used up closes every page until 00:00 UTC, in words; operators and ticks go on', async () => {
    const { world, setUsed, visit } = await realSite();
    await setUsed({ visitorReads: LIMIT });
    const pages = POLICY.filter(
      ([method, path, access]) =>
        method === 'GET' && (access === 'viewer' || access === 'scoped') && !path.startsWith('/v1/'),
    ).map(([, path]) => path);
    expect(pages.length).toBeGreaterThan(6);
    const params: Readonly<Record<string, string>> = {
      '/alerts/:id': '/alerts/1',
      '/entries/:id': '/entries/deleted-0',
      '/quarantine/:key': `/quarantine/invalid:${'0'.repeat(64)}`,
    };
    for (const path of pages) {
      // The one that reads a rule of this name first.
      if (path === '/rules/:id') continue;
      const answer = await visit(params[path] ?? path, asPage(token));
      expect([path, answer.status]).toEqual([path, 503]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(11 * 3600);
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(12 * 3600);
      expect(await answer.text()).toContain('Tocsin keeps watching and notifying');
    }
    await world.append([entryAt(Date.now() - 20_000, 'later')]);
    expect(await world.tick()).toMatchObject({ stopped: 'scan ended', recorded: 1 });
    const ask = async (path: string): Promise<Response> =>
      visit(path, bearer(await operatorToken(SECRET, 'GET', path, '', Date.now())));
    expect((await ask('/api/alerts/1')).status).toBe(200);
    const { status } = (await (await ask('/operator/status')).json()) as { status: { usage: object } };
    expect(JSON.stringify(status.usage)).toContain(
      `{"of":"visitorReads","used":${LIMIT},"limit":${LIMIT},"state":"reached"}`,
    );
    // The health alert says that it is near its end; nobody is blind.
    expect((await world.status()).watching).toBe('watching');
    await world.advance(12 * HOUR);
    expect((await visit('/alerts', asPage(token))).status).toBe(200);
  });

  it('that is used up sends a viewer of the lookup to the upstream, and a link away', async () => {
    const { setUsed, visit } = await realSite();
    expect((await visit('/v1/audit_logs/deleted-0', bearer(token))).headers.get('x-tocsin-source')).toBe('ledger');
    await setUsed({ visitorReads: LIMIT });
    const viewed = await visit('/v1/audit_logs/deleted-0', bearer(token));
    expect([viewed.status, viewed.headers.get('x-tocsin-source')]).toEqual([200, 'upstream']);
    const linked = await visit(`/v1/audit_logs/deleted-0?pass=${await passFor(1)}`);
    expect([linked.status, linked.headers.get('x-should-retry')]).toEqual([503, 'false']);
    expect(((await linked.json()) as { message: string }).message).toContain('they open again at 00:00 UTC');
  });

  it('does not end on the paid plan, nor just below the limit', async () => {
    const paid = await realSite({ PLAN: 'paid' });
    await paid.setUsed({ visitorReads: 50 * LIMIT });
    expect((await paid.visit('/alerts', asPage(token))).status).toBe(200);
    const free = await realSite();
    await free.setUsed({ visitorReads: LIMIT - 1 });
    expect((await free.visit('/alerts', asPage(token))).status).toBe(200);
    expect((await free.visit('/alerts', asPage(token))).status).toBe(503);
    expect(env.LEDGER).toBeDefined();
  });
});
