/** Stories about what is opened, made, destroyed and taken over. */
import { BROWSERS } from '../../sandbox/people.ts';
import type { ApiRequest, Kind } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { MINUTE, SECOND } from '../calendar.ts';
import { clientOf, type Person } from '../company.ts';
import { dashboard } from '../life.ts';
import type { Client, Done, World } from '../world.ts';
import type { Stage, Story } from './story.ts';

/** A person at work at that time, as they usually are. */
function atWork({ world }: Stage, person: Person, at: number): Client {
  const day = world.days(person.zone).find((each) => each.at(24) > at);
  if (day === undefined) throw new Error('the story has no day');
  return clientOf(person, day, at);
}

/** Does requests one after the other; returns what was done. */
function doAll(world: World, by: Client, requests: readonly ApiRequest[], at: number, apartMs: number): Done[] {
  return requests.map((request, i) => world.did(at + i * apartMs, by, request));
}

function nth(done: readonly Done[], count: number): Done {
  const one = done[count - 1];
  if (one === undefined) throw new Error(`fewer than ${count} were done`);
  return one;
}

const openFirewall: Story = {
  name: 'open-firewall',
  about: 'rules of a firewall are opened, and machines made behind it',
  day: 12,
  play: ({ world, company, at, key, stranger, expect }) => {
    const { random } = world;
    const thief: Client = { ...key('terraform-sandbox'), address: stranger(), userAgent: 'curl/8.7.1' };
    const [vpc] = company.resources.get('vpc') as string[];
    const rule = (verb: 'created' | 'updated') => api.firewallRule(vpc as string, random.uuid(), verb);
    const requests = [rule('created'), rule('created'), rule('updated'), rule('created'), rule('updated')];
    const opened = doAll(world, thief, requests, at(1.4), 40 * SECOND);
    const network = { rules: [], tactics: ['defense-evasion', 'defense-impairment', 'initial-access'] } as const;
    expect({ what: 'five firewall rules from a new network', ...network, level: 'medium', within: 20 }, nth(opened, 5));
    const made = doAll(
      world,
      thief,
      [api.create('vm', random.uuid()), api.create('vm', random.uuid())],
      at(1.6),
      MINUTE,
    );
    const then = {
      rules: [],
      tactics: [...network.tactics, 'persistence', 'impact'],
      level: 'medium',
      within: 20,
    } as const;
    expect({ what: 'then machines behind it', ...then }, nth(made, 2));
  },
};

const miningSpree: Story = {
  name: 'mining-spree',
  about: 'a key makes forty machines on a Saturday night',
  day: 5,
  play: ({ world, at, key, expect }) => {
    const by = key('e2e-tests');
    const { random } = world;
    doAll(
      world,
      by,
      [api.ask('vm', 'availability'), api.ask('vm', 'availability'), api.ask('vm', 'cost')],
      at(26.5),
      SECOND,
    );
    const requests = Array.from({ length: 40 }, () => api.create('vm', random.uuid()));
    const made = doAll(world, by, requests, at(26.52), 9 * SECOND);
    expect(
      { what: 'twenty machines at night', rules: [], tactics: ['impact'], level: 'high', within: 15 },
      nth(made, 20),
    );
  },
};

const leaverDeletes: Story = {
  name: 'leaver-deletes',
  about: 'a person who leaves deletes machines, volumes and a cluster in the console',
  day: 16,
  play: (stage) => {
    const { world, company, at, person, expect } = stage;
    const by = atWork(stage, person('engineer', 5), at(16.8));
    const of = (kind: Kind, count: number) =>
      (company.resources.get(kind) as string[]).slice(-count).map((id) => api.remove(kind, id));
    const deleted = doAll(
      world,
      by,
      [...of('vm', 25), ...of('volume', 30), ...of('nks_cluster', 1)],
      at(16.8),
      12 * SECOND,
    );
    expect(
      { what: 'fifteen deletions by a person', rules: [], tactics: ['impact'], level: 'high', within: 10 },
      nth(deleted, 15),
    );
  },
};

const takeover: Story = {
  name: 'takeover',
  about: "an admin's session from elsewhere: security settings, a member, the organization's address",
  day: 17,
  play: ({ world, company, at, person, stranger, expect }) => {
    const { actor } = person('admin', 0);
    const thief: Client = { actor, address: stranger(), userAgent: BROWSERS[2] };
    const { organization } = company;
    world.didAll(at(5.1), thief, dashboard(company), SECOND);
    const security = world.did(at(5.15), thief, api.userSecurity(actor.id));
    const account = {
      rules: [],
      tactics: ['persistence', 'initial-access', 'privilege-escalation', 'credential-access'],
    } as const;
    expect({ what: 'security settings from a new place', ...account, level: 'medium', within: 15 }, security);
    const member = api.organization(organization, 'membership_updated', 'PATCH', `/memberships/${world.random.uuid()}`);
    const changes = [
      member,
      api.organization(organization, 'updated', 'PATCH'),
      api.organization(organization, 'address_updated', 'PATCH', '/address'),
    ];
    const changed = doAll(world, thief, changes, at(5.2), MINUTE);
    expect({ what: 'a member and the organization changed', ...account, level: 'high', within: 15 }, nth(changed, 2));
  },
};

