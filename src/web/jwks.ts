/**
 * The public keys of Cloudflare Access, fetched once and kept in memory for all requests.
 *
 * Contract: a key that is not known is asked for at most once a minute, whoever makes them up. What can't be fetched is
 * thrown, unless the key is known from before.
 */

import { type PublicKey, publicKeys } from '../access/jwt.ts';
import type { AppDeps } from './context.ts';

/**
 * Access changes its keys every six weeks and publishes the old ones for a week more; an hour is soon enough to forget
 * one that was withdrawn.
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 */
const FRESH_MS = 60 * 60_000;
const REFETCH_MS = 60_000;
const TIMEOUT_MS = 5_000;
const MOST_BYTES = 100_000;

interface Kept {
  readonly keys: readonly PublicKey[];
  readonly fetchedAt: number;
  /** The last try, whether it went well or not. */
  readonly triedAt: number;
  readonly failed: boolean;
}

const kept = new Map<string, Kept>();

/** The key of that name; null where Access has none. Throws where it can't be found out. */
export async function accessKey(teamDomain: string, kid: string, { fetch, now }: AppDeps): Promise<PublicKey | null> {
  const before = kept.get(teamDomain);
  const known = before?.keys.find((key) => key.kid === kid) ?? null;
  const time = now();
  const fresh = before !== undefined && time - before.fetchedAt < FRESH_MS;
  const triedLately = before !== undefined && time - before.triedAt < REFETCH_MS;
  if (known !== null && (fresh || triedLately)) return known;
  if (triedLately) {
    if (before.failed) throw new Error('the keys of Cloudflare Access could not be fetched a moment ago');
    return null;
  }
  // Noted before it is tried: requests that come meanwhile go by what is known, and do not ask too.
  if (before !== undefined) kept.set(teamDomain, { ...before, triedAt: time });
  try {
    const keys = await fetchKeys(teamDomain, fetch);
    kept.set(teamDomain, { keys, fetchedAt: time, triedAt: time, failed: false });
    return keys.find((key) => key.kid === kid) ?? null;
  } catch (error) {
    kept.set(teamDomain, { keys: before?.keys ?? [], fetchedAt: before?.fetchedAt ?? 0, triedAt: time, failed: true });
    if (known !== null) return known;
    throw error;
  }
}

async function fetchKeys(teamDomain: string, fetch: AppDeps['fetch']): Promise<readonly PublicKey[]> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(`https://${teamDomain}/cdn-cgi/access/certs`, { redirect: 'manual', signal });
  if (response.status !== 200) throw new Error(`the keys of Cloudflare Access: status ${response.status}`);
  const text = await response.text();
  if (text.length > MOST_BYTES) throw new Error('the keys of Cloudflare Access are too long to be any');
  const keys = publicKeys(JSON.parse(text));
  if (keys.length === 0) throw new Error('the keys of Cloudflare Access: there are none');
  return keys;
}
