/**
 * What an ordinary company does all the time: people in the console, a few changes a day, a dashboard that asks for numbers, and
 * Terraform's plan each night; and Tocsin, which reads the log. Behaviours lie over it.
 */
import { createUserAgents } from '../../src/audit-log/mark.ts';
import { CLIENTS } from '../sandbox/people.ts';
import type { ApiRequest, Kind } from '../sandbox/requests.ts';
import * as api from '../sandbox/requests.ts';
import { type Day, HOUR, MINUTE, SECOND } from './calendar.ts';
import { arrival, type Company, clientOf, keyClient, oneOf, type Person } from './company.ts';
import { between, type Client, times, type World, whole } from './world.ts';

/** How often the dashboard's key asks for numbers. */
const SCRAPE_MS = 5 * MINUTE;
/** How often Tocsin reads the log, here: each minute would be many entries, and show nothing more. */
const TICK_MS = 10 * MINUTE;
/** The name of Tocsin's own key, and what its marks are made with. */
export const TOCSIN_KEY = 'tocsin';
const LINK_SECRET = 'a3f1c95be07d4826a3f1c95be07d4826';

export function live(world: World, company: Company): void {
  for (const person of company.people) {
    for (const day of world.days(person.zone)) {
      if (day.isWorkday) workDay(world, company, person, day);
      else if (world.random.chance(0.08))
        session(world, company, person, day, between(world.random, day.at(10), day.at(21)));
    }
  }
  scrape(world, keyClient(world.random, 'grafana', '198.18.4.61', CLIENTS.js));
  plan(world, company, keyClient(world.random, 'terraform-plan', '198.18.4.62'));
  readLog(world, keyClient(world.random, TOCSIN_KEY, '198.18.4.63'));
}

/** Tocsin's own reads, which come back through the log. */
function readLog(world: World, by: Client): void {
  let now = 0;
  const userAgents = createUserAgents(
    LINK_SECRET,
    () => now,
    () => 1,
  );
  for (now = world.from; now < world.to; now += TICK_MS) {
    world.did(
      now + 0.1 * SECOND,
      { ...by, userAgent: userAgents() },
      api.auditLogs('?limit=100&sort=created_at%3Aasc'),
    );
  }
}

/** A person's day in the console: some sessions, and now and then a change. */
export function workDay(world: World, company: Company, person: Person, day: Day): void {
  const { random } = world;
  // On holiday, ill, or all day in meetings.
  if (random.chance(0.08)) return;
  const begins = arrival(day, random);
  const ends = begins + between(random, 7.5 * HOUR, 9.5 * HOUR);
  signIn(world, clientOf(person, day, begins), begins);
  const count = person.role === 'finance' ? whole(random, 1, 2) : whole(random, 2, 5);
  for (const at of [begins + 20 * SECOND, ...times(random, count, begins + MINUTE, ends)]) {
    session(world, company, person, day, at);
  }
}

/** What yesterday's tabs still ask for, before their person signs in again. */
export function signIn(world: World, by: Client, at: number): void {
  const { random } = world;
  if (random.chance(0.4)) return;
  for (let i = whole(random, 1, 4); i > 0; i--) {
    world.did(at + random.next() * SECOND, by, random.pick([api.list('vm'), api.user(), api.usage()]), 401);
  }
}

function session(world: World, company: Company, person: Person, day: Day, at: number): void {
  const { random } = world;
  const by = clientOf(person, day, at);
  let next = world.didAll(at, by, dashboard(company), 0.15 * SECOND);
  for (let pages = whole(random, 1, 3); pages > 0; pages--) {
    next += between(random, 3 * SECOND, MINUTE);
    next = world.didAll(next, by, random.pick(PAGES[person.role])(company, world), 0.15 * SECOND);
  }
  slip(world, company, person, by, next + 5 * SECOND);
  if (person.role !== 'finance' && random.chance(0.3)) change(world, company, person, by, next + 20 * SECOND);
}

/** What the console asks for when it is opened. */
export function dashboard({ organization }: Company): ApiRequest[] {
  return [
    api.user(),
    api.organization(organization, 'read', 'GET'),
    api.list('project'),
    api.list('vm'),
    api.list('nks_cluster'),
    api.usage(),
  ];
}

type Page = (company: Company, world: World) => ApiRequest[];

