/**
 * The one way to the upstream: two requests of the Nirvana Labs API, made carefully.
 *
 * What it promises:
 * - Only the configured base URL is asked, only GET, and no redirect is followed: the key goes nowhere else.
 * - The key is in no error and in no answer handed on, even where the upstream echoes it.
 * - An answer is had whole within `timeoutMs`, is at most `maxBytes`, and was JSON; or an `UpstreamError` is thrown.
 * - Retries are as the SDKs make them (retry.ts); a wait longer than a minute is left to the caller, by `retryAfterMs`.
 *
 * `fetch`, the clock, the sleep and the dice are injected. Runs in workerd and in Node. Constants about the API are
 * from its published SDKs (github.com/nirvana-labs), August 2026.
 */

import { abortable, readBytes } from '../http/body.ts';
import { readHttpDate } from '../http/headers.ts';
import { createRedact, type Redact } from '../http/redact.ts';
import { oneLine } from '../text/untrusted.ts';
import type { AuditLog, EntryBody, ListQuery, Page } from './entry.ts';
import { statusError, UpstreamError } from './errors.ts';
import { parsePage } from './page.ts';
import { decideRetry, type FailedTry, readUpstreamRetryAfter } from './retry.ts';

export interface ClientOptions {
  /** `https://api.nirvanalabs.io`, or a stand-in's; a path in front of `/v1` is kept. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Waits between tries. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
  /** In [0, 1): the jitter. */
  readonly random?: () => number;
  /** For the headers and the whole body of one try, ms. 60 s, as the SDKs have it. */
  readonly timeoutMs?: number;
  /** A signal that fires after so many ms: `AbortSignal.timeout`, but for simulated time. */
  readonly deadline?: (ms: number) => AbortSignal;
  /** The longest body accepted, in bytes. */
  readonly maxBytes?: number;
  /** Tries after the first. */
  readonly retries?: number;
  /** Ends whatever is under way; its reason is what is thrown then. */
  readonly signal?: AbortSignal;
}

/** What the upstream answered about one entry. */
export type Lookup =
  | { readonly found: true; readonly entry: EntryBody; readonly body: string; readonly headers: PassedHeaders }
  | { readonly found: false; readonly body: string; readonly headers: PassedHeaders };

/** Headers of an answer that may be handed on: names in lower case, all of `PASSED_HEADERS`. */
export type PassedHeaders = { readonly [name: string]: string };

export interface Client extends AuditLog {
  /**
   * One page.
   * @throws UpstreamError of every kind
   */
  list(query: ListQuery): Promise<Page>;
  /**
   * One entry, as the upstream has it. That there is none is an answer, not an error.
   * @throws UpstreamError of every kind but `not-found`; `bad-request`, without asking, for what cannot be an id
   */
  get(id: string): Promise<Lookup>;
  /** How many requests have been sent, retries included: on Workers each is one of an invocation's subrequests. */
  readonly requests: number;
}

const TIMEOUT_MS = 60_000;
/** A page of 100 entries is about 50 KB; a Worker has 128 MB, and needs the text and its parse at once. */
const MAX_BYTES = 16 * 1024 * 1024;
const RETRIES = 2;
/** For text of the upstream's in an error's message, in UTF-16 units. */
const LINE_MAX = 200;
/** Enough for any message; the rest of an error's body is not read. */
const MAX_ERROR_BYTES = 64 * 1024;
/**
 * Without a readable `Date`, the upstream's clock is taken to be this much behind ours: a walk that is thought to have
 * begun too early only reads a little again, one thought to have begun too late would lose entries.
 */
export const CLOCK_MARGIN_MS = 5 * 60_000;
/** The version is package.json's; a test holds the two together. */
export const USER_AGENT = 'tocsin/0.1.0';
/** What may be an entry's id: nothing in it means anything in a path. */
export const ENTRY_ID = /^[A-Za-z0-9_-]{1,128}$/;
const KEY = /^[\x21-\x7e]+$/;
/** A shorter key is a toy, and would be found in innocent pages. Error messages are redacted whatever its length. */
const SHORTEST_KEY_IN_BODY = 16;
const PASSED_HEADERS = ['content-type', 'date', 'etag', 'last-modified', 'x-request-id'];

