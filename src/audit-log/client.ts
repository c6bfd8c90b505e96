/**
 * The client of the Nirvana Labs API: two requests, made carefully.
 *
 * Contract:
 * - Requests only the configured base URL, only GET, and follows no redirect: the key goes nowhere else.
 * - The key is in no error and no result, even if the upstream echoes it.
 * - An answer is complete within `timeoutMs`, at most `maxBytes`, and JSON; otherwise an `UpstreamError` is thrown.
 * - Retries like the SDKs (retry.ts). A wait of more than a minute is left to the caller, as `retryAfterMs`.
 *
 * `fetch`, clock, sleep and randomness are injected. Runs in workerd and in Node. Constants about the API are from its
 * published SDKs (github.com/nirvana-labs), August 2026.
 */
import { abortable, readBytes } from '../http/body.ts';
import { readHttpDate } from '../http/headers.ts';
import type { Fetch } from '../http/post.ts';
import { createRedact, type Redact } from '../http/redact.ts';
import { parseJson } from '../text/json.ts';
import { defanged, oneLine } from '../text/untrusted.ts';
import type { AnswerTimes } from './clocks.ts';
import type { AuditLog, EntryBody, ListQuery, Page } from './entry.ts';
import { statusError, UpstreamError } from './errors.ts';
import { USER_AGENT } from './mark.ts';
import { parsePage } from './page.ts';
import { decideRetry, type FailedAttempt, readUpstreamRetryAfter } from './retry.ts';

export interface Upstream {
  /** `https://api.nirvanalabs.io`, or a test server's; a path before `/v1` is kept. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch: Fetch;
  /** The next request's User-Agent, each with its own mark (mark.ts); none has one by default. */
  readonly userAgent?: () => string;
}

export interface ClientOptions extends Upstream {
  /** Waits between attempts. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
  /** In [0, 1), for the jitter. */
  readonly random?: () => number;
  /** For the headers and the whole body of one attempt, ms. 60 s, as in the SDKs. */
  readonly timeoutMs?: number;
  /** A signal that aborts after so many ms: `AbortSignal.timeout`, except with simulated time. */
  readonly deadline?: (ms: number) => AbortSignal;
  /** The longest body accepted, in bytes. */
  readonly maxBytes?: number;
  /** Attempts after the first. */
  readonly retries?: number;
  /** Aborts everything in progress; its reason is thrown. */
  readonly signal?: AbortSignal;
}

export interface Client extends AuditLog {
  /** @throws UpstreamError of every kind */
  list(query: ListQuery): Promise<Page>;
  /**
   * One entry and its JSON; null if the upstream has none with this id.
   * @throws UpstreamError of every kind except `not-found`; `bad-request`, without a request, for an impossible id
   */
  get(id: string): Promise<{ readonly entry: EntryBody; readonly body: string } | null>;
  /** Requests sent so far, retries included: on Workers each is one of an invocation's subrequests. */
  readonly requests: number;
}

const TIMEOUT_MS = 60_000;
/** A page of 100 entries is about 50 KB. A Worker has 128 MB, and needs the text and the parsed JSON at once. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;
/** Enough for any error message; the rest of an error's body is not read. */
const ERROR_BYTES_MAX = 64 * 1024;
const RETRIES = 2;
/** For text of the upstream's in an error's message, in UTF-16 units. */
const LINE_MAX = 200;
/** An entry's id, as far as we request it: no character has a meaning in a path. */
export const ENTRY_ID = /^[A-Za-z0-9_-]{1,128}$/;
const KEY = /^[\x21-\x7e]+$/;
/** A shorter key is a test's, and would be found in innocent bodies. Error messages are redacted whatever its length. */
const KEY_LENGTH_IN_BODY_MIN = 16;

/** A successful answer with its whole body. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** An answer, and when it came by our clock. */
type TimedAnswer = Answer & Pick<AnswerTimes, 'askedAt' | 'answeredAt'>;

/** A failed attempt: its error, and what decides about a retry. */
interface AttemptError {
  readonly error: UpstreamError;
  readonly answer: FailedAttempt['answer'];
}

/**
 * @example
 * const client = createClient({ baseUrl: 'https://api.nirvanalabs.io', apiKey, fetch, sleep, now: Date.now });
 * const page = await client.list({ limit: 100, sort: 'created_at:asc' });
 */
