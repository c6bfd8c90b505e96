/**
 * Reads the body of a request as text: bounded in bytes and in time.
 *
 * Contract: never throws. A caller who stalls, or whose connection breaks, is `late`.
 */
import { readBytes } from '../http/body.ts';

/** A body of a few KB comes in one piece, and one of a megabyte in a second or two. */
const TIMEOUT_MS = 10_000;

export type RequestBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'too long' };

/** The body, of at most `maxBytes`; "" without one. `timeoutMs`: for all of it. */
export async function readBody(request: Request, maxBytes: number, timeoutMs = TIMEOUT_MS): Promise<RequestBody> {
  try {
    const bytes = await readBytes(request, AbortSignal.timeout(timeoutMs), maxBytes);
    return bytes === null
      ? { kind: 'too long' }
      : { kind: 'text', text: new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { kind: 'late' };
  }
}
