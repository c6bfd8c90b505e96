/**
 * Console sessions end at night, and the tabs that were left open go on asking, every few seconds, until somebody closes the
 * laptop, or signs in and goes on: reads, a kubeconfig, a change. Laptops wake for moments at night, too.
 */

import type { ApiRequest } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { type Day, HOUR, MINUTE, SECOND } from '../calendar.ts';
import { arrival, type Company, clientOf, oneOf, type Person } from '../company.ts';
import { dashboard, waitFor } from '../life.ts';
import { between, times, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

export const expiredSessions: Behaviour = {
  name: 'expired-sessions',
  about: 'tabs of expired console sessions poll, in bursts of 401',
  add: (world, company) => {
    for (const person of company.people) {
      for (const day of world.days(person.zone)) {
        if (day.isWorkday) leaveTabsOpen(world, company, person, day);
      }
    }
  },
};

/** What a tab asks for again and again, and how often. */
type Tab = readonly [everyMs: number, requests: readonly ApiRequest[]];

function leaveTabsOpen(world: World, company: Company, person: Person, day: Day): void {
  const { random } = world;
  const cluster = oneOf(company, 'nks_cluster', random);
  const tabs: readonly Tab[] = [
    [5 * SECOND, [api.list('vm')]],
    [10 * SECOND, [api.read('nks_cluster', cluster), api.pool(cluster, null, 'listed')]],
    [30 * SECOND, [api.usage(), api.user()]],
  ];
  const open = tabs.slice(0, whole(random, 1, 3));
  const begins = arrival(day, random);
  // Asleep, with moments in which it is not.
  for (const at of times(random, whole(random, 0, 3), day.at(0.5), day.at(6)))
    ask(world, person, day, open, at, 25 * SECOND);
  // Opened, and left alone until the coffee is ready.
  const signedIn = begins + between(random, 20 * SECOND, 25 * MINUTE);
  ask(world, person, day, open, begins, signedIn - begins);
  const by = clientOf(person, day, signedIn);
  const ready = world.didAll(signedIn + 3 * SECOND, by, dashboard(company), 0.2 * SECOND);
  if (person.role === 'finance') return;
  if (random.chance(0.3)) world.did(ready + 8 * SECOND, by, api.kubeconfig(cluster));
  if (random.chance(0.3)) waitFor(world, by, api.update('vm', oneOf(company, 'vm', random)), ready + 30 * SECOND);
  // Once a week a session ends while somebody is in meetings.
  if (random.chance(0.2)) ask(world, person, day, open, begins + 4 * HOUR, between(random, 0.5 * HOUR, 2 * HOUR));
}

function ask(world: World, person: Person, day: Day, tabs: readonly Tab[], at: number, forMs: number): void {
  const by = clientOf(person, day, at);
  for (const [everyMs, requests] of tabs) {
    for (const request of requests) {
      world.poll(at + world.random.next() * SECOND, by, request, { everyMs, forMs, status: 401 });
    }
  }
}
