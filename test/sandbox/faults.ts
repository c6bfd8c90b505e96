/**
 * The knobs: what the stand-in does wrong, and how often. Each failures the next so many requests it can strike, or any
 * of them with a probability, drawn from the seed. Deciding only; app.ts acts on it.
 */

import { createRandom } from './random.ts';

export interface Trigger {
  /** How many of the next requests it can strike it will. */
  next: number;
  /** Of each request after those; 1 for always. */
  probability: number;
}

export interface Knobs {
  /** Waits `ms`; `when`: before the page is cut, or between that and the answer. */
  latency: Trigger & { ms: number; when: 'before' | 'after' };
  /** 429, asking to wait `waitMs` in the given header. */
  rateLimit: Trigger & { waitMs: number; form: 'seconds' | 'date' | 'ms' | 'none' };
  /** An answer with this status and message; `shouldRetry` is the header `x-should-retry`. */
  error: Trigger & { status: number; message: string; shouldRetry: boolean | null };
  /** An error whose body echoes the request's own Authorization header, plain and encoded. */
  echo: Trigger & { status: number };
  /** Never answers. */
  hang: Trigger;
  /** Answers with half a body, then never goes on. */
  stall: Trigger;
  /** Closes the connection without an answer. */
  reset: Trigger;
  /** Closes the connection in the middle of the body. */
  breakOff: Trigger;
  /** A whole answer that is half a JSON text. */
  truncated: Trigger;
  /** JSON without `items`. */
  wrongJson: Trigger & { body: unknown };
  /** HTML with 200. */
  html: Trigger;
  /** So many bytes more for each record of the page, and for the page: at limit 10 it may be small enough. */
  oversized: Trigger & { bytesPerItem: number; bytes: number };
  /** 400 to a request with a cursor. */
  rejectedCursor: Trigger;
  /** `next_cursor` leads back: to the page asked for (`same`, by the same text), or the query's first (`cycle`). */
  repeatingCursor: Trigger & { mode: 'same' | 'cycle' };
  /** No items, though there are some, and a `next_cursor` that leads to them. */
  emptyPage: Trigger;
  /** A redirect to elsewhere. */
  redirect: Trigger & { status: number; location: string };
  /** No `Date` header. */
  missingDate: Trigger;
  /** A `Date` header that is none. */
  oddDate: Trigger & { value: string };
  /** How far the `Date` header is ahead of the clock, ms. */
  clockSkewMs: number;
}

export type FaultName = Exclude<keyof Knobs, 'clockSkewMs'>;
export type KnobsPatch = { readonly [name in FaultName]?: Partial<Knobs[name]> } & { readonly clockSkewMs?: number };

export interface Faults {
  readonly knobs: Readonly<Knobs>;
  /** Sets what is given and leaves the rest. Throws a RangeError at a knob there isn't. */
  set(patch: KnobsPatch): void;
  /** Every knob back to nothing; the counts too. */
  clear(): void;
  /** Whether this fault failures now; asking uses it up. */
  failures(name: FaultName): boolean;
  /** How often each has struck. */
  readonly hits: { readonly [name in FaultName]?: number };
}

function quiet(): Knobs {
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
  const knobs = quiet();
  const hits: { [name in FaultName]?: number } = {};
  return {
    knobs,
    hits,
    set(patch) {
      const { clockSkewMs, ...triggers } = patch;
      for (const name of Object.keys(triggers)) {
        if (!(name in knobs)) throw new RangeError(`there is no knob ${JSON.stringify(name)}`);
      }
      if (clockSkewMs !== undefined) knobs.clockSkewMs = clockSkewMs;
      for (const [name, change] of Object.entries(triggers)) Object.assign(knobs[name as FaultName], change);
    },
    clear() {
      Object.assign(knobs, quiet());
      for (const name of Object.keys(hits)) delete hits[name as FaultName];
    },
    failures(name) {
      const trigger = knobs[name];
      const struck = trigger.next > 0 || (trigger.probability > 0 && random.chance(trigger.probability));
      if (!struck) return false;
      if (trigger.next > 0) trigger.next--;
      hits[name] = (hits[name] ?? 0) + 1;
      return true;
    },
  };
}
