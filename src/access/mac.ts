/**
 * Proof of knowing a secret: HMAC-SHA-256 over a purpose and some lines. A proof made for one purpose is invalid for any
 * other.
 *
 * Contract: pure except for Web Crypto. Runs in workerd and in Node.
 */

/** The HMAC-SHA-256 of the lines for `purpose`, as 64 hexadecimal digits. No line may contain a line break. */
export async function mac(secret: string, purpose: string, lines: readonly string[]): Promise<string> {
  const text = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', text.encode(secret), algorithm, false, ['sign']);
  const signed = await crypto.subtle.sign('HMAC', key, text.encode([`tocsin ${purpose}`, ...lines].join('\n')));
  return hex(signed);
}

/** The SHA-256 of `text`, as 64 hexadecimal digits. */
export async function sha256(text: string): Promise<string> {
  return hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

/** Compares in constant time. Both have the same length, which is not secret. */
export function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

function hex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
