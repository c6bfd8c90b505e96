/**
 * Limits requests.
 *
 * Contract: counted by Cloudflare's rate limiting bindings, approximately and in each location separately. Without the
 * bindings there is no limit, and if one fails the request passes: access does not depend on it.
 * https://developers.cloudflare.com/workers/runtime-apis/bindings/rate-limit/
 *
 * - A viewer, or an Access user, has a limit of their own, wherever they are.
 * - Anyone else is counted by network: an IPv6 /64 or an IPv4 address, and by a wider one, with ten times the limit, since
 *   the holder of a /48 has 65,536 of the former.
 * - The holders of a link have a limit for each network, so that none uses up another's, and one for each wider network. All
 *   links of one network together have the higher limit, so that many links are not as many limits.
 * - A session has its own limit before it is looked up, and its viewer's only if it has not ended. An operator's token has its
 *   own too: anyone who copied one uses up that, and not the operator's next. All sessions, and all tokens, of a wider network
 *   have one together.
 * - What a genuine token or session says of its viewer is known before anything is read (access/viewer.ts), so it counts
 *   for that viewer, also behind an address that others have used up. Any other token counts for its network first, and is
 *   looked up only within that limit: made-up tokens cost few reads, and lock nobody out whose token was made with the
 *   current LINK_SECRET or the previous one.
 */

import type { Context } from 'hono';
import { networkOf } from '../sigma/index.ts';
import { log } from '../text/log.ts';
import type { AppDeps, RateLimit, WebEnv } from './context.ts';

/** The period of the limits in wrangler.toml; a test compares them. */
export const PERIOD_S = 60;
/** The wait in the response: after a whole period the next one has begun, and the SDKs wait as long. */
const WAIT_S = 60;
if (!(WAIT_S >= PERIOD_S)) throw new Error('the wait must outlast the period of the limit');

/** The networks around an address: the /48, which a site usually has, or the /24. */
const WIDE = [24, 48] as const;

/** The limits of a request, by the bindings in the settings. */
export function createRateLimit({ config }: AppDeps, c: Context<WebEnv>): RateLimit {
  const { rateLimit, rateLimitWide } = config;
  // Cloudflare sets this header, and overwrites what a client sends.
  const address = c.req.header('cf-connecting-ip') ?? '';
  const network = networkOf(address) ?? address;
  const counted = new Map<string, Promise<number | null>>();

  async function ask(binding: Config['rateLimit'], key: string): Promise<number | null> {
    try {
      return (await binding?.limit({ key }))?.success === false ? WAIT_S : null;
    } catch (error) {
      log('error', { at: 'rate limit', error: error instanceof Error ? error.message : 'unknown' });
      return null;
    }
  }

  function count(binding: Config['rateLimit'], key: string): Promise<number | null> {
    const waiting = counted.get(key) ?? ask(binding, key);
    counted.set(key, waiting);
    return waiting;
  }

  /** And by the wider network. */
  async function countBoth(of: string, key: string): Promise<number | null> {
    const wide = networkOf(address, WIDE) ?? address;
    return (await count(rateLimit, `${of}:${key}`)) ?? (await count(rateLimitWide, `${of}:${wide}`));
  }

  /** And by all links of its network. */
  async function countLink(alert: number): Promise<number | null> {
    const each = await countBoth(`link:${alert}`, network);
    return each ?? (await count(rateLimitWide, `links:${network}`));
  }

  return {
    viewer: (id) => count(rateLimit, `viewer:${id}`),
    session: (id) => countBoth('session', id),
    token: (id) => countBoth('token', id),
    caller: (caller) => {
      switch (caller.kind) {
        case 'viewer':
          return count(rateLimit, `viewer:${caller.id}`);
        case 'access':
          return count(rateLimit, `access:${caller.email}`);
        case 'link':
          return countLink(caller.passes[0].alert);
      }
    },
    address: () => countBoth('address', network),
    // A form is a guess at a token.
    open: () => countBoth(c.req.method === 'POST' ? 'form' : 'open', network),
  };
}

type Config = AppDeps['config'];
