/**
 * How many requests one caller may make: each viewer, Access user and alert of a link by themselves; who was not let in,
 * by their address.
 *
 * Contract: counted by Cloudflare's rate limiting binding, for each of its locations and roughly; without the binding
 * there is no limit. Where it can't be asked, requests are let through: it protects, it does not decide who may look.
 * https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 */

import type { Context } from 'hono';
import type { AppDeps, Caller, WebEnv } from './context.ts';

/** The SDKs wait as they are asked to, but for less than a minute, and try twice more: that outlasts the 60 s counted by. */
const WAIT_S = 30;

export interface Limit {
  /** Counts a request of somebody who was let in. Seconds to wait, or null: go on. */
  caller(caller: Caller): Promise<number | null>;
  /** Counts a request of an address that was not. Seconds to wait, or null: go on. */
  address(c: Context<WebEnv>): Promise<number | null>;
}

export function createRateLimit({ config }: AppDeps): Limit {
  const { rateLimit } = config;

  async function count(key: string): Promise<number | null> {
    if (rateLimit === null) return null;
    try {
      return (await rateLimit.limit({ key })).success ? null : WAIT_S;
    } catch (error) {
      console.error(JSON.stringify({ at: 'rate limit', error: error instanceof Error ? error.message : 'unknown' }));
      return null;
    }
  }

  return {
    caller: (caller) => count(keyOf(caller)),
    // Cloudflare sets the header itself; nobody else can.
    address: (c) => count(`address:${networkOf(c.req.header('cf-connecting-ip') ?? '')}`),
  };
}

/** Who has one IPv6 address has a /64 of them: its first four groups. An IPv4 address is one by itself. */
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
  }
}
