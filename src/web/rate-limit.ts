/**
 * Limits requests per viewer, per Access user, per alert of a link, and for refused callers per address.
 *
 * Contract: counted by Cloudflare's rate limiting binding, approximately and in each location separately. Without the
 * binding there is no limit, and if it fails the request passes: access does not depend on it.
 * https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 */

import type { Context } from 'hono';
import { log } from '../text/log.ts';
import type { AppDeps, Caller, WebEnv } from './context.ts';

/** The period of the limit in wrangler.toml; a test compares them. */
export const PERIOD_S = 60;
/** The wait in the response: after a whole period the next one has begun, and the SDKs wait as long. */
const WAIT_S = 60;
if (!(WAIT_S >= PERIOD_S)) throw new Error('the wait must outlast the period of the limit');

export interface RateLimit {
  /** Counts a request of an authenticated caller. Returns the seconds to wait, or null if it may pass. */
  caller(caller: Caller): Promise<number | null>;
  /** Counts a request of anyone else by its address. Returns the same. */
  address(c: Context<WebEnv>): Promise<number | null>;
}

/** The rate limit, by the binding in the settings. */
export function createRateLimit({ config }: AppDeps): RateLimit {
  const { rateLimit } = config;

  async function count(key: string): Promise<number | null> {
    if (rateLimit === null) return null;
    try {
      return (await rateLimit.limit({ key })).success ? null : WAIT_S;
    } catch (error) {
      log('error', { at: 'rate limit', error: error instanceof Error ? error.message : 'unknown' });
      return null;
    }
  }

  return {
    caller: (caller) => count(keyOf(caller)),
    // Cloudflare sets this header, and overwrites what a client sends.
    address: (c) => count(`address:${networkOf(c.req.header('cf-connecting-ip') ?? '')}`),
  };
}

/**
 * The network to count by: for IPv6 the /64, since its holder has all of its addresses; for IPv4 the address.
 *
 * @example networkOf('2001:db8:0:1:aaaa::7') // '2001:db8:0:1::/64'
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const behind = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - behind.length);
  const whole = [...groups, ...new Array<string>(zeros).fill('0'), ...behind];
  return `${whole
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

function keyOf(caller: Caller): string {
  switch (caller.kind) {
    case 'viewer':
      return `viewer:${caller.id}`;
    case 'access':
      return `access:${caller.email}`;
    case 'link':
      return `link:${caller.alert}`;
    case 'secret':
      return 'secret';
  }
}
