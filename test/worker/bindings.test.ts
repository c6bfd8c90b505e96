/** config.ts accepts the runtime's real bindings. */
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';

const MAIL = { EMAIL_TO: 'oncall@example.com', EMAIL_FROM: 'tocsin@example.com' };

it('each binding has the expected type', () => {
  const { problems, receivers, rateLimit, assets, kv, ledger } = readConfig({ ...env, ...MAIL }, RECEIVER_TYPES);
  expect(problems).toEqual([]);
  expect(receivers.map(({ name }) => name)).toEqual(['slack', 'email']);
  expect([rateLimit, assets, kv, ledger].includes(null)).toBe(false);
});

it('a binding of another type is refused', () => {
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
  // More than twice the limit of a minute, since a new minute may begin meanwhile.
  expect(await refused('one', 250)).toBe(true);
  expect(await refused('another', 1)).toBe(false);
});
