/** More ordinary behaviours, of keys and programs: beside the fifteen, so that rules are not only right for those. */
import { CLIENTS } from '../../sandbox/people.ts';
import type { Kind } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { HOUR, MINUTE, SECOND } from '../calendar.ts';
import { addressIn, keyClient, network, oneOf } from '../company.ts';
import { waitFor } from '../life.ts';
import { between, type Client, times, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

const keyRotation: Behaviour = {
  name: 'key-rotation',
  about: 'automation makes twenty new keys on Tuesday and deletes the twenty old ones a day later',
  add: (world) => {
    const { random } = world;
    const rotator = keyClient(random, 'rotator', '198.18.70.1');
    for (const day of world.days('UTC').filter(({ weekday }) => weekday === 2)) {
      const made = Array.from({ length: 20 }, () => api.create('api_key', random.uuid()));
      world.didAll(day.at(3), rotator, [api.list('api_key'), ...made], 1.5 * SECOND);
      const old = Array.from({ length: 20 }, () => api.remove('api_key', random.uuid()));
      world.didAll(day.at(27), rotator, [api.list('api_key'), ...old], 1.5 * SECOND);
    }
  },
};

const autoscaler: Behaviour = {
  name: 'autoscaler',
  about: 'node pools grow and shrink all day and night',
  add: (world, company) => {
    const { random } = world;
    const by = keyClient(random, 'cluster-autoscaler', '198.18.70.2');
    const clusters = company.resources.get('nks_cluster') as string[];
    const pools = clusters.map((cluster) => [cluster, random.uuid()] as const);
    for (let at = world.from; at < world.to; at += between(random, 3 * MINUTE, 40 * MINUTE)) {
      const [cluster, pool] = random.pick(pools);
      const next = world.didAll(at, by, [api.pool(cluster, pool, 'read'), api.pool(cluster, pool, 'updated')], SECOND);
      const tail = `/pools/${pool}/nodes/${random.uuid()}`;
      if (random.chance(0.4)) world.did(next, by, api.on('nks_cluster', cluster, 'node_deleted', 'DELETE', tail));
    }
  },
};

const agent: Behaviour = {
  name: 'ai-agent',
  about: 'an assistant explores by the MCP server: everything once, and paths that do not exist',
  add: (world, company) => {
    const { random } = world;
    const key = keyClient(random, 'assistant', '');
    for (const day of world.days('Europe/Berlin')) {
      if (!day.isWorkday) continue;
      for (const at of times(random, whole(random, 1, 3), day.at(9), day.at(18))) {
        const by: Client = { ...key, address: addressIn(network(random), random), userAgent: CLIENTS.js };
        const kinds: readonly Kind[] = ['project', 'vm', 'volume', 'vpc', 'nks_cluster', 'rpc_node_flex'];
        let next = world.didAll(at, by, kinds.map(api.list), 3 * SECOND);
        for (let i = 0; i < 20; i++) {
          const kind = random.pick(kinds);
          next = world.didAll(next, by, [api.read(kind, oneOf(company, kind, random))], 4 * SECOND);
          if (random.chance(0.3))
            world.did(
              next + SECOND,
              by,
              api.read(kind, random.pick(['latest', 'default', 'prod'])),
              random.pick([400, 404]),
            );
        }
        if (random.chance(0.3)) world.did(next + 5 * SECOND, by, api.auditLogs('?limit=20'));
      }
    }
  },
};

const secondReader: Behaviour = {
  name: 'second-reader',
  about: 'a SIEM reads the log every five minutes with a key of its own, and everything once a week',
  add: (world) => {
    const { random } = world;
    const by = keyClient(random, 'siem-export', '198.18.70.4', CLIENTS.go);
    for (let at = world.from; at < world.to; at += 5 * MINUTE) {
      world.did(at + 2 * SECOND, by, api.auditLogs('?created_at_min=2026-01-01T00%3A00%3A00Z&limit=100'));
    }
    for (const day of world.days('UTC').filter(({ weekday }) => weekday === 0)) {
      const pages = Array.from({ length: 80 }, () => api.auditLogs(`?cursor=${random.uuid()}&limit=100`));
      world.didAll(day.at(4), by, pages, SECOND);
    }
  },
};

const uptimeProbe: Behaviour = {
  name: 'uptime-probe',
  about: 'probes without a key from five regions, answered 401 every minute',
  add: (world) => {
    const { random } = world;
    for (let region = 0; region < 5; region++) {
      const by: Client = { actor: null, address: addressIn(network(random), random), userAgent: 'Uptime-Kuma/2.1.0' };
      for (let at = world.from + region * 11 * SECOND; at < world.to; at += 2 * MINUTE)
        world.did(at, by, api.user(), 401);
    }
  },
};

const blueGreen: Behaviour = {
  name: 'blue-green',
  about: 'each deployment makes a dozen machines and deletes a dozen old ones',
  add: (world) => {
    const { random } = world;
    const by = keyClient(random, 'deployer', '198.18.70.5', CLIENTS.js);
    let old = Array.from({ length: 12 }, () => random.uuid());
    for (const day of world.days('Europe/Berlin')) {
      if (!day.isWorkday) continue;
      for (const at of times(random, whole(random, 1, 3), day.at(9), day.at(17))) {
        const made = Array.from({ length: 12 }, () => random.uuid());
        for (const [i, id] of made.entries()) waitFor(world, by, api.create('vm', id), at + i * 2 * SECOND);
        for (const [i, id] of old.entries())
          waitFor(world, by, api.remove('vm', id), at + 15 * MINUTE + i * 2 * SECOND);
        old = made;
      }
    }
  },
};

const backupRotation: Behaviour = {
  name: 'backup-rotation',
  about: 'each night thirty volumes are made as copies, and the thirty oldest deleted',
  add: (world) => {
    const { random } = world;
    const by = keyClient(random, 'backup', '198.18.70.6', CLIENTS.cli);
    for (const day of world.days('UTC')) {
      const steps = Array.from({ length: 30 }, () => {
        const copy = random.uuid();
        return [
          api.create('volume', copy),
          api.on('volume', random.uuid(), 'detached', 'POST', '/detach'),
          api.remove('volume', random.uuid()),
        ];
      });
      world.didAll(day.at(1.5), by, steps.flat(), 3 * SECOND);
    }
  },
};

const wrongPermissions: Behaviour = {
  name: 'wrong-permissions',
  about: 'a new pipeline has a key with too few permissions: 403 on eight pages, again with each commit',
  add: (world, company) => {
    const { random } = world;
    const key = keyClient(random, 'new-pipeline', '');
    for (const day of world.days('Europe/Berlin')) {
      if (!day.isWorkday || day.at(0) < world.countedFrom - HOUR * 3) continue;
      for (const at of times(random, whole(random, 4, 9), day.at(9), day.at(18))) {
        const by: Client = { ...key, address: addressIn(network(random), random) };
        const kinds: readonly Kind[] = [
          'project',
          'vpc',
          'vm',
          'volume',
          'nks_cluster',
          'connect_connection',
          'api_key',
        ];
        for (const [i, kind] of kinds.entries())
          world.did(at + i * SECOND, by, api.list(kind), kind === 'project' ? 200 : 403);
        world.did(at + 9 * SECOND, by, api.kubeconfig(oneOf(company, 'nks_cluster', random)), 403);
      }
    }
  },
};

const rpcOperators: Behaviour = {
  name: 'rpc-operators',
  about: 'RPC nodes are made, changed and replaced by a key, a few a day',
  add: (world, company) => {
    const { random } = world;
    const by = keyClient(random, 'rpc-operator', '198.18.70.7', CLIENTS.js);
    for (const day of world.days('America/New_York')) {
      if (!day.isWorkday) continue;
      for (const at of times(random, whole(random, 2, 5), day.at(9), day.at(18))) {
        const node = oneOf(company, 'rpc_node_flex', random);
        waitFor(world, by, api.update('rpc_node_flex', node), at);
        if (random.chance(0.3)) {
          waitFor(world, by, api.create('rpc_node_flex', random.uuid()), at + MINUTE);
          waitFor(world, by, api.remove('rpc_node_flex', random.uuid()), at + 10 * MINUTE);
        }
      }
    }
  },
};

export const OTHERS_BY_KEYS: readonly Behaviour[] = [
  ...[keyRotation, autoscaler, agent, secondReader, uptimeProbe],
  ...[blueGreen, backupRotation, wrongPermissions, rpcOperators],
];
