/**
 * Somebody is back after four weeks: a new laptop with another browser, a new flat with another network. They read everything
 * that they missed, fetch all kubeconfigs again, make a key for the new laptop, delete that of the old one, and set up the second
 * factor again. It is all theirs.
 */
import { BROWSERS, CLIENTS } from '../../sandbox/people.ts';
import type { Kind } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../calendar.ts';
import { type Company, createHome, createPerson, keyClient, type Person } from '../company.ts';
import { dashboard, workDay } from '../life.ts';
import { between, type Client, type World } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

const AWAY_MS = 28 * DAY;

export const vacationReturn: Behaviour = {
  name: 'vacation-return',
  about: 'a person is back after four weeks: new address, new browser, many reads',
  pastDays: 42,
  add: (world, company) => {
    const { random } = world;
    const before: Person = { ...createPerson(random, 'Renate Vogel', 0), role: 'admin', officeDays: [] };
    const browser = BROWSERS.find((each) => each !== before.browser) as string;
    const after: Person = { ...before, browser, home: createHome(random, false) };
    const oldKey = keyClient(random, 'renate-laptop', before.home.v4, CLIENTS.cli);
    for (const day of world.days(before.zone)) {
      if (!day.isWorkday) continue;
      const monday = day.at(0) >= world.countedFrom - HOUR * 2 && day.at(0) < world.countedFrom + 20 * HOUR;
      if (day.at(12) < world.countedFrom - AWAY_MS) {
        workDay(world, company, before, day);
        world.did(day.at(11), oldKey, api.kubeconfig((company.resources.get('nks_cluster') as string[])[0] as string));
      } else if (monday) comeBack(world, company, after, oldKey, day.at(9.1));
      else if (day.at(12) > world.countedFrom) workDay(world, company, after, day);
    }
  },
};

function comeBack(world: World, company: Company, { actor, browser, home }: Person, oldKey: Client, at: number): void {
  const { random } = world;
  const by: Client = { actor, address: home.v4, userAgent: browser };
  const clusters = company.resources.get('nks_cluster') as string[];
  // The tabs of a month ago, a password that was forgotten.
  world.poll(at, by, api.user(), { everyMs: 5 * SECOND, forMs: 2 * MINUTE, status: 401 });
  world.did(at + 4 * MINUTE, by, api.userSecurity(actor.id));
  let next = world.didAll(at + 5 * MINUTE, by, dashboard(company), 0.2 * SECOND);
  const { organization, resources } = company;
  world.didAll(next, by, [api.memberships(organization), api.list('api_key'), api.auditLogs('?limit=100')], 9 * SECOND);
  for (const kind of ['project', 'vpc', 'nks_cluster', 'vm', 'volume', 'connect_connection'] as readonly Kind[]) {
    const reads = [api.list(kind), ...(resources.get(kind) as string[]).map((id) => api.read(kind, id))];
    next = world.didAll(next + between(random, MINUTE, 4 * MINUTE), by, reads, 3 * SECOND);
  }
  // What was deleted meanwhile.
  for (let i = 0; i < 6; i++) world.did(next + i * 20 * SECOND, by, api.read('vm', random.uuid()), 404);
  const key = keyClient(random, 'renate-laptop-2', home.v4, CLIENTS.cli);
  world.did(next + 5 * MINUTE, by, api.create('api_key', key.actor?.id ?? ''));
  world.didAll(next + 8 * MINUTE, key, [api.list('nks_cluster'), ...clusters.map(api.kubeconfig)], 2 * SECOND);
  world.did(next + 20 * MINUTE, by, api.remove('api_key', oldKey.actor?.id ?? ''));
}
