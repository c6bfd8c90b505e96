/** The message after an outage, in the real Durable Object: what waited is one message, and ends with it. */
import { afterEach, expect, it, vi } from 'vitest';
import { entryAt } from '../sandbox/odd.ts';
import { createWorld, GROUP_WAIT_MS, HOUR, MINUTE } from './world.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('of six alerts at high one goes by itself and five are one message; the health alert about the outage ends it', async () => {
  const world = await createWorld();
  await world.slack.answer({ status: 503 });
  const at = Date.now() - MINUTE;
  const fields = (i: number) => ({
    ...{ action: 'api_key.created', method: 'POST', path: '/v1/api_keys', status_code: 201 },
    actor: { id: `k-${i}`, type: 'api_key' },
  });
  await world.append(Array.from({ length: 6 }, (_, i) => entryAt(at + i, `d-${i}`, fields(i))));
  await world.untilEnded();
  await world.advance(GROUP_WAIT_MS);
  await world.runAlarm();
  const states = async (): Promise<Record<string, number>> => {
    const rows = await world.sql<{ state: string; n: number }>(
      'SELECT state, count(*) AS n FROM deliveries WHERE health IS NULL GROUP BY state',
    );
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  };
  await vi.waitFor(async () => expect(await world.sql('SELECT 1 FROM receivers WHERE probes > 0')).toHaveLength(1), {
    timeout: 4_000,
  });
  await world.advance(3 * HOUR);
  await world.slack.answer({ status: 200, body: 'ok' });
  await world.runAlarm();
  await vi.waitFor(async () => expect(await states()).toEqual({ delivered: 7 }), { timeout: 8_000, interval: 50 });
  const inDigest = await world.sql<{ n: number }>(
    "SELECT count(*) AS n FROM deliveries WHERE state = 'delivered' AND reason = 'in a message with others'",
  );
  expect(inDigest).toEqual([{ n: 5 }]);
  const { messages } = await world.slack.read();
  const texts = messages.map(({ text }) => text).filter((text) => text.includes('After an outage'));
  expect(texts).toEqual([expect.stringMatching(/^\[HIGH\] After an outage: .*, and 4 more alerts; first: /)]);
});
