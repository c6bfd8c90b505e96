/**
 * The public keys of Cloudflare Access, cached in memory for all requests.
 *
 * Contract: unknown key ids cause at most one fetch a minute, however many are made up. A failed fetch throws, unless the
 * key is in the cache.
 */

import { type PublicKey, publicKeys } from '../access/jwt.ts';
import { readBytes } from '../http/body.ts';
import type { AppDeps } from './context.ts';

/**
 * Access rotates its keys every six weeks and publishes the old ones for another week. A revoked key is accepted for up
 * to an hour.
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 */
const FRESH_MS = 60 * 60_000;
const REFETCH_MS = 60_000;
const TIMEOUT_MS = 5_000;
const BYTES_MAX = 100_000;
if (!(TIMEOUT_MS < REFETCH_MS)) throw new Error('a fetch must end before the next one may start');
if (!(REFETCH_MS < FRESH_MS)) throw new Error('a stale cache must be fetched again at once');

interface CachedKeys {
  readonly keys: readonly PublicKey[];
  readonly fetchedAt: number;
  /** The last attempt, whether it failed or not. */
  readonly triedAt: number;
  readonly failed: boolean;
}

/** By team domain. */
const cache = new Map<string, CachedKeys>();

/** The team's key with this id; null if Access has none. Throws if the keys can't be fetched. */
export async function accessKey(teamDomain: string, kid: string, { fetch, now }: AppDeps): Promise<PublicKey | null> {
  const before = cache.get(teamDomain);
  const known = before?.keys.find((key) => key.kid === kid) ?? null;
  const time = now();
  const fresh = before !== undefined && time - before.fetchedAt < FRESH_MS;
  const triedRecently = before !== undefined && time - before.triedAt < REFETCH_MS;
  if (known !== null && (fresh || triedRecently)) return known;
  if (triedRecently) {
    if (before.failed) throw new Error('the keys of Cloudflare Access could not be fetched a moment ago');
    return null;
  }
  // Set before the fetch, so that requests meanwhile use the cache and don't fetch too.
  if (before !== undefined) cache.set(teamDomain, { ...before, triedAt: time });
  try {
    const keys = await fetchKeys(teamDomain, fetch);
    cache.set(teamDomain, { keys, fetchedAt: time, triedAt: time, failed: false });
    return keys.find((key) => key.kid === kid) ?? null;
  } catch (error) {
    cache.set(teamDomain, { keys: before?.keys ?? [], fetchedAt: before?.fetchedAt ?? 0, triedAt: time, failed: true });
    if (known !== null) return known;
    throw error;
  }
}

async function fetchKeys(teamDomain: string, fetch: AppDeps['fetch']): Promise<readonly PublicKey[]> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(`https://${teamDomain}/cdn-cgi/access/certs`, { redirect: 'manual', signal });
  if (response.status !== 200) throw new Error(`the keys of Cloudflare Access: status ${response.status}`);
  const bytes = await readBytes(response, signal, BYTES_MAX);
  if (bytes === null) throw new Error('the keys of Cloudflare Access are too long');
  const keys = publicKeys(JSON.parse(new TextDecoder().decode(bytes)));
  if (keys.length === 0) throw new Error('the keys of Cloudflare Access: no RSA key');
  return keys;
}
