/**
 * The key that messages to a webhook are signed with, as Standard Webhooks writes it: `whsec_` and its base64.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 *
 * Contract: pure; what is wrong is said without the key.
 */
import { type Reading, value, wrong } from '../../config/setting.ts';

const PREFIX = 'whsec_';
/** The standard's bounds, in bytes. */
const LEAST = 24;
const MOST = 64;

/** The key's bytes. */
export function parseSigningKey(text: string): Reading<Uint8Array> {
  if (/^whsk_|^whpk_/.test(text)) return wrong('is a key of an asymmetric signature, which is not made here');
  if (!text.startsWith(PREFIX)) return wrong(`does not begin with ${PREFIX}`);
  const bytes = bytesOf(text.slice(PREFIX.length));
  if (bytes === null) return wrong(`has something else than base64 behind ${PREFIX}`);
  if (bytes.length < LEAST) return wrong(`has ${bytes.length} bytes, fewer than ${LEAST}`);
  if (bytes.length > MOST) return wrong(`has ${bytes.length} bytes, more than ${MOST}`);
  return value(bytes);
}

function bytesOf(base64: string): Uint8Array | null {
  // atob alone would let white space through.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
