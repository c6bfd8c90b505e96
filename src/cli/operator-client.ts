/**
 * Asks a Tocsin as its operator, over HTTP, with a token that proves LINK_SECRET without containing it, or an operator's viewer
 * token.
 *
 * Contract: follows no redirect, reads at most a megabyte of an answer, and checks it before use: it may come from another
 * version, or not from a Tocsin. Whatever goes wrong is a `Failure` that says what to do, without the secret.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { operatorToken } from '../access/operator.ts';
import { readBytes } from '../http/body.ts';
import { readHttpDate } from '../http/headers.ts';
import { formatDuration } from '../text/duration.ts';
import { parseJson } from '../text/json.ts';
import { oneLine } from '../text/untrusted.ts';
import { API_SILENCES_PATH, LOOKUP_PATH, NO_SUCH } from '../web/api/paths.ts';
import { NOT_TWICE } from '../web/operator-paths.ts';
import { Failure } from './failure.ts';
import { LOCAL_URL, type Target } from './target.ts';

const TIMEOUT_MS = 20_000;
const ANSWER_BYTES_MAX = 1_000_000;
/** Of a page of the log: a million characters, and a hundred entries more of 64 K characters. */
const TEXT_BYTES_MAX = 32_000_000;
/** How often it waits before it gives up, how long at most, and how long where the Tocsin does not say. */
const WAITS_MAX = 5;
const WAIT_MAX_S = 120;
const RETRY_S = 2;
/** A token is valid for five minutes by the Worker's clock; beyond this the clocks differ too much. */
const CLOCK_SKEW_MAX_MS = 4 * 60_000;

export interface OperatorRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: string;
  /** 20 s if absent. */
  readonly timeoutMs?: number;
}

export interface OperatorClient {
  /** The Tocsin's scheme, host and port. */
  readonly origin: string;
  /** It proves who asks by a viewer token, as the lookup wants it, not by LINK_SECRET. */
  readonly hasToken: boolean;
  /** The answer in its `shape` (unknown fields left out), and its JSON as it came. */
  ask<S extends z.ZodMiniType>(
    request: OperatorRequest,
    shape: S,
  ): Promise<{ readonly answer: z.output<S>; readonly json: unknown }>;
  /** The text of a large answer, of which many are asked for. Waits where the Tocsin says when to ask again. */
  text(request: OperatorRequest): Promise<string>;
}

/** `now` is the wall clock in ms. */
export function createOperatorClient({ origin, proof }: Target, now: () => number): OperatorClient {
  /** The answer, with its text; null where that is longer than `bytesMax`. */
  const send = async ({ method, path, body, timeoutMs = TIMEOUT_MS }: OperatorRequest, bytesMax: number) => {
    // As the Worker gets it.
    const url = new URL(path, origin);
    const token =
      'token' in proof
        ? proof.token
        : await operatorToken(
            proof.linkSecret,
            method,
            `${url.pathname}${url.search}`,
            body ?? '',
            now(),
            randomBytes(8).toString('hex'),
          );
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, { method, headers, body: body ?? null, redirect: 'manual', signal });
      const bytes = await readBytes(response, signal, bytesMax);
      return { response, text: bytes === null ? null : new TextDecoder().decode(bytes) };
    } catch (error) {
      throw unreachable(origin, timeoutMs, error);
    }
  };
  const refusedAs = (request: OperatorRequest, response: Response, json: unknown): Failure =>
    refused({ ...request, origin }, response, json, 'token' in proof ? null : now());
  return {
    origin,
    hasToken: 'token' in proof,
    async ask(request, shape) {
      const { response, text } = await send(request, ANSWER_BYTES_MAX);
      const json = text === null ? undefined : parseJson(text);
      if (!response.ok) throw refusedAs(request, response, json);
      const { data } = shape.safeParse(json);
      if (data !== undefined) return { answer: data, json };
      throw unreadableAnswer(origin);
    },
    async text(request) {
      for (let left = WAITS_MAX; ; left--) {
        const { response, text } = await send(request, TEXT_BYTES_MAX);
        if (response.ok && text !== null) return text;
        if (response.ok) throw unreadableAnswer(origin);
        const waitMs = left > 0 ? waitOf(response) : null;
        if (waitMs === null) throw refusedAs(request, response, text === null ? undefined : parseJson(text));
        await sleep(waitMs);
      }
    },
  };
}

