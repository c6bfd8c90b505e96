/**
 * The key that signs messages to a webhook, in the form of Standard Webhooks: `whsec_` and its base64.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 *
 * Contract: pure; a problem never holds the key.
 */
import { type Reading, value, wrong } from '../../config/setting.ts';

const PREFIX = 'whsec_';
/** The standard's bounds, in bytes. */
const BYTES_MIN = 24;
const BYTES_MAX = 64;

/** The key's bytes. */
export function parseSigningKey(text: string): Reading<Uint8Array> {
  if (/^whsk_|^whpk_/.test(text)) return wrong('is a key for asymmetric signatures, which Tocsin does not make');
  if (!text.startsWith(PREFIX)) return wrong(`does not begin with ${PREFIX}`);
  const bytes = bytesOf(text.slice(PREFIX.length));
  if (bytes === null) return wrong(`has something other than base64 after ${PREFIX}`);
  if (bytes.length < BYTES_MIN) return wrong(`has ${bytes.length} bytes, fewer than ${BYTES_MIN}`);
  if (bytes.length > BYTES_MAX) return wrong(`has ${bytes.length} bytes, more than ${BYTES_MAX}`);
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
