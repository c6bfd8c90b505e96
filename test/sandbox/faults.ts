/**
 * The knobs: which faults the sandbox has, and how often. Each fault affects the next N requests that it can affect, or any
 * of them with a probability, drawn from the seed. Decides only; app.ts acts on it.
 */

import { createRandom } from './random.ts';

export interface Trigger {
  /** How many of the next requests are affected. */
  next: number;
  /** For each request after those; 1: always. */
  probability: number;
}

export interface Knobs {
  /** Waits `ms` before the page is read from the log, or after it. */
  latency: Trigger & { ms: number; when: 'before' | 'after' };
  /** 429, asking to wait `waitMs` in the given header. */
  rateLimit: Trigger & { waitMs: number; form: 'seconds' | 'date' | 'ms' | 'none' };
  /** An answer with this status and message; `shouldRetry` is the header `x-should-retry`. */
  error: Trigger & { status: number; message: string; shouldRetry: boolean | null };
  /** An error whose body echoes the request's own Authorization header, plain and encoded. */
  echo: Trigger & { status: number };
  /** Never answers. */
  hang: Trigger;
  /** Answers with half a body, then stalls. */
  stall: Trigger;
  /** Closes the connection without an answer. */
  reset: Trigger;
  /** Closes the connection in the middle of the body. */
  breakOff: Trigger;
  /** A complete answer with half a JSON text. */
  truncated: Trigger;
  /** JSON without `items`. */
  wrongJson: Trigger & { body: unknown };
  /** HTML with 200. */
  html: Trigger;
  /** Adds so many bytes per record and to the page: at limit 10 it may be small enough. */
  oversized: Trigger & { bytesPerItem: number; bytes: number };
  /** 400 to a request with a cursor. */
  rejectedCursor: Trigger;
  /** `next_cursor` leads back: to the same page (`same`, with the same text), or to the query's first (`cycle`). */
  repeatingCursor: Trigger & { mode: 'same' | 'cycle' };
  /** No items although there are some, and a `next_cursor` to them. */
  emptyPage: Trigger;
  /** A redirect to another host. */
  redirect: Trigger & { status: number; location: string };
  /** No `Date` header. */
  missingDate: Trigger;
  /** An invalid `Date` header. */
  oddDate: Trigger & { value: string };
  /** How far the `Date` header is ahead of the clock, ms. */
  clockSkewMs: number;
}

export type FaultName = Exclude<keyof Knobs, 'clockSkewMs'>;
export type KnobsPatch = { readonly [name in FaultName]?: Partial<Knobs[name]> } & { readonly clockSkewMs?: number };

export interface Faults {
  readonly knobs: Readonly<Knobs>;
  /** Changes the given knobs. Throws a RangeError for an unknown one. */
  set(patch: KnobsPatch): void;
  /** Resets every knob, and the hits. */
  clear(): void;
  /** Whether this fault occurs now; each call counts as a request. */
  occurs(name: FaultName): boolean;
  /** How often each has occurred. */
  readonly hits: { readonly [name in FaultName]?: number };
}

function noFaults(): Knobs {
  const never = (): Trigger => ({ next: 0, probability: 0 });
  return {
    latency: { ...never(), ms: 100, when: 'before' },
    rateLimit: { ...never(), waitMs: 1000, form: 'seconds' },
    error: { ...never(), status: 500, message: 'internal server error', shouldRetry: null },
    echo: { ...never(), status: 400 },
    hang: never(),
    stall: never(),
    reset: never(),
    breakOff: never(),
    truncated: never(),
    wrongJson: { ...never(), body: { data: [] } },
    html: never(),
    oversized: { ...never(), bytesPerItem: 200_000, bytes: 0 },
    rejectedCursor: never(),
    repeatingCursor: { ...never(), mode: 'same' },
    emptyPage: never(),
    redirect: { ...never(), status: 302, location: 'https://elsewhere.example/login' },
    missingDate: never(),
    oddDate: { ...never(), value: 'yesterday' },
    clockSkewMs: 0,
  };
}

export function createFaults(seed: number): Faults {
  const random = createRandom(seed ^ 0xfa017);
  const knobs = noFaults();
  const hits: { [name in FaultName]?: number } = {};
  return {
    knobs,
    hits,
    set(patch) {
      const { clockSkewMs, ...triggers } = patch;
      for (const name of Object.keys(triggers)) {
        if (!(name in knobs)) throw new RangeError(`unknown knob ${JSON.stringify(name)}`);
      }
      if (clockSkewMs !== undefined) knobs.clockSkewMs = clockSkewMs;
      for (const [name, change] of Object.entries(triggers)) Object.assign(knobs[name as FaultName], change);
    },
    clear() {
      Object.assign(knobs, noFaults());
      for (const name of Object.keys(hits)) delete hits[name as FaultName];
    },
    occurs(name) {
      const trigger = knobs[name];
      const occurs = trigger.next > 0 || (trigger.probability > 0 && random.chance(trigger.probability));
      if (!occurs) return false;
      if (trigger.next > 0) trigger.next--;
      hits[name] = (hits[name] ?? 0) + 1;
      return true;
    },
  };
}
