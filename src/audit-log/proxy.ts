/**
 * The proxied lookup: passes one request to the upstream, and its answer back.
 *
 * Contract:
 * - Requests only the two read routes of the configured base URL, only GET, with our own key and headers; follows no
 *   redirect. Of the caller's request only the query goes there, verbatim.
 * - Passes on status and JSON body byte for byte, and of the headers only `PASSED`. The key is in none of them, even if the
 *   upstream echoes it.
 * - A body that is not declared as JSON is not passed on. Of an error the status and headers still are.
 * - A problem between us and the upstream is a `ProxyFailure`, not an answer: a rejection of our key, a redirect, no
 *   answer, or one that was interrupted, late, too long, in an unknown encoding, or whose status HTTP does not have.
 * - Nothing is retried: the caller's SDK does that.
 *
 * `fetch` is injected. Runs in workerd and in Node.
 */
import { abortable, readBytes } from '../http/body.ts';
import { createRedact, type Redact } from '../http/redact.ts';
import { oneLine } from '../text/untrusted.ts';
import { requestUpstream, type Upstream } from './client.ts';

export interface ProxyOptions extends Upstream {
  /** For the headers and the whole body, ms. */
  readonly timeoutMs?: number;
  /** The longest body passed on, in bytes. */
  readonly maxBytes?: number;
}

/** The upstream's answer, as far as it is passed on. */
export interface Proxied {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  /** Null if the status allows no body. */
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** No answer to pass on. `message` is for the caller and has no secrets. */
export interface ProxyFailure {
  readonly kind: 'failure';
  /** 502: an unusable answer; 504: no answer in time; or the upstream's, of an error without JSON. */
  readonly status: number;
  readonly message: string;
  /** `x-should-retry` says whether another request may help. */
  readonly headers: { readonly [name: string]: string };
}

export interface Proxy {
  /** A page; `search` is the caller's query with its `?`, or empty. Never throws. */
  list(search: string): Promise<Proxied | ProxyFailure>;
  /** An entry; `id` matches `ENTRY_ID`, `search` is the caller's query. Never throws. */
  get(id: string, search: string): Promise<Proxied | ProxyFailure>;
}

/** Half of the SDKs' own 60 s, so that they get our reason. */
const TIMEOUT_MS = 30_000;
/** A page of 100 entries is about 50 KB. A Worker has 128 MB for all its requests. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;
/** The headers that the SDKs read, and the request id for support requests. Never `set-cookie`. */
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
/** Encodings that `fetch` decodes, in workerd and in Node. */
const DECODED = ['', 'identity', 'gzip', 'deflate', 'br'];
/** Statuses without a body. https://fetch.spec.whatwg.org/#null-body-status */
const WITHOUT_BODY = [204, 205, 304];
/** The statuses that a response can be made with. https://fetch.spec.whatwg.org/#initialize-a-response */
const STATUS_MAX = 599;
/** The media types that the SDKs take for JSON. */
const JSON_TYPE = /^\s*(?:application\/json|[\w.-]+\/[\w.-]+\+json)\s*(?:;|$)/i;

/** Creates a proxy for one upstream. */
export function createProxy(options: ProxyOptions): Proxy {
  const { timeoutMs = TIMEOUT_MS, maxBytes = BODY_BYTES_MAX } = options;
  const redact = createRedact(options.apiKey);

  async function pass(path: string): Promise<Proxied | ProxyFailure> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      // Never from a cache, even if the upstream is behind the same network's.
      const sent = requestUpstream(options, path, { signal: timeout, cache: 'no-store' });
      const response = await abortable(sent, timeout);
      const unusable = failureOf(response);
      if (unusable !== null) {
        response.body?.cancel().catch(() => {});
        return unusable;
      }
      const { status } = response;
      const headers = passedHeaders(response.headers, redact);
      const { 'content-type': _, ...others } = headers;
      if (WITHOUT_BODY.includes(status)) return { kind: 'answer', status, headers: others, body: null };
      if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
        response.body?.cancel().catch(() => {});
        if (status < 400) return failure(`the upstream answered ${status} with something other than JSON`, true);
        return { kind: 'failure', status, message: `the upstream answered ${status}, without JSON`, headers: others };
      }
      const bytes = await readBytes(response, timeout, maxBytes);
      if (bytes === null) {
        return failure(`the upstream's answer is longer than ${maxBytes} bytes: request fewer entries at once`, false);
      }
      return { kind: 'answer', status, headers, body: redactBytes(bytes, redact) };
    } catch (error) {
      if (timeout.aborted) {
        const message = `the upstream did not answer within ${timeoutMs / 1000} seconds`;
        return { ...failure(message, true), status: 504 };
      }
      return failure(
        `the upstream could not be reached, or its answer was interrupted (${reason(error, redact)})`,
        true,
      );
    }
  }

  return {
    list: (search) => pass(`/v1/audit_logs${search}`),
    get: (id, search) => pass(`/v1/audit_logs/${id}${search}`),
  };
}

function failure(message: string, retry: boolean): ProxyFailure {
  return { kind: 'failure', status: 502, message, headers: { 'x-should-retry': String(retry) } };
}

/** Why an answer can't be passed on; null if it can. */
function failureOf({ status, headers }: Response): ProxyFailure | null {
  switch (status) {
    case 401:
      return failure("the upstream rejects Tocsin's own API key (401): its operator must replace it", false);
    case 403:
      return failure(
        "Tocsin's own API key may not read the audit log (403): its operator must check its permissions",
        false,
      );
  }
  if (status > STATUS_MAX || (status > 0 && status < 200)) {
    return failure(`the upstream answered with the status ${status}, which HTTP does not have for an answer`, true);
  }
  // A fetch as browsers have it hides a redirect that it does not follow behind status 0.
  if (status < 200 || (status >= 300 && status < 400 && status !== 304)) {
    return failure(`the upstream answered with a redirect (${status}), which is not followed`, false);
  }
  const encoding = (headers.get('content-encoding') ?? '').trim().toLowerCase();
  if (!DECODED.includes(encoding)) return failure('the upstream answered in an encoding that was not requested', false);
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

/** The bytes, without the key. */
function redactBytes(bytes: Uint8Array<ArrayBuffer>, redact: Redact): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(bytes);
  const clean = redact(text);
  return clean === text ? bytes : Uint8Array.from(new TextEncoder().encode(clean));
}

function reason(error: unknown, redact: Redact): string {
  const text = error instanceof Error ? error.message : 'no reason given';
  // Made one line first: an invisible character must not hide a part of the key.
  return oneLine(redact(oneLine(text, text.length)), 200);
}
