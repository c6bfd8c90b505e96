/** The message of a group, in the real Durable Object: it is sent with the links of its first alert, and to all alerts. */
import { afterEach, expect, it, vi } from 'vitest';
import { GROUP } from '../notify/examples.ts';
import { entryAt } from '../sandbox/odd.ts';
import { createWorld, MINUTE } from './world.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('is sent, with the links of its first alert and to the page of all', async () => {
  const world = await createWorld();
  await world.slack.answer({ status: 503 });
  const fields = { action: 'api_key.deleted', status_code: 204, actor: { id: 'a-1', type: 'user' } };
  await world.append([entryAt(Date.now() - MINUTE, 'g-1', fields)]);
  await world.untilEnded();
  await vi.waitFor(async () => expect(await world.sql('SELECT 1 FROM receivers WHERE probes > 0')).toHaveLength(1), {
    timeout: 4_000,
  });
  // The ledger makes none of it yet: what a delivery holds is replaced.
  const group = { ...GROUP.group, first: { ...GROUP.group.first, entry: { ...GROUP.group.first.entry, id: 'g-1' } } };
  await world.sql('UPDATE deliveries SET notification = ?', JSON.stringify({ kind: 'group', group }));
  await world.slack.answer({ status: 200, body: 'ok' });
  await world.advance(5 * MINUTE);
  await world.runAlarm();
  const sent = async () => (await world.slack.read()).messages.find(({ text }) => text.includes('4 more alerts'));
  await vi.waitFor(async () => expect(await sent()).toBeDefined(), { timeout: 8_000, interval: 50 });
  const urls = JSON.stringify(await sent()).match(/(?<="url":")[^"]+/g) ?? [];
  expect(urls.map((url) => new URL(url).pathname)).toEqual(['/alerts/14', '/entries/g-1', '/alerts']);
  const passes = urls.map((url) => new URL(url).searchParams.get('pass')?.split('.')[0] ?? null);
  expect(passes).toEqual(['14', '14', null]);
});
