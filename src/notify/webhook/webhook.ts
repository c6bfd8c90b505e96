/**
 * A webhook of the user's own, signed by Standard Webhooks.
 *
 * Contract: pure; a problem never holds the key.
 */
import { parseServiceUrl } from '../../config/address.ts';
import { after, bySecret, type Reading, readText, value, wrong } from '../../config/setting.ts';
import type { ReceiverType } from '../receiver.ts';
import { createWebhook } from './send.ts';

const EXPECTS = 'the https URL of your service';
const SIGNING_SECRET = 'WEBHOOK_SECRET';

export const webhook: ReceiverType = {
  type: 'webhook',
  label: 'Webhook',
  docs: 'https://www.standardwebhooks.com',
  secret: 'WEBHOOK_URL',
  signingSecret: SIGNING_SECRET,
  expects: EXPECTS,
  settings: [],
  bindings: [],
  placesIn: null,
  forPrograms: true,
  read(env, { name, secret, signingSecret }, take) {
    const url = take(
      secret,
      after(readText(env, secret), parseServiceUrl),
      `set it to ${EXPECTS}: ${bySecret(secret)}`,
    );
    const keyName = signingSecret ?? SIGNING_SECRET;
    const keyHint = `make a key and give it to your service too: echo "whsec_$(openssl rand -base64 32)" | ${bySecret(keyName)}`;
    const key = take(keyName, after(readText(env, keyName), parseSigningKey), keyHint);
    if (url === null || key === null) return null;
    return ({ fetch, now, timeoutMs }) => createWebhook({ name, url, key, fetch, now, timeoutMs });
  },
};

const PREFIX = 'whsec_';
/** The standard's bounds, in bytes. */
const BYTES_MIN = 24;
const BYTES_MAX = 64;

/** The bytes of a key in the form of Standard Webhooks, `whsec_` and its base64 (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme). */
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
