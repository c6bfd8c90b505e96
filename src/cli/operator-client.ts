/**
 * Asks a Tocsin as its operator, over HTTP, with a token that proves LINK_SECRET and does not hold it.
 *
 * Contract: no redirect is followed, no answer longer than a megabyte is read, none waited for longer than 20 s
 * (a test: 60 s). Whatever
 * goes wrong is a `Failure` that says what to do, without the secret.
 */
import { operatorToken } from '../access/operator.ts';
import { readBytes } from '../http/body.ts';
import { readHttpDate } from '../http/headers.ts';
import { formatDuration } from '../text/duration.ts';
import { parseJson } from '../text/json.ts';
import { oneLine } from '../text/untrusted.ts';
import { ALERTS_PATH, operatorAlertPath, RESEND_PATH, REWIND_PATH, STATUS_PATH, TEST_PATH } from '../web/operator.ts';
import {
  type AlertAnswer,
  type AlertsAnswer,
  acceptedFrom,
  alertFrom,
  alertsFrom,
  resentFrom,
  type StatusAnswer,
  statusFrom,
  type TestAnswer,
  testedFrom,
} from './answer.ts';
import { Failure } from './failure.ts';
import { LOCAL_URL, type Target } from './settings.ts';

const TIMEOUT_MS = 20_000;
const MOST_BYTES = 1_000_000;
/** A test sends to every receiver, each of which may take its time. */
const TEST_TIMEOUT_MS = 60_000;
/** A token is good for five minutes, by the Worker's clock. */
const CLOCKS_APART_MS = 4 * 60_000;

/** An answer as it was checked, and as it came. */
export interface Answered<T> {
  readonly answer: T;
  readonly json: unknown;
}

export interface OperatorClient {
  status(): Promise<Answered<StatusAnswer>>;
  /** Sends a test alert through every receiver. */
  test(): Promise<Answered<TestAnswer>>;
  /** Sends dead deliveries again, of one receiver or (null) of all. */
  resend(receiver: string | null): Promise<Answered<number>>;
  /** Newest first; `before`: only those with a lower id. */
  alerts(state: 'open' | 'all', before: number | null): Promise<Answered<AlertsAnswer>>;
  /** Null: there is no such alert. */
  alert(id: number): Promise<Answered<AlertAnswer | null>>;
  /** Orders a rewind; the next tick obeys. `text` is a rewind as it lies in KV. */
  rewind(text: string): Promise<void>;
  /** Any of the operator's routes: the JSON of its answer, not checked. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body: string | null): Promise<unknown>;
}

/** `now` is the wall clock in ms. */
export function createOperatorClient(target: Target, now: () => number): OperatorClient {
  const { origin, linkSecret } = target;

  /** `path` may have a query behind it; the token is for the path alone. */
  async function ask(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: string | null,
    timeoutMs = TIMEOUT_MS,
  ): Promise<unknown> {
    const token = await operatorToken(linkSecret, method, path.replace(/\?.*$/, ''), now());
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    let response: Response;
    let text: string | null;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      response = await fetch(`${origin}${path}`, { method, headers, body, redirect: 'manual', signal });
      const bytes = await readBytes(response, signal, MOST_BYTES);
      text = bytes === null ? null : new TextDecoder().decode(bytes);
    } catch (error) {
      throw notReached(origin, timeoutMs, error);
    }
    if (!response.ok) throw refused(origin, response, text, now());
    const json = text === null ? undefined : parseJson(text);
    if (json === undefined) throw noTocsin(origin);
    return json;
  }

  function checked<T>(json: unknown, read: (json: unknown) => T | null): Answered<T> {
    const answer = read(json);
    if (answer === null) throw noTocsin(origin);
    return { answer, json };
  }

  return {
    ask,
    status: async () => checked(await ask('GET', STATUS_PATH, null), statusFrom),
    test: async () => checked(await ask('POST', TEST_PATH, null, TEST_TIMEOUT_MS), testedFrom),
    resend: async (receiver) => checked(await ask('POST', RESEND_PATH, JSON.stringify({ receiver })), resentFrom),
    alerts: async (state, before) => {
      const more = before === null ? '' : `&before=${before}`;
      return checked(await ask('GET', `${ALERTS_PATH}?state=${state}${more}`, null), alertsFrom);
    },
    alert: async (id) => {
      const { answer, json } = checked(await ask('GET', operatorAlertPath(id), null), alertFrom);
      return { answer: answer.alert, json };
    },
    async rewind(text) {
      if (acceptedFrom(await ask('POST', REWIND_PATH, text)) === null) throw noTocsin(origin);
    },
  };
}

function notReached(origin: string, timeoutMs: number, error: unknown): Failure {
  const name = error instanceof Error ? error.name : '';
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
  const code =
    cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : (cause?.message ?? '');
  const start =
    origin === LOCAL_URL
      ? 'That is where `npm run dev` listens: start it, or name a deployed Tocsin with --url or TOCSIN_URL.'
      : 'Is the address right, and the Worker deployed?';
  if (name === 'TimeoutError')
    return new Failure(`${origin} does not answer within ${timeoutMs / 1000} seconds`, start);
  if (code === 'ECONNREFUSED') return new Failure(`nothing listens at ${origin}`, start);
  if (code === 'ENOTFOUND') return new Failure(`${origin}: there is no such host`, start);
  return new Failure(`${origin} can't be reached: ${oneLine(code || String(error), 200)}`, start);
}

function refused(origin: string, response: Response, text: string | null, now: number): Failure {
  const { status } = response;
  const message = messageOf(text);
  const said = `${origin} answers ${status}${message === null ? '' : `: ${message}`}`;
  if (status >= 300 && status < 400) {
    return new Failure(
      `${origin} sends us elsewhere (${status})`,
      'Give the Worker’s own address: no redirect is followed.',
    );
  }
  if (status === 404 || status === 401 || status === 403) {
    const date = readHttpDate(response.headers.get('date'));
    const apart = date === null ? 0 : Math.abs(date - now);
    if (apart > CLOCKS_APART_MS) {
      return new Failure(
        `${origin} does not let us in, and its clock and ours are ${formatDuration(apart)} apart`,
        'Set the clock of this machine: a token is good for five minutes.',
      );
    }
    return new Failure(
      `${origin} does not let us in (${status})`,
      'Is LINK_SECRET here (environment or .dev.vars) the one that the Worker has, and is that a Tocsin?',
    );
  }
  if (status >= 500) return new Failure(said, 'The Worker’s log says why: npx wrangler tail');
  if (status === 409 || status === 422) return new Failure(said, 'Nothing was done.');
  return new Failure(said, 'Is this Tocsin of the same version as the Worker’s?');
}

function messageOf(text: string | null): string | null {
  const json = text === null ? undefined : parseJson(text);
  if (typeof json !== 'object' || json === null || !('message' in json)) return null;
  return typeof json.message === 'string' ? oneLine(json.message, 300) : null;
}

function noTocsin(origin: string): Failure {
  return new Failure(`what ${origin} answers can't be read`, 'Is that a Tocsin, and of the same version as this one?');
}
