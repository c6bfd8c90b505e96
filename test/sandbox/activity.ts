/**
 * The ordinary activity of people and keys: sessions of a few requests, over the paths of API.md and resources that are
 * created and deleted. Actions that API.md does not list are made up in its style (`vm.created`): the list is not published.
 */

import type { Habit } from './people.ts';
import type { Random } from './random.ts';

export interface Activity {
  readonly action: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly status: number;
  readonly target: { readonly id: string; readonly type: string } | null;
}

export interface Work {
  /** The requests of one session. */
  session(habit: Habit): Activity[];
  /** One harmless read. */
  look(): Activity;
}

type Kind = keyof typeof COLLECTIONS;

const COLLECTIONS = {
  vm: '/v1/compute/vms',
  volume: '/v1/compute/volumes',
  vpc: '/v1/networking/vpcs',
  connect_connection: '/v1/networking/connect/connections',
  rpc_node_flex: '/v1/rpc_nodes/flex',
  rpc_node_dedicated: '/v1/rpc_nodes/dedicated',
  nks_cluster: '/v1/nks/clusters',
  project: '/v1/projects',
  api_key: '/v1/api_keys',
} as const;
const KINDS = Object.keys(COLLECTIONS) as Kind[];
/** The number of resources of each kind. */
const RESOURCES_MIN = 4;
const RESOURCES_MAX = 60;

export function createWork(organizationId: string, random: Random): Work {
  const resources = new Map(
    KINDS.map((kind) => [kind, Array.from({ length: RESOURCES_MIN + random.below(8) }, () => random.uuid())]),
  );
  const idsOf = (kind: Kind): string[] => resources.get(kind) as string[];
  const oneOf = (kind: Kind): string => random.pick(idsOf(kind));

  const list = (kind: Kind): Activity => {
    return { action: `${kind}.listed`, method: 'GET', path: COLLECTIONS[kind], status: 200, target: null };
  };
  const on = (kind: Kind, verb: string, method: Activity['method'], id = oneOf(kind), tail = ''): Activity => {
    const status = method === 'POST' || method === 'DELETE' ? 202 : 200;
    return {
      action: `${kind}.${verb}`,
      method,
      path: `${COLLECTIONS[kind]}/${id}${tail}`,
      status,
      target: { id, type: kind },
    };
  };
  const read = (kind: Kind, id?: string): Activity => on(kind, 'read', 'GET', id);
  const create = (kind: Kind): Activity => {
    const ids = idsOf(kind);
    const id = random.uuid();
    ids.push(id);
    if (ids.length > RESOURCES_MAX) ids.splice(0, ids.length - RESOURCES_MAX);
    return {
      action: `${kind}.created`,
      method: 'POST',
      path: COLLECTIONS[kind],
      status: 201,
      target: { id, type: kind },
    };
  };
  const remove = (kind: Kind): Activity => {
    const ids = idsOf(kind);
    if (ids.length <= RESOURCES_MIN) return list(kind);
    return on(kind, 'deleted', 'DELETE', ids.splice(random.below(ids.length), 1)[0] as string);
  };
  const look = (): Activity => {
    const kind = random.pick(KINDS);
    return random.chance(0.5) ? list(kind) : read(kind);
  };
  const usage = (): Activity => {
    return { action: 'usage.read', method: 'GET', path: '/v1/usage', status: 200, target: null };
  };
  const members = (): Activity => {
    const target = { id: organizationId, type: 'organization' };
    const path = `/v1/organizations/${organizationId}/memberships`;
    return { action: 'organization.memberships_listed', method: 'GET', path, status: 200, target };
  };
  const ask = (kind: Kind, what: 'availability' | 'cost'): Activity => {
    const path = `${COLLECTIONS[kind]}/${what}`;
    return { action: `${kind}.${what}_checked`, method: 'POST', path, status: 200, target: null };
  };
  const several = (count: number, make: () => Activity): Activity[] => Array.from({ length: count }, make);

  function session(habit: Habit): Activity[] {
    switch (habit) {
      case 'admin':
        return random.pick([
          () => [members(), list('api_key'), usage()],
          () => [list('project'), ...several(3, look)],
          () => (random.chance(0.05) ? [list('api_key'), create('api_key'), list('api_key')] : [list('api_key')]),
          () => [
            read('vpc'),
            on('vpc', 'firewall_rule_updated', 'PATCH', undefined, `/firewall_rules/${random.uuid()}`),
          ],
        ])();
      case 'engineer':
        return random.pick([
          () => [list('vm'), read('vm'), read('volume'), list('vm')],
          () => [list('vm'), on('vm', 'restarted', 'POST', undefined, '/restart')],
          () => [ask('vm', 'availability'), ask('vm', 'cost'), create('vm'), list('vm')],
          () => [
            list('nks_cluster'),
            read('nks_cluster'),
            on('nks_cluster', 'pools_listed', 'GET', undefined, '/pools'),
          ],
          () => [list('rpc_node_flex'), read('rpc_node_flex'), read('rpc_node_dedicated')],
          () => (random.chance(0.3) ? [read('volume'), remove('volume')] : several(4, look)),
        ])();
      case 'analyst':
        return [usage(), list('project'), ...several(random.below(4), look)];
      case 'terraform': {
        const plan = several(6 + random.below(10), () => read(random.pick(KINDS)));
        return random.pick([
          () => plan,
          () => plan,
          () => [...plan, create('vm'), create('volume'), on('volume', 'attached', 'POST', undefined, '/attach')],
          () => [...plan, on('vpc', 'updated', 'PATCH'), read('vpc')],
          () => [...plan, on('volume', 'detached', 'POST', undefined, '/detach'), remove('volume'), remove('vm')],
        ])();
      }
      case 'ci':
        return random.chance(0.6)
          ? [create('vm'), ...several(5, () => read('vm')), remove('vm')]
          : [list('nks_cluster'), on('nks_cluster', 'pool_updated', 'PATCH', undefined, `/pools/${random.uuid()}`)];
      case 'monitor':
        return [list('vm'), list('volume'), list('nks_cluster'), list('rpc_node_flex'), usage()];
      case 'backup':
        return [list('volume'), ...several(4, () => read('volume'))];
    }
  }

  return { session, look };
}
