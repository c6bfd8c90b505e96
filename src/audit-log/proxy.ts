/**
 * The way of the proxied lookup to the upstream: one request as it was asked, one answer as it was given.
 *
 * What it promises:
 * - Only the two read routes of the configured base URL are asked, only GET, with our own key and headers of ours; no
 *   redirect is followed. Nothing of the caller's goes there but the query, verbatim.
 * - Status and body are handed on byte for byte, and of the headers only `PASSED`. The key is in none of them, even where
 *   the upstream echoes it.
 * - What is between us and the upstream is no answer of the upstream's: its refusal of our key, a redirect, no answer, or
 *   one that broke off, was late, too long or in a strange encoding is a `ProxyFailure`.
 * - Nothing is retried: the caller's SDK does that.
 *
 * `fetch` is injected. Runs in workerd and in Node.
 */
import { abortable, readBytes } from '../http/body.ts';
import { createRedact, type Redact } from '../http/redact.ts';
import { oneLine } from '../text/untrusted.ts';
import { USER_AGENT } from './client.ts';

export interface ProxyOptions {
  /** `https://api.nirvanalabs.io`, or a stand-in's; a path in front of `/v1` is kept. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** For the headers and the whole body, ms. */
  readonly timeoutMs?: number;
  /** The longest body handed on, in bytes. */
  readonly maxBytes?: number;
}

/** What the upstream answered, as far as it may be handed on. */
export interface Proxied {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  /** Null where the status allows none. */
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** There is no answer to hand on. `message` is a sentence for the caller, without secrets. */
export interface ProxyFailure {
  readonly kind: 'failure';
  /** 502: what came can't be used; 504: nothing came in time. */
  readonly status: 502 | 504;
  readonly message: string;
  /** Whether asking once more may help. */
  readonly retry: boolean;
}

export interface Proxy {
  /** A page: `search` is the query as it came, with its `?`, or empty. Never throws. */
  list(search: string): Promise<Proxied | ProxyFailure>;
  /** An entry; `id` has the form of `ENTRY_ID`, and `search` is the query as it came. Never throws. */
  get(id: string, search: string): Promise<Proxied | ProxyFailure>;
}

/** Half of the SDKs' own 60 s, so that they hear from us why. */
const TIMEOUT_MS = 30_000;
/** A page of 100 entries has about 50 KB; a Worker has 128 MB for all requests at once. */
const MAX_BYTES = 16 * 1024 * 1024;
/** What the SDKs read, and what a person who asks the vendor for help needs. Never `set-cookie`. */
const PASSED = [
  'content-type',
  'date',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-request-id',
  'ratelimit',
  'ratelimit-policy',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
] as const;
/** What `fetch` takes off by itself, in workerd and in Node. */
const DECODED = ['', 'identity', 'gzip', 'deflate', 'br'];
/** Statuses that no body may come with. https://fetch.spec.whatwg.org/#null-body-status */
const WITHOUT_BODY = [204, 205, 304];

/** Makes the way to one upstream. */
export function createProxy(options: ProxyOptions): Proxy {
  const { baseUrl, apiKey, fetch, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options;
  const root = baseUrl.replace(/\/+$/, '');
  const redact = createRedact(apiKey);

  async function ask(path: string): Promise<Proxied | ProxyFailure> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const asked = fetch(`${root}${path}`, {
        method: 'GET',
        headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json', 'user-agent': USER_AGENT },
        redirect: 'manual',
        // Not even where the upstream stands behind the same network's cache.
        cache: 'no-store',
        signal: timeout,
      });
      const response = await abortable(asked, timeout);
      const refusal = notAnAnswer(response);
      if (refusal !== null) {
        response.body?.cancel().catch(() => {});
        return refusal;
      }
      const { status } = response;
      const headers = passedHeaders(response.headers, redact);
      if (WITHOUT_BODY.includes(status)) return { kind: 'answer', status, headers, body: null };
      const bytes = await readBytes(response, timeout, maxBytes);
      if (bytes === null) {
        return failure(`the upstream's answer is longer than ${maxBytes} bytes: ask for fewer entries at once`, false);
      }
      return { kind: 'answer', status, headers, body: redactBytes(bytes, redact) };
    } catch (error) {
      if (timeout.aborted) {
        const message = `the upstream did not answer within ${timeoutMs / 1000} seconds`;
        return { kind: 'failure', status: 504, message, retry: true };
      }
      return failure(`the upstream could not be reached, or its answer broke off (${reason(error, redact)})`, true);
    }
  }

  return {
    list: (search) => ask(`/v1/audit_logs${search}`),
    get: (id, search) => ask(`/v1/audit_logs/${id}${search}`),
  };
}

function failure(message: string, retry: boolean): ProxyFailure {
  return { kind: 'failure', status: 502, message, retry };
}

/** Why an answer is none for the caller; null where it is one. */
function notAnAnswer({ status, headers }: Response): ProxyFailure | null {
  switch (status) {
    case 401:
      return failure("the upstream refuses Tocsin's own API key (401): its operator must look after it", false);
    case 403:
      return failure("Tocsin's own API key may not read the audit log (403): its operator must look after it", false);
  }
  // A fetch as browsers have it hides a redirect that it does not follow behind status 0.
  if (status < 200 || (status >= 300 && status < 400 && status !== 304)) {
    return failure(`the upstream answered with a redirect (${status}), which is not followed`, false);
  }
  const encoding = (headers.get('content-encoding') ?? '').trim().toLowerCase();
  if (!DECODED.includes(encoding)) return failure('the upstream answered in an encoding that was not asked for', false);
  return null;
}

function passedHeaders(headers: Headers, redact: Redact): { readonly [name: string]: string } {
  const passed: { [name: string]: string } = {};
  for (const name of PASSED) {
    const value = headers.get(name);
    if (value !== null) passed[name] = redact(value);
  }
  return passed;
}

/** The same bytes, unless the key is in them. */
function redactBytes(bytes: Uint8Array<ArrayBuffer>, redact: Redact): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(bytes);
  const clean = redact(text);
  return clean === text ? bytes : Uint8Array.from(new TextEncoder().encode(clean));
}

function reason(error: unknown, redact: Redact): string {
  return oneLine(redact(error instanceof Error ? error.message : 'no reason given'), 200);
}
