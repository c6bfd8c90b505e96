/**
 * People at home on dual stack. Browsers choose IPv6 or IPv4 for each connection; a device takes a new address of its /64 every
 * few hours, and whenever it joins the network again. One provider gives a new prefix every night, and one laptop wakes up all
 * the time. They change things meanwhile.
 */
import * as api from '../../sandbox/requests.ts';
import { HOUR, MINUTE, SECOND } from '../calendar.ts';
import {
  addressIn,
  arrival,
  type Company,
  createHome,
  createPerson,
  oneOf,
  type Person,
  privacyAddress,
} from '../company.ts';
import { dashboard, waitFor } from '../life.ts';
import { between, type Client, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

interface Habit {
  /** How long an address of a device lasts. */
  readonly addressMs: number;
  /** How often a connection is made by IPv4. */
  readonly v4: number;
  /** The provider gives a new network every night. */
  readonly isNewEachNight: boolean;
}

const HABITS: readonly Habit[] = [
  { addressMs: 24 * HOUR, v4: 0.1, isNewEachNight: false },
  { addressMs: 2 * HOUR, v4: 0.3, isNewEachNight: false },
  { addressMs: 9 * MINUTE, v4: 0.2, isNewEachNight: false },
  { addressMs: 6 * HOUR, v4: 0.4, isNewEachNight: true },
  { addressMs: 25 * MINUTE, v4: 0.5, isNewEachNight: false },
];

export const ipv6Privacy: Behaviour = {
  name: 'ipv6-privacy',
  about: "people's addresses change within a /64, with IPv4 in between",
  add: (world, company) => {
    for (const [i, habit] of HABITS.entries()) {
      workAtHome(world, company, createPerson(world.random, `At home ${i + 1}`, i), habit);
    }
  },
};

function workAtHome(world: World, company: Company, person: Person, habit: Habit): void {
  const { random } = world;
  let home = createHome(random, true);
  for (const day of world.days(person.zone)) {
    if (!day.isWorkday) continue;
    if (habit.isNewEachNight) home = { ...createHome(random, true), v4: addressIn('198.18.40', random) };
    const prefix = home.v6 as string;
    let address = privacyAddress(prefix, random);
    let until = 0;
    const from = (at: number): Client => {
      if (at > until) {
        address = privacyAddress(prefix, random);
        until = at + habit.addressMs;
      }
      return { actor: person.actor, address: random.chance(habit.v4) ? home.v4 : address, userAgent: person.browser };
    };
    const begins = arrival(day, random);
    for (let at = begins; at < begins + 8 * HOUR; at += between(random, 4 * MINUTE, 30 * MINUTE)) {
      for (const [i, request] of dashboard(company).entries()) world.did(at + i * 0.1 * SECOND, from(at), request);
      for (let changes = whole(random, 0, 2); changes > 0; changes--) {
        const when = at + changes * 40 * SECOND;
        waitFor(world, from(when), api.update('vm', oneOf(company, 'vm', random)), when);
      }
    }
  }
}
