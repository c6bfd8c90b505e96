/** Stories about secrets, and about who looks around. */
import { CLIENTS } from '../../sandbox/people.ts';
import type { Kind } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { MINUTE, SECOND } from '../calendar.ts';
import { clientOf, keyClient } from '../company.ts';
import type { Client } from '../world.ts';
import type { Story } from './story.ts';

const kubeconfigTheft: Story = {
  name: 'kubeconfig-theft',
  about: 'the key of a laptop, somewhere else: all clusters, one after the other',
  day: 8,
  play: ({ world, company, at, key, stranger, expect }) => {
    const thief: Client = { ...key('dana-laptop'), address: stranger(), userAgent: 'Go-http-client/2.0' };
    const clusters = company.resources.get('nks_cluster') as string[];
    world.didAll(at(23.6), thief, [api.user(), api.list('nks_cluster')], SECOND);
    for (const [i, cluster] of clusters.entries())
      world.did(at(23.61) + i * 2 * SECOND, thief, api.kubeconfig(cluster));
    const theft = { rules: [], tactics: ['credential-access'], level: 'high', within: 10 } as const;
    expect({ what: 'all kubeconfigs from a new network', ...theft }, last(world.done));
  },
};

const slowEnumeration: Story = {
  name: 'slow-enumeration',
  about: 'a key tries ids, one every few minutes, for ten hours: 404 and 403',
  day: 9,
  play: ({ world, at, key, expect }) => {
    const { random } = world;
    const by: Client = { ...key('grafana'), userAgent: CLIENTS.go };
    let next = at(8);
    for (let i = 0; i < 240; i++) {
      const kind = random.pick(['vm', 'volume', 'vpc', 'nks_cluster', 'project'] as const satisfies readonly Kind[]);
      const tried = world.did(next, by, api.read(kind, random.uuid()), random.pick([404, 404, 403]));
      next += (1 + 3 * random.next()) * MINUTE;
      const search = { rules: [], tactics: ['discovery', 'reconnaissance'], level: 'medium', within: 60 } as const;
      if (i === 59) expect({ what: 'sixty ids tried', ...search }, tried);
    }
  },
};

const logRead: Story = {
  name: 'log-read',
  about: 'a key that never read the log reads it from its beginning',
  day: 10,
  play: ({ world, at, key, expect }) => {
    const by: Client = { ...key('terraform-plan'), userAgent: 'python-requests/2.32.5' };
    for (let page = 0; page < 60; page++) {
      const query = page === 0 ? '?limit=100&sort=created_at%3Aasc' : `?cursor=${world.random.uuid()}&limit=100`;
      const read = world.did(at(20.5) + page * 2 * SECOND, by, api.auditLogs(query));
      const looking = { rules: [], tactics: ['discovery', 'collection', 'reconnaissance'], level: 'medium' } as const;
      if (page === 19) expect({ what: 'twenty pages of the log', ...looking, within: 15 }, read);
    }
  },
};

const tocsinKeyUsed: Story = {
  name: 'tocsin-key-used',
  about: "Tocsin's own key, used by somebody else",
  day: 11,
  play: ({ world, at, key, stranger, expect }) => {
    const thief: Client = { ...key('tocsin'), address: stranger(), userAgent: CLIENTS.js };
    const first = world.did(at(14.2), thief, api.auditLogs('?limit=100'));
    const rules = ['Tocsin’s API key used by somebody else', "Tocsin's API key used by somebody else"];
    const theft = { rules, tactics: ['credential-access', 'initial-access'], level: 'critical', within: 5 } as const;
    expect({ what: 'a read without a mark', ...theft }, first);
    world.didAll(at(14.3), thief, [api.list('vm'), api.list('api_key')], 5 * SECOND);
  },
};

const insider: Story = {
  name: 'insider-last-day',
  about: 'somebody in finance, who never did before, reads every kubeconfig in the console on the last day',
  day: 18,
  play: ({ world, company, at, person, expect }) => {
    const leaver = person('finance', 0);
    const day = world.days(leaver.zone).find((each) => each.at(24) > at(17.4));
    if (day === undefined) throw new Error('the story has no day');
    const by = clientOf(leaver, day, at(17.4));
    for (const [i, cluster] of (company.resources.get('nks_cluster') as string[]).entries()) {
      world.didAll(at(17.4) + i * MINUTE, by, [api.read('nks_cluster', cluster), api.kubeconfig(cluster)], 15 * SECOND);
    }
    const reading = { rules: [], tactics: ['credential-access', 'collection'], level: 'medium', within: 15 } as const;
    expect({ what: 'a person reads kubeconfigs for the first time, all of them', ...reading }, last(world.done));
  },
};

/** A key that is nobody's in the month tries what it may do. */
const scout: Story = {
  name: 'scouting-key',
  about: 'a leaked key with few permissions tries every collection, and is refused nearly everywhere',
  day: 15,
  play: ({ world, company, at, stranger, expect }) => {
    const leaked = keyClient(world.random, 'read-only-demo', '198.18.4.81', CLIENTS.js);
    for (let hours = 1; hours < 24 * 24; hours += 6)
      world.did(world.from + hours * 60 * MINUTE, leaked, api.list('rpc_node_flex'));
    const thief: Client = { ...leaked, address: stranger(), userAgent: 'python-requests/2.32.5' };
    const kinds: readonly Kind[] = ['vm', 'volume', 'vpc', 'nks_cluster', 'project', 'api_key', 'connect_connection'];
    kinds.forEach((kind, i) => {
      world.did(at(4.2) + i * 4 * SECOND, thief, api.list(kind), 403);
    });
    world.did(at(4.21), thief, api.memberships(company.organization), 403);
    world.did(at(4.22), thief, api.auditLogs(), 403);
    const refused = world.did(at(4.23), thief, api.organization(company.organization, 'read', 'GET'), 403);
    const search = { rules: [], tactics: ['discovery', 'reconnaissance'], level: 'medium', within: 15 } as const;
    expect({ what: 'ten different pages refused within minutes', ...search }, refused);
  },
};

function last<T>(all: readonly T[]): T {
  const one = all.at(-1);
  if (one === undefined) throw new Error('nothing was done');
  return one;
}

export const READING_STORIES = [kubeconfigTheft, slowEnumeration, logRead, tocsinKeyUsed, scout, insider];