/** The answer is not what this version asks for. */
export function unreadableAnswer(origin: string): Failure {
  return new Failure(
    `the answer of ${origin} can't be read`,
    'Check that the address is a Tocsin of the same version as this command.',
  );
}

/** How long to wait before the same is asked again, ms; null: it makes no sense. */
function waitOf({ status, headers }: Response): number | null {
  if (headers.get('x-should-retry') === 'false' || !(status === 429 || status >= 500)) return null;
  const seconds = Number(headers.get('retry-after') ?? RETRY_S);
  return seconds <= WAIT_MAX_S ? seconds * 1000 : null;
}

function unreachable(origin: string, timeoutMs: number, error: unknown): Failure {
  const name = error instanceof Error ? error.name : '';
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
  const code =
    cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : (cause?.message ?? '');
  const hint =
    origin === LOCAL_URL
      ? '`npm run dev` listens there: start it, or name a deployed Tocsin with --url or TOCSIN_URL.'
      : 'Check the address, and that the Worker is deployed.';
  if (name === 'TimeoutError') return new Failure(`${origin} did not answer within ${timeoutMs / 1000} seconds`, hint);
  if (code === 'ECONNREFUSED') return new Failure(`nothing listens at ${origin}`, hint);
  if (code === 'ENOTFOUND') return new Failure(`${origin}: no such host`, hint);
  return new Failure(`${origin} can't be reached: ${oneLine(code || String(error), 200)}`, hint);
}

const MESSAGE = z.object({ message: z.string() });

/** `now`: null where the clocks don't matter. */
function refused(
  { origin, method, path }: Pick<OperatorRequest, 'method' | 'path'> & { readonly origin: string },
  { status, headers }: Response,
  json: unknown,
  now: number | null,
): Failure {
  const message = MESSAGE.safeParse(json).data?.message;
  const problem = `${origin} answered ${status}${message === undefined ? '' : `: ${oneLine(message, 300)}`}`;
  if (status >= 300 && status < 400) {
    return new Failure(
      `${origin} answered with a redirect (${status})`,
      "Give the Worker's own address: redirects are not followed.",
    );
  }
  if (message === NO_SUCH) {
    const list = path.startsWith(API_SILENCES_PATH)
      ? 'Silences are listed by: npm run tocsin -- silence list'
      : 'Alerts are listed by: npm run tocsin -- alerts --all';
    return new Failure(`${origin} has ${NO_SUCH}`, `Check it. ${list}`);
  }
  if (status === 404 && path.startsWith(`${LOOKUP_PATH}/`)) {
    return new Failure(
      `${origin} has no entry with this id`,
      'Check the id: it is on the page of the entry, and in `why`.',
    );
  }
  if (status === 403 && message !== undefined) return new Failure(problem, 'Nothing was done.');
  if (status === 404 || status === 401 || status === 403) {
    const date = readHttpDate(headers.get('date'));
    const skew = date === null || now === null ? 0 : Math.abs(date - now);
    if (skew > CLOCK_SKEW_MAX_MS) {
      return new Failure(
        `${origin} denied access, and its clock and ours differ by ${formatDuration(skew)}`,
        'Set the clock of this machine: a token is valid for five minutes.',
      );
    }
    return new Failure(
      `${origin} denied access (${status})`,
      "Check that LINK_SECRET (environment or .dev.vars) is the Worker's, or that TOCSIN_TOKEN is an operator's valid " +
        'token, and that the address is a Tocsin.',
    );
  }
  if (status >= 500) return new Failure(problem, "The Worker's log has details: npx wrangler tail");
  if (message === NOT_TWICE) {
    return new Failure(problem, 'Nothing was done again. What it did when it came first stands, if it did anything.');
  }
  if (method === 'GET' && status === 422) return new Failure(problem, 'Check the options: --help lists them.');
  if (method === 'GET' && status === 429) return new Failure(problem, 'Ask again later.');
  if (status === 409 || status === 422 || status === 429) return new Failure(problem, 'Nothing was done.');
  return new Failure(problem, 'Check that this command and the Worker are of the same version.');
}
