/**
 * A week of what is usual in an organization, by the shipped rules and the real ledger: how many messages a receiver gets a day
 * where nobody acts. It prints them.
 */
import { describe, expect, it } from 'vitest';
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import type { Incoming } from '../../src/ledger/rpc.ts';
import { ruleCode, ruleSet } from '../../src/rules.gen.ts';
import { compile } from '../../src/sigma/index.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON, route, SECOND } from './scene.ts';

const DAYS = 7;
const START = NOON;
const ENGINE = compile(ruleSet, { code: ruleCode, derived: DERIVED_FIELDS });

type Story = (from: number, to: number) => readonly Incoming[];

let ids = 0;
const did = (at: number, fields: { readonly [field: string]: unknown }): Incoming => entry(`w${ids++}`, at, fields);
/** Times at a pace, within a minute. */
const every = (ms: number, from: number, to: number): readonly number[] => {
  const times: number[] = [];
  for (let at = Math.ceil((from - START) / ms) * ms + START; at < to; at += ms) times.push(at);
  return times;
};
const user = (name: string) => ({ id: `user-${name}`, name, type: 'user' });
const key = (name: string) => ({ id: `key-${name}`, name, type: 'api_key' });
const isWorkday = (at: number): boolean => ![0, 6].includes(new Date(at).getUTCDay());
const hourOf = (at: number): number => new Date(at).getUTCHours();

const STORIES: readonly (readonly [name: string, story: Story, afterFirstHour: number | null])[] = [
  [
    'an expired key, each 10 s',
    (from, to) =>
      every(10 * SECOND, from, to).map((at) =>
        did(at, {
          action: 'vm.listed',
          method: 'GET',
          path: '/v1/vms',
          status_code: 401,
          actor: key('job'),
          client_ip: '203.0.113.5',
        }),
      ),
    2,
  ],
  [
    'ten people with kubectl, hourly',
    (from, to) =>
      every(HOUR, from, to)
        .filter((at) => isWorkday(at) && hourOf(at) >= 8 && hourOf(at) < 18)
        .flatMap((at) =>
          Array.from({ length: 10 }, (_, i) =>
            did(at + i * SECOND, {
              action: 'nks_cluster.kubeconfig_retrieved',
              method: 'GET',
              path: '/v1/nks/clusters/c1/kubeconfig',
              status_code: 200,
              actor: user(`dev${i}`),
              client_ip: `203.0.113.${10 + i}`,
            }),
          ),
        ),
    null,
  ],
  [
    'GitHub Actions: deploys from other addresses',
    (from, to) =>
      every(20 * MINUTE, from, to).map((at) => {
        const n = Math.floor((at - START) / (20 * MINUTE));
        return did(at, {
          action: 'vm.created',
          method: 'POST',
          path: '/v1/vms',
          status_code: 201,
          actor: key('ci'),
          client_ip: `20.${n % 97}.${n % 251}.4`,
        });
      }),
    0,
  ],
  [
    'a console whose session expired, polling',
    (from, to) =>
      every(5 * SECOND, from, to)
        .filter((at) => isWorkday(at) && hourOf(at) >= 12 && hourOf(at) < 14)
        .map((at) =>
          did(at, {
            action: 'vm.listed',
            method: 'GET',
            path: '/v1/vms',
            status_code: 401,
            actor: user('erin'),
            client_ip: '203.0.113.40',
          }),
        ),
    null,
  ],
  [
    'an office behind one address: 30 people, some refused',
    (from, to) =>
      every(15 * SECOND, from, to)
        .filter((at) => isWorkday(at) && hourOf(at) >= 8 && hourOf(at) < 18)
        .map((at) => {
          const n = Math.floor((at - START) / (15 * SECOND));
          const status_code = n % 3 === 0 ? 404 : 200;
          return did(at, {
            action: 'vm.read',
            method: 'GET',
            path: '/v1/vms/x',
            status_code,
            actor: user(`p${n % 30}`),
            client_ip: '198.51.100.1',
          });
        }),
    0,
  ],
  [
    'terraform: 200 made each morning, 200 destroyed each evening',
    (from, to) =>
      every(MINUTE, from, to)
        .filter((at) => isWorkday(at) && [9, 17].includes(hourOf(at)) && new Date(at).getUTCMinutes() < 4)
        .flatMap((at) =>
          Array.from({ length: 50 }, (_, i) => {
            const [action, method] = hourOf(at) === 9 ? ['vm.created', 'POST'] : ['vm.deleted', 'DELETE'];
            return did(at + i * SECOND, {
              action,
              method,
              path: `/v1/vms/${i}`,
              status_code: 200,
              actor: key('terraform'),
              client_ip: '203.0.113.9',
            });
          }),
        ),
    null,
  ],
];

/** A channel, a mailbox for what is severe, and what opens incidents. */
const RECEIVERS = [
  route('slack'),
  route('email', { minLevel: 'high' }),
  route('pagerduty', { forPrograms: true, edits: true }),
];

/** How many messages each receiver gets, by hour. */
function play(story: Story): ReadonlyMap<string, readonly number[]> {
  const scene = createScene([], { engine: ENGINE, receivers: RECEIVERS });
  const perHour = new Map(RECEIVERS.map(({ name }) => [name, Array.from({ length: DAYS * 24 }, () => 0)]));
  for (let now = START; now < START + DAYS * DAY; now += MINUTE) {
    const happened = story(now - MINUTE, now).toSorted((a, b) => a.createdAt - b.createdAt);
    for (let i = 0; i < happened.length || i === 0; i += 100) scene.record(happened.slice(i, i + 100), { now });
    for (let at = now; at < now + MINUTE; at += 10 * SECOND) {
      const next = scene.ledger.nextAlarmAt(at);
      if (next === null || next > at) continue;
      scene.ledger.watchdog(at);
      scene.send(at, ({ notification, receiver }) => {
        const hours = perHour.get(receiver) ?? [];
        const hour = Math.floor((at - START) / HOUR);
        if (!('health' in notification)) hours[hour] = (hours[hour] ?? 0) + 1;
        return { kind: 'delivered' };
      });
    }
  }
  return perHour;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, n) => all + n, 0);

describe('a week in which nobody acts', { timeout: 300_000 }, () => {
  it.each(STORIES)('%s', (name, story, afterFirstHour) => {
    for (const [receiver, perHour] of play(story)) {
      const perDay = Array.from({ length: DAYS }, (_, day) => sum(perHour.slice(day * 24, day * 24 + 24)));
      process.stdout.write(
        `${name}: ${receiver} ${perDay.join(', ')} messages a day, ${perHour[0]} in the first hour\n`,
      );
      for (const day of perDay.slice(1)) expect(day).toBeLessThanOrEqual(10);
      // A program gets an event for each alert of a message.
      if (afterFirstHour !== null && receiver !== 'pagerduty')
        expect(sum(perHour.slice(1))).toBeLessThanOrEqual(afterFirstHour);
    }
  });
});
