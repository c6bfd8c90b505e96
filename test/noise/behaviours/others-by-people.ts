/** More ordinary behaviours, of people: beside the fifteen, so that rules are not only right for those. */
import { BROWSERS, CLIENTS } from '../../sandbox/people.ts';
import * as api from '../../sandbox/requests.ts';
import { DAY, type Day, HOUR, MINUTE, SECOND } from '../calendar.ts';
import { addressIn, type Company, clientOf, createPerson, keyClient, network, oneOf, type Person } from '../company.ts';
import { dashboard, waitFor, workDay } from '../life.ts';
import { between, type Client, times, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

/** Somebody of the company with this role. */
function someone({ people }: Company, role: Person['role']): Person {
  const found = people.find((person) => person.role === role);
  if (found === undefined) throw new Error(`the company has no ${role}`);
  return found;
}

/** The counted week's day with this number in it, in the person's zone. */
function dayOfWeek(world: World, { zone }: Pick<Person, 'zone'>, index: number): Day {
  const number = Math.floor(world.countedFrom / DAY) + index;
  const found = world.days(zone).find((day) => day.number === number);
  if (found === undefined) throw new Error('the week has no such day');
  return found;
}

const onboarding: Behaviour = {
  name: 'onboarding',
  about: 'six people join on Monday: memberships, new networks, first keys, first kubeconfigs, many 403',
  add: (world, company) => {
    const { random } = world;
    const admin = someone(company, 'admin');
    const monday = dayOfWeek(world, admin, 0);
    for (let i = 0; i < 6; i++) {
      const person = createPerson(random, `Newcomer ${i + 1}`, i);
      const tail = `/memberships/${random.uuid()}`;
      const invited = monday.at(9) + i * 2 * MINUTE;
      const invite = api.organization(company.organization, 'membership_created', 'PATCH', tail);
      world.did(invited, clientOf(admin, monday, invited), invite);
      const at = between(random, monday.at(10), monday.at(12));
      const by = clientOf(person, monday, at);
      world.did(at, by, api.userSecurity(person.actor.id));
      world.didAll(at + 20 * SECOND, by, dashboard(company), SECOND);
      for (const request of [
        api.memberships(company.organization),
        api.list('api_key'),
        api.list('connect_connection'),
      ]) {
        world.did(at + between(random, MINUTE, 10 * MINUTE), by, request, 403);
      }
      const key = keyClient(random, `newcomer-${i + 1}-laptop`, by.address, CLIENTS.cli);
      world.did(at + 12 * MINUTE, by, api.create('api_key', key.actor?.id ?? ''));
      world.didAll(at + 15 * MINUTE, key, [
        api.list('nks_cluster'),
        api.kubeconfig(oneOf(company, 'nks_cluster', random)),
      ]);
      for (let day = 1; day < 5; day++) workDay(world, company, person, dayOfWeek(world, person, day));
    }
  },
};

const incidentNight: Behaviour = {
  name: 'incident-night',
  about: 'three engineers are called at two at night and change many things until five',
  add: (world, company) => {
    const { random } = world;
    const night = dayOfWeek(world, { zone: 'Europe/Berlin' }, 2);
    for (const person of company.people.filter(({ role }) => role === 'engineer').slice(0, 3)) {
      const by: Client = { actor: person.actor, address: person.home.v4, userAgent: person.browser };
      const begins = night.at(2) + random.next() * 20 * MINUTE;
      world.didAll(begins, by, dashboard(company), SECOND);
      for (const at of times(random, 25, begins + MINUTE, night.at(5))) {
        const [vm, vpc] = [oneOf(company, 'vm', random), oneOf(company, 'vpc', random)];
        const cluster = oneOf(company, 'nks_cluster', random);
        const request = random.pick([
          () => api.on('vm', vm, 'restarted', 'POST', '/restart'),
          () => api.pool(cluster, random.uuid(), 'updated'),
          () => api.create('vm', random.uuid()),
          () => api.firewallRule(vpc, random.uuid(), random.pick(['created', 'updated', 'deleted'])),
          () => api.kubeconfig(cluster),
          () => api.remove('vm', random.uuid()),
        ])();
        waitFor(world, by, request, at);
      }
    }
  },
};

const vpnUsers: Behaviour = {
  name: 'vpn-users',
  about: 'people by a VPN whose exits are in other countries every few hours, and shared',
  add: (world, company) => {
    const { random } = world;
    const exits = Array.from({ length: 8 }, () => addressIn(network(random), random));
    for (let i = 0; i < 6; i++) {
      const person = createPerson(random, `By VPN ${i + 1}`, i);
      for (const day of world.days(person.zone)) {
        if (!day.isWorkday) continue;
        let exit = random.pick(exits);
        for (const at of times(random, whole(random, 8, 14), day.at(9), day.at(17.5))) {
          if (random.chance(0.3)) exit = random.pick(exits);
          const by: Client = { actor: person.actor, address: exit, userAgent: person.browser };
          const next = world.didAll(at, by, dashboard(company), 0.3 * SECOND);
          if (random.chance(0.3)) waitFor(world, by, api.update('vm', oneOf(company, 'vm', random)), next);
        }
      }
    }
  },
};

const officeMove: Behaviour = {
  name: 'office-move',
  about: 'on Wednesday an office of twenty has a new network',
  add: (world, company) => {
    const movedAt = world.countedFrom + 2 * DAY;
    for (let i = 0; i < 20; i++) {
      const before: Person = { ...createPerson(world.random, `Mover ${i + 1}`, i), officeDays: [1, 2, 3, 4, 5] };
      const after: Person = { ...before, office: '198.18.60.9' };
      for (const day of world.days(before.zone)) {
        if (day.isWorkday) workDay(world, company, day.at(8) < movedAt ? before : after, day);
      }
    }
  },
};

const browserUpdate: Behaviour = {
  name: 'browser-update',
  about: 'within two days everybody has a new version of the browser, and keys of the SDK',
  add: (world, company) => {
    const { random } = world;
    for (let i = 0; i < 20; i++) {
      const before = createPerson(random, `Updated ${i + 1}`, i);
      const after = {
        ...before,
        browser: before.browser.replace(/\d+(?=\.0)/g, (version) => String(Number(version) + 1)),
      };
      const updatedAt = world.countedFrom + DAY + random.next() * 2 * DAY;
      for (const day of world.days(before.zone)) {
        if (day.isWorkday) workDay(world, company, day.at(9) < updatedAt ? before : after, day);
      }
    }
    for (let i = 0; i < 6; i++) {
      const key = keyClient(random, `service-${i + 1}`, `198.18.61.${i + 1}`, CLIENTS.go);
      const updatedAt = world.countedFrom + DAY + random.next() * 2 * DAY;
      for (let at = world.from; at < world.to; at += 20 * MINUTE) {
        const by = at < updatedAt ? key : { ...key, userAgent: 'NirvanaLabs/Go 1.95.0' };
        world.didAll(at, by, [api.list('vm'), api.update('vm', oneOf(company, 'vm', random))], SECOND);
      }
    }
  },
};

const monthEnd: Behaviour = {
  name: 'month-end',
  about: 'finance at the end of a month: a top-up, another policy of recharging, an address, the log in the console',
  add: (world, company) => {
    const person = someone(company, 'finance');
    const day = dayOfWeek(world, person, 3);
    const by = clientOf(person, day, day.at(10));
    const { organization } = company;
    const bill = (what: string, method: 'GET' | 'POST' | 'PATCH') =>
      api.organization(organization, `billing_${what}`, method, `/billing/${what}`);
    world.didAll(day.at(10), by, [...dashboard(company), bill('recharge_policy', 'GET'), api.usage()], SECOND);
    world.did(day.at(10.2), by, bill('topup', 'POST'));
    world.did(day.at(10.3), by, bill('recharge_policy', 'PATCH'));
    world.did(day.at(10.5), by, api.organization(organization, 'address_updated', 'PATCH', '/address'));
    for (let page = 0; page < 5; page++)
      world.did(day.at(11) + page * 8 * SECOND, by, api.auditLogs(`?limit=50&page=${page}`));
  },
};

const weekendProject: Behaviour = {
  name: 'weekend-project',
  about: 'somebody tries something on Saturday night, from home, and deletes it on Sunday',
  add: (world, company) => {
    const { random } = world;
    const person = someone(company, 'engineer');
    const by: Client = { actor: person.actor, address: person.home.v4, userAgent: person.browser };
    const day = dayOfWeek(world, person, 5);
    const vpc = random.uuid();
    const vms = Array.from({ length: 5 }, () => random.uuid());
    let next = waitFor(world, by, api.create('vpc', vpc), day.at(21));
    for (let i = 0; i < 4; i++)
      next = waitFor(world, by, api.firewallRule(vpc, random.uuid(), 'created'), next + MINUTE);
    for (const vm of vms) next = waitFor(world, by, api.create('vm', vm), next + 2 * MINUTE);
    let end = next + 14 * HOUR;
    for (const vm of vms) end = waitFor(world, by, api.remove('vm', vm), end + 5 * SECOND);
    waitFor(world, by, api.remove('vpc', vpc), end + MINUTE);
  },
};

const networkMigration: Behaviour = {
  name: 'network-migration',
  about: 'two engineers move to new VPCs by day: rules, connections, and the old ones deleted',
  add: (world, company) => {
    const { random } = world;
    const [first, second] = company.people.filter(({ role }) => role === 'engineer') as [Person, Person];
    for (const [i, person] of [first, second].entries()) {
      const day = dayOfWeek(world, person, i + 1);
      const by = clientOf(person, day, day.at(10));
      const [vpc, connection] = [random.uuid(), random.uuid()];
      let next = waitFor(world, by, api.create('vpc', vpc), day.at(10));
      for (let rule = 0; rule < 18; rule++) {
        next = waitFor(
          world,
          by,
          api.firewallRule(vpc, random.uuid(), 'created'),
          next + between(random, 20 * SECOND, 90 * SECOND),
        );
      }
      next = waitFor(world, by, api.create('connect_connection', connection), next);
      next = waitFor(world, by, api.remove('connect_connection', random.uuid()), next + HOUR);
      waitFor(world, by, api.remove('vpc', random.uuid()), next + 10 * MINUTE);
    }
  },
};

const newPhone: Behaviour = {
  name: 'new-phone',
  about: 'people open the console on a phone for the first time, on the way, and renew the second factor',
  add: (world, company) => {
    const { random } = world;
    for (const [i, person] of company.people.slice(0, 4).entries()) {
      const day = dayOfWeek(world, person, i);
      const phone = (BROWSERS[3] as string).replace(
        'Macintosh; Intel Mac OS X 10_15_7',
        'iPhone; CPU iPhone OS 26_3 like Mac OS X',
      );
      const by: Client = { actor: person.actor, address: addressIn(network(random), random), userAgent: phone };
      world.did(day.at(20), by, api.userSecurity(person.actor.id));
      world.didAll(day.at(20.05), by, dashboard(company), SECOND);
    }
  },
};

export const OTHERS_BY_PEOPLE: readonly Behaviour[] = [
  ...[onboarding, incidentNight, vpnUsers, officeMove, browserUpdate],
  ...[monthEnd, weekendProject, networkMigration, newPhone],
];
