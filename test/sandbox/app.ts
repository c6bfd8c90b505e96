/**
 * The sandbox: the API of API.md as a Hono app over a log in memory, with an injected clock.
 *
 * `sandbox.fetch` is the same without a server, for simulations: a lost connection is the TypeError that `fetch` throws,
 * and a request without an answer waits for its signal. On a real port (server.ts) both are real.
 */

import { type Context, Hono } from 'hono';
import { controls } from './controls.ts';
import { createFaults, type Faults } from './faults.ts';
import { createLog, type Log, type LogPage } from './log.ts';
import { type Dialect, readQuery } from './query.ts';
import { createRandom } from './random.ts';
import { cutTo, type EntryBody, type LogRecord, writeInstant } from './record.ts';
import {
  breakOff,
  echoOf,
  JSON_HEADERS,
  lose,
  lostError,
  realSleep,
  reply,
  type SandboxEnv,
  streamOf,
} from './wire.ts';

export interface SandboxOptions {
  readonly seed: number;
  readonly dialect: Dialect;
  readonly apiKey: string;
  /** Ms since the epoch. */
  readonly now?: () => number;
  /** For the latency knob, with real or simulated time. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** Whether each answered read of the log is logged as an entry, and how. */
  readonly logOwnReads?: boolean | ReadsLogged;
  /** Gets each of these entries before the read is answered; what it returns is logged. */
  readonly keepOwnRead?: (record: LogRecord) => LogRecord;
}

/** How reads are logged: visible so late, with a user agent cut to so many characters. */
export interface ReadsLogged {
  readonly lateMs?: number;
  readonly userAgentChars?: number;
}

/** A request, and the status of its answer. */
export interface RecordedRequest {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: { readonly [name: string]: string };
  readonly userAgent: string;
  /** Null: no answer. */
  readonly status: number | null;
}

export interface Sandbox {
  readonly app: Hono<SandboxEnv>;
  /** `fetch` without a network: throws the TypeError of a lost connection, and follows `init.signal`. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  /** The log; a new one after `reset`. */
  readonly log: Log;
  readonly faults: Faults;
  readonly dialect: Dialect;
  /** The audit-log requests: the number of all, and the last 1,000. */
  readonly requests: { readonly count: number; readonly recent: readonly RecordedRequest[] };
  append(...records: readonly LogRecord[]): void;
  now(): number;
  /** Empties the log, and resets knobs and requests, perhaps to another dialect; answers in progress are lost. */
  reset(change?: { readonly dialect?: Dialect; readonly logOwnReads?: boolean | ReadsLogged }): void;
  /** Ends answers that hang. */
  close(): void;
}

