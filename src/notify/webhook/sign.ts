/**
 * Signatures of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`. With the key, a service can verify that a message is
 * from Tocsin, complete, and new.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
 *
 * Contract: pure except for Web Crypto; the time is a parameter.
 */

/** What is signed. `at`: the time of this attempt, ms since the epoch. */
export interface Signed {
  readonly id: string;
  readonly at: number;
  readonly body: string;
}

/** The three headers. `key`: 24 to 64 bytes. The id may contain no dot; other characters are replaced, always alike. */
export async function signatureHeaders(
  key: Uint8Array,
  { id, at, body }: Signed,
): Promise<{ readonly [name in 'webhook-id' | 'webhook-timestamp' | 'webhook-signature']: string }> {
  const safeId = id.replace(/[^\w-]/g, '_');
  const timestamp = String(Math.floor(at / 1000));
  const bytes = new TextEncoder().encode(`${safeId}.${timestamp}.${body}`);
  const secret = await crypto.subtle.importKey('raw', new Uint8Array(key), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', secret, bytes));
  return {
    'webhook-id': safeId,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${btoa(String.fromCharCode(...mac))}`,
  };
}
