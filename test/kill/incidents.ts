/**
 * Incidents, each with actors and addresses of its own, and the alerts that it must open: worked out here from what the
 * shipped rules say, not with the engine. Pure.
 *
 * Half of them are exactly enough for their rule, so that an entry lost is an alert lost; the other half are one short, so
 * that an entry counted twice is an alert too many.
 */
import type { Random } from '../sandbox/random.ts';
import { cutTo, type EntryBody, type LogRecord, writeInstant } from '../sandbox/record.ts';

/** An alert that must be opened, once. */
export interface ExpectedAlert {
  /** The rule's id. */
  readonly rule: string;
  /** The values of its dedup key, in the key's order. */
  readonly key: readonly string[];
  /** How many matches it has; null for a correlation, whose further matches are not worked out. */
  readonly count: number | null;
}

export interface Incident {
  readonly records: readonly LogRecord[];
  readonly alerts: readonly ExpectedAlert[];
}

export const RULES = {
  scanner: 'c79a0784-12ef-4213-9c4b-1431efc45c50',
  refusedOnManyPaths: '338c101b-e88b-4d11-b37c-97ed2b5df92a',
  kubeconfigsRefused: 'c6b66319-969a-4467-ae64-554cbd5d4cb9',
  entriesLookedUp: 'd262b809-a7d5-42f6-bcf9-3ec4390bd757',
  massDeletion: 'e86ff700-0756-46bb-a266-a541e42d0897',
} as const;

/** What the rules above ask for: `gte` in their conditions. */
const PATHS = 6;
const CLUSTERS = 3;
const ENTRIES = 50;
const DELETIONS = 20;
/** An alert's count that is notified of again. */
const SCANS_MANY = 11;

type Step = Omit<EntryBody, 'id' | 'created_at'>;
type Play = (random: Random, address: (n: number) => string) => { steps: Step[]; alerts: ExpectedAlert[] };

const actorOf = (random: Random, type: 'user' | 'api_key') => ({ id: random.uuid(), name: 'Mallory Reed', type });

function step(actor: EntryBody['actor'], clientIp: string, request: string, status: number, more: Partial<Step>): Step {
  const [method = '', path = ''] = request.split(' ');
  const fields = { action: 'request.made', actor, client_ip: clientIp, method, path, status_code: status };
  return { ...fields, user_agent: 'curl/8.17.0', target: null, ...more };
}

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

function scans(count: number): Play {
  return (random, address) => {
    const actor = actorOf(random, 'api_key');
    const scanner = { user_agent: 'nikto/2.5.0' };
    return {
      steps: times(count, () => step(actor, address(0), 'GET /v1/projects', 200, scanner)),
      alerts: [{ rule: RULES.scanner, key: [networkOf(address(0))], count }],
    };
  };
}

/** The /24 of an IPv4 address. */
const networkOf = (address: string): string => `${address.slice(0, address.lastIndexOf('.'))}.0/24`;

/** An actor asks for different things, each from an address of its own; `least` of them are enough for the rule. */
function asks(count: number, least: number, rule: string, request: (n: number) => string, status: number): Play {
  return (random, address) => {
    const actor = actorOf(random, 'api_key');
    return {
      steps: times(count, (n) => step(actor, address(n), `GET ${request(n)}`, status, {})),
      alerts: count < least ? [] : [{ rule, key: [actor.id], count: null }],
    };
  };
}

const refusals = (count: number) => asks(count, PATHS, RULES.refusedOnManyPaths, (n) => `/v1/kind${n}`, 403);
const kubeconfigs = (count: number) =>
  asks(count, CLUSTERS, RULES.kubeconfigsRefused, (n) => `/v1/nks/clusters/c-${n}/kubeconfig`, 403);
const lookups = (count: number) => asks(count, ENTRIES, RULES.entriesLookedUp, (n) => `/v1/audit_logs/e-${n}`, 200);

function deletions(count: number): Play {
  return (random, address) => {
    const actor = actorOf(random, 'user');
    return {
      steps: times(count, () => {
        const target = { id: random.uuid(), type: 'vm' };
        return step(actor, address(0), `DELETE /v1/compute/vms/${target.id}`, 202, { action: 'vm.deleted', target });
      }),
      alerts: count < DELETIONS ? [] : [{ rule: RULES.massDeletion, key: [actor.id], count: null }],
    };
  };
}

/** In the order in which they are played, again and again. */
const PLAYS: readonly Play[] = [
  scans(1),
  refusals(PATHS),
  deletions(DELETIONS - 1),
  scans(SCANS_MANY),
  lookups(ENTRIES),
  kubeconfigs(CLUSTERS - 1),
  deletions(DELETIONS),
  scans(3),
  kubeconfigs(CLUSTERS),
  refusals(PATHS - 1),
  lookups(ENTRIES - 1),
];

/** Steps of one incident lie at most this far apart together. ms */
const LENGTH_MS = 5_000;
/** Of a count's or a rule's entries, so many appear late, in any order: which of them is read last must not matter. */
const LATE = 0.15;

/** The incident with this number, from `at` on, in ms since the epoch. Entries are late by less than `latenessMs`. */
export function incident(number: number, at: number, latenessMs: number, random: Random): Incident {
  const play = PLAYS[number % PLAYS.length] as Play;
  // A private network (RFC 1918): a /24 for each incident.
  const base = (number * 256) % 0x100_0000;
  const address = (n: number): string => `10.${[16, 8, 0].map((bits) => ((base + n) >>> bits) & 0xff).join('.')}`;
  const { steps, alerts } = play(random, address);
  const records = steps.map((fields, n): LogRecord => {
    const createdAt = cutTo('microseconds', at + (LENGTH_MS * (n + random.next() * 0.9)) / steps.length);
    const late = random.chance(LATE) ? random.next() * latenessMs : 0;
    const body = { id: random.uuid(), ...fields, created_at: writeInstant('microseconds', createdAt) };
    return { createdAt, appearsAt: createdAt + late, body };
  });
  return { records, alerts };
}
