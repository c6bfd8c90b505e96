/** A ledger that can't write, in workerd: the tick itself notifies the receivers, and the ledger recovers by itself. */

import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { KV_LEDGER_FAILING } from '../../src/poller/ledger-failure.ts';
import { entryAt } from '../sandbox/odd.ts';
import type { FakeAnswer } from '../support/http-server.ts';
import { FULL, fill } from './full-storage.ts';
import { type Inbox, twoReceivers } from './receivers.ts';
import { HOUR, logged, MINUTE, type World } from './world.ts';

/** A world with a Slack and a webhook, whose tick has worked once. */
async function createPair(): Promise<{ world: World; hook: Inbox }> {
  const { world, hook } = await twoReceivers();
  await world.tick();
  await world.append([entryAt(Date.now(), 'waiting', { action: 'api_key.deleted', status_code: 204 })]);
  return { world, hook };
}

const about = (texts: readonly string[]): number => texts.filter((text) => text.includes('nothing is recorded')).length;
const slackTexts = async (world: World): Promise<string[]> =>
  (await world.slack.read()).messages.map((message) => JSON.stringify(message));

async function failingTick(world: World, changes = {}, parts = {}): Promise<void> {
  await expect(world.tick(changes, parts)).rejects.toThrow(FULL);
}

const fails = () => Promise.reject(new Error(FULL));
/** A ledger that is gone. */
const GONE = { begin: fails, record: fails, flush: fails, recordFailedTick: fails, canRecord: fails };

describe('a full ledger', () => {
  it('is reported by the second tick to every receiver, as critical, with what to do', async () => {
    const { world, hook } = await createPair();
    await fill(world);
    await failingTick(world);
    expect([about(await slackTexts(world)), await hook.posts()]).toEqual([0, 0]);
    await failingTick(world);
    const [slack = ''] = await slackTexts(world);
    expect(slack).toContain('[CRITICAL] Tocsin health: nothing is recorded, and nobody is alerted');
    expect(slack).toContain("The ledger can't write: database or disk is full: SQLITE_FULL");
    expect(slack).toContain('set a shorter RETENTION');
    expect(slack).toContain('https://tocsin.example/');
    const [sent = ''] = await hook.texts();
    expect(JSON.parse(sent)).toMatchObject({
      type: 'health.raised',
      data: { health: { kind: 'ledger-failing', level: 'critical' } },
    });
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
  });

  it('is reported once an hour, though it lasts', async () => {
    const { world, hook } = await createPair();
    await fill(world);
    for (let n = 0; n < 5; n++) await failingTick(world);
    expect([about(await slackTexts(world)), await hook.posts()]).toEqual([1, 1]);
    await world.advance(HOUR - MINUTE);
    for (let n = 0; n < 2; n++) await failingTick(world);
    expect(about(await slackTexts(world))).toBe(1);
    await world.advance(2 * MINUTE);
    for (let n = 0; n < 3; n++) await failingTick(world);
    expect([about(await slackTexts(world)), await hook.posts()]).toEqual([2, 2]);
    await world.advance(3 * HOUR);
    for (let n = 0; n < 3; n++) await failingTick(world);
    expect(about(await slackTexts(world))).toBe(3);
  });

  it('quarantines nothing, and recovers by itself once there is room', async () => {
    const { world } = await createPair();
    const undo = await fill(world);
    for (let n = 0; n < 5; n++) await failingTick(world);
    await undo();
    expect(await world.sql('SELECT 1 FROM quarantine')).toEqual([]);
    await world.tick();
    await world.delivered();
    expect((await slackTexts(world)).filter((text) => text.includes('API key deleted'))).toHaveLength(1);
    expect(await world.status()).toMatchObject({ failure: null, inQuarantine: 0 });
  });

  it('is reported though the upstream fails too, by what the ledger says', async () => {
    const { world } = await createPair();
    await world.knobs({ error: { probability: 1, status: 503 } });
    const parts = { recordFailedTick: fails, canRecord: () => Promise.resolve(false) };
    for (let n = 0; n < 2; n++) await expect(world.tick({}, parts)).rejects.toThrow('503');
    expect((await slackTexts(world))[0]).toContain('disk is full');
  });
});

