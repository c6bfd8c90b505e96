/**
 * The routings of the worlds that have some: a few trees of routes, as their authors write them. What they mean is in
 * plain-routes.ts; the ledger has them from the parser of `rules/routing.yml`. Worlds begin at noon UTC on a Monday, and
 * most last for two or three hours.
 */
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import type { Routing } from '../../src/routing/routing.ts';
import { parseRouting } from '../../src/routing/routing-file.ts';
import type { Level, Rule } from '../../src/sigma/index.ts';
import type { WrittenRouting } from './plain-routes.ts';

/** Whose seeds these are: those before are as they were without routes. */
export const ROUTED_FROM = 1_001;
/** Those from here on have none, and rules that learn. */
export const LEARNING_FROM = 2_001;

/** What differs between worlds, and between the deploys of one. */
export interface RoutingNames {
  /** What the receiver of mail is called. */
  readonly mail: string;
  readonly slackLevel: Level;
  readonly mailLevel: Level;
}

type Tree = (mail: string) => Omit<WrittenRouting, 'receivers'>;

/** One team, which is active for an hour; what is severe goes to more, at once, and escalates. */
const office: Tree = (mail) => ({
  fallback: 'discord',
  times: { lunch: [{ from: '12:25', to: '13:15', time_zone: 'UTC' }] },
  route: {
    receiver: 'slack',
    active_times: 'lunch',
    routes: [
      {
        match: { min_level: 'high' },
        receiver: ['slack', mail],
        active_times: 'always',
        repeat_interval: '20m',
        escalate: [{ after: '10m', to: 'discord' }],
        routes: [{ match: { rule: 'key deleted' }, group_by: 'rule', send_resolved: true }],
      },
      { match: { level: ['informational', 'low'] }, active_times: 'always', digest: 'daily at 13:40 UTC' },
    ],
  },
});

/** Everything goes to one; the routes after it are tried too. */
const several: Tree = (mail) => ({
  fallback: 'slack',
  times: {
    shift: [{ weekdays: 'mon-fri', from: '13:20', to: '14:10', time_zone: 'Europe/Berlin' }],
    night: [
      { weekdays: 'sat-sun', from: '00:00', to: '24:00', time_zone: 'UTC' },
      { from: '13:30', to: '12:15', time_zone: 'UTC' },
    ],
  },
  route: {
    receiver: mail,
    send_resolved: true,
    routes: [
      { receiver: 'discord', continue: true, group_by: 'rule', group_interval: '1m' },
      { match: { actor: ['actor-1', 'Odd'] }, receiver: ['slack', mail], continue: true, active_times: 'night' },
      { match: { tag: 'attack.persistence*' }, receiver: 'slack', active_times: ['shift', 'night'] },
      {
        match: { min_level: 'medium', 'actor.type': 'user' },
        receiver: mail,
        active_times: 'shift',
        escalate: [
          { after: '5m', to: 'slack' },
          { after: '15m', to: 'discord' },
        ],
        routes: [
          { match: { address: '198.51.100.0/24' }, escalate: 'none', active_times: 'always' },
          { match: { status_code: [403, 404] }, receiver: 'slack', escalate: [{ after: '1m', to: 'discord' }] },
        ],
      },
    ],
  },
});

/** One receiver at different times of different routes; nobody takes what is not named. */
const times: Tree = (mail) => ({
  fallback: mail,
  times: {
    early: [{ from: '12:40', to: '12:50', time_zone: 'UTC' }],
    later: [
      { from: '13:05', to: '13:25', time_zone: 'UTC' },
      { from: '08:50', to: '09:30', time_zone: 'America/New_York' },
    ],
  },
  route: {
    routes: [
      { match: { level: 'medium' }, receiver: 'discord', active_times: 'later', repeat_interval: '5m' },
      {
        match: { min_level: 'high', 'actor.id': ['actor-1', 'actor-2', 7] },
        receiver: 'discord',
        active_times: 'early',
        // Nothing severe is in it.
        digest: 'daily at 14:20 UTC',
        routes: [
          {
            match: { method: 'POST', rule: ['key deleted', 'failures, then a deletion'] },
            active_times: ['later', 'early'],
          },
        ],
      },
      { match: { level: 'low', address: '203.0.113.1' }, receiver: 'discord', digest: 'daily at 13:10 UTC' },
      { match: { level: 'low' }, receiver: 'discord', digest: 'daily at 14:50 Europe/Berlin', continue: true },
      {
        match: { level: ['low', 'informational'], rule: 'vm created' },
        receiver: 'slack',
        digest: 'daily at 12:30 UTC',
      },
    ],
  },
});

const TREES: readonly Tree[] = [office, several, times];
export const TREE_COUNT = TREES.length;

/** A routing as it is written. */
export function writtenRouting(tree: number, { mail, slackLevel, mailLevel }: RoutingNames): WrittenRouting {
  return {
    receivers: [
      { name: 'slack', type: 'slack', min_level: slackLevel },
      { name: mail, type: 'email', min_level: mailLevel },
      { name: 'discord', type: 'discord', min_level: 'informational' },
    ],
    ...(TREES[tree] as Tree)(mail),
  };
}

/** The same as the build reads it. JSON is YAML. */
export function parsedRouting(written: WrittenRouting, rules: readonly Rule[]): Routing {
  const file = { path: 'routing.yml', text: JSON.stringify(written, null, 2) };
  const { routing, problems } = parseRouting([file], RECEIVER_TYPES, [], rules);
  if (routing === null) throw new Error(JSON.stringify(problems));
  return routing;
}
