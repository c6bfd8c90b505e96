/**
 * People on the way: their address is another every few minutes, by Wi-Fi of the train, by their phone's network (IPv4 behind
 * a carrier's NAT, IPv6, or both), abroad by a partner's. Two commute, one lives in trains, and their phone asks as well. They
 * work meanwhile.
 */
import * as api from '../../sandbox/requests.ts';
import { HOUR, MINUTE, SECOND } from '../calendar.ts';
import { addressIn, type Company, createPerson, network, oneOf, type Person, privacyAddress } from '../company.ts';
import { dashboard, waitFor, workDay } from '../life.ts';
import { between, type Client, type World } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

const PHONES = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 26_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.2 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36',
] as const;

export const trainAndMobile: Behaviour = {
  name: 'train-and-mobile',
  about: "a person's address changes every few minutes",
  add: (world, company) => {
    for (const [i, phone] of PHONES.entries()) {
      const person = createPerson(world.random, `Commuter ${i + 1}`, i);
      for (const day of world.days(person.zone)) {
        if (!day.isWorkday) continue;
        ride(world, company, person, phone, day.at(7.2), HOUR);
        workDay(world, company, person, day);
        ride(world, company, person, phone, day.at(19.2), HOUR);
      }
    }
    const consultant = createPerson(world.random, 'Consultant', 2);
    for (const day of world.days(consultant.zone)) {
      if (day.weekday === 2 || day.weekday === 4) ride(world, company, consultant, PHONES[0], day.at(8), 8 * HOUR);
      else if (day.isWorkday) workDay(world, company, consultant, day);
    }
  },
};

function ride(world: World, company: Company, person: Person, phone: string, begins: number, forMs: number): void {
  const { random } = world;
  // The carriers that there are between here and there.
  const carriers = Array.from({ length: 4 }, () => network(random));
  const prefixes = carriers.map((_, i) => `2001:db8:${(0xa000 + i * 16 + random.below(16)).toString(16)}`);
  let address = '';
  let until = 0;
  const from = (at: number, userAgent: string): Client => {
    if (at > until) {
      const prefix = `${random.pick(prefixes)}:${(0x1000 + random.below(0xefff)).toString(16)}`;
      address = random.chance(0.6) ? addressIn(random.pick(carriers), random) : privacyAddress(prefix, random);
      until = at + between(random, 4 * MINUTE, 15 * MINUTE);
    }
    return { actor: person.actor, address, userAgent };
  };
  for (let at = begins; at < begins + forMs; at += between(random, MINUTE, 9 * MINUTE)) {
    const next = world.didAll(at, from(at, person.browser), dashboard(company), 0.3 * SECOND);
    const vm = oneOf(company, 'vm', random);
    if (random.chance(0.5)) waitFor(world, from(next, person.browser), api.update('vm', vm), next + 10 * SECOND);
    if (random.chance(0.2)) world.didAll(next, from(next, phone), [api.user(), api.usage()], SECOND);
  }
}
