/** The ordinary activity of people and keys: sessions of a few requests, on resources that are created and deleted. */

import type { Habit } from './people.ts';
import type { Random } from './random.ts';
import {
  type ApiRequest,
  ask,
  create,
  KINDS,
  type Kind,
  list,
  memberships,
  on,
  read,
  remove,
  usage,
} from './requests.ts';

export interface Work {
  /** The requests of one session. */
  session(habit: Habit): ApiRequest[];
  /** One harmless read. */
  look(): ApiRequest;
}

/** The number of resources of each kind. */
const RESOURCES_MIN = 4;
const RESOURCES_MAX = 60;

export function createWork(organizationId: string, random: Random): Work {
  const resources = new Map(
    KINDS.map((kind) => [kind, Array.from({ length: RESOURCES_MIN + random.below(8) }, () => random.uuid())]),
  );
  const idsOf = (kind: Kind): string[] => resources.get(kind) as string[];
  const oneOf = (kind: Kind): string => random.pick(idsOf(kind));

  const onOne = (kind: Kind, verb: string, method: ApiRequest['method'], id = oneOf(kind), tail = ''): ApiRequest =>
    on(kind, id, verb, method, tail);
  const readOne = (kind: Kind): ApiRequest => read(kind, oneOf(kind));
  const createOne = (kind: Kind): ApiRequest => {
    const ids = idsOf(kind);
    const id = random.uuid();
    ids.push(id);
    if (ids.length > RESOURCES_MAX) ids.splice(0, ids.length - RESOURCES_MAX);
    return create(kind, id);
  };
  const removeOne = (kind: Kind): ApiRequest => {
    const ids = idsOf(kind);
    if (ids.length <= RESOURCES_MIN) return list(kind);
    return remove(kind, ids.splice(random.below(ids.length), 1)[0] as string);
  };
  const look = (): ApiRequest => {
    const kind = random.pick(KINDS);
    return random.chance(0.5) ? list(kind) : readOne(kind);
  };
  const several = (count: number, make: () => ApiRequest): ApiRequest[] => Array.from({ length: count }, make);

  function session(habit: Habit): ApiRequest[] {
    switch (habit) {
      case 'admin':
        return random.pick([
          () => [memberships(organizationId), list('api_key'), usage()],
          () => [list('project'), ...several(3, look)],
          () => (random.chance(0.05) ? [list('api_key'), createOne('api_key'), list('api_key')] : [list('api_key')]),
          () => [
            readOne('vpc'),
            onOne('vpc', 'firewall_rule_updated', 'PATCH', undefined, `/firewall_rules/${random.uuid()}`),
          ],
        ])();
      case 'engineer':
        return random.pick([
          () => [list('vm'), readOne('vm'), readOne('volume'), list('vm')],
          () => [list('vm'), onOne('vm', 'restarted', 'POST', undefined, '/restart')],
          () => [ask('vm', 'availability'), ask('vm', 'cost'), createOne('vm'), list('vm')],
          () => [
            list('nks_cluster'),
            readOne('nks_cluster'),
            onOne('nks_cluster', 'pools_listed', 'GET', undefined, '/pools'),
          ],
          () => [list('rpc_node_flex'), readOne('rpc_node_flex'), readOne('rpc_node_dedicated')],
          () => (random.chance(0.3) ? [readOne('volume'), removeOne('volume')] : several(4, look)),
        ])();
      case 'analyst':
        return [usage(), list('project'), ...several(random.below(4), look)];
      case 'terraform': {
        const plan = several(6 + random.below(10), () => readOne(random.pick(KINDS)));
        return random.pick([
          () => plan,
          () => plan,
          () => [
            ...plan,
            createOne('vm'),
            createOne('volume'),
            onOne('volume', 'attached', 'POST', undefined, '/attach'),
          ],
          () => [...plan, onOne('vpc', 'updated', 'PATCH'), readOne('vpc')],
          () => [
            ...plan,
            onOne('volume', 'detached', 'POST', undefined, '/detach'),
            removeOne('volume'),
            removeOne('vm'),
          ],
        ])();
      }
      case 'ci':
        return random.chance(0.6)
          ? [createOne('vm'), ...several(5, () => readOne('vm')), removeOne('vm')]
          : [list('nks_cluster'), onOne('nks_cluster', 'pool_updated', 'PATCH', undefined, `/pools/${random.uuid()}`)];
      case 'monitor':
        return [list('vm'), list('volume'), list('nks_cluster'), list('rpc_node_flex'), usage()];
      case 'backup':
        return [list('volume'), ...several(4, () => readOne('volume'))];
    }
  }

  return { session, look };
}
