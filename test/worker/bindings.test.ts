/** What wrangler.toml and the tests bind, as the runtime makes it, passes for what config.ts asks for. */
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';

const MAIL = { EMAIL_TO: 'oncall@example.com', EMAIL_FROM: 'tocsin@example.com' };

it('the bindings are known as what they are', () => {
  const { problems, receivers, rateLimit, kv, ledger } = readConfig({ ...env, ...MAIL }, RECEIVER_TYPES);
  expect(problems).toEqual([]);
  expect(receivers.map(({ name }) => name)).toEqual(['slack', 'email']);
  expect([rateLimit, kv, ledger].includes(null)).toBe(false);
});

it('a binding in the place of another is noticed', () => {
  const { problems, kv, ledger } = readConfig({ ...env, KV: env.LEDGER, LEDGER: env.KV }, RECEIVER_TYPES);
  expect(problems.map(({ setting }) => setting).toSorted()).toEqual(['KV', 'LEDGER']);
  expect([kv, ledger]).toEqual([null, null]);
});

it('the rate limit counts each caller by itself', async () => {
  const { rateLimit } = readConfig(env, RECEIVER_TYPES);
  const refused = async (key: string, times: number): Promise<boolean> => {
    for (let i = 0; i < times; i++) if ((await rateLimit?.limit({ key }))?.success === false) return true;
    return false;
  };
  // Twice what a minute allows, and some: a new minute may begin meanwhile.
  expect(await refused('one', 250)).toBe(true);
  expect(await refused('another', 1)).toBe(false);
});
