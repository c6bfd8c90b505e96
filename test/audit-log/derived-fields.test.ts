/** What Tocsin computes from an entry: its network, and the template of its path. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DERIVED_FIELDS, entryField } from '../../src/audit-log/derived-fields.ts';
import { ENTRY_FIELDS } from '../../src/audit-log/entry-fields.ts';
import { pathTemplate } from '../../src/audit-log/path-template.ts';
import { valuesOf } from '../../src/sigma/build.ts';
import { shapeOf } from '../../src/sigma/known/shapes.ts';
import { createAutomaton } from '../../src/sigma/regex/automaton.ts';
import { createAssert, createSequence } from '../../src/sigma/regex/node.ts';
import { compileProgram } from '../../src/sigma/regex/program.ts';

describe('the network of the address', () => {
  test.each([
    ['203.0.113.7', '203.0.113.0/24', 'ipv4'],
    ['::ffff:203.0.113.7', '203.0.113.0/24', 'ipv4'],
    ['::FFFF:cb00:7107', '203.0.113.0/24', 'ipv4'],
    ['2001:db8:1:2:aaaa::1', '2001:db8:1:2::/64', 'ipv6'],
    ['2001:DB8:1:2:0:0:0:9', '2001:db8:1:2::/64', 'ipv6'],
    ['::1', '0::/64', 'ipv6'],
    ['203.0.113.7:443', undefined, undefined],
    ['203.0.113', undefined, undefined],
    ['', undefined, undefined],
    [null, undefined, undefined],
    [3_405_803_783, undefined, undefined],
    [['203.0.113.7'], undefined, undefined],
  ])('of %j is %s', (client_ip, network, family) => {
    expect(entryField({ client_ip }, 'tocsin.client_network')).toBe(network);
    expect(entryField({ client_ip }, 'tocsin.client_family')).toBe(family);
  });

  test('of an entry without one is missing', () => {
    expect(entryField({}, 'tocsin.client_network')).toBe(undefined);
    expect(entryField({}, 'tocsin.client_family')).toBe(undefined);
  });
});

const UUID = '123e4567-e89b-12d3-a456-426614174000';

describe('the template of a path', () => {
  test.each([
    ['/v1/compute/vms', '/v1/compute/vms'],
    ['/v1/compute/vms/', '/v1/compute/vms'],
    ['/v1/compute/vms?limit=10&cursor=a/b', '/v1/compute/vms'],
    ['/v1/compute/vms/?limit=10', '/v1/compute/vms'],
    ['/v1/compute/vms#top', '/v1/compute/vms'],
    [`/v1/compute/vms/${UUID}`, '/v1/compute/vms/{id}'],
    [`/v1/compute/vms/${UUID.toUpperCase()}/restart`, '/v1/compute/vms/{id}/restart'],
    [`/v1/nks/clusters/${UUID}/kubeconfig`, '/v1/nks/clusters/{id}/kubeconfig'],
    [`/v1/nks/clusters/${UUID}/pools/${UUID}/nodes/${UUID}`, '/v1/nks/clusters/{id}/pools/{id}/nodes/{id}'],
    // What follows a collection is an id, whatever it looks like.
    ['/v1/nks/clusters/c-1/kubeconfig', '/v1/nks/clusters/{id}/kubeconfig'],
    ['/v1/projects/payments', '/v1/projects/{id}'],
    ['/v1/api_keys/restarted', '/v1/api_keys/{id}'],
    // Except what is done to the collection.
    ['/v1/compute/vms/availability', '/v1/compute/vms/availability'],
    ['/v1/compute/volumes/cost', '/v1/compute/volumes/cost'],
    [`/v1/compute/volumes/${UUID}/cost`, '/v1/compute/volumes/{id}/cost'],
    [`/v1/organizations/${UUID}/billing/recharge_policy`, '/v1/organizations/{id}/billing/recharge_policy'],
    // Elsewhere, by how it looks.
    ['/v2/storage/buckets/reports', '/v2/storage/buckets/reports'],
    ['/v2/storage/buckets/42', '/v2/storage/buckets/{id}'],
    ['/v2/storage/buckets/9f86d081', '/v2/storage/buckets/{id}'],
    ['/v2/storage/buckets/deadbeefdeadbeef', '/v2/storage/buckets/{id}'],
    ['/v2/storage/buckets/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/v2/storage/buckets/{id}'],
    ['/v2/storage/buckets/V1StGXR8_Z5jdHi6B-myT', '/v2/storage/buckets/{id}'],
    ['/v2/storage/buckets/ada@example.com', '/v2/storage/buckets/{id}'],
    ['/v2/storage/buckets/192.0.2.7', '/v2/storage/buckets/{id}'],
    ['/v2/oauth2/ipv4/load_balancer_settings', '/v2/oauth2/ipv4/load_balancer_settings'],
    // Ways to write the same path.
    ['//v1//compute/vms', '/v1/compute/vms'],
    ['v1/compute/vms', '/v1/compute/vms'],
    ['/V1/Compute/VMs', '/v1/compute/vms'],
    ['/v1/%6Eks/cluster%73/c-1/k%75beconfig', '/v1/nks/clusters/{id}/kubeconfig'],
    ['/v1/api%5Fkeys/x', '/v1/api_keys/{id}'],
    // An escaped slash or percent sign is another path.
    ['/v1%2Fapi_keys', '/{id}'],
    ['/v1/%256eks', '/v1/{id}'],
    ['/v1/%', '/v1/{id}'],
    ['/v1/%zz', '/v1/{id}'],
    ['/', '/'],
    ['', '/'],
    ['?x', '/'],
  ])('%s is %s', (path, template) => {
    expect(pathTemplate(path)).toBe(template);
    expect(entryField({ path }, 'tocsin.path_template')).toBe(template);
  });

  test.each([
    ['more than 16 segments', '/a'.repeat(17), `${'/a'.repeat(16)}/…`],
    ['16 segments', '/a'.repeat(16), '/a'.repeat(16)],
    ['a long segment', `/v1/${'a'.repeat(33)}`, '/v1/{id}'],
    ['a long path', `/v1/api_keys/${'a'.repeat(5_000)}`, '/v1/api_keys/…'],
  ])('of %s is bounded', (_, path, template) => {
    expect(pathTemplate(path)).toBe(template);
  });

  test('of anything is bounded, and its own template', () => {
    const pieces = fc.constantFrom('/', '%', '%6e', '?', 'vms', 'é', '\ud800', '7', 'a'.repeat(40), '…', '{id}');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((all) => all.join('')),
        ),
        (path) => {
          const template = pathTemplate(path);
          expect(template.length).toBeLessThan(600);
          expect(pathTemplate(template.replaceAll('…', 'x'))).toBe(template.replaceAll('…', 'x'));
        },
      ),
    );
  });

  test('is missing without a path', () => {
    for (const path of [null, 7, ['/v1/vms'], { v1: 'vms' }]) {
      expect(entryField({ path }, 'tocsin.path_template')).toBe(undefined);
    }
    expect(entryField({}, 'tocsin.path_template')).toBe(undefined);
  });
});

describe('the catalogue of fields', () => {
  const known = ENTRY_FIELDS.flatMap((field) => (field.name === 'tocsin.path_template' ? valuesOf(field) : []));

  test('has every derived field', () => {
    const names: readonly string[] = ENTRY_FIELDS.map(({ name }) => name);
    expect([...DERIVED_FIELDS.keys()].filter((name) => !names.includes(name))).toEqual([]);
  });

  test('has the shape of every template', () => {
    const field = ENTRY_FIELDS.find(({ name }) => name === 'tocsin.path_template');
    const shape = field === undefined ? null : shapeOf(field, false);
    const whole = createSequence([createAssert('start'), shape ?? createAssert('end'), createAssert('end')]);
    const automaton = createAutomaton(compileProgram(whole));
    const pieces = fc.constantFrom(
      '/',
      '/v1',
      'vms',
      '%',
      '%6E',
      '?',
      'é',
      'A',
      '7',
      '-',
      '~',
      ':',
      '{',
      'a'.repeat(40),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
        ),
        (path) => {
          expect(automaton.run(pathTemplate(path))).toBe(true);
        },
      ),
    );
  });

  test.each(known.map((path) => [path]))('%s is its own template, whatever its ids are', (path) => {
    expect(pathTemplate(path)).toBe(path);
    for (const id of ['some-name', UUID, '7']) expect(pathTemplate(path.replaceAll('{id}', id))).toBe(path);
  });
});

test('what the entry has under the name of a derived field takes precedence', () => {
  expect(entryField({ client_ip: '192.0.2.7', 'tocsin.client_network': 'x' }, 'tocsin.client_network')).toBe('x');
  expect(entryField({ client_ip: '192.0.2.7', tocsin: { client_network: null } }, 'tocsin.client_network')).toBe(null);
});
