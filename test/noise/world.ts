/**
 * What is done in a simulated time: who does it, from where, and how it is answered. Behaviours and stories add to it; a
 * dialect (dialects.ts) makes a log of it. The same for the same seed.
 */
import { createRandom, type Random } from '../sandbox/random.ts';
import type { ApiRequest } from '../sandbox/requests.ts';
import { type Day, daysOf, SECOND, type Zone } from './calendar.ts';

export interface Actor {
  readonly id: string;
  readonly name: string | null;
  readonly type: 'user' | 'api_key';
}

/** Who makes a request, from where and with what. */
export interface Client {
  /** Null: nobody that the API knows. */
  readonly actor: Actor | null;
  readonly address: string;
  readonly userAgent: string;
}

/** A request, and how it was answered. */
export interface Done {
  readonly at: number;
  readonly by: Client;
  readonly request: ApiRequest;
  readonly status: number;
}

export interface Span {
  /** When the log begins. */
  readonly from: number;
  /** From when on is counted: what lies before is the past that rules may learn from. */
  readonly countedFrom: number;
  readonly to: number;
}

export interface World extends Span {
  readonly random: Random;
  readonly done: Done[];
  /** Does a request at `at`; outside of the world's time it is not done. `status`: as where all is well, unless given. */
  did(at: number, by: Client, request: ApiRequest, status?: number): Done;
  /** Does requests one after the other, a moment apart; returns when the last was done. */
  didAll(at: number, by: Client, requests: readonly ApiRequest[], apartMs?: number): number;
  /** Repeats a request; returns when it would be repeated again. */
  poll(at: number, by: Client, request: ApiRequest, how: Polling): number;
  /** The local days of its time. */
  days(zone: Zone): readonly Day[];
}

export interface Polling {
  readonly everyMs: number;
  /** How long. */
  readonly forMs: number;
  readonly status?: number;
}

export function createWorld(span: Span, seed: number): World {
  const random = createRandom(seed);
  const done: Done[] = [];
  const did: World['did'] = (at, by, request, status = request.status) => {
    const one: Done = { at, by, request, status };
    if (at >= span.from && at < span.to) done.push(one);
    return one;
  };
  return {
    ...span,
    random,
    done,
    did,
    didAll: (at, by, requests, apartMs = 0.4 * SECOND) => {
      let next = at;
      for (const request of requests) {
        did(next, by, request);
        next += apartMs * (0.5 + random.next());
      }
      return next;
    },
    poll: (at, by, request, { everyMs, forMs, status }) => {
      let next = at;
      for (; next < at + forMs; next += everyMs * (0.95 + 0.1 * random.next())) did(next, by, request, status);
      return next;
    },
    days: (zone) => daysOf(zone, span.from, span.to),
  };
}

/** A time from `from` to `to`. */
export function between(random: Random, from: number, to: number): number {
  return from + random.next() * (to - from);
}

/** `count` times from `from` to `to`, in order. */
export function times(random: Random, count: number, from: number, to: number): number[] {
  return Array.from({ length: count }, () => between(random, from, to)).sort((a, b) => a - b);
}

/** A whole number from `least` to `most`. */
export function whole(random: Random, least: number, most: number): number {
  return least + random.below(most - least + 1);
}
