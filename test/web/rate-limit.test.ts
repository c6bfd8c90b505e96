/** The rate limit: its period, and the network that an address is counted by. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { networkOf, PERIOD_S } from '../../src/web/rate-limit.ts';

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['', ''],
  ['2001:db8:0:1:aaaa::7', '2001:db8:0:1::/64'],
  ['2001:DB8:0:1:bbbb:cccc:dddd:eeee', '2001:db8:0:1::/64'],
  ['2001:0db8:0000:0001::', '2001:db8:0:1::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

it('has the period of wrangler.toml', () => {
  const toml = readFileSync(resolve(import.meta.dirname, '../../wrangler.toml'), 'utf8');
  expect(toml).toContain(`period = ${PERIOD_S} }`);
});