export function createClient(options: ClientOptions): Client {
  const { apiKey, sleep, now, signal, random = Math.random, retries = RETRIES } = options;
  const redact = createRedact(apiKey);
  const sent = new Set<string>();
  const userAgent = (): string => {
    const next = options.userAgent?.() ?? USER_AGENT;
    if (next !== USER_AGENT) sent.add(next);
    return next;
  };
  const remembering = { ...options, userAgent };
  let requests = 0;

  async function request(path: string): Promise<TimedAnswer> {
    if (!KEY.test(apiKey)) {
      throw new UpstreamError(
        'unauthorized',
        'the API key is empty or has characters that a header can’t contain: check NIRVANA_LABS_API_KEY',
      );
    }
    for (let number = 0; ; number++) {
      signal?.throwIfAborted();
      requests++;
      const askedAt = now();
      const result = await attempt(remembering, redact, path);
      if (!('error' in result)) return { ...result, askedAt, answeredAt: now() };
      const decision = decideRetry({ number, retries, answer: result.answer, now: now(), random: random() });
      if (!decision.retry) throw result.error;
      const slept = sleep(decision.waitMs);
      await (signal === undefined ? slept : abortable(slept, signal));
    }
  }

  return {
    async list(query) {
      const answer = await request(`/v1/audit_logs?${queryString(query)}`);
      const { askedAt, answeredAt } = answer;
      const page = parsePage(jsonOf(answer, redact), {
        askedAt,
        answeredAt,
        date: readHttpDate(answer.headers.get('date')),
      });
      const last = page.entries.at(-1)?.body.user_agent;
      return typeof last === 'string' && sent.has(last) ? { ...page, endsInOwnRead: true } : page;
    },

    async get(id) {
      if (!ENTRY_ID.test(id)) throw new UpstreamError('bad-request', 'this is not the id of an audit-log entry');
      let answer: Answer;
      try {
        answer = await request(`/v1/audit_logs/${id}`);
      } catch (error) {
        if (error instanceof UpstreamError && error.kind === 'not-found') return null;
        throw error;
      }
      const entry = jsonOf(answer, redact);
      if (typeof entry === 'object' && entry !== null && !Array.isArray(entry)) {
        return { entry: entry as EntryBody, body: answer.text };
      }
      const message = "the upstream's answer is not an audit-log entry: check NIRVANA_LABS_BASE_URL";
      throw new UpstreamError('wrong-shape', message);
    },

    get requests() {
      return requests;
    },
  };
}

/** Requests a path below the base URL, with our own headers. */
export function requestUpstream(
  { baseUrl, apiKey, fetch, userAgent = () => USER_AGENT }: Upstream,
  path: string,
  init: { readonly signal: AbortSignal; readonly cache?: 'no-store' },
): Promise<Response> {
  return fetch(`${baseUrl.replace(/\/+$/, '')}${path}`, {
    method: 'GET',
    headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json', 'user-agent': userAgent() },
    redirect: 'manual',
    ...init,
  });
}

/** One attempt. Throws what no retry helps against, and the reason of the caller's signal. */
async function attempt(options: ClientOptions, redact: Redact, path: string): Promise<Answer | AttemptError> {
  const { apiKey, now, signal, timeoutMs = TIMEOUT_MS, maxBytes = BODY_BYTES_MAX } = options;
  const timeout = options.deadline?.(timeoutMs) ?? AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  try {
    const response = await abortable(requestUpstream(options, path, { signal: stop }), stop);
    const { headers } = response;
    if (response.ok) {
      const text = await readText(response, stop, maxBytes);
      return { status: response.status, headers, text: apiKey.length < KEY_LENGTH_IN_BODY_MIN ? text : redact(text) };
    }
    // An error's status counts, even if its body can't be read.
    const text = await readText(response, stop, ERROR_BYTES_MAX).catch(() => '');
    signal?.throwIfAborted();
    // A fetch as browsers have it hides a redirect that it does not follow behind status 0.
    const status = response.status === 0 ? 302 : response.status;
    return {
      error: statusError(status, messageIn(text, redact), readUpstreamRetryAfter(headers, now())),
      answer: { status, headers },
    };
  } catch (thrown) {
    signal?.throwIfAborted();
    if (thrown instanceof UpstreamError) throw thrown;
    if (timeout.aborted) {
      const message = `the upstream did not answer within ${timeoutMs} ms: trying again later`;
      return { error: new UpstreamError('timeout', message), answer: null };
    }
    const why = shown(reasonOf(thrown), redact);
    const message = `the upstream could not be reached (${why}): check NIRVANA_LABS_BASE_URL if this persists`;
    return { error: new UpstreamError('network', message), answer: null };
  }
}

function queryString(query: ListQuery): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.toString();
}

function jsonOf({ text, status, headers }: Answer, redact: Redact): unknown {
  const json = parseJson(text);
  if (json !== undefined) return json;
  const type = shown(headers.get('content-type') ?? 'no content type', redact);
  const message = `the upstream's answer is not JSON (${status}, ${type}, ${text.length} characters): check NIRVANA_LABS_BASE_URL if this persists`;
  throw new UpstreamError('not-json', message, { status });
}

/** The `message` of an error's JSON body, redacted before it is shortened; '' for any other body. */
function messageIn(text: string, redact: Redact): string {
  const json = parseJson(text);
  const message = typeof json === 'object' && json !== null && 'message' in json ? json.message : null;
  return typeof message === 'string' ? shown(message, redact) : '';
}

/** Text of the upstream's in an error's message. Made one line first: an invisible character must not hide a part of the key. */
function shown(text: string, redact: Redact): string {
  return defanged(oneLine(redact(oneLine(text, text.length)), LINE_MAX));
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'no reason given';
  // Node says only "fetch failed" and puts the reason into the cause.
  return thrown.cause instanceof Error ? `${thrown.message}: ${thrown.cause.message}` : thrown.message;
}

/** The whole body as text. Throws `too-large`, and the signal's reason. */
async function readText(response: Response, stop: AbortSignal, maxBytes: number): Promise<string> {
  const bytes = await readBytes(response, stop, maxBytes);
  if (bytes !== null) return new TextDecoder().decode(bytes);
  const message = `the upstream's answer is longer than ${maxBytes} bytes: request fewer entries at once`;
  throw new UpstreamError('too-large', message, { status: response.status });
}
