/**
 * The ordinary traffic of a plausible organization, the same for the same seed.
 *
 * Ordinary traffic matches no rule: no API key is deleted or created by an API key, no kubeconfig is read, and every window
 * has fewer 4xx (20 in 5 min, by actor and by address) and deletions (10 in 10 min, by actor) than a rule needs: at most
 * `FAILURES_MAX` and `DELETIONS_MAX`, so that the traffic of two organizations stays below too.
 */

import { createWork } from './activity.ts';
import { type Actor, busyness, createActors } from './people.ts';
import { createRandom, type Random } from './random.ts';
import { cutTo, type EntryBody, type LogRecord, type Precision, writeInstant } from './record.ts';
import type { ApiRequest } from './requests.ts';

export interface TrafficOptions {
  /** Entries per day, approximately. */
  readonly entriesPerDay: number;
  /** `office`: working hours (UTC), nights and weekends; `flat`: always as busy as at 10 o'clock. */
  readonly rhythm?: 'office' | 'flat';
  readonly precision?: Precision;
}

export interface Organization {
  readonly id: string;
  readonly actors: readonly Actor[];
  /** The entries of [from, to), ms since the epoch, by created_at. Later calls must have later times. */
  between(from: number, to: number, options: TrafficOptions): LogRecord[];
}

const SLICE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FLAT_HOUR = 10;
const FAILURES_MAX = 6;
const FAILURES_WITHIN_MS = 5 * 60_000;
const DELETIONS_MAX = 4;
const DELETIONS_WITHIN_MS = 10 * 60_000;
const FAILURE_CHANCE = 0.012;

/** An organization with people, keys and resources from the seed. */
export function createOrganization(seed: number): Organization {
  const random = createRandom(seed);
  const id = random.uuid();
  const actors = createActors(random);
  const work = createWork(id, random);
  const todo = new Map<Actor, ApiRequest[]>();
  const failures = createLimiter(FAILURES_MAX, FAILURES_WITHIN_MS);
  const deletions = createLimiter(DELETIONS_MAX, DELETIONS_WITHIN_MS);
  const addresses = new Map<Actor, string>();

  function nextActivity(actor: Actor): ApiRequest {
    const left = todo.get(actor) ?? [];
    if (left.length === 0) {
      // A new session, perhaps from another address.
      left.push(...work.session(actor.habit).reverse());
      addresses.set(actor, random.pick(actor.addresses));
      todo.set(actor, left);
    }
    return left.pop() as ApiRequest;
  }

  function entry(createdAt: number, precision: Precision, actor: Actor): LogRecord {
    let activity = nextActivity(actor);
    const { method } = activity;
    const address = addresses.get(actor) as string;
    if (method === 'DELETE' && !deletions.allows(createdAt, actor.id)) activity = work.look();
    let status = activity.status;
    if (random.chance(FAILURE_CHANCE) && failures.allows(createdAt, actor.id, address))
      status = failureOf(method, random);
    else if (random.chance(0.0005)) status = 503;
    const body: EntryBody = {
      id: random.uuid(),
      action: activity.action,
      actor: { id: actor.id, name: actor.name, type: actor.type },
      client_ip: address,
      created_at: writeInstant(precision, createdAt),
      method: activity.method,
      path: activity.path,
      status_code: status,
      user_agent: random.pick(actor.userAgents),
      target: activity.target,
    };
    return { createdAt, appearsAt: createdAt, body };
  }

  return {
    id,
    actors,
    between(from, to, { entriesPerDay, rhythm = 'office', precision = 'microseconds' }) {
      const records: LogRecord[] = [];
      for (let start = from; start < to; start = Math.min(to, nextSlice(start))) {
        const end = Math.min(to, nextSlice(start));
        const weights = rhythm === 'flat' ? weightsAt(actors, FLAT_HOUR, false) : weightsOn(actors, start);
        const share = rhythm === 'flat' ? 1 : sum(weights) / meanOn(actors, start);
        const count = Math.floor((entriesPerDay * share * (end - start)) / DAY_MS + random.next());
        const times = Array.from({ length: count }, () => start + random.next() * (end - start)).sort((a, b) => a - b);
        for (const at of times) records.push(entry(cutTo(precision, at), precision, pickBy(weights, actors, random)));
      }
      return records;
    },
  };
}

export interface GenerateOptions extends TrafficOptions {
  readonly seed: number;
  /** Ms since the epoch. */
  readonly from: number;
  readonly to: number;
}

/**
 * Ordinary entries of [from, to).
 *
 * @example generate({ seed: 1, from: to - 86_400_000, to, entriesPerDay: 20_000 })
 */
export function generate({ seed, from, to, ...traffic }: GenerateOptions): LogRecord[] {
  return createOrganization(seed).between(from, to, traffic);
}

/** Allows at most `most` events per key in any window. */
function createLimiter(most: number, withinMs: number): { allows(at: number, ...keys: string[]): boolean } {
  const times = new Map<string, number[]>();
  return {
    allows(at, ...keys) {
      const recent = keys.map((key) => (times.get(key) ?? []).filter((time) => time > at - withinMs));
      const allowed = recent.every((list) => list.length < most);
      keys.forEach((key, i) => {
        const list = recent[i] as number[];
        if (allowed) list.push(at);
        times.set(key, list);
      });
      return allowed;
    },
  };
}

function failureOf(method: string, random: Random): number {
  return method === 'GET' ? random.pick([404, 404, 404, 403]) : random.pick([400, 409, 422, 422]);
}

function nextSlice(at: number): number {
  return Math.floor(at / SLICE_MS) * SLICE_MS + SLICE_MS;
}

function weightsOn(actors: readonly Actor[], at: number): readonly number[] {
  const date = new Date(at);
  return weightsAt(actors, date.getUTCHours(), isWeekend(date));
}

function weightsAt(actors: readonly Actor[], hour: number, weekend: boolean): readonly number[] {
  return actors.map(({ habit }) => busyness(habit, hour, weekend));
}

/** The mean over the day's hours, so that a day has about `entriesPerDay` entries. */
function meanOn(actors: readonly Actor[], at: number): number {
  const weekend = isWeekend(new Date(at));
  let total = 0;
  for (let hour = 0; hour < 24; hour++) total += sum(weightsAt(actors, hour, weekend));
  return total / 24;
}

function isWeekend(date: Date): boolean {
  return date.getUTCDay() % 6 === 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function pickBy(weights: readonly number[], actors: readonly Actor[], random: Random): Actor {
  let left = random.next() * sum(weights);
  for (let i = 0; i < actors.length; i++) {
    left -= weights[i] as number;
    if (left < 0) return actors[i] as Actor;
  }
  return actors.at(-1) as Actor;
}
