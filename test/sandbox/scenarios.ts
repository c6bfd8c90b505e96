/**
 * Scenarios that should open alerts, as records; the same for the same random numbers. All of a scenario's records are
 * within `lengthMs` of its beginning. Pure.
 */

import type { Random } from './random.ts';
import { cutTo, type EntryBody, type LogRecord, writeInstant } from './record.ts';

export type ScenarioName = 'api key deleted' | 'burst of 4xx' | 'stolen key';

/** Plays from `at`, ms since the epoch, for at most `lengthMs`. */
export type Scenario = (at: number, random: Random, lengthMs?: number) => LogRecord[];

/** Long enough to look real, short enough for a demo. */
const LENGTH_MS = 10_000;

type Step = Omit<EntryBody, 'id' | 'created_at'>;

const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36';

const PROBES = [
  '/v1/organizations',
  '/v1/api_keys',
  '/v1/audit_logs',
  '/v1/user/security',
  '/v1/compute/vms',
  '/v1/nks/clusters',
  '/v1/admin',
  '/v1/.env',
  '/v1/../../etc/passwd',
  '/v1/internal/debug/pprof',
  '/v1/users?limit=10000',
  '/.git/config',
  '/wp-login.php',
] as const;

/** An address in a network that nobody in the organization uses. */
function strangeAddress(random: Random): string {
  return `198.18.96.${200 + random.below(50)}`;
}

/** The steps as records, spread evenly over the time. */
function toRecords(steps: readonly Step[], at: number, lengthMs: number, random: Random): LogRecord[] {
  return steps.map((step, i) => {
    const createdAt = cutTo('microseconds', at + (lengthMs * (i + 0.9 * random.next())) / steps.length);
    const body: EntryBody = { id: random.uuid(), ...step, created_at: writeInstant('microseconds', createdAt) };
    return { createdAt, appearsAt: createdAt, body };
  });
}

/** Somebody deletes an API key. */
const apiKeyDeleted: Scenario = (at, random, lengthMs = LENGTH_MS) => {
  const key = random.uuid();
  const common = {
    actor: { id: random.uuid(), name: 'Mallory Reed', type: 'user' as const },
    client_ip: strangeAddress(random),
    user_agent: BROWSER,
  };
  const list: Step = {
    ...common,
    action: 'api_key.listed',
    method: 'GET',
    path: '/v1/api_keys',
    status_code: 200,
    target: null,
  };
  const remove: Step = {
    ...common,
    action: 'api_key.deleted',
    method: 'DELETE',
    path: `/v1/api_keys/${key}`,
    status_code: 204,
    target: { id: key, type: 'api_key' },
  };
  return toRecords([list, remove, list], at, lengthMs, random);
};

/** One address probes paths: 30 rejections, some unauthenticated, some by keys that no longer exist. */
const burstOf4xx: Scenario = (at, random, lengthMs = LENGTH_MS) => {
  const address = strangeAddress(random);
  const keys = [random.uuid(), random.uuid(), random.uuid()];
  const steps = Array.from({ length: 30 }, (): Step => {
    const status = random.pick([401, 401, 403, 404]);
    const nobody = status === 401 || random.chance(0.3);
    return {
      action: 'request.rejected',
      actor: nobody ? null : { id: random.pick(keys), name: null, type: 'api_key' },
      client_ip: address,
      method: random.pick(['GET', 'GET', 'GET', 'POST']),
      path: random.pick(PROBES),
      status_code: status,
      user_agent: random.pick(['python-requests/2.32.5', 'curl/8.17.0', 'Go-http-client/2.0']),
      target: null,
    };
  });
  return toRecords(steps, at, lengthMs, random);
};

/** A key creates another key; that one probes paths from a new address, reads a kubeconfig and deletes VMs. */
const stolenKey: Scenario = (at, random, lengthMs = LENGTH_MS) => {
  const stolen = { id: random.uuid(), name: 'ci-deploy', type: 'api_key' as const };
  const created = { id: random.uuid(), name: 'ci-deploy-2', type: 'api_key' as const };
  const cluster = random.uuid();
  const address = strangeAddress(random);
  const byCreated = { actor: created, client_ip: address, user_agent: 'python-requests/2.32.5' };
  const steps: Step[] = [
    {
      action: 'api_key.created',
      actor: stolen,
      client_ip: '192.0.2.17',
      user_agent: 'NirvanaLabs/Go 1.88.0',
      method: 'POST',
      path: '/v1/api_keys',
      status_code: 201,
      target: { id: created.id, type: 'api_key' },
    },
  ];
  for (let i = 0; i < 24; i++) {
    const path = random.pick(PROBES);
    const status = random.pick([403, 403, 404]);
    steps.push({ ...byCreated, action: 'request.rejected', method: 'GET', path, status_code: status, target: null });
  }
  steps.push({
    ...byCreated,
    action: 'nks_cluster.kubeconfig_read',
    method: 'GET',
    path: `/v1/nks/clusters/${cluster}/kubeconfig`,
    status_code: 200,
    target: { id: cluster, type: 'nks_cluster' },
  });
  for (let i = 0; i < 12; i++) {
    const id = random.uuid();
    const path = `/v1/compute/vms/${id}`;
    const target = { id, type: 'vm' };
    steps.push({ ...byCreated, action: 'vm.deleted', method: 'DELETE', path, status_code: 202, target });
  }
  return toRecords(steps, at, lengthMs, random);
};

/** In the demo's order. */
export const SCENARIOS: { readonly [name in ScenarioName]: Scenario } = {
  'api key deleted': apiKeyDeleted,
  'burst of 4xx': burstOf4xx,
  'stolen key': stolenKey,
};
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as ScenarioName[];
