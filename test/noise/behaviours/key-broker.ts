/**
 * A key broker: CI asks it for a key for each job, and it deletes the key when the job is over. Jobs do what jobs do: they read
 * a kubeconfig and deploy, or make a VM, test on it and delete it. A few keys are forgotten and swept up at night.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import * as api from '../../sandbox/requests.ts';
import { HOUR, MINUTE, SECOND } from '../calendar.ts';
import { addressIn, type Company, keyClient, oneOf } from '../company.ts';
import { between, type Client, times, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

export const keyBroker: Behaviour = {
  name: 'key-broker',
  about: 'automation makes a short-lived key for each job, which uses it, and deletes it',
  add: (world, company) => {
    const { random } = world;
    const broker = keyClient(random, 'key-broker', '198.18.20.5');
    for (const day of world.days('Europe/Berlin')) {
      const forgotten: string[] = [];
      const jobs = day.isWorkday ? whole(random, 45, 70) : whole(random, 4, 9);
      const nightly = Array.from({ length: 6 }, (_, i) => day.at(2) + i * 5 * SECOND);
      for (const at of [...nightly, ...times(random, jobs, day.at(8), day.at(20))]) {
        const id = random.uuid();
        world.did(at, broker, api.create('api_key', id));
        const ends = job(world, company, id, at + between(random, 2 * SECOND, 40 * SECOND));
        if (random.chance(0.06)) forgotten.push(id);
        else world.did(ends + between(random, SECOND, 20 * SECOND), broker, api.remove('api_key', id));
      }
      // What is left of today: one after the other, within seconds.
      world.didAll(
        day.at(23.5),
        broker,
        [api.list('api_key'), ...forgotten.map((id) => api.remove('api_key', id))],
        SECOND,
      );
    }
  },
};

/** A job with its key; returns when it is over. */
function job(world: World, company: Company, id: string, at: number): number {
  const { random } = world;
  const name = `job-${20_000 + random.below(9_999)}`;
  const by: Client = {
    actor: { id, name, type: 'api_key' },
    // Runners are VMs of a pool of the company's own.
    address: addressIn('198.18.21', random),
    userAgent: random.pick([CLIENTS.go, CLIENTS.js]),
  };
  const cluster = oneOf(company, 'nks_cluster', random);
  const kind = random.next();
  if (kind < 0.4) {
    const ends = world.didAll(at, by, [api.read('nks_cluster', cluster), api.kubeconfig(cluster)], SECOND);
    return ends + between(random, MINUTE, 6 * MINUTE);
  }
  if (kind < 0.7) {
    const vm = random.uuid();
    const made = world.didAll(at, by, [api.create('vm', vm)]);
    const ready = world.poll(made, by, api.operation(random.uuid()), { everyMs: SECOND, forMs: 25 * SECOND });
    const tested = ready + between(random, 3 * MINUTE, 0.4 * HOUR);
    return world.didAll(tested, by, [api.read('vm', vm), api.remove('vm', vm), api.operation(random.uuid())], SECOND);
  }
  return world.didAll(at, by, [api.list('vm'), api.list('volume'), api.usage()], 2 * SECOND);
}
