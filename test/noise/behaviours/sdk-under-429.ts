/**
 * Jobs with more requests at once than the API likes: it answers 429, the SDK tries again twice, after half a second and one,
 * and most of it is answered 429 again. In between are 409 of two jobs on one resource, and a minute of 503.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import type { ApiRequest } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { HOUR, MINUTE, SECOND } from '../calendar.ts';
import { type Company, keyClient, oneOf } from '../company.ts';
import type { Client, World } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

/** How the SDK waits before it tries again. */
const WAITS = [0.5 * SECOND, SECOND];

export const sdkUnder429: Behaviour = {
  name: 'sdk-under-429',
  about: 'jobs that ask too much at once, with their bursts of retries',
  add: (world, company) => {
    const { random } = world;
    const inventory = keyClient(random, 'inventory', '198.18.46.31', CLIENTS.js);
    const resizer = keyClient(random, 'resizer', '198.18.46.32');
    for (const day of world.days('UTC')) {
      // Everything, once a night.
      burst(world, inventory, day.at(1), 400, () => api.read('vm', oneOf(company, 'vm', random)));
      for (let hour = 6; hour < 20; hour++) {
        burst(world, inventory, day.at(hour) + 4 * MINUTE, 60, () =>
          api.read('volume', oneOf(company, 'volume', random)),
        );
      }
      if (day.isWorkday) resize(world, company, resizer, day.at(12.2));
      if (random.chance(0.3)) unavailable(world, inventory, day.at(15.5));
    }
  },
};

function burst(world: World, by: Client, at: number, count: number, request: () => ApiRequest): void {
  for (let i = 0; i < count; i++) {
    attempt(world, by, at + (i * 0.12 + world.random.next()) * SECOND, request(), 429, i < 20 ? 0 : 0.6);
  }
}

/** A request, and the SDK's two retries of it. `fails`: how often an attempt fails. */
function attempt(world: World, by: Client, at: number, request: ApiRequest, status: number, fails: number): void {
  let next = at;
  for (const waitMs of [...WAITS, null]) {
    if (!world.random.chance(fails)) {
      world.did(next, by, request);
      return;
    }
    world.did(next, by, request, status);
    next += (waitMs ?? 0) * (1 + 0.25 * world.random.next());
  }
}

/** Changes of what is being changed: 409, which the SDK tries again as well. */
function resize(world: World, company: Company, by: Client, at: number): void {
  for (let i = 0; i < 20; i++) {
    attempt(world, by, at + i * 3 * SECOND, api.update('vm', oneOf(company, 'vm', world.random)), 409, 0.5);
  }
}

function unavailable(world: World, by: Client, at: number): void {
  world.poll(at, by, api.list('vm'), { everyMs: SECOND, forMs: 0.02 * HOUR, status: 503 });
}
