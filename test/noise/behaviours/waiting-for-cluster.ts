/**
 * New clusters, and those who wait for them: Terraform, a script with curl, the SDK in CI, a person at the console. Until there
 * is a kubeconfig, the API answers 404, 409 or 425, for ten minutes; then they read it. CI deletes its clusters after the tests.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import * as api from '../../sandbox/requests.ts';
import { HOUR, MINUTE, SECOND } from '../calendar.ts';
import { type Company, clientOf, keyClient } from '../company.ts';
import { waitFor } from '../life.ts';
import { between, type Client, times, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

export const waitingForCluster: Behaviour = {
  name: 'waiting-for-cluster',
  about: 'a new cluster is polled with 404, 409 and 425 until its kubeconfig is there',
  add: (world, company) => {
    const { random } = world;
    const ci = keyClient(random, 'e2e-tests', '198.18.45.21', CLIENTS.js);
    const terraform = keyClient(random, 'terraform', '198.18.45.22');
    const script = keyClient(random, 'bootstrap', '198.18.45.23', 'curl/8.7.1');
    for (const day of world.days('Europe/Berlin')) {
      if (!day.isWorkday) continue;
      for (const at of times(random, whole(random, 4, 8), day.at(8), day.at(18))) {
        const { cluster, readyAt } = makeCluster(world, ci, at);
        endCluster(world, ci, cluster, readyAt + between(random, 10 * MINUTE, HOUR));
      }
      if (random.chance(0.5)) makeCluster(world, terraform, between(random, day.at(9), day.at(16)));
      if (random.chance(0.4)) makeCluster(world, script, between(random, day.at(9), day.at(16)));
      if (random.chance(0.3)) byHand(world, company, between(random, day.at(10), day.at(15)));
    }
  },
};

/** Makes a cluster with a pool and waits for its kubeconfig. */
export function makeCluster(
  world: World,
  by: Client,
  at: number,
): { readonly cluster: string; readonly readyAt: number } {
  const { random } = world;
  const cluster = random.uuid();
  world.did(at, by, api.create('nks_cluster', cluster));
  world.did(at + 2 * SECOND, by, api.pool(cluster, random.uuid(), 'created'));
  const everyMs = random.pick([3, 5, 5, 10, 15]) * SECOND;
  const readyAt = at + between(random, 6 * MINUTE, 16 * MINUTE);
  world.poll(at + 4 * SECOND, by, api.read('nks_cluster', cluster), { everyMs: 2 * everyMs, forMs: readyAt - at });
  // Not known, then not ready: which statuses these are, nobody has published.
  const knownAt = at + between(random, 5 * SECOND, MINUTE);
  const notReady = random.pick([404, 409, 425]);
  const kubeconfig = api.kubeconfig(cluster);
  world.poll(at + 5 * SECOND, by, kubeconfig, { everyMs, forMs: knownAt - at, status: 404 });
  world.poll(knownAt + 5 * SECOND, by, kubeconfig, { everyMs, forMs: readyAt - knownAt, status: notReady });
  world.did(readyAt + 10 * SECOND, by, kubeconfig);
  return { cluster, readyAt };
}

function endCluster(world: World, by: Client, cluster: string, at: number): void {
  waitFor(world, by, api.remove('nks_cluster', cluster), at);
}

/** A person makes one, and leaves the page open until it is ready. */
function byHand(world: World, company: Company, at: number): void {
  const person = world.random.pick(company.people.filter(({ role }) => role === 'engineer'));
  const day = world.days(person.zone).find((each) => each.at(24) > at);
  if (day !== undefined) makeCluster(world, clientOf(person, day, at), at);
}