/** An answer with a success's status, its body read whole. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * @example
 * const client = createClient({ baseUrl: 'https://api.nirvanalabs.io', apiKey, fetch, sleep, now: Date.now });
 * const page = await client.list({ limit: 100, sort: 'created_at:asc' });
 */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, apiKey, fetch, sleep, now, signal } = options;
  const { random = Math.random, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES, retries = RETRIES } = options;
  const deadline = options.deadline ?? ((ms: number) => AbortSignal.timeout(ms));
  const root = baseUrl.replace(/\/+$/, '');
  const redact = createRedact(apiKey);
  const redactBody: Redact = apiKey.length < SHORTEST_KEY_IN_BODY ? (text) => text : redact;
  let requests = 0;

  /** One try: the answer, or the error and what a retry is decided by. */
  async function attemptOnce(url: string): Promise<Answer | { error: UpstreamError; answer: FailedTry['answer'] }> {
    const timeout = deadline(timeoutMs);
    const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
    try {
      requests++;
      const sent = fetch(url, {
        method: 'GET',
        headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json', 'user-agent': USER_AGENT },
        redirect: 'manual',
        signal: stop,
      });
      const response = await abortable(sent, stop);
      const { status, headers } = response;
      if (status >= 200 && status < 300) {
        return { status, headers, text: redactBody(await readText(response, stop, maxBytes)) };
      }
      // An error's status counts, whatever becomes of its body.
      const text = await readText(response, stop, MAX_ERROR_BYTES).catch(() => '');
      signal?.throwIfAborted();
      // A fetch as browsers have it hides a redirect that it does not follow behind status 0.
      const shown = status === 0 ? 302 : status;
      return {
        error: statusError(shown, messageIn(text, redact), readUpstreamRetryAfter(headers, now())),
        answer: { status: shown, headers },
      };
    } catch (thrown) {
      signal?.throwIfAborted();
      if (thrown instanceof UpstreamError) throw thrown;
      if (timeout.aborted) {
        const message = `the upstream did not answer within ${timeoutMs} ms: it will be asked again later`;
        return { error: new UpstreamError('timeout', message), answer: null };
      }
      const why = oneLine(redact(reasonOf(thrown)), LINE_MAX);
      const message = `the upstream could not be reached (${why}): check NIRVANA_LABS_BASE_URL if it stays so`;
      return { error: new UpstreamError('network', message), answer: null };
    }
  }

  async function ask(path: string): Promise<Answer> {
    if (!KEY.test(apiKey)) {
      throw new UpstreamError(
        'unauthorized',
        'the API key is empty or has characters that no header can carry: check NIRVANA_LABS_API_KEY',
      );
    }
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      const tried = await attemptOnce(`${root}${path}`);
      if (!('error' in tried)) return tried;
      const decision = decideRetry({ attempt, retries, answer: tried.answer, now: now(), random: random() });
      if (!decision.retry) throw tried.error;
      const slept = sleep(decision.waitMs);
      await (signal === undefined ? slept : abortable(slept, signal));
    }
  }

  return {
    async list(query) {
      const answer = await ask(`/v1/audit_logs?${queryString(query)}`);
      return parsePage(parseJson(answer), readServedAt(answer.headers, now()));
    },

    async get(id) {
      if (!ENTRY_ID.test(id))
        throw new UpstreamError('bad-request', 'this is not the id of an audit-log entry: none was asked for');
      let answer: Answer;
      try {
        answer = await ask(`/v1/audit_logs/${id}`);
      } catch (error) {
        if (!(error instanceof UpstreamError) || error.kind !== 'not-found') throw error;
        const body = JSON.stringify({ message: `there is no audit-log entry ${id}` });
        return { found: false, body, headers: { 'content-type': 'application/json' } };
      }
      const entry = parseJson(answer);
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
        throw new UpstreamError(
          'wrong-shape',
          "the upstream's answer is not an audit-log entry: check NIRVANA_LABS_BASE_URL",
        );
      }
      return {
        found: true,
        entry: entry as EntryBody,
        body: answer.text,
        headers: passedHeaders(answer.headers, redact),
      };
    },

    get requests() {
      return requests;
    },
  };
}

function queryString(query: ListQuery): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.toString();
}

function parseJson({ text, status, headers }: Answer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text: it is left out.
    const type = oneLine(headers.get('content-type') ?? 'no content type', 60);
    const message = `the upstream's answer is not JSON (${status}, ${type}, ${text.length} characters): check NIRVANA_LABS_BASE_URL if it stays so`;
    throw new UpstreamError('not-json', message, { status });
  }
}

/** The `Date` header, or without a readable one our own clock less `CLOCK_MARGIN_MS`. */
function readServedAt(headers: Headers, now: number): number {
  return readHttpDate(headers.get('date')) ?? now - CLOCK_MARGIN_MS;
}

function passedHeaders(headers: Headers, redact: Redact): PassedHeaders {
  const passed: Record<string, string> = {};
  for (const name of PASSED_HEADERS) {
    const value = headers.get(name);
    if (value !== null) passed[name] = redact(value);
  }
  return passed;
}

/** The `message` of an error's JSON body, redacted before it is shortened; nothing for any other body. */
function messageIn(text: string, redact: Redact): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? oneLine(redact(message), LINE_MAX) : '';
  } catch {
    return '';
  }
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'no reason given';
  // Node says only "fetch failed" and hides the reason in the cause.
  return thrown.cause instanceof Error ? `${thrown.message}: ${thrown.cause.message}` : thrown.message;
}

/**
 * The body as text, read whole before the signal, and never read past the cap.
 * @throws UpstreamError `too-large`
 */
async function readText(response: Response, stop: AbortSignal, maxBytes: number): Promise<string> {
  const bytes = await readBytes(response, stop, maxBytes);
  if (bytes !== null) return new TextDecoder().decode(bytes);
  const message = `the upstream's answer is longer than ${maxBytes} bytes: ask for fewer entries at once`;
  throw new UpstreamError('too-large', message, { status: response.status });
}
