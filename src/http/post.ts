/**
 * The I/O that receivers share: one POST over HTTP, and a limit of time on whatever they wait for.
 *
 * Contract: neither throws nor rejects. `post` follows no redirect, reads no more than 4 KB of an answer, and lets
 * nothing of the address into a reason: an error's own message may hold it.
 */
import { type Answer, retryAfterMs } from './answer.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** No answer that is read is longer than a word or two; a page of somebody else's may be. */
const MAX_ANSWER_BYTES = 4096;

/** One request. `who`: what the reasons call the far end. */
export async function post(
  fetch: Fetch,
  url: string,
  request: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  who: string,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const response = await fetch(url, { method: 'POST', ...request, redirect: 'manual', signal });
    const body = await readCapped(response);
    return { kind: 'answered', status: response.status, body, afterMs: retryAfterMs(response.headers) };
  } catch (error) {
    const code = codeOf(error);
    return { kind: 'failed', reason: `${who} could not be reached${code === null ? '' : ` (${code})`}` };
  }
}

/** What `work` comes to within `timeoutMs`, else `late`; it is told to stop, and not waited for. */
export async function within<T>(timeoutMs: number, late: T, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { promise: over, resolve } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    resolve(late);
    controller.abort();
  }, timeoutMs);
  try {
    return await Promise.race([work(controller.signal), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Comes after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** At most `MAX_ANSWER_BYTES` of the answer, decoded; the rest is not waited for. */
async function readCapped(response: Response): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    const room = Math.max(0, MAX_ANSWER_BYTES - bytes);
    text += decoder.decode(value.subarray(0, room), { stream: true });
    bytes += value.byteLength;
    if (bytes > MAX_ANSWER_BYTES) {
      await reader.cancel().catch(() => {});
      // A part of a secret at the place of the cut could not be recognized as one: the last word goes.
      return text.split(/\s/).slice(0, -1).join(' ');
    }
  }
}

/** Node's `ECONNRESET` and the like, wherever the error keeps it. */
function codeOf(error: unknown, depth = 0): string | null {
  if (!(error instanceof Error) || depth > 4) return null;
  const code = 'code' in error ? error.code : null;
  if (typeof code === 'string' && /^(?:E[A-Z]{2,20}|UND_ERR_[A-Z_]{2,30})$/.test(code)) return code;
  return codeOf(error.cause, depth + 1);
}
