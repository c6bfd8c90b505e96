/**
 * The console asks for cost and availability with every move of a slider, by POST, and by PATCH for what exists; an hour of that
 * is hundreds. A script compares all sizes at night. Nothing is changed by any of it.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import type { ApiRequest, Kind } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { MINUTE, SECOND } from '../calendar.ts';
import { type Company, clientOf, keyClient, oneOf } from '../company.ts';
import { waitFor } from '../life.ts';
import { between, type Client, times, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

const PRICED: readonly Kind[] = ['vm', 'vm', 'vm', 'volume', 'nks_cluster', 'vpc', 'connect_connection'];

export const consolePricing: Behaviour = {
  name: 'console-pricing',
  about: 'cost and availability asked for by POST and PATCH, hundreds of times',
  add: (world, company) => {
    const { random } = world;
    for (const person of company.people) {
      for (const day of world.days(person.zone)) {
        if (!day.isWorkday) continue;
        for (const at of times(random, whole(random, 0, 3), day.at(9), day.at(17))) {
          configure(world, company, clientOf(person, day, at), at);
        }
      }
    }
    const script = keyClient(random, 'price-table', '198.18.53.61', CLIENTS.js);
    for (const day of world.days('UTC')) {
      const asked = Array.from({ length: 300 }, () => api.ask(random.pick(PRICED), 'cost'));
      world.didAll(day.at(4.5), script, asked, 0.2 * SECOND);
    }
  },
};

/** Somebody tries sizes for some minutes, and seldom buys. */
function configure(world: World, company: Company, by: Client, at: number): void {
  const { random } = world;
  const kind = random.pick(PRICED);
  const id = random.chance(0.3) ? oneOf(company, kind, random) : null;
  const ask = (what: 'cost' | 'availability'): ApiRequest =>
    id === null ? api.ask(kind, what) : api.askAbout(kind, id, what);
  const ends = at + between(random, MINUTE, 12 * MINUTE);
  for (let next = at; next < ends; next += between(random, 0.4 * SECOND, 8 * SECOND)) {
    world.did(next, by, ask('cost'));
    // Where there is no room, the answer is 409 or 422.
    const none = random.chance(0.1) ? random.pick([409, 422]) : undefined;
    if (random.chance(0.6)) world.did(next + 0.1 * SECOND, by, ask('availability'), none);
  }
  // Of ten who look, one buys, and it is a machine.
  if (kind === 'vm' && random.chance(0.25))
    waitFor(world, by, id === null ? api.create(kind, random.uuid()) : api.update(kind, id), ends);
}