/** An answer before any fault. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const REQUESTS_KEPT = 1000;

export function createSandbox(options: SandboxOptions): Sandbox {
  const { seed, apiKey, now = () => Date.now(), sleep = realSleep } = options;
  let { dialect, logOwnReads = true } = options;
  let log = createLog();
  let nonce = 0;
  let count = 0;
  let recent: RecordedRequest[] = [];
  let over = new AbortController();
  const faults = createFaults(seed);
  const random = createRandom(seed ^ 0x10c);
  const reader = { id: random.uuid(), name: 'audit-log-reader', type: 'api_key' as const };
  const app = new Hono<SandboxEnv>();

  /** Logs a read as an entry, visible from the next request on, or later. */
  function logRead(c: Context<SandboxEnv>, status: number, id: string | null): void {
    const createdAt = cutTo('microseconds', now());
    const { lateMs = 0, userAgentChars = Number.POSITIVE_INFINITY } =
      typeof logOwnReads === 'object' ? logOwnReads : {};
    const body: EntryBody = {
      id: random.uuid(),
      action: id === null ? 'audit_log.listed' : 'audit_log.read',
      actor: reader,
      client_ip: '198.51.100.77',
      created_at: writeInstant('microseconds', createdAt),
      method: 'GET',
      path: c.req.path,
      status_code: status,
      user_agent: (c.req.header('user-agent') ?? '').slice(0, userAgentChars),
      target: id === null ? null : { id, type: 'audit_log' },
    };
    const record = { createdAt, appearsAt: createdAt + lateMs, body };
    log.append([options.keepOwnRead?.(record) ?? record]);
  }

  /** A fault instead of an answer; null if no such fault occurs. */
  async function fail(c: Context<SandboxEnv>): Promise<Response | null> {
    const { knobs, occurs } = faults;
    if (occurs('hang')) await never(c);
    if (occurs('reset')) return lose(c);
    if (occurs('redirect')) {
      return new Response(null, { status: knobs.redirect.status, headers: { location: knobs.redirect.location } });
    }
    if (occurs('rateLimit')) return reply(429, { message: 'too many requests' }, retryAfter());
    if (occurs('error')) {
      const { status, message, shouldRetry } = knobs.error;
      return reply(status, { message }, shouldRetry === null ? {} : { 'x-should-retry': String(shouldRetry) });
    }
    if (occurs('echo')) return reply(knobs.echo.status, { message: echoOf(c.req.header('authorization') ?? '') });
    if (occurs('html')) {
      const headers = { 'content-type': 'text/html; charset=utf-8' };
      return new Response('<!doctype html><title>Welcome</title><h1>Sign in to continue</h1>', { headers });
    }
    return null;
  }

  function retryAfter(): { [name: string]: string } {
    const { waitMs, form } = faults.knobs.rateLimit;
    switch (form) {
      case 'seconds':
        return { 'retry-after': String(Math.ceil(waitMs / 1000)) };
      case 'date':
        return { 'retry-after': new Date(Math.ceil((now() + waitMs) / 1000) * 1000).toUTCString() };
      case 'ms':
        return { 'retry-after-ms': String(waitMs) };
      case 'none':
        return {};
    }
  }

  function list(c: Context<SandboxEnv>): Answer {
    const read = readQuery(new URL(c.req.url).searchParams, dialect);
    if (!read.ok) return { status: 422, body: { message: read.message } };
    const { query } = read;
    const rejected = query.cursor !== null && faults.occurs('rejectedCursor');
    const page = rejected ? null : log.page(query, now());
    if (page === null) {
      return { status: 400, body: { message: 'cursor is not valid for these filters and this sort order' } };
    }
    return { status: 200, body: writePage(page, query.cursor) };
  }

  function writePage(page: LogPage, cursor: string | null): unknown {
    const { knobs, occurs } = faults;
    let items = page.items;
    let next = page.nextCursor;
    if (items.length > 0 && occurs('emptyPage')) {
      items = [];
      next = page.selfCursor(++nonce);
    }
    if (items.length > 0 && occurs('repeatingCursor')) {
      next = knobs.repeatingCursor.mode === 'same' ? (cursor ?? page.selfCursor()) : page.startCursor();
    }
    const pagination = { next_cursor: next, previous_cursor: page.previousCursor, total_count: page.totalCount };
    if (occurs('wrongJson')) return knobs.wrongJson.body;
    if (occurs('oversized')) {
      const { bytes, bytesPerItem } = knobs.oversized;
      return { items, pagination, padding: 'x'.repeat(bytes + bytesPerItem * items.length) };
    }
    return { items, pagination };
  }

  function get(id: string): Answer {
    const entry = log.get(id, now());
    return entry === undefined
      ? { status: 404, body: { message: 'audit log not found' } }
      : { status: 200, body: entry };
  }

  /** The answer as it is sent: truncated, interrupted or stalled, if a knob says so. */
  function send(c: Context<SandboxEnv>, { status, body }: Answer): Response {
    const text = JSON.stringify(body);
    if (status !== 200) return reply(status, body);
    const half = text.slice(0, text.length >> 1);
    if (faults.occurs('truncated')) return new Response(half, { headers: JSON_HEADERS });
    if (faults.occurs('breakOff'))
      return new Response(
        streamOf(half, () => breakOff(c)),
        { headers: JSON_HEADERS },
      );
    if (faults.occurs('stall'))
      return new Response(
        streamOf(half, () => never(c).catch((error) => breakOff(c, error))),
        { headers: JSON_HEADERS },
      );
    return new Response(text, { headers: JSON_HEADERS });
  }

  function stamp(c: Context<SandboxEnv>, response: Response): Response {
    let date: string | null = new Date(Math.floor((now() + faults.knobs.clockSkewMs) / 1000) * 1000).toUTCString();
    if (faults.occurs('missingDate')) date = null;
    else if (faults.occurs('oddDate')) date = faults.knobs.oddDate.value;
    if (date !== null) response.headers.set('date', date);
    else if (c.env?.outgoing) c.env.outgoing.sendDate = false;
    return response;
  }

  async function answer(c: Context<SandboxEnv>, id: string | null): Promise<Response> {
    const { signal } = over;
    const wait = faults.occurs('latency') ? { ...faults.knobs.latency } : null;
    if (wait?.when === 'before') await sleep(wait.ms);
    signal.throwIfAborted();
    const failed = await fail(c);
    if (failed !== null) return stamp(c, failed);
    if (c.req.header('authorization') !== `Bearer ${apiKey}`) {
      return stamp(c, reply(401, { message: 'the API key is missing, unknown or expired' }));
    }
    const result = id === null ? list(c) : get(id);
    if (logOwnReads) logRead(c, result.status, id);
    if (wait?.when === 'after') await sleep(wait.ms);
    signal.throwIfAborted();
    return stamp(c, send(c, result));
  }

  /** Waits until the client gives up or the sandbox closes. */
  function never(c: Context<SandboxEnv>): Promise<never> {
    return new Promise((_, reject) => {
      for (const signal of [c.req.raw.signal, over.signal]) {
        const end = (): void => reject(signal.reason ?? lostError());
        if (signal.aborted) end();
        signal.addEventListener('abort', end, { once: true });
      }
    });
  }

  app.use('/v1/audit_logs/*', async (c, next) => {
    count++;
    const url = new URL(c.req.url);
    const request = {
      at: now(),
      method: c.req.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      userAgent: c.req.header('user-agent') ?? '',
    };
    const round = over;
    let status: number | null = null;
    try {
      await next();
      if (c.error === undefined) status = c.res.status;
    } finally {
      // A request that a reset ended is not recorded after it.
      if (round === over) recent.push({ ...request, status });
      if (recent.length > REQUESTS_KEPT) recent = recent.slice(-REQUESTS_KEPT / 2);
    }
  });
  app.get('/v1/audit_logs', (c) => answer(c, null));
  app.get('/v1/audit_logs/:id', (c) => answer(c, c.req.param('id')));
  app.notFound((c) => stamp(c, reply(404, { message: 'not found' })));
  app.onError((error) => {
    throw error;
  });

  const sandbox: Sandbox = {
    app,
    fetch: async (url, init) => app.fetch(new Request(url, init), {}),
    get log() {
      return log;
    },
    faults,
    get dialect() {
      return dialect;
    },
    requests: {
      get count() {
        return count;
      },
      get recent() {
        return recent;
      },
    },
    append: (...records) => log.append(records),
    now,
    reset(change = {}) {
      over.abort(lostError());
      over = new AbortController();
      log = createLog();
      faults.clear();
      count = 0;
      recent = [];
      dialect = change.dialect ?? dialect;
      logOwnReads = change.logOwnReads ?? logOwnReads;
    },
    close: () => over.abort(lostError()),
  };
  app.route('/__sandbox', controls(sandbox));
  return sandbox;
}
