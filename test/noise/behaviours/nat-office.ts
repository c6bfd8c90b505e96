/**
 * Thirty people behind one address, with their browsers and their keys. Each is refused now and then: a page that is not for
 * them, something that is gone, a session that has ended. On Monday at nine that is all of them at once.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import * as api from '../../sandbox/requests.ts';
import { HOUR, MINUTE, SECOND } from '../calendar.ts';
import { type Company, createPerson, keyClient, oneOf, type Person } from '../company.ts';
import { dashboard, waitFor } from '../life.ts';
import { between, type Client, times, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

const ADDRESS = '198.18.50.1';
const HEADCOUNT = 30;

export const natOffice: Behaviour = {
  name: 'nat-office',
  about: 'thirty people behind one address, some of them refused',
  add: (world, company) => {
    const { random } = world;
    for (let i = 0; i < HEADCOUNT; i++) {
      const person = createPerson(random, `Colleague ${i + 1}`, i);
      const desk: Client = { actor: person.actor, address: ADDRESS, userAgent: person.browser };
      const laptop = keyClient(random, `laptop-${i + 1}`, ADDRESS, CLIENTS.cli);
      for (const day of world.days('Europe/Berlin')) {
        if (!day.isWorkday || random.chance(0.15)) continue;
        const begins = day.at(9) + between(random, -10 * MINUTE, 20 * MINUTE);
        // Yesterday's session.
        world.poll(begins, desk, api.list('vm'), { everyMs: 5 * SECOND, forMs: random.next() * MINUTE, status: 401 });
        for (const at of times(random, whole(random, 3, 7), begins + MINUTE, begins + 8 * HOUR)) {
          sit(world, company, person, desk, at);
        }
        if (random.chance(0.4)) byCommandLine(world, company, laptop, between(random, begins, begins + 8 * HOUR));
      }
    }
  },
};

function sit(world: World, company: Company, { role }: Person, by: Client, at: number): void {
  const { random } = world;
  const next = world.didAll(at, by, dashboard(company), 0.2 * SECOND);
  if (random.chance(0.25)) world.did(next + 4 * SECOND, by, api.read('vm', random.uuid()), 404);
  if (random.chance(0.25))
    world.did(next + 9 * SECOND, by, api.memberships(company.organization), role === 'admin' ? 200 : 403);
  if (random.chance(0.08)) world.did(next + 15 * SECOND, by, api.list('api_key'), 403);
  if (random.chance(0.15)) waitFor(world, by, api.update('vm', oneOf(company, 'vm', random)), next + 20 * SECOND);
}

function byCommandLine(world: World, company: Company, by: Client, at: number): void {
  const { random } = world;
  const [vm, cluster] = [oneOf(company, 'vm', random), oneOf(company, 'nks_cluster', random)];
  world.didAll(at, by, [api.list('vm'), api.read('vm', vm), api.list('nks_cluster')], 10 * SECOND);
  if (random.chance(0.3)) world.did(at + MINUTE, by, api.kubeconfig(cluster), random.chance(0.3) ? 403 : 200);
}
