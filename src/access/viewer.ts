/**
 * Viewer tokens: give people and tools access to the pages and the lookup. Only a token's hash is stored, so the store
 * gives no access, and a token can't be shown again.
 *
 * Contract: pure except for Web Crypto; `now` and the random bytes are parameters. A token contains the id of its record,
 * which is not secret, so one read finds or revokes it. Its secret part has 192 random bits, and then a proof that it was made
 * here: a made-up token differs visibly from a real one without reading anything.
 */

import { deriveKey, hmacHex } from '../text/hmac.ts';
import { parseJson } from '../text/json.ts';
import { hex, type LinkSecrets, sameText, sha256 } from './seal.ts';

/**
 * What a token is for, from least to most. `viewer` reads the pages and the lookup; `responder` also acts on alerts and makes
 * silences; `operator` also uses the operator's API and sees the security log.
 */
export const ROLES = ['viewer', 'responder', 'operator'] as const;
export type Role = (typeof ROLES)[number];

/** How long a token is valid if its creator says nothing: a quarter. */
export const VIEWER_MS = 90 * 24 * 60 * 60_000;

/** What KV stores of a token. */
export interface ViewerRecord {
  /** SHA-256 of the whole token, hex. */
  readonly hash: string;
  readonly name: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** ms since the epoch; null: never. */
  readonly expiresAt: number | null;
  /** Tokens from before there were roles have none stored: they are a viewer's. */
  readonly role: Role;
}

/** Whether this role includes another. */
export function includesRole(role: Role, other: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(other);
}

/** The key of a record in KV: this and the id. */
export const VIEWER_PREFIX = 'viewer:';
const ID_BYTES = 8;
const SECRET_BYTES = 24;
/** The number of random bytes `makeToken` takes. */
export const TOKEN_BYTES = ID_BYTES + SECRET_BYTES;
/** 44 bits: who guesses one gets no access, but one read of the store. */
const PROOF_CHARS = 11;
export const VIEWER_ID = /^[0-9a-f]{16}$/;
/**
 * With its prefix and fixed length, secret scanners find it by `tocsin_[0-9a-f]{16}_[A-Za-z0-9_-]{43}`: the id in hex,
 * 24 bytes of the secret in base64url, and the proof.
 */
const TOKEN = /^tocsin_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
/** Letters, digits, spaces and some punctuation: names are shown in terminals and on pages. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}\p{M} ._@+-]{0,63}$/u;

/** A new token from `TOKEN_BYTES` random bytes, and its id. */
export function makeToken(
  random: Uint8Array,
  linkSecret: string | null,
): { readonly id: string; readonly token: string } {
  if (random.length !== TOKEN_BYTES) throw new RangeError(`a token is made of ${TOKEN_BYTES} bytes`);
  const id = hex(random.slice(0, ID_BYTES));
  const secret = btoa(String.fromCharCode(...random.slice(ID_BYTES)));
  const start = `tocsin_${id}_${secret.replaceAll('+', '-').replaceAll('/', '_')}`;
  return { id, token: `${start}${proofOf(linkSecret ?? '', start)}` };
}

function proofOf(linkSecret: string, start: string): string {
  return hmacHex(deriveKey(linkSecret, 'viewer'), start).slice(0, PROOF_CHARS);
}

/**
 * Whether a token was made with one of these secrets: valid, expired or revoked. A token that was not may be valid too, if
 * the secret was changed since.
 */
export function isMadeHere({ linkSecret, linkSecretPrevious }: LinkSecrets, token: string): boolean {
  const [start, proof] = [token.slice(0, -PROOF_CHARS), token.slice(-PROOF_CHARS)];
  return [linkSecret, linkSecretPrevious].some((secret) => secret !== null && sameText(proofOf(secret, start), proof));
}

/** The id in a token; null if the text does not have the form of a token. */
export function tokenId(text: string): string | null {
  return TOKEN.exec(text)?.[1] ?? null;
}

/** A name for a token, trimmed; null if it is not allowed. */
export function viewerName(text: unknown): string | null {
  const name = typeof text === 'string' ? text.trim() : '';
  return NAME.test(name) ? name : null;
}

/** Whether this is the token of the record. */
export async function isTokenOf(record: ViewerRecord, token: string): Promise<boolean> {
  return sameText(record.hash, await sha256(token));
}

/** Whether the record has not expired at `now`, ms since the epoch. */
export function isValid({ expiresAt }: ViewerRecord, now: number): boolean {
  return expiresAt === null || now < expiresAt;
}

/** A record as text, for KV. */
export function recordText(record: ViewerRecord): string {
  return JSON.stringify(record);
}

/** The record in a text from KV; null if it is not a record. Never throws. */
export function recordFrom(text: string | null): ViewerRecord | null {
  const json = text === null ? null : parseJson(text);
  if (typeof json !== 'object' || json === null) return null;
  const {
    hash,
    name,
    createdAt,
    expiresAt,
    role: given = 'viewer',
  } = json as { readonly [field in keyof ViewerRecord]?: unknown };
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) return null;
  if (typeof name !== 'string' || typeof createdAt !== 'number') return null;
  if (expiresAt !== null && typeof expiresAt !== 'number') return null;
  // A role that only a newer Worker knows gives no access.
  const role = ROLES.find((known) => known === given);
  return role === undefined ? null : { hash, name, createdAt, expiresAt, role };
}
