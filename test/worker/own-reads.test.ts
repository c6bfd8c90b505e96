/** Our own reads in a log that records reads, through the whole Worker: what is ours, who else has the key, and the delay. */
import { describe, expect, it } from 'vitest';
import { addViewer, bearer, createSite } from './site.ts';
import { createWorld, DIALECTS, MINUTE, type World } from './world.ts';

const THEFT = "Tocsin's API key used by somebody else";

/** A tick a minute. */
async function ticks(world: World, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await world.advance(MINUTE);
    await world.tick();
  }
}

/** Somebody asks the upstream with the same key. */
async function askAs(world: World, userAgent: string): Promise<void> {
  const headers = { authorization: `Bearer ${world.apiKey}`, 'user-agent': userAgent };
  await (await fetch(`${world.url}/v1/audit_logs`, { headers })).text();
}

async function opened(world: World): Promise<{ title: string; level: string; count: number }[]> {
  return world.sql<{ title: string; level: string; count: number }>(
    'SELECT title, level, count FROM alerts ORDER BY id',
  );
}

async function marks(world: World): Promise<unknown[]> {
  const rows = await world.sql<{ mark: string | null }>('SELECT mark FROM entries ORDER BY seq');
  return rows.map(({ mark }) => mark);
}

/** The user agent of the last request of ours. */
async function lastUserAgent(world: World): Promise<string> {
  const { recent } = (await (await fetch(`${world.url}/__sandbox/requests`)).json()) as {
    recent: { userAgent: string }[];
  };
  return recent.at(-1)?.userAgent ?? '';
}

async function worldOf(dialect: (typeof DIALECTS)[number], settings: Record<string, string> = {}): Promise<World> {
  const world = await createWorld({ dialect, logOwnReads: true, settings });
  await world.tick();
  await ticks(world, 2);
  expect((await world.status()).ownReads).toMatchObject({ count: 2 });
  return world;
}

describe.each(DIALECTS)('%s: an API key that somebody else uses', (dialect) => {
  it('is a critical alert: without a mark, with a copied one, with one of another deployment', async () => {
    const world = await worldOf(dialect);
    const copied = await lastUserAgent(world);
    expect(copied).toMatch(/^Tocsin\/[\d.]+ \([0-9a-z.]+\)$/);
    await ticks(world, 2);
    expect(await opened(world)).toEqual([]);
    await askAs(world, 'curl/8.0');
    await askAs(world, copied);
    await askAs(world, copied.replace(/.{6}\)$/, '000000)'));
    await ticks(world, 3);
    expect(await opened(world)).toEqual([{ title: THEFT, level: 'critical', count: 3 }]);
    expect((await marks(world)).filter((mark) => mark !== 'own').sort()).toEqual(['missing', 'missing', 'reused']);
  });

  it('is none where it is shared on purpose', async () => {
    const world = await worldOf(dialect, { API_KEY_SHARED: 'true' });
    await askAs(world, 'curl/8.0');
    await ticks(world, 2);
    expect(await opened(world)).toEqual([]);
    expect((await marks(world)).filter((mark) => mark !== 'own')).toEqual([null]);
  });
});

describe('our own reads', () => {
  it('are those of visitors too', async () => {
    const site = await createSite({ world: { logOwnReads: true } });
    const { token } = await addViewer('reader');
    const { world } = site;
    await world.tick();
    await ticks(world, 2);
    for (const path of ['/v1/audit_logs', '/v1/audit_logs?limit=10', '/v1/audit_logs/no-such-entry']) {
      await (await site.visit(path, bearer(token))).text();
    }
    await ticks(world, 2);
    expect(await opened(world)).toEqual([]);
    // Five ticks, whose last read has not come back, and three lookups.
    expect((await world.status()).ownReads).toMatchObject({ count: 7 });
  });

  it('are ours on each attempt, though its answer was lost, and after the ledger was evicted', async () => {
    const world = await worldOf('sorted');
    await world.knobs({ breakOff: { next: 2 } });
    await world.tick();
    await world.evict();
    await ticks(world, 2);
    expect(await opened(world)).toEqual([]);
    expect((await marks(world)).filter((mark) => mark !== 'own')).toEqual([]);
  });

  it('show after how long entries are visible', async () => {
    const world = await createWorld({ logOwnReads: { lateMs: 3 * MINUTE } });
    await world.tick();
    await ticks(world, 2);
    expect((await world.status()).ownReads).toBeNull();
    await ticks(world, 4);
    const { delayMs } = (await world.status()).ownReads ?? { delayMs: 0 };
    expect(delayMs).toBeGreaterThanOrEqual(3 * MINUTE);
    expect(delayMs).toBeLessThan(4.5 * MINUTE);
  });

  it('prove nothing, and accuse nobody, where user agents are cut', async () => {
    const world = await createWorld({ logOwnReads: { userAgentChars: 40 } });
    await world.tick();
    await ticks(world, 3);
    await askAs(world, 'curl/8.0');
    await ticks(world, 2);
    expect(await opened(world)).toEqual([]);
    expect((await world.status()).ownReads).toBeNull();
  });
});
