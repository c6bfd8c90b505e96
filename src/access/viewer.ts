/**
 * Viewer tokens: what people and tools hold who may look. Only a token's hash is kept, so that whoever reads the store
 * can't look, and nobody can be shown a token again.
 *
 * Contract: pure but for Web Crypto; `now` and the random bytes are parameters. A token names its record by an id that is
 * no secret, so that it is found and revoked by one point read; its secret part has 256 bits.
 */
import { parseJson } from '../text/json.ts';
import { sameText, sha256 } from './mac.ts';

/** What KV keeps of a token. */
export interface ViewerRecord {
  /** SHA-256 of the whole token, hex. */
  readonly hash: string;
  readonly name: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** ms since the epoch; null: until it is revoked. */
  readonly expiresAt: number | null;
}

/** Records lie in KV under this and their id. */
export const VIEWER_PREFIX = 'viewer:';
const ID_BYTES = 8;
/** How many random bytes `makeToken` takes: the id's and the secret's. */
export const TOKEN_BYTES = ID_BYTES + 32;
export const VIEWER_ID = /^[0-9a-f]{16}$/;
/**
 * A prefix of our own and a fixed length: secret scanners find it by
 * `tocsin_[0-9a-f]{16}_[A-Za-z0-9_-]{43}`.
 */
const TOKEN = /^tocsin_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
/** Letters, digits, marks and spaces between them: a name is shown on terminals and pages. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}\p{M} ._@+-]{0,63}$/u;

/** A new token of `TOKEN_BYTES` random bytes, and its id. */
export function makeToken(random: Uint8Array): { readonly id: string; readonly token: string } {
  if (random.length !== TOKEN_BYTES) throw new RangeError(`a token is made of ${TOKEN_BYTES} bytes`);
  const id = [...random.slice(0, ID_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const secret = btoa(String.fromCharCode(...random.slice(ID_BYTES)));
  return { id, token: `tocsin_${id}_${secret.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}` };
}

/** The id that a text names which has a token's form; null where it has not. */
export function tokenId(text: string): string | null {
  return TOKEN.exec(text)?.[1] ?? null;
}

/** A name as it may be given to a token, trimmed; null where it may not. */
export function viewerName(text: unknown): string | null {
  const name = typeof text === 'string' ? text.trim() : '';
  return NAME.test(name) ? name : null;
}

/** Whether `token` is the one that the record was made for. */
export async function isTokenOf(record: ViewerRecord, token: string): Promise<boolean> {
  return sameText(record.hash, await sha256(token));
}

/** Whether the record lets anybody in at `now`, ms since the epoch. */
export function isValid({ expiresAt }: ViewerRecord, now: number): boolean {
  return expiresAt === null || now < expiresAt;
}

/** A record as it lies in KV. */
export function recordText(record: ViewerRecord): string {
  return JSON.stringify(record);
}

/** A record as it was read from KV; null for anything that is none. Never throws. */
export function recordFrom(text: string | null): ViewerRecord | null {
  const json = text === null ? null : parseJson(text);
  if (typeof json !== 'object' || json === null) return null;
  const { hash, name, createdAt, expiresAt } = json as { readonly [field in keyof ViewerRecord]?: unknown };
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return null;
  if (typeof name !== 'string' || typeof createdAt !== 'number') return null;
  if (expiresAt !== null && typeof expiresAt !== 'number') return null;
  return { hash, name, createdAt, expiresAt };
}
