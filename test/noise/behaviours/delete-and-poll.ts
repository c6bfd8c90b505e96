/**
 * Who deletes something asks until it is gone: 200, then 404. CI does that for ten resources at a time, a script for one, and a
 * tab in the console for hours, since somebody left the page of a deleted VM open.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import type { Kind } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { HOUR, MINUTE, SECOND } from '../calendar.ts';
import { type Company, clientOf, keyClient } from '../company.ts';
import { between, type Client, times, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

export const deleteAndPoll: Behaviour = {
  name: 'delete-and-poll',
  about: 'what is deleted is asked for until it answers 404',
  add: (world, company) => {
    const { random } = world;
    const ci = keyClient(random, 'ci-cleanup', '198.18.52.51', CLIENTS.js);
    const script = keyClient(random, 'recycle', '198.18.52.52', 'curl/8.7.1');
    for (const day of world.days('Europe/Berlin')) {
      for (const at of times(random, day.isWorkday ? whole(random, 3, 6) : 1, day.at(8), day.at(20))) {
        // The children of one pull request: three or four at once, seldom more.
        for (let i = whole(random, 3, 8); i > 0; i--)
          endOne(world, ci, random.pick(['vm', 'volume']), at + i * 2 * SECOND);
      }
      for (let hour = 0; hour < 24; hour += 3) endOne(world, script, 'vm', day.at(hour) + between(random, 0, MINUTE));
      if (day.isWorkday && random.chance(0.7)) forgetTab(world, company, between(random, day.at(9), day.at(14)));
    }
  },
};

function endOne(world: World, by: Client, kind: Kind, at: number): void {
  const { random } = world;
  const id = random.uuid();
  world.did(at, by, api.remove(kind, id));
  const everyMs = random.pick([1, 2, 5]) * SECOND;
  const gone = world.poll(at + SECOND, by, api.read(kind, id), {
    everyMs,
    forMs: between(random, 5 * SECOND, 80 * SECOND),
  });
  // Some ask a few times more, to be sure.
  for (let i = 0; i < random.pick([1, 1, 3]); i++) world.did(gone + i * everyMs, by, api.read(kind, id), 404);
}

/** A person deletes a VM, and its page stays open. */
function forgetTab(world: World, company: Company, at: number): void {
  const { random } = world;
  const person = random.pick(company.people.filter(({ role }) => role === 'engineer'));
  const day = world.days(person.zone).find((each) => each.at(24) > at);
  if (day === undefined) return;
  const by = clientOf(person, day, at);
  const id = random.uuid();
  world.did(at, by, api.remove('vm', id));
  const gone = world.poll(at + SECOND, by, api.read('vm', id), { everyMs: 5 * SECOND, forMs: 40 * SECOND });
  world.poll(gone, by, api.read('vm', id), {
    everyMs: 5 * SECOND,
    forMs: between(random, HOUR, 4 * HOUR),
    status: 404,
  });
}
