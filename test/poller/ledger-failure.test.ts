/** A database that is really full: a tick notifies over HTTP, and once there is room everything is recorded. */
import { afterEach, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import type { Outcome, Outgoing } from '../../src/notify/receiver.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import { forgetLedgerFailure, notifyLedgerFailure, type TickConfig } from '../../src/poller/ledger-failure.ts';
import { tick } from '../../src/poller/tick.ts';
import { createScene, DAY, HOUR, onAction, type Scene } from '../ledger/scene.ts';
import { entryAt } from '../sandbox/odd.ts';
import { startSandbox } from '../sandbox/server.ts';
import { startInbox } from '../support/slack-inbox.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function callable({ ledger }: Scene): LedgerApi {
  const now = () => Date.now();
  return {
    begin: async (input) => ledger.begin(input, now()),
    record: async (batch) => ledger.record(batch, now()),
    flush: async (expected, most) => ledger.flush(expected, most, now()),
    quarantineCandidate: async (record) => ledger.quarantineCandidate(record, now()),
    recordFailedTick: async (failure) => ledger.recordFailedTick(failure, now()),
    canRecord: async () => ledger.canRecord(now()),
  };
}

/** A scene, the tick over it, and what its Slack was sent. */
async function start(scene = createScene([onAction('vm.deleted')])) {
  const upstream = await startSandbox();
  const inbox = await startInbox();
  stops.push(upstream.stop, inbox.stop);
  const stored = new Map<string, string>();
  const config = readConfig(
    {
      NIRVANA_LABS_API_KEY: upstream.apiKey,
      NIRVANA_LABS_BASE_URL: upstream.url,
      SLACK_WEBHOOK_URL: inbox.url,
      START_AT: '30d',
      KV: {
        get: async (keys: string[]) => new Map(keys.map((key) => [key, stored.get(key) ?? null])),
        put: async (key: string, value: string) => void stored.set(key, value),
        delete: async () => undefined,
      },
      LEDGER: { idFromName: () => null, get: () => null },
    },
    RECEIVER_TYPES,
  ) as TickConfig;
  const run = () => tick(config, callable(scene), { now: () => Date.now(), fetch });
  return { scene, upstream, inbox, run };
}

/** Lets the database grow no more. */
function fill({ store }: Scene): void {
  const [row] = store.all<{ page_count: number }>('PRAGMA page_count');
  store.all(`PRAGMA max_page_count = ${row?.page_count ?? 0}`);
}

function makeRoom({ store }: Scene): void {
  store.all('PRAGMA max_page_count = 1000000');
}

const long = (id: string, at: number) => entryAt(at, id, { action: 'vm.deleted', path: `/${'p'.repeat(20_000)}` });

it('two ticks, one message; then room, and all of it is recorded and alerted', async () => {
  const { scene, upstream, inbox, run } = await start();
  await run();
  fill(scene);
  upstream.append(...Array.from({ length: 20 }, (_, i) => long(`e-${i}`, Date.now() - 60_000 - i)));
  for (let n = 0; n < 5; n++) await expect(run()).rejects.toThrow(/full/);
  expect(inbox.messages.map((message) => JSON.stringify(message))).toEqual([
    expect.stringMatching(/\[CRITICAL\] Tocsin health: nothing is recorded.*database or disk is full/),
  ]);
  expect(scene.count('quarantine')).toBe(0);
  makeRoom(scene);
  await run();
  expect([scene.count('entries', "id GLOB 'e-*'"), scene.count('alerts')]).toEqual([20, 1]);
  expect(inbox.messages).toHaveLength(1);
});

it.each([4, 6, 8, 10, 12, 16])(
  'with room for %i pages no sound entry is quarantined, though shorter ones fit',
  async (pages) => {
    const { scene, upstream, run } = await start();
    await run();
    const [row] = scene.store.all<{ page_count: number }>('PRAGMA page_count');
    scene.store.all(`PRAGMA max_page_count = ${(row?.page_count ?? 0) + pages}`);
    upstream.append(
      long('long', Date.now() - 90_000),
      long('longer', Date.now() - 80_000),
      long('longest', Date.now() - 70_000),
      entryAt(Date.now() - 60_000, 'short'),
    );
    for (let n = 0; n < 5; n++) await run().catch(() => undefined);
    expect(scene.count('quarantine')).toBe(0);
    makeRoom(scene);
    await run();
    expect(scene.ids()).toEqual(expect.arrayContaining(['long', 'longer', 'longest', 'short']));
  },
);

/** The settings of a tick with a KV and one receiver. Each `host` has a memory of its own. */
function configWith(host: string, send: (outgoing: Outgoing) => Promise<Outcome>): TickConfig {
  const values = new Map<string, string>();
  return {
    kv: {
      get: async (keys: string[]) => new Map(keys.map((key) => [key, values.get(key) ?? null])),
      put: async (key: string, value: string) => void values.set(key, value),
    },
    upstream: { baseUrl: `https://${host}.example` },
    receivers: [{ name: 'slack', minLevel: 'low', problem: null, create: () => ({ name: 'slack', send }) }],
    linkSecret: null,
  } as unknown as TickConfig;
}

it('what no receiver takes for hours is sent once one does, with the time at which it began', async () => {
  const minute = 60_000;
  const began = Date.now();
  const taken: number[] = [];
  let at = 0;
  const send = async ({ notification }: Outgoing): Promise<Outcome> => {
    if (at < 120) return { kind: 'retry', reason: 'no', afterMs: null };
    if (notification.kind === 'health') taken.push(notification.health.since);
    return { kind: 'delivered' };
  };
  const config = configWith('hours', send);
  const ledger = { canRecord: async () => false } as unknown as LedgerApi;
  for (; at < 130; at++) {
    const now = () => began + at * minute;
    await notifyLedgerFailure({ config, ledger, error: new Error('full'), now, fetch, log: () => {} });
  }
  expect(taken).toEqual([began]);
});

it('a clock that is set back after the ledger worked delays no message', async () => {
  const minute = 60_000;
  const began = Date.now();
  const taken: number[] = [];
  const send = async ({ notification }: Outgoing): Promise<Outcome> => {
    if (notification.kind === 'health') taken.push(notification.health.since);
    return { kind: 'delivered' };
  };
  const config = configWith('back', send);
  const ledger = { canRecord: async () => false } as unknown as LedgerApi;
  forgetLedgerFailure(config, began);
  const back = began - 10 * minute;
  for (let n = 0; n < 3; n++) {
    const now = () => back + n * minute;
    await notifyLedgerFailure({ config, ledger, error: new Error('full'), now, fetch, log: () => {} });
  }
  // By the second tick, as ever, and once.
  expect(taken).toEqual([back]);
});

it('where something is past its retention, the ledger makes room itself, and nobody is notified', async () => {
  const { scene, upstream, inbox, run } = await start();
  const from = Date.now() - 31 * DAY;
  scene.store.run("UPDATE state SET value = json_set(value, '$.checkpoint.floor', 0)");
  for (let i = 0; i < 20; i++) {
    const { body } = long(`old-${i}`, from + i);
    const old = { id: `old-${i}`, createdAt: from + i, occurredAt: from + i, text: JSON.stringify(body) };
    scene.record([old], { now: from + HOUR, began: from + HOUR });
  }
  fill(scene);
  upstream.append(...Array.from({ length: 10 }, (_, i) => long(`new-${i}`, Date.now() - 60_000 - i)));
  await run();
  expect(scene.ids().filter((id) => id.startsWith('new'))).toHaveLength(10);
  expect(inbox.messages).toEqual([]);
});
