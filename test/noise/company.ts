/**
 * An ordinary company: its people, where they are when, and what it has. Pure. Networks are of ranges that nobody has on the
 * internet (RFC 2544, RFC 3849).
 */
import { BROWSERS, CLIENTS } from '../sandbox/people.ts';
import type { Random } from '../sandbox/random.ts';
import type { Kind } from '../sandbox/requests.ts';
import { DAY, type Day, HOUR, type Zone } from './calendar.ts';
import type { Actor, Client } from './world.ts';

export type Role = 'admin' | 'engineer' | 'finance';

export interface Person {
  readonly actor: Actor;
  readonly role: Role;
  readonly zone: Zone;
  readonly browser: string;
  readonly office: string;
  /** Weekdays. */
  readonly officeDays: readonly number[];
  readonly home: Home;
}

/** A home network. */
export interface Home {
  readonly v4: string;
  /** The first 64 bits of its IPv6 addresses: `2001:db8:1:2`. Null: it has no IPv6. */
  readonly v6: string | null;
}

export interface Company {
  readonly organization: string;
  readonly people: readonly Person[];
  /** What it has: ids by kind, at least 3 of each. */
  readonly resources: ReadonlyMap<Kind, string[]>;
}

const NAMES = [
  'Alice Smith',
  'Bruno Okafor',
  'Chen Wei',
  'Dana Levi',
  'Emeka Obi',
  'Freya Lindqvist',
  'Gabriela Souza',
  'Hiro Tanaka',
  'Ines Moreau',
  'Jonas Weber',
  'Kavya Rao',
  'Liam Byrne',
  'Mina Haddad',
  'Noah Fischer',
  'Olga Petrova',
  'Priya Nair',
  'Quentin Blanc',
  'Rosa Delgado',
  'Sven Larsen',
  'Tara Singh',
  'Uwe Krause',
  'Vera Novak',
  'Wanda Kowalska',
  'Xavier Roche',
  'Yusuf Demir',
  'Zoe Martin',
  'Anand Iyer',
  'Beth Cooper',
  'Carlos Mendes',
  'Divya Menon',
] as const;
export const PEOPLE_MAX = NAMES.length;

interface Office {
  readonly zone: Zone;
  readonly address: string;
}
const BERLIN: Office = { zone: 'Europe/Berlin', address: '198.18.1.10' };
const NEW_YORK: Office = { zone: 'America/New_York', address: '198.18.2.20' };
const BANGALORE: Office = { zone: 'Asia/Kolkata', address: '198.18.3.30' };
/** Of ten people in the order of their names. */
const OFFICES: readonly Office[] = [
  ...[BERLIN, NEW_YORK, BERLIN, BANGALORE, BERLIN],
  ...[NEW_YORK, BERLIN, BANGALORE, BERLIN, NEW_YORK],
];
/** Of eight people. */
const ROLES: readonly Role[] = [
  'admin',
  'engineer',
  'engineer',
  'engineer',
  'finance',
  'engineer',
  'engineer',
  'admin',
];
const OWNED: readonly (readonly [kind: Kind, count: number])[] = [
  ['project', 3],
  ['vpc', 4],
  ['vm', 24],
  ['volume', 30],
  ['nks_cluster', 3],
  ['connect_connection', 3],
  ['rpc_node_flex', 4],
  ['rpc_node_dedicated', 3],
  ['api_key', 8],
];

export function createCompany(random: Random, headcount: number): Company {
  const several = (count: number): string[] => Array.from({ length: count }, () => random.uuid());
  return {
    organization: random.uuid(),
    people: NAMES.slice(0, headcount).map((name, i) => createPerson(random, name, i)),
    resources: new Map(OWNED.map(([kind, count]) => [kind, several(count)])),
  };
}

/** `index`: 0 and up; it decides role and office. */
export function createPerson(random: Random, name: string, index: number): Person {
  const { zone, address: office } = OFFICES[index % OFFICES.length] as Office;
  return {
    actor: { id: random.uuid(), name, type: 'user' },
    role: ROLES[index % ROLES.length] as Role,
    zone,
    browser: random.pick(BROWSERS),
    office,
    officeDays: [1, 2, 3, 4, 5].filter(() => random.chance(0.55)),
    home: createHome(random, random.chance(0.5)),
  };
}

export function createHome(random: Random, hasV6: boolean): Home {
  const v6 = `2001:db8:${word(random)}:${word(random)}`;
  return { v4: addressIn(network(random), random), v6: hasV6 ? v6 : null };
}

/** A /24 that nobody has yet, as far as chance goes: its first three bytes. */
export function network(random: Random): string {
  return `${random.pick(['198.18', '198.19'])}.${10 + random.below(246)}`;
}

export function addressIn(network: string, random: Random): string {
  return `${network}.${1 + random.below(254)}`;
}

/** An address of a /64, as privacy extensions make them. */
export function privacyAddress(prefix: string, random: Random): string {
  return `${prefix}:${word(random)}:${word(random)}:${word(random)}:${word(random)}`;
}

function word(random: Random): string {
  return (0x1000 + random.below(0xefff)).toString(16);
}

/** The one that a device has for a day: the same for the same day. */
function addressOfDay(prefix: string, day: number): string {
  const hash = Math.imul(day, 0x9e3779b1) >>> 0;
  return `${prefix}:${(0x1000 + (hash & 0x7fff)).toString(16)}:${(0x1000 + (hash >>> 17)).toString(16)}:9abc:7def`;
}

export function isInOffice({ officeDays }: Person, day: Day): boolean {
  return officeDays.includes(day.weekday);
}

/** A person at work in a browser: in the office, or at home. */
export function clientOf(person: Person, day: Day, at: number): Client {
  const { actor, browser, office, home } = person;
  const isThere = isInOffice(person, day) && at >= day.at(8) && at < day.at(19);
  const atHome = home.v6 === null ? home.v4 : addressOfDay(home.v6, day.number);
  return { actor, address: isThere ? office : atHome, userAgent: browser };
}

/** A key, as it is used from an address. */
export function keyClient(random: Random, name: string, address: string, userAgent: string = CLIENTS.go): Client {
  return { actor: { id: random.uuid(), name, type: 'api_key' }, address, userAgent };
}

export function oneOf(company: Company, kind: Kind, random: Random): string {
  return random.pick(company.resources.get(kind) as string[]);
}

/** A local time at which somebody begins to work, which is each day another. */
export function arrival(day: Day, random: Random): number {
  return day.at(8.4) + random.next() * 1.4 * HOUR;
}

/** Whether two times are of one UTC day. */
export function isSameDay(a: number, b: number): boolean {
  return Math.floor(a / DAY) === Math.floor(b / DAY);
}
