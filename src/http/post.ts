/**
 * One request to a receiver, and the answer as any receiver can read it.
 *
 * Contract: it neither throws nor rejects. It follows no redirect, reads at most 4 KB of an answer (`bytesMax`), and puts no part
 * of the address into a reason: the address is a secret, which an error's message or the vendor's answer may repeat.
 */
import { defanged, oneLine } from '../text/untrusted.ts';
import { readStart } from './body.ts';
import { readHttpDate, readRetryAfter } from './headers.ts';
import { redactUrl, unescaped } from './redact.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The answers that receivers read are a word or two; an unexpected page may be any length. */
const ANSWER_BYTES_MAX = 4096;
const VENDOR_TEXT_MAX = 200;
/** A vendor may ask for a longer wait, but an alert can't wait a day. */
export const RETRY_AFTER_MAX_MS = 60 * 60 * 1000;

export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly body: string;
  /** The wait that `Retry-After` asks for, at most an hour. */
  readonly afterMs: number | null;
}

export type Answer = Answered | { readonly kind: 'failed'; readonly reason: string };

/** Posts. `who` is what reasons call the receiving end. */
export function post(
  fetch: Fetch,
  url: string,
  request: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  who: string,
  signal: AbortSignal,
  bytesMax?: number,
): Promise<Answer> {
  return send(fetch, url, { method: 'POST', ...request }, who, signal, bytesMax);
}

/** Gets, as `post` posts. */
export function get(
  fetch: Fetch,
  url: string,
  headers: Readonly<Record<string, string>>,
  who: string,
  signal: AbortSignal,
  bytesMax?: number,
): Promise<Answer> {
  return send(fetch, url, { method: 'GET', headers }, who, signal, bytesMax);
}

async function send(
  fetch: Fetch,
  url: string,
  request: RequestInit,
  who: string,
  signal: AbortSignal,
  bytesMax = ANSWER_BYTES_MAX,
): Promise<Answer> {
  try {
    const response = await fetch(url, { ...request, redirect: 'manual', signal });
    const body = await readAnswer(response, signal, bytesMax);
    return { kind: 'answered', status: response.status, body, afterMs: retryAfterMs(response.headers) };
  } catch (error) {
    const code = codeOf(error);
    return { kind: 'failed', reason: `${who} could not be reached${code === null ? '' : ` (${code})`}` };
  }
}

async function readAnswer(response: Response, signal: AbortSignal, bytesMax: number): Promise<string> {
  const { bytes, isWhole } = await readStart(response, signal, bytesMax);
  const text = new TextDecoder().decode(bytes);
  // The last word of a cut text may be a piece of a secret that redaction would not recognize: drop it.
  return isWhole ? text : text.split(/\s/).slice(0, -1).join(' ');
}

/** The wait the vendor asks for, at most an hour. A date is compared with the answer's own `Date`. */
function retryAfterMs(headers: Headers): number | null {
  const wait = readRetryAfter(headers, readHttpDate(headers.get('date')));
  return wait === null || wait < 0 ? null : Math.min(Math.ceil(wait), RETRY_AFTER_MAX_MS);
}

/** Node's `ECONNRESET` and the like, from the error or one of its causes. */
function codeOf(error: unknown, depth = 0): string | null {
  if (!(error instanceof Error) || depth > 4) return null;
  const code = 'code' in error ? error.code : null;
  if (typeof code === 'string' && /^(?:E[A-Z]{2,20}|UND_ERR_[A-Z_]{2,30})$/.test(code)) return code;
  return codeOf(error.cause, depth + 1);
}

/** ` (the vendor's text)`: short, on one defanged line, without any part of the address it was sent to; '' for no text. */
export function vendorText(body: string, secretUrl: string): string {
  // Unescaped and made one line first: neither an escape nor an invisible character must hide a part of the secret.
  const text = defanged(oneLine(redactUrl(oneLine(unescaped(body), body.length), secretUrl), VENDOR_TEXT_MAX));
  return text === '' ? '' : ` (${text})`;
}
