/**
 * Terraform: staging is made each morning and destroyed each evening, ten resources at a time, hundreds of requests in minutes;
 * an engineer applies from a laptop as well. The provider waits for each operation, once a second. A module makes an API key.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import type { ApiRequest, Kind } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { type Day, SECOND } from '../calendar.ts';
import { type Company, clientOf, keyClient } from '../company.ts';
import { between, type Client, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

/** Terraform's `-parallelism`. */
const AT_ONCE = 10;

export const terraform: Behaviour = {
  name: 'terraform',
  about: 'apply and destroy: hundreds of changes and deletions in minutes',
  add: (world, company) => {
    const { random } = world;
    const pipeline = keyClient(random, 'terraform-staging', '198.18.51.41');
    const sandbox = keyClient(random, 'terraform-sandbox', '');
    const engineer = company.people.find(({ role }) => role === 'engineer');
    for (const day of world.days('Europe/Berlin')) {
      if (!day.isWorkday) continue;
      const staging = environment(world, 70);
      apply(world, pipeline, staging, day.at(7));
      destroy(world, pipeline, staging, day.at(19));
      if (engineer !== undefined && random.chance(0.6)) {
        const at = between(random, day.at(10), day.at(15));
        trySomething(world, { ...sandbox, address: clientOf(engineer, day, at).address }, at);
      }
      planBeforeMerge(world, company, pipeline, day);
    }
  },
};

/** What is made and deleted, in the order in which it depends on each other. */
interface Resource {
  readonly create: ApiRequest;
  readonly remove: ApiRequest;
  readonly read: ApiRequest;
}

export function environment({ random }: World, size: number): Resource[] {
  const vpcs = Array.from({ length: 3 }, () => random.uuid());
  const cluster = random.uuid();
  const plain = (kind: Kind, id = random.uuid()): Resource => {
    return { create: api.create(kind, id), remove: api.remove(kind, id), read: api.read(kind, id) };
  };
  const rules = Array.from({ length: Math.round(size * 0.35) }, (): Resource => {
    const [vpc, id] = [random.pick(vpcs), random.uuid()];
    const rule = (verb: 'created' | 'deleted' | 'read') => api.firewallRule(vpc, id, verb);
    return { create: rule('created'), remove: rule('deleted'), read: rule('read') };
  });
  const pools = Array.from({ length: 2 }, (): Resource => {
    const id = random.uuid();
    const pool = (verb: 'created' | 'deleted' | 'read') => api.pool(cluster, id, verb);
    return { create: pool('created'), remove: pool('deleted'), read: pool('read') };
  });
  return [
    ...vpcs.map((vpc) => plain('vpc', vpc)),
    ...rules,
    ...Array.from({ length: Math.round(size * 0.25) }, () => plain('volume')),
    ...Array.from({ length: Math.round(size * 0.3) }, () => plain('vm')),
    plain('nks_cluster', cluster),
    ...pools,
    plain('api_key'),
  ];
}

export function apply(world: World, by: Client, resources: readonly Resource[], at: number): number {
  return inParallel(
    world,
    by,
    resources,
    at,
    ({ create }) => create,
    ({ read }) => read,
  );
}

/** First it reads everything, then it deletes in the opposite order. */
export function destroy(world: World, by: Client, resources: readonly Resource[], at: number): number {
  const all = resources.map(({ read }) => read);
  const refreshed = world.didAll(at, by, all, 0.1 * SECOND);
  return inParallel(world, by, resources.toReversed(), refreshed + 5 * SECOND, ({ remove }) => remove, null);
}

function inParallel(
  world: World,
  by: Client,
  resources: readonly Resource[],
  at: number,
  change: (resource: Resource) => ApiRequest,
  after: ((resource: Resource) => ApiRequest) | null,
): number {
  const { random } = world;
  const free = Array.from({ length: AT_ONCE }, (_, i) => at + i * 0.1 * SECOND);
  for (const resource of resources) {
    const next = free.indexOf(Math.min(...free));
    const begins = free[next] as number;
    world.did(begins, by, change(resource));
    const took = between(random, 2 * SECOND, 25 * SECOND);
    const ended = world.poll(begins + SECOND, by, api.operation(random.uuid()), { everyMs: SECOND, forMs: took });
    if (after !== null) world.did(ended, by, after(resource));
    free[next] = ended + 0.2 * SECOND;
  }
  return Math.max(...free);
}

/** Made, changed and destroyed within the hour. */
function trySomething(world: World, by: Client, at: number): void {
  const some = environment(world, 20);
  const applied = apply(world, by, some, at);
  destroy(world, by, some, applied + between(world.random, 60 * SECOND, 1500 * SECOND));
}

/** Each plan reads what there is, a kubeconfig too. */
function planBeforeMerge(world: World, company: Company, by: Client, day: Day): void {
  const { random } = world;
  const [cluster] = company.resources.get('nks_cluster') as string[];
  for (let plans = whole(random, 2, 5); plans > 0; plans--) {
    const reads = (['vpc', 'vm', 'volume'] as const).flatMap((kind) =>
      (company.resources.get(kind) as string[]).map((id) => api.read(kind, id)),
    );
    const at = between(random, day.at(9), day.at(18));
    world.didAll(at, { ...by, userAgent: CLIENTS.go }, [...reads, api.kubeconfig(cluster as string)], 0.15 * SECOND);
  }
}
