/** A daily limit of the plan that is reached: what of the ledger's errors says so, and how often people are notified. */
import { expect, it } from 'vitest';
import type { HealthNotification } from '../../src/alert/notification.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import type { Outcome, Outgoing } from '../../src/notify/receiver.ts';
import { notifyLedgerFailure, type TickConfig } from '../../src/poller/ledger-failure.ts';
import { limitIn, limitsResetAt } from '../../src/poller/plan-limit.ts';
import { HOUR, MINUTE, NOON } from '../ledger/scene.ts';

const WRITTEN = 'Exceeded allowed rows written in Durable Objects free tier.';

it.each<[string, string | null]>([
  [WRITTEN, 'limit of rows written'],
  ['Exceeded allowed rows read in Durable Objects free tier.', 'limit of rows read'],
  ['Exceeded allowed volume of requests in Durable Objects free tier.', 'limit of volume of requests'],
  ['Exceeded allowed duration in Durable Objects free tier.', 'limit of duration'],
  [`Error: ${WRITTEN}: SQLITE_ERROR`, 'limit of rows written'],
  ['Your account has exceeded the daily row limit of the free plan', 'daily limit'],
  ['You exceed what the Free-Tier has', 'daily limit'],
  // It ends with the month, or when somebody raises it.
  ["Exceeded the account's spending cap for Durable Objects", null],
  ['database or disk is full: SQLITE_FULL', null],
  ['Durable Object storage operation exceeded timeout which caused object to be reset.', null],
  ['the free tier', null],
  ['', null],
  [`${'exceeded '.repeat(100_000)}free tier`, null],
])('%.80j is %j', (message, limit) => {
  expect(limitIn(message)).toBe(limit);
});

it('the limits are reset five minutes after the next 00:00 UTC at the latest', () => {
  expect(limitsResetAt(NOON)).toBe(NOON + 12 * HOUR + 5 * MINUTE);
  expect(limitsResetAt(NOON + 12 * HOUR)).toBe(NOON + 36 * HOUR + 5 * MINUTE);
});

/** A ledger that fails with `messageAt` each minute; returns when people were notified, in minutes, and of what. */
async function failing(minutes: number, messageAt: (minute: number) => string, upstream: string) {
  const taken: [minute: number, summary: string][] = [];
  const stored = new Map<string, { readonly text: string; readonly goesAt: number }>();
  let minute = 0;
  const now = () => NOON + minute * MINUTE;
  const send = async ({ notification }: Outgoing): Promise<Outcome> => {
    taken.push([minute, (notification as HealthNotification).health.summary]);
    return { kind: 'delivered' };
  };
  const get = (key: string) => {
    const value = stored.get(key);
    return value === undefined || value.goesAt <= now() ? null : value.text;
  };
  const config = {
    kv: {
      get: async (keys: string[]) => new Map(keys.map((key) => [key, get(key)])),
      put: async (key: string, text: string, { expirationTtl }: { expirationTtl: number }) =>
        void stored.set(key, { text, goesAt: now() + expirationTtl * 1_000 }),
    },
    upstream: { baseUrl: upstream },
    receivers: [{ name: 'slack', minLevel: 'low', problem: null, create: () => ({ name: 'slack', send }) }],
    linkSecret: null,
  } as unknown as TickConfig;
  const ledger = { canRecord: async () => false } as unknown as LedgerApi;
  for (; minute < minutes; minute++) {
    await notifyLedgerFailure({ config, ledger, error: new Error(messageAt(minute)), now, fetch, log: () => {} });
  }
  return taken;
}

it('people are notified once until 00:00 UTC, with the limit and when it ends, and again if it lasts', async () => {
  const taken = await failing(12 * 60 + 10, () => WRITTEN, 'https://limit.example');
  const summary = `the plan's limit of rows written is reached: blind until 00:00 UTC (${WRITTEN})`;
  expect(taken).toEqual([
    [1, summary],
    [12 * 60 + 5, summary],
  ]);
});

it('people are notified every hour of a ledger that fails for another reason', async () => {
  const taken = await failing(130, () => 'disk is full', 'https://full.example');
  expect(taken.map(([minute]) => minute)).toEqual([1, 61, 121]);
  expect(taken[0]?.[1]).toBe("the ledger can't write: disk is full");
});
