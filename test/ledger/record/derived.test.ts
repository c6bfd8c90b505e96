/** Derived fields in the ledger: windows, dedup keys and silences see them; what an entry claims they are is not seen. */
import { describe, expect, it } from 'vitest';
import { DERIVED_FIELDS } from '../../../src/audit-log/derived-fields.ts';
import { compile, type Expression } from '../../../src/sigma/index.ts';
import { counting, createScene, entry, HOUR, MINUTE, NOON, onAction, type Scene } from '../scene.ts';

const engineOf = (...rules: Parameters<typeof createScene>[0] & object) =>
  compile({ version: 'one', rules }, { derived: DERIVED_FIELDS });
const from = (id: string, at: number, client_ip: string, more: object = {}) =>
  entry(id, at, { action: 'vm.deleted', client_ip, ...more });
const alerts = ({ store }: Scene) =>
  store.all<{ key: string; count: number }>('SELECT key, count FROM alerts ORDER BY id');
const DELETED = onAction('vm.deleted', { alerts: false });
const BY_NETWORK = counting('vm.deleted', 3, { groupBy: ['tocsin.client_network'], rules: [DELETED.id] });

describe('a derived field', () => {
  it('groups a correlation, over a restart too', () => {
    const scene = createScene([], { engine: engineOf(DELETED, BY_NETWORK) });
    scene.record([
      from('a', NOON, '192.0.2.1'),
      from('b', NOON + 1, '::ffff:192.0.2.2'),
      from('c', NOON + 2, '198.51.100.1'),
    ]);
    expect(alerts(scene)).toEqual([]);
    const reopened = scene.reopened();
    reopened.record([from('d', NOON + 3, '192.0.2.250')]);
    expect(alerts(reopened)).toEqual([{ key: '{"tocsin.client_network":"192.0.2.0/24"}', count: 1 }]);
    expect(reopened.count('matches', 'decision IS NULL')).toBe(2);
  });

  it('is not what the entry claims', () => {
    const scene = createScene([], { engine: engineOf(DELETED, BY_NETWORK) });
    const claims = { 'tocsin.client_network': '203.0.113.0/24', tocsin: { client_network: '203.0.113.0/24' } };
    scene.record([1, 2, 3].map((n) => from(`e${n}`, NOON + n, `192.0.2.${n}`, claims)));
    expect(alerts(scene)).toEqual([{ key: '{"tocsin.client_network":"192.0.2.0/24"}', count: 1 }]);
  });

  it('counts distinct values: of one family, a person with both has one network each', () => {
    const field = { type: 'value_count', fields: ['tocsin.client_network'], timespanMs: HOUR } as const;
    const both = counting('vm.deleted', 2, { ...field, groupBy: ['actor.id'] });
    const each = { ...both, id: 'each', groupBy: ['actor.id', 'tocsin.client_family'] };
    const scene = createScene([], { engine: engineOf(DELETED, both, each) });
    scene.record([
      from('a', NOON, '192.0.2.1'),
      from('b', NOON + 1, '2001:db8::1'),
      from('c', NOON + 2, '2001:db8::2'),
    ]);
    expect(alerts(scene).map(({ key }) => key)).toEqual(['{"actor.id":"alice"}']);
    scene.record([from('d', NOON + 3, '2001:db8:0:1::1')]);
    expect(alerts(scene).map(({ key }) => key)).toEqual([
      '{"actor.id":"alice"}',
      '{"actor.id":"alice","tocsin.client_family":"ipv6"}',
    ]);
  });

  const expression: Expression = {
    kind: 'leaf',
    selection: 'selection',
    field: 'tocsin.path_template',
    test: { op: 'equals', cased: false, values: ['/v1/nks/clusters/{id}/kubeconfig'] },
  };
  const READ = onAction('kubeconfig', { expression, fields: ['tocsin.client_network'] });
  const read = (id: string, at: number, cluster = id) =>
    from(id, at, '192.0.2.1', { action: 'nks_cluster.read', path: `/v1/nks/clusters/${cluster}/kubeconfig?x` });

  it('matches, makes a dedup key, and is in messages', () => {
    const tocsin = { ...READ.tocsin, dedupBy: ['tocsin.path_template'] };
    const scene = createScene([], { engine: engineOf({ ...READ, tocsin }) });
    scene.record([
      read('a', NOON),
      read('b', NOON + 1),
      from('c', NOON + 2, '192.0.2.1', { path: '/v1/nks/clusters/a' }),
    ]);
    expect(alerts(scene)).toEqual([{ key: '{"tocsin.path_template":"/v1/nks/clusters/{id}/kubeconfig"}', count: 2 }]);
    const [message] = scene.makeDue(NOON + MINUTE);
    expect(message).toMatchObject({
      evidence: [{ field: 'tocsin.path_template', value: '/v1/nks/clusters/{id}/kubeconfig' }],
      fields: [{ field: 'tocsin.client_network', value: '192.0.2.0/24' }],
    });
  });

  it('narrows a silence', () => {
    const scene = createScene([], { engine: engineOf(READ, DELETED) });
    const silence = (network: string) => ({
      matchers: { actor: 'alice', fields: { 'tocsin.client_network': [network] } },
      ...{ endsAt: NOON + HOUR, comment: 'the migration' },
    });
    const suppressed = () => scene.store.all<{ suppressed: number }>('SELECT suppressed FROM silences ORDER BY id');
    for (const network of ['198.51.100.0/24', '192.0.2.0/24']) {
      scene.ledger.silence({ silence: JSON.stringify(silence(network)), who: 'bob', via: 'cli' }, NOON);
    }
    scene.record([read('a', NOON)]);
    expect(suppressed()).toEqual([{ suppressed: 0 }, { suppressed: 1 }]);
  });

  it('is what the page of the entry says of it', () => {
    const scene = createScene([], { engine: engineOf(READ) });
    scene.record([read('a', NOON), from('b', NOON, '192.0.2.1', { path: '/v1/api_keys' })]);
    const why = scene.views.entryWhy('a', NOON);
    expect(why?.matched[0]?.evidence[0]?.value).toBe('/v1/nks/clusters/{id}/kubeconfig');
  });
});
