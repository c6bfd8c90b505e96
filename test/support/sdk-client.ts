/**
 * A client of the audit log that behaves like the vendor's SDKs (github.com/nirvana-labs, August 2026): headers, retries
 * with jitter, timeouts, paging. Written from their description, to test the proxied lookup; waits go to `sleep`, so that
 * tests can skip them.
 */

export interface SdkOptions {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** ms */
  readonly sleep?: (ms: number) => Promise<void>;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Attempts after the first. */
  readonly maxRetries?: number;
  /** For the headers of one attempt, ms. */
  readonly timeout?: number;
}

/** An answer as the SDK returns it, and its text. */
export interface SdkAnswer {
  readonly json: unknown;
  readonly text: string;
  readonly headers: Headers;
}

/** What the SDKs throw for an unsuccessful status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;

  constructor(status: number, text: string, headers: Headers) {
    super(`${status} ${messageOf(text)}`);
    this.status = status;
    this.text = text;
    this.headers = headers;
  }
}

/** No answer in time, or a lost connection. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

export type ListParams = Readonly<Record<string, string | number | readonly string[]>>;

interface ListPage {
  readonly items: readonly unknown[] | null;
  readonly pagination: { readonly next_cursor?: string | null } | null;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

/**
 * @example
 * const sdk = createSdk({ baseURL: 'https://tocsin.example', apiKey: viewerToken, fetch });
 * for await (const entry of sdk.listAutoPaging({ limit: 100 })) console.log(entry);
 */
export function createSdk(options: SdkOptions) {
  const { baseURL, apiKey, fetch, maxRetries = 2, timeout = 60_000, random = Math.random } = options;
  const sleep = options.sleep ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  /** Every wait between tries, ms. */
  const waits: number[] = [];

  async function once(path: string, tried: number): Promise<Response> {
    const url = `${baseURL.replace(/\/$/, '')}${path}`;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeout);
    try {
      return await fetch(url, {
        method: 'GET',
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${apiKey}`,
          'user-agent': 'NirvanaLabs/JS 1.94.0',
          'x-stainless-lang': 'js',
          'x-stainless-package-version': '1.94.0',
          'x-stainless-os': 'Linux',
          'x-stainless-arch': 'x64',
          'x-stainless-runtime': 'node',
          'x-stainless-runtime-version': 'v24.0.0',
          'x-stainless-retry-count': String(tried),
          'x-stainless-timeout': String(Math.trunc(timeout / 1000)),
        },
        signal: stop.signal,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async function request(path: string): Promise<SdkAnswer> {
    for (let tried = 0; ; tried++) {
      const left = maxRetries - tried;
      let response: Response;
      let text: string;
      try {
        response = await once(path, tried);
        text = await response.text();
      } catch (error) {
        if (left <= 0) throw new ConnectionError(String(error));
        await wait(null, left);
        continue;
      }
      if (response.ok) return { json: jsonOf(response, text), text, headers: response.headers };
      if (left <= 0 || !shouldRetry(response)) throw new ApiError(response.status, text, response.headers);
      await wait(response.headers, left);
    }
  }

  async function wait(headers: Headers | null, left: number): Promise<void> {
    const asked = headers === null ? null : askedWait(headers);
    const doubled = Math.min(FIRST_WAIT_MS * 2 ** (maxRetries - left), LONGEST_WAIT_MS);
    // However long it is: the SDKs do not cap it.
    const ms = asked !== null && asked >= 0 ? asked : doubled * (1 - random() * 0.25);
    waits.push(ms);
    await sleep(ms);
  }

  const list = (params: ListParams = {}): Promise<SdkAnswer> => request(`/v1/audit_logs${queryOf(params)}`);

  return {
    waits,
    list,
    get: (id: string): Promise<SdkAnswer> => request(`/v1/audit_logs/${encodeURIComponent(id)}`),

    /** Pages, until one is empty or has no next: as the SDKs do it, also where an empty page has one. */
    async *pages(params: ListParams = {}): AsyncGenerator<SdkAnswer> {
      let cursor: string | null = null;
      for (;;) {
        const answer: SdkAnswer = await list(cursor === null ? params : { ...params, cursor });
        yield answer;
        const { items, pagination } = answer.json as ListPage;
        const next = pagination?.next_cursor ?? null;
        if ((items ?? []).length === 0 || next === null || next === '') return;
        cursor = next;
      }
    },

    async *listAutoPaging(params: ListParams = {}): AsyncGenerator<unknown> {
      for await (const { json } of this.pages(params)) yield* (json as ListPage).items ?? [];
    },
  };
}

function shouldRetry({ status, headers }: Response): boolean {
  const value = headers.get('x-should-retry');
  if (value === 'true') return true;
  if (value === 'false') return false;
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** The wait of `retry-after-ms` or `Retry-After` (seconds, or a date), ms. */
function askedWait(headers: Headers): number | null {
  const ms = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (!Number.isNaN(ms)) return ms;
  const after = headers.get('retry-after');
  if (after === null) return null;
  const seconds = Number.parseFloat(after);
  return Number.isNaN(seconds) ? Date.parse(after) - Date.now() : seconds * 1000;
}

function queryOf(params: ListParams): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value]) query.append(name, String(one));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function jsonOf(response: Response, text: string): unknown {
  const type = response.headers.get('content-type')?.split(';')[0]?.trim();
  return type?.includes('application/json') === true || type?.endsWith('+json') === true ? JSON.parse(text) : text;
}

function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { readonly message?: unknown }).message ?? text);
  } catch {
    return text;
  }
}
