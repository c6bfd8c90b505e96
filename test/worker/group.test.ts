/** The message of a group, made by the real Durable Object: it is sent with the links of its first alert, and to all alerts. */
import { afterEach, expect, it, vi } from 'vitest';
import { entryAt } from '../sandbox/odd.ts';
import { createWorld, GROUP_WAIT_MS, MINUTE } from './world.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('is sent, with the links of its first alert and to the page of all', async () => {
  const world = await createWorld();
  await world.slack.answer({ status: 200, body: 'ok' });
  const actor = { id: 'a-1', name: 'ci-deploy', type: 'user' };
  const made = ['api_key.deleted', 'nks_cluster.kubeconfig_retrieved'].map((action, i) =>
    entryAt(Date.now() - MINUTE, `g-${i}`, { action, status_code: 200, actor }),
  );
  await world.append(made);
  await world.untilEnded();
  await world.advance(GROUP_WAIT_MS);
  await world.runAlarm();
  const sent = async () => (await world.slack.read()).messages.find(({ text }) => text.includes('1 more alert'));
  await vi.waitFor(async () => expect(await sent()).toBeDefined(), { timeout: 8_000, interval: 50 });
  const urls = JSON.stringify(await sent()).match(/(?<="url":")[^"]+/g) ?? [];
  expect(urls.map((url) => `${new URL(url).pathname}${new URL(url).hash}`.replace(/\d+(?=$|#)/, 'N'))).toEqual([
    ...['/alerts/N#acknowledge', '/alerts/N#silence', '/alerts/N', '/alerts', '/entries/g-N'],
  ]);
  const passes = urls.map((url) => new URL(url).searchParams.get('pass')?.split('.')[0] ?? null);
  const all = passes[0] ?? '';
  expect(passes).toEqual([all, all, all, null, all]);
  const alerts = all.split('-').map(Number);
  expect(new URL(urls[0] ?? '').pathname).toBe(`/alerts/${alerts[0]}`);
  const ids = (await world.sql<{ id: number }>('SELECT id FROM alerts ORDER BY id')).map(({ id }) => id);
  expect(alerts.toSorted((a, b) => a - b)).toEqual(ids);
  expect(JSON.stringify(await sent())).toContain(`Acknowledge ${ids.length} alerts…`);
  expect(await world.sql("SELECT state FROM deliveries WHERE alert IS NOT NULL AND receiver = 'slack'")).toEqual(
    Array(3).fill({ state: 'delivered' }),
  );
});
