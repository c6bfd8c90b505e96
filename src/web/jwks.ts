/**
 * The public keys of Cloudflare Access, cached in memory for all requests.
 *
 * Contract: a team's keys are fetched at most once a minute, however many key ids are made up and however many requests come
 * at once: these wait for the one fetch. One that is lost with the request that began it is begun again after six seconds. A
 * failed fetch throws, unless the key is in the cache.
 */

import { type PublicKey, publicKeys } from '../access/jwt.ts';
import { readBytes } from '../http/body.ts';
import { within } from '../http/deadline.ts';
import type { AppDeps } from './context.ts';

/**
 * Access rotates its keys every six weeks and publishes the old ones for another week. A revoked key is accepted for up
 * to an hour.
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 */
const FRESH_MS = 60 * 60_000;
const REFETCH_MS = 60_000;
const TIMEOUT_MS = 5_000;
/** A fetch that has not settled by then ended with the request that began it. */
const LOST_MS = TIMEOUT_MS + 1_000;
const BYTES_MAX = 100_000;
if (!(TIMEOUT_MS < REFETCH_MS)) throw new Error('a fetch must end before the next one may start');
if (!(REFETCH_MS < FRESH_MS)) throw new Error('a stale cache must be fetched again at once');

interface TeamKeys {
  readonly keys: readonly PublicKey[];
  readonly fetchedAt: number;
  /** When the last fetch began. */
  readonly triedAt: number;
  /** Settles with the last fetch: why it failed, or null. */
  readonly outcome: Promise<string | null>;
}

const NONE: TeamKeys = {
  keys: [],
  fetchedAt: Number.NEGATIVE_INFINITY,
  triedAt: Number.NEGATIVE_INFINITY,
  outcome: Promise.resolve(null),
};

const LATE = 'the keys of Cloudflare Access did not come in time';

/** By team domain. */
const cache = new Map<string, TeamKeys>();

/** The team's key with this id; null if Access has none. Throws if the keys can't be fetched. */
export async function accessKey(teamDomain: string, kid: string, { fetch, now }: AppDeps): Promise<PublicKey | null> {
  const before = cache.get(teamDomain) ?? NONE;
  const keyIn = ({ keys }: TeamKeys): PublicKey | null => keys.find((key) => key.kid === kid) ?? null;
  const time = now();
  const known = keyIn(before);
  const isRecent = time - before.triedAt < REFETCH_MS;
  if (known !== null && (isRecent || time - before.fetchedAt < FRESH_MS)) return known;
  if (!isRecent) cache.set(teamDomain, { ...before, triedAt: time, outcome: refresh(teamDomain, fetch, time) });
  const waiting = cache.get(teamDomain) ?? NONE;
  const failure = await within(LOST_MS, LATE, () => waiting.outcome);
  // Another request may have begun the fetch, and have ended before it: then the next one begins it again.
  if (failure === LATE && cache.get(teamDomain) === waiting) cache.set(teamDomain, before);
  if (failure && known === null) throw new Error(failure);
  return failure ? known : keyIn(cache.get(teamDomain) ?? NONE);
}

/** Fetches the keys into the cache. Returns why it failed, or null. */
async function refresh(teamDomain: string, fetch: AppDeps['fetch'], time: number): Promise<string | null> {
  try {
    const keys = await fetchKeys(teamDomain, fetch);
    const { outcome } = cache.get(teamDomain) ?? NONE;
    cache.set(teamDomain, { keys, fetchedAt: time, triedAt: time, outcome });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'the keys of Cloudflare Access: no reason given';
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
