/**
 * Requests to the API, as the audit log names them: the paths of API.md and of the SDKs. Actions that API.md does not list are
 * made up in its style (`vm.created`): the list is not published. Pure.
 */

export interface ApiRequest {
  readonly action: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** The status where all is well. */
  readonly status: number;
  readonly target: { readonly id: string; readonly type: string } | null;
}

export type Kind = keyof typeof COLLECTIONS;

export const COLLECTIONS = {
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
export const KINDS = Object.keys(COLLECTIONS) as Kind[];

export function list(kind: Kind): ApiRequest {
  return { action: `${kind}.listed`, method: 'GET', path: COLLECTIONS[kind], status: 200, target: null };
}

/** What is done to a resource, or below it. */
export function on(kind: Kind, id: string, verb: string, method: ApiRequest['method'], tail = ''): ApiRequest {
  const status = method === 'POST' || method === 'DELETE' ? 202 : 200;
  const path = `${COLLECTIONS[kind]}/${id}${tail}`;
  return { action: `${kind}.${verb}`, method, path, status, target: { id, type: kind } };
}

export function read(kind: Kind, id: string): ApiRequest {
  return on(kind, id, 'read', 'GET');
}

export function create(kind: Kind, id: string): ApiRequest {
  const target = { id, type: kind };
  return { action: `${kind}.created`, method: 'POST', path: COLLECTIONS[kind], status: 201, target };
}

export function update(kind: Kind, id: string): ApiRequest {
  return on(kind, id, 'updated', 'PATCH');
}

export function remove(kind: Kind, id: string): ApiRequest {
  return on(kind, id, 'deleted', 'DELETE');
}

/** Asks what something new would cost, or whether there is room for it. It changes nothing. */
export function ask(kind: Kind, what: 'availability' | 'cost'): ApiRequest {
  const path = `${COLLECTIONS[kind]}/${what}`;
  return { action: `${kind}.${what}_checked`, method: 'POST', path, status: 200, target: null };
}

/** Asks the same of a change to a resource. */
export function askAbout(kind: Kind, id: string, what: 'availability' | 'cost'): ApiRequest {
  return on(kind, id, `${what}_checked`, 'PATCH', `/${what}`);
}

export function kubeconfig(cluster: string): ApiRequest {
  return on('nks_cluster', cluster, 'kubeconfig_read', 'GET', '/kubeconfig');
}

/** `id`: null for all pools of the cluster, or a new one. */
export function pool(
  cluster: string,
  id: string | null,
  verb: 'listed' | 'read' | 'created' | 'updated' | 'deleted',
): ApiRequest {
  const path = `${COLLECTIONS.nks_cluster}/${cluster}/pools`;
  return below(path, id, verb, 'nks_node_pool');
}

export function firewallRule(
  vpc: string,
  id: string | null,
  verb: 'listed' | 'read' | 'created' | 'updated' | 'deleted',
): ApiRequest {
  return below(`${COLLECTIONS.vpc}/${vpc}/firewall_rules`, id, verb, 'firewall_rule');
}

const METHODS = { listed: 'GET', read: 'GET', created: 'POST', updated: 'PATCH', deleted: 'DELETE' } as const;
const STATUSES = { listed: 200, read: 200, created: 201, updated: 200, deleted: 202 } as const;

function below(collection: string, id: string | null, verb: keyof typeof METHODS, type: string): ApiRequest {
  const isOne = verb === 'read' || verb === 'updated' || verb === 'deleted';
  return {
    action: `${type}.${verb}`,
    method: METHODS[verb],
    path: isOne ? `${collection}/${id}` : collection,
    status: STATUSES[verb],
    target: id === null ? null : { id, type },
  };
}

/** How far a change has got: the SDKs and Terraform ask once a second until it is done. */
export function operation(id: string): ApiRequest {
  const path = `/v1/operations/${id}`;
  return { action: 'operation.read', method: 'GET', path, status: 200, target: null };
}

export function usage(): ApiRequest {
  return { action: 'usage.read', method: 'GET', path: '/v1/usage', status: 200, target: null };
}

/** The user who is signed in. */
export function user(): ApiRequest {
  return { action: 'user.read', method: 'GET', path: '/v1/user', status: 200, target: null };
}

/** A person's password, second factor or sessions. */
export function userSecurity(id: string): ApiRequest {
  const target = { id, type: 'user' };
  return { action: 'user.security_updated', method: 'PATCH', path: '/v1/user/security', status: 200, target };
}

/** What is done to an organization, or below it. */
export function organization(id: string, verb: string, method: ApiRequest['method'], tail = ''): ApiRequest {
  const path = `/v1/organizations/${id}${tail}`;
  return { action: `organization.${verb}`, method, path, status: 200, target: { id, type: 'organization' } };
}

export function memberships(id: string): ApiRequest {
  return organization(id, 'memberships_listed', 'GET', '/memberships');
}

export function auditLogs(query = ''): ApiRequest {
  const path = `/v1/audit_logs${query}`;
  return { action: 'audit_log.listed', method: 'GET', path, status: 200, target: null };
}