describe('nobody is notified', () => {
  it('of a failure that the next tick cures, nor of two with a tick between that works', async () => {
    const { world, hook } = await createPair();
    for (let n = 0; n < 3; n++) {
      await failingTick(world, {}, GONE);
      await world.advance(MINUTE);
      await world.tick();
      await world.advance(MINUTE);
    }
    expect([about(await slackTexts(world)), about(await hook.texts())]).toEqual([0, 0]);
  });

  it('of an entry that crashes a ledger that can write', async () => {
    const { world, hook } = await createPair();
    await world.status();
    await world.sql(
      "CREATE TRIGGER poison BEFORE INSERT ON entries WHEN new.id = 'waiting' BEGIN SELECT RAISE(ABORT, 'poison'); END",
    );
    for (let n = 0; n < 2; n++) await expect(world.tick()).rejects.toThrow('poison');
    await world.tick();
    expect([about(await slackTexts(world)), about(await hook.texts())]).toEqual([0, 0]);
  });

  it('by a tick that works, which reads KV once and writes nothing there', async () => {
    const { world } = await createPair();
    await world.tick();
    const { kvGet, kvPut, requests } = world.costs;
    await world.tick();
    expect([world.costs.kvGet - kvGet, world.costs.kvPut - kvPut, world.costs.requests - requests]).toEqual([1, 0, 1]);
  });
});

describe('a receiver', () => {
  it.each([
    ['fails', { status: 500 }],
    ['closes the connection', { status: 0, reset: true }],
    ['refuses', { status: 404 }],
  ] satisfies [string, FakeAnswer][])('that %s keeps the message from no other', async (_, answer) => {
    const { world, hook } = await createPair();
    await world.slack.answer(answer);
    for (let n = 0; n < 4; n++) await failingTick(world, {}, GONE);
    expect([about(await slackTexts(world)), await hook.posts()]).toEqual([0, 1]);
  });

  it('that never answers delays the end of the tick, and not the message of another', async () => {
    const { world, hook } = await createPair();
    await world.slack.answer({ status: 0, hang: true });
    await failingTick(world, {}, GONE);
    const ticking = failingTick(world, {}, GONE);
    await expect.poll(() => hook.posts(), { timeout: 30_000 }).toBe(1);
    await ticking;
  }, 30_000);

  it('is tried again by the next tick where none took it', async () => {
    const { world, hook } = await createPair();
    await world.slack.answer({ status: 500 });
    await hook.answer({ status: 500 });
    for (let n = 0; n < 3; n++) await failingTick(world, {}, GONE);
    await hook.answer({ status: 200 });
    for (let n = 0; n < 3; n++) await failingTick(world, {}, GONE);
    expect([about(await hook.texts()), await hook.posts()]).toEqual([1, 3]);
  });
});

describe('KV', () => {
  const broken = () => Promise.reject(new Error('KV is down'));

  it.each([
    ['can be neither read nor written', () => ({ get: broken, put: broken, delete: broken })],
    ['takes no write', (world: World) => ({ ...(world.bindings.KV as object), put: broken })],
    ['is not bound', () => undefined],
  ])('that %s: the first tick notifies, and memory bounds the rate', async (_, kvOf) => {
    const { world, hook } = await createPair();
    const KV = kvOf(world);
    for (let n = 0; n < 5; n++) await failingTick(world, { KV }, GONE);
    expect([about(await slackTexts(world)), await hook.posts()]).toEqual([1, 1]);
  });

  it('remembers the message for an hour, for an isolate that has no memory of it', async () => {
    const { world } = await createPair();
    const puts: unknown[] = [];
    const kv = world.bindings.KV;
    const KV = {
      ...kv,
      put: (key: string, value: string, options: unknown) => {
        puts.push([key, options]);
        return env.KV.put(`watched/${key}`, value, options as KVNamespacePutOptions).then(() =>
          kv.put(key as never, value),
        );
      },
    };
    for (let n = 0; n < 3; n++) await failingTick(world, { KV }, GONE);
    expect(puts).toEqual([
      [KV_LEDGER_FAILING, { expirationTtl: 360 }],
      [KV_LEDGER_FAILING, { expirationTtl: 3600 }],
    ]);
    // Another address is another memory.
    const other = { KV, NIRVANA_LABS_BASE_URL: `${world.url}/` };
    for (let n = 0; n < 3; n++) await failingTick(world, other, GONE);
    expect(about(await slackTexts(world))).toBe(1);
  });

  it.each(['', 'null', '{}', '{"since":"x","at":1}', 'not JSON'])(
    'with %j in it is as if it had nothing',
    async (text) => {
      const { world } = await createPair();
      await env.KV.put(`${world.name}/${KV_LEDGER_FAILING}`, text);
      await failingTick(world, {}, GONE);
      expect(about(await slackTexts(world))).toBe(0);
      await failingTick(world, {}, GONE);
      expect(about(await slackTexts(world))).toBe(1);
    },
  );
});

it('no line of the log has a secret address in it', async () => {
  const { world, hook } = await createPair();
  await hook.answer({ status: 400, body: `no: ${hook.url}` });
  const from = logged.length;
  for (let n = 0; n < 2; n++) await failingTick(world, {}, GONE);
  const log = logged.slice(from).join('\n');
  expect(log).toContain('"at":"ledger"');
  expect(log).not.toContain(hook.url);
  expect(log).not.toContain(world.slack.url);
});
