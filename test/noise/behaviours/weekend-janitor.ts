/**
 * A janitor deletes what nobody needs: each night a few things, on Saturday and Sunday all that is not marked to stay, and keys
 * that have expired. In the morning of Monday it makes the machines again that it knows how to make.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import type { Kind } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { SECOND } from '../calendar.ts';
import { keyClient } from '../company.ts';
import { type Client, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

export const weekendJanitor: Behaviour = {
  name: 'weekend-janitor',
  about: 'a nightly and weekend cleanup deletes many resources',
  add: (world) => {
    const { random } = world;
    const janitor = keyClient(random, 'janitor', '198.18.54.71', CLIENTS.js);
    for (const day of world.days('Europe/Berlin')) {
      const lists = (['vm', 'volume', 'vpc', 'nks_cluster', 'api_key'] as const).map(api.list);
      const begins = world.didAll(day.at(2), janitor, lists, SECOND);
      if (day.isWorkday) clean(world, janitor, begins, { vm: whole(random, 2, 9), volume: whole(random, 1, 6) });
      else {
        const ends = clean(world, janitor, begins, {
          vm: 40,
          volume: 50,
          connect_connection: 2,
          nks_cluster: 2,
          vpc: 3,
        });
        clean(world, janitor, ends, { api_key: whole(random, 0, 6) });
      }
      if (day.weekday === 1) {
        const made = Array.from({ length: 25 }, () => api.create('vm', random.uuid()));
        world.didAll(day.at(6), janitor, made, 2 * SECOND);
      }
    }
  },
};

function clean(world: World, by: Client, at: number, counts: { readonly [K in Kind]?: number }): number {
  let next = at;
  for (const [kind, count] of Object.entries(counts) as [Kind, number][]) {
    for (let i = 0; i < count; i++) {
      const id = world.random.uuid();
      next = world.didAll(next, by, [api.read(kind, id), api.remove(kind, id)], 0.7 * SECOND);
    }
  }
  return next;
}
