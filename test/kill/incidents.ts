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
  keyDeleted: '14e86f65-511b-4423-b350-073153745a47',
  kubeconfigRead: 'cce7c9c0-96b0-4e89-b691-f21340f9b201',
  keyMadeByKey: 'a27f79ed-a7ba-4308-ad9b-60954c64c269',
  newKeyAtWork: '3b7f9d52-5f3a-4a0d-8b0f-8e6d2c914a77',
  errorsByActor: '338c101b-e88b-4d11-b37c-97ed2b5df92a',
  errorsByAddress: '2d5553a7-0a1f-4ee0-979e-b6d85d6966ae',
  manyDeletions: '04455d4a-e83c-485c-907e-d1691baea913',
  manyAddresses: 'b9a4c6d1-2f57-4c0e-8a3d-0c1e7f5b9d28',
} as const;

/** What the rules above ask for: `gte` in their conditions. */
const ERRORS = 20;
const DELETIONS = 10;
const ADDRESSES = 4;
/** An alert's count that is notified of again. */
const READS_MANY = 11;

type Step = Omit<EntryBody, 'id' | 'created_at'>;
type Play = (random: Random, address: (n: number) => string) => { steps: Step[]; alerts: ExpectedAlert[] };

const actorOf = (random: Random, type: 'user' | 'api_key') => ({ id: random.uuid(), name: 'Mallory Reed', type });

function step(actor: EntryBody['actor'], clientIp: string, request: string, status: number, more: Partial<Step>): Step {
  const [method = '', path = ''] = request.split(' ');
  const fields = { action: 'request.made', actor, client_ip: clientIp, method, path, status_code: status };
  return { ...fields, user_agent: 'curl/8.17.0', target: null, ...more };
}

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

function keyDeleted(count: number): Play {
  return (random, address) => {
    const actor = actorOf(random, 'user');
    const target = { id: random.uuid(), type: 'api_key' };
    const deletion = { action: 'api_key.deleted', target };
    return {
      steps: times(count, () => step(actor, address(0), `DELETE /v1/api_keys/${target.id}`, 204, deletion)),
      alerts: [{ rule: RULES.keyDeleted, key: [actor.id, target.id], count }],
    };
  };
}

function kubeconfigRead(count: number): Play {
  return (random, address) => {
    const actor = actorOf(random, 'user');
    const target = { id: random.uuid(), type: 'nks_cluster' };
    const path = `/v1/nks/clusters/${target.id}/kubeconfig`;
    return {
      steps: times(count, () => step(actor, address(0), `GET ${path}`, 200, { target })),
      alerts: [{ rule: RULES.kubeconfigRead, key: [actor.id, path], count }],
    };
  };
}

/** One actor's errors, each from an address of its own. */
function errorsByActor(count: number): Play {
  return (random, address) => {
    const actor = actorOf(random, 'api_key');
    return {
      steps: times(count, (n) => step(actor, address(n), `GET /v1/compute/vms/${n}`, 403, {})),
      alerts: count < ERRORS ? [] : [{ rule: RULES.errorsByActor, key: [actor.id], count: null }],
    };
  };
}

/** The errors of one address, each by an actor of its own. */
function errorsByAddress(count: number): Play {
  return (random, address) => ({
    steps: times(count, (n) => step(actorOf(random, 'user'), address(0), `GET /v1/projects/${n}`, 404, {})),
    alerts: count < ERRORS ? [] : [{ rule: RULES.errorsByAddress, key: [address(0)], count: null }],
  });
}

function deletions(count: number): Play {
  return (random, address) => {
    const actor = actorOf(random, 'user');
    const target = () => ({ id: random.uuid(), type: 'vm' });
    return {
      steps: times(count, () =>
        step(actor, address(0), 'DELETE /v1/compute/vms', 202, { action: 'vm.deleted', target: target() }),
      ),
      alerts: count < DELETIONS ? [] : [{ rule: RULES.manyDeletions, key: [actor.id], count: null }],
    };
  };
}

function changesFrom(addresses: number): Play {
  return (random, address) => {
    const actor = actorOf(random, 'user');
    return {
      steps: times(addresses, (n) => step(actor, address(n), 'PATCH /v1/projects', 200, { action: 'project.updated' })),
      alerts: addresses < ADDRESSES ? [] : [{ rule: RULES.manyAddresses, key: [actor.id], count: null }],
    };
  };
}

/** A key makes another key; `atWork`: that one deletes a machine. */
function keyMadeByKey(atWork: boolean): Play {
  return (random, address) => {
    const maker = actorOf(random, 'api_key');
    const made = actorOf(random, 'api_key');
    const worker = atWork ? made : actorOf(random, 'api_key');
    const creation = { action: 'api_key.created', target: { id: made.id, type: 'api_key' } };
    const deletion = { action: 'vm.deleted', target: { id: random.uuid(), type: 'vm' } };
    const atWorkAlert = { rule: RULES.newKeyAtWork, key: [made.id], count: null };
    return {
      steps: [
        step(maker, address(0), 'POST /v1/api_keys', 201, creation),
        step(worker, address(1), 'DELETE /v1/compute/vms', 202, deletion),
      ],
      alerts: [{ rule: RULES.keyMadeByKey, key: [maker.id], count: 1 }, ...(atWork ? [atWorkAlert] : [])],
    };
  };
}

/** In the order in which they are played, again and again. */
const PLAYS: readonly Play[] = [
  keyDeleted(1),
  errorsByActor(ERRORS),
  deletions(DELETIONS - 1),
  kubeconfigRead(READS_MANY),
  keyMadeByKey(true),
  errorsByAddress(ERRORS - 1),
  deletions(DELETIONS),
  keyDeleted(3),
  changesFrom(ADDRESSES),
  errorsByActor(ERRORS - 1),
  kubeconfigRead(1),
  keyMadeByKey(false),
  errorsByAddress(ERRORS),
  changesFrom(ADDRESSES - 1),
];

/** Steps of one incident lie at most this far apart together. ms */
const LENGTH_MS = 5_000;
/** Of a count's or a rule's entries, so many appear late, in any order: which of them is read last must not matter. */
const LATE = 0.15;

/** The incident with this number, from `at` on, in ms since the epoch. Entries are late by less than `latenessMs`. */
export function incident(number: number, at: number, latenessMs: number, random: Random): Incident {
  const play = PLAYS[number % PLAYS.length] as Play;
  // A private network (RFC 1918): 64 addresses for each incident.
  const base = (number * 64) % 0x100_0000;
  const address = (n: number): string => `10.${[16, 8, 0].map((bits) => ((base + n) >>> bits) & 0xff).join('.')}`;
  const { steps, alerts } = play(random, address);
  // The rule about a key that is made and then used asks for an order.
  const inOrder = alerts.some(({ rule }) => rule === RULES.keyMadeByKey);
  const records = steps.map((fields, n): LogRecord => {
    const createdAt = cutTo('microseconds', at + (LENGTH_MS * (n + random.next() * 0.9)) / steps.length);
    const late = !inOrder && random.chance(LATE) ? random.next() * latenessMs : 0;
    const body = { id: random.uuid(), ...fields, created_at: writeInstant('microseconds', createdAt) };
    return { createdAt, appearsAt: createdAt + late, body };
  });
  return { records, alerts };
}
