/**
 * GitHub Actions with one key: each job runs on a new machine somewhere in a cloud, a matrix on six at once. Jobs deploy (they
 * read a kubeconfig), plan, or make a preview of a pull request that is deleted when it is merged. The SDK is updated on
 * Wednesday, so the user agent is new, too.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import * as api from '../../sandbox/requests.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../calendar.ts';
import { addressIn, type Company, keyClient, network, oneOf } from '../company.ts';
import { waitFor } from '../life.ts';
import { between, type Client, times, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

const NEW_JS = 'NirvanaLabs/JS 1.99.0';

export const githubActions: Behaviour = {
  name: 'github-actions',
  about: 'one key, ever new cloud addresses',
  add: (world, company) => {
    const { random } = world;
    const key = keyClient(random, 'github-actions', '');
    const updatedAt = world.countedFrom + 2 * DAY + 11 * HOUR;
    const runner = (at: number): Client => {
      const js = at < updatedAt ? CLIENTS.js : NEW_JS;
      return { ...key, address: addressIn(network(random), random), userAgent: random.chance(0.5) ? CLIENTS.go : js };
    };
    for (const day of world.days('Europe/Berlin')) {
      // A matrix, each night at a time that nobody else would choose.
      for (let i = 0; i < 6; i++) deploy(world, company, runner(day.at(3.28)), day.at(3.28) + i * 3 * SECOND);
      const pushes = day.isWorkday ? whole(random, 25, 40) : whole(random, 0, 3);
      for (const at of times(random, pushes, day.at(8.5), day.at(19.5))) {
        const kind = random.next();
        if (kind < 0.3) deploy(world, company, runner(at), at);
        else if (kind < 0.65) checkMatrix(world, company, runner, at);
        else preview(world, runner, at);
      }
    }
  },
};

function deploy(world: World, company: Company, by: Client, at: number): void {
  const cluster = oneOf(company, 'nks_cluster', world.random);
  const requests = [api.read('nks_cluster', cluster), api.kubeconfig(cluster), api.pool(cluster, null, 'listed')];
  const ends = world.didAll(at, by, requests, SECOND);
  if (world.random.chance(0.3)) world.did(ends + MINUTE, by, api.pool(cluster, world.random.uuid(), 'updated'));
}

/** Six machines at once, which read what they compare. */
function checkMatrix(world: World, company: Company, runner: (at: number) => Client, at: number): void {
  for (let i = 0; i < 6; i++) {
    const reads = Array.from({ length: 8 }, () => api.read('vm', oneOf(company, 'vm', world.random)));
    world.didAll(at + i * SECOND, runner(at), [...reads, api.list('vpc')], 0.3 * SECOND);
  }
}

/** An environment for a pull request: made by one machine, deleted by another an hour or more later. */
function preview(world: World, runner: (at: number) => Client, at: number): void {
  const { random } = world;
  const vms = Array.from({ length: whole(random, 1, 3) }, () => random.uuid());
  const volume = random.uuid();
  const make = runner(at);
  let next = waitFor(world, make, api.create('volume', volume), at);
  for (const vm of vms) next = waitFor(world, make, api.create('vm', vm), next);
  const end = runner(next);
  let closing = next + between(random, HOUR, 5 * HOUR);
  for (const vm of vms) closing = waitFor(world, end, api.remove('vm', vm), closing);
  waitFor(world, end, api.remove('volume', volume), closing);
}