const vmPage: Page = (company, { random }) => [
  api.list('vm'),
  api.read('vm', oneOf(company, 'vm', random)),
  api.read('volume', oneOf(company, 'volume', random)),
];
const clusterPage: Page = (company, { random }) => {
  const cluster = oneOf(company, 'nks_cluster', random);
  return [api.read('nks_cluster', cluster), api.pool(cluster, null, 'listed'), api.list('nks_cluster')];
};
const networkPage: Page = (company, { random }) => {
  const vpc = oneOf(company, 'vpc', random);
  return [api.read('vpc', vpc), api.firewallRule(vpc, null, 'listed')];
};
const nodesPage: Page = (company, { random }) => [
  api.list('rpc_node_flex'),
  api.read('rpc_node_flex', oneOf(company, 'rpc_node_flex', random)),
];
const membersPage: Page = ({ organization }) => [api.memberships(organization), api.list('api_key')];
const billingPage: Page = ({ organization }) => [
  api.organization(organization, 'billing_read', 'GET', '/billing'),
  api.usage(),
];

const PAGES: Readonly<Record<Person['role'], readonly Page[]>> = {
  admin: [vmPage, clusterPage, networkPage, membersPage, membersPage, billingPage],
  engineer: [vmPage, vmPage, clusterPage, networkPage, nodesPage],
  finance: [billingPage, billingPage, membersPage],
};

/** A request in forty is refused: an old bookmark, a page of others, a form that is not complete. */
function slip(world: World, { organization }: Company, { role }: Person, by: Client, at: number): void {
  const { random } = world;
  const chance = random.next();
  if (chance < 0.08) world.did(at, by, api.read('vm', random.uuid()), 404);
  else if (chance < 0.13 && role !== 'admin') world.did(at, by, api.memberships(organization), 403);
  else if (chance < 0.16) world.did(at, by, api.create('vm', random.uuid()), 422);
}

/** A change by a person: most are small. */
function change(world: World, company: Company, person: Person, by: Client, at: number): void {
  const { random } = world;
  const owned = (kind: Kind): string[] => company.resources.get(kind) as string[];
  const chance = random.next();
  const vm = oneOf(company, 'vm', random);
  if (chance < 0.35) waitFor(world, by, api.on('vm', vm, 'restarted', 'POST', '/restart'), at);
  else if (chance < 0.55) waitFor(world, by, api.update('vm', vm), at);
  else if (chance < 0.75) {
    const id = random.uuid();
    owned('vm').push(id);
    const asked = Array.from({ length: whole(random, 2, 6) }, () =>
      api.ask('vm', random.pick(['availability', 'cost'])),
    );
    waitFor(world, by, api.create('vm', id), world.didAll(at, by, asked, 4 * SECOND));
  } else if (chance < 0.87) {
    const kind = random.pick(['vm', 'volume'] as const);
    const ids = owned(kind);
    if (ids.length > 20) waitFor(world, by, api.remove(kind, ids.splice(random.below(ids.length), 1)[0] as string), at);
  } else if (chance < 0.94) {
    const vpc = oneOf(company, 'vpc', random);
    world.did(at, by, api.firewallRule(vpc, random.uuid(), random.pick(['created', 'updated', 'updated'])));
  } else if (person.role === 'admin' && chance < 0.97) renewKey(world, company, by, at);
  else if (chance > 0.995) world.did(at, by, api.userSecurity(by.actor?.id ?? ''));
}

/** A change, and the console that asks how far it has got. */
export function waitFor(world: World, by: Client, request: ApiRequest, at: number): number {
  world.did(at, by, request);
  const took = between(world.random, 4 * SECOND, 40 * SECOND);
  return world.poll(at + SECOND, by, api.operation(world.random.uuid()), { everyMs: 2 * SECOND, forMs: took });
}

/** A new API key for an old one, which is deleted minutes later. */
function renewKey(world: World, company: Company, by: Client, at: number): void {
  const { random } = world;
  const keys = company.resources.get('api_key') as string[];
  const [old] = keys.splice(random.below(keys.length), 1);
  const id = random.uuid();
  keys.push(id);
  world.didAll(at, by, [api.list('api_key'), api.create('api_key', id), api.list('api_key')], SECOND);
  if (old !== undefined) world.did(at + between(random, 3 * MINUTE, HOUR), by, api.remove('api_key', old));
}

/** The numbers on a dashboard. */
function scrape(world: World, by: Client): void {
  for (let at = world.from; at < world.to; at += SCRAPE_MS)
    world.didAll(at + 3 * SECOND, by, [api.list('vm'), api.usage()]);
}

/** `terraform plan` each night, to see what has drifted. It reads a kubeconfig, as its provider's data source does. */
function plan(world: World, company: Company, by: Client): void {
  for (const day of world.days('UTC')) {
    const read = (['vpc', 'vm', 'volume', 'nks_cluster'] as const).flatMap((kind) =>
      (company.resources.get(kind) as string[]).slice(0, 6).map((id) => api.read(kind, id)),
    );
    const [cluster] = company.resources.get('nks_cluster') as string[];
    world.didAll(day.at(3.75), by, [...read, api.kubeconfig(cluster as string)], 0.3 * SECOND);
  }
}