const sessionHijack: Story = {
  name: 'session-hijack',
  about: 'while its person works, a session is used from another network with another browser',
  day: 22,
  play: (stage) => {
    const { world, company, at, person, stranger, expect } = stage;
    const victim = person('engineer', 7);
    const own = atWork(stage, victim, at(11));
    for (let i = 0; i < 12; i++) world.didAll(at(11) + i * 4 * MINUTE, own, [api.list('vm'), api.usage()], SECOND);
    const thief: Client = {
      actor: victim.actor,
      address: stranger(),
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    };
    world.didAll(at(11.3), thief, dashboard(company), SECOND);
    const security = world.did(at(11.35), thief, api.userSecurity(victim.actor.id));
    const account = {
      rules: [],
      tactics: ['initial-access', 'persistence', 'credential-access', 'defense-evasion', 'stealth'],
    } as const;
    expect({ what: 'security settings from a second place', ...account, level: 'medium', within: 15 }, security);
    const made = world.did(at(11.4), thief, api.create('api_key', world.random.uuid()));
    expect({ what: 'and a key made from there', ...account, level: 'medium', within: 15 }, made);
  },
};

const billing: Story = {
  name: 'billing-abuse',
  about: 'an account is topped up again and again, and the policy of recharging changed',
  day: 19,
  play: ({ world, company, at, person, stranger, expect }) => {
    const { actor, browser } = person('finance', 1);
    const thief: Client = { actor, address: stranger(), userAgent: browser };
    const bill = (what: string, method: 'POST' | 'PATCH') =>
      api.organization(company.organization, `billing_${what}`, method, `/billing/${what}`);
    const policy = world.did(at(2.2), thief, bill('recharge_policy', 'PATCH'));
    const topups = doAll(
      world,
      thief,
      Array.from({ length: 6 }, () => bill('topup', 'POST')),
      at(2.25),
      90 * SECOND,
    );
    const money = { rules: [], tactics: ['impact'], level: 'medium', within: 15 } as const;
    expect({ what: 'the policy of recharging changed', ...money, level: 'low' }, policy);
    expect({ what: 'six top-ups in ten minutes', ...money }, nth(topups, 6));
  },
};

const networkOutage: Story = {
  name: 'network-outage',
  about: 'connections and VPCs are deleted',
  day: 20,
  play: (stage) => {
    const { world, company, at, person, expect } = stage;
    const by = atWork(stage, person('engineer', 8), at(12.1));
    const all = (kind: Kind, count: number) =>
      (company.resources.get(kind) as string[]).slice(0, count).map((id) => api.remove(kind, id));
    const deleted = doAll(world, by, [...all('connect_connection', 3), ...all('vpc', 2)], at(12.1), 50 * SECOND);
    expect(
      { what: 'three connections deleted', rules: [], tactics: ['impact'], level: 'medium', within: 10 },
      nth(deleted, 3),
    );
    expect({ what: 'and two VPCs', rules: [], tactics: ['impact'], level: 'medium', within: 10 }, nth(deleted, 5));
  },
};

const destroyedBackups: Story = {
  name: 'destroyed-backups',
  about: 'volumes are detached and deleted first, then the machines',
  day: 23,
  play: ({ world, company, at, key, stranger, expect }) => {
    const thief: Client = { ...key('argocd'), address: stranger(), userAgent: 'curl/8.7.1' };
    const volumes = (company.resources.get('volume') as string[]).slice(0, 20);
    const steps = volumes.flatMap((id) => [
      api.on('volume', id, 'detached', 'POST', '/detach'),
      api.remove('volume', id),
    ]);
    const wiped = doAll(world, thief, steps, at(4.5), 4 * SECOND);
    expect(
      { what: 'ten volumes detached and deleted', rules: [], tactics: ['impact'], level: 'high', within: 10 },
      nth(wiped, 20),
    );
    const machines = (company.resources.get('vm') as string[]).slice(0, 20).map((id) => api.remove('vm', id));
    const ended = doAll(world, thief, machines, at(4.6), 5 * SECOND);
    expect({ what: 'then the machines', rules: [], tactics: ['impact'], level: 'high', within: 10 }, nth(ended, 10));
  },
};

const poolScaling: Story = {
  name: 'pool-scaling',
  about: 'the node pools of all clusters are enlarged at night, and more are made',
  day: 24,
  play: ({ world, company, at, key, stranger, expect }) => {
    const { random } = world;
    const thief: Client = { ...key('github-actions'), address: stranger(), userAgent: 'curl/8.7.1' };
    const clusters = company.resources.get('nks_cluster') as string[];
    const pools = clusters.flatMap((cluster) => [
      ...Array.from({ length: 4 }, () => api.pool(cluster, random.uuid(), 'updated')),
      api.pool(cluster, random.uuid(), 'created'),
    ]);
    const scaled = doAll(world, thief, pools, at(2.8), 20 * SECOND);
    expect(
      { what: 'ten changes of node pools at night', rules: [], tactics: ['impact'], level: 'medium', within: 20 },
      nth(scaled, 10),
    );
  },
};

const rpcHijack: Story = {
  name: 'rpc-hijack',
  about: 'RPC nodes are deleted and others made by a key that never had to do with them',
  day: 26,
  play: ({ world, company, at, key, stranger, expect }) => {
    const thief: Client = { ...key('terraform-plan'), address: stranger(), userAgent: 'curl/8.7.1' };
    const nodes = (company.resources.get('rpc_node_flex') as string[]).slice(0, 3);
    const steps = nodes.flatMap((id) => [
      api.remove('rpc_node_flex', id),
      api.create('rpc_node_flex', world.random.uuid()),
    ]);
    const swapped = doAll(world, thief, steps, at(1.9), MINUTE);
    const hijack = {
      rules: [],
      tactics: ['impact', 'initial-access', 'persistence'],
      level: 'medium',
      within: 15,
    } as const;
    expect({ what: 'nodes deleted and made by another key', ...hijack }, nth(swapped, 4));
  },
};

export const CHANGING_STORIES = [
  openFirewall,
  miningSpree,
  leaverDeletes,
  takeover,
  sessionHijack,
  billing,
  networkOutage,
  destroyedBackups,
  poolScaling,
  rpcHijack,
];
