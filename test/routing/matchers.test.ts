import { expect, test } from 'vitest';
import { type Matchers, matchEntry, matchPattern, matchRule, rulesNamed } from '../../src/routing/matchers.ts';
import type { EntryBody } from '../../src/sigma/index.ts';

const FACTS = { rule: 'r-1', level: 'high', tags: ['attack.persistence', 'attack.T1098.001'] } as const;

test.each<readonly [what: string, matchers: Matchers, holds: boolean]>([
  ['no matcher', {}, true],
  ['its level', { levels: ['low', 'high'] }, true],
  ['another level', { levels: ['critical'] }, false],
  ['no value', { levels: [] }, false],
  ['its rule', { rules: ['r-0', 'r-1'] }, true],
  ['the beginning of its rule', { rules: ['r-'] }, false],
  ['a tag', { tags: ['attack.persistence'] }, true],
  ['a tag in another case', { tags: ['attack.t1098.001'] }, true],
  ['a wildcard', { tags: ['cve.*', 'attack.*'] }, true],
  ['the beginning of a tag', { tags: ['attack'] }, false],
  ['one that holds, and one that does not', { levels: ['high'], rules: ['r-2'] }, false],
])('of a rule: %s', (_, matchers, holds) => {
  expect(matchRule(matchers, FACTS)).toBe(holds);
});

const ENTRY: EntryBody = {
  action: 'vm.deleted',
  actor: { id: 'k-1', name: 'ci-deploy', type: 'api_key' },
  client_ip: '192.0.2.7',
  status_code: 403,
  target: null,
  'tocsin.mark': 'missing',
  scopes: ['read', 'edit', 7, null, ['deep']],
};

test.each<readonly [what: string, matchers: Matchers, holds: boolean]>([
  ['no matcher', {}, true],
  ['the actor by id', { actors: ['k-1'] }, true],
  ['the actor by name', { actors: ['nobody', 'ci-deploy'] }, true],
  ['an actor in another case', { actors: ['CI-deploy'] }, false],
  ['a wildcard, which only tags have', { actors: ['ci-*'] }, false],
  ['its address', { addresses: ['192.0.2.7'] }, true],
  ['its range', { addresses: ['198.51.100.0/24', '192.0.2.0/24'] }, true],
  ['its address, mapped to IPv6', { addresses: ['::ffff:192.0.2.7'] }, true],
  ['its range, mapped to IPv6', { addresses: ['::ffff:192.0.2.0/120'] }, true],
  ['a text that its address begins with', { addresses: ['192.0.2'] }, false],
  ['what is no address', { addresses: ['ci-deploy'] }, false],
  ['a field', { fields: [['actor.type', ['user', 'api_key']]] }, true],
  ['a number as text', { fields: [['status_code', ['403']]] }, true],
  ['a member of a list', { fields: [['scopes', ['7']]] }, true],
  ['a list in a list', { fields: [['scopes', ['deep']]] }, false],
  ['a field that Tocsin derives', { fields: [['tocsin.mark', ['missing']]] }, true],
  ['its network', { fields: [['tocsin.client_network', ['192.0.2.0/24']]] }, true],
  ['another network', { fields: [['tocsin.client_network', ['198.51.100.0/24']]] }, false],
  ['null as text', { fields: [['target', ['null']]] }, false],
  ['a missing field as text', { fields: [['nothing', ['undefined', '']]] }, false],
  ['an object as text', { fields: [['actor', ['[object Object]']]] }, false],
  ['a field of the prototype', { fields: [['constructor', ['Object']]] }, false],
  ['the prototype itself', { fields: [['__proto__', ['[object Object]']]] }, false],
  [
    'two fields, of which one is another',
    {
      fields: [
        ['actor.type', ['api_key']],
        ['action', ['vm.created']],
      ],
    },
    false,
  ],
])('of an entry: %s', (_, matchers, holds) => {
  expect(matchEntry(matchers, ENTRY)).toBe(holds);
});

test.each([
  ['an entry without an actor', {}, { actors: ['null', 'undefined', ''] }],
  ['a list of addresses in one text', { client_ip: '192.0.2.7, 198.51.100.1' }, { addresses: ['192.0.2.0/24'] }],
  ['an address that is a number', { client_ip: 3221225991 }, { addresses: ['192.0.2.0/24'] }],
  ['an IPv6 address', { client_ip: '2001:db8::1' }, { addresses: ['0.0.0.0/0'] }],
] as const)('%s matches nothing', (_, body, matchers) => {
  expect(matchEntry(matchers, body)).toBe(false);
});

test.each([
  ['2001:db8:0:0::1', '2001:DB8::/32'],
  ['::ffff:c000:207', '192.0.2.0/24'],
])('the address %s is in %s', (address, range) => {
  expect(matchEntry({ addresses: [range] }, { client_ip: address })).toBe(true);
});

test.each([
  ['attack.*', 'attack.persistence', true],
  ['attack.*', 'attack.', true],
  ['attack.*', 'attack', false],
  ['attack', 'attack.persistence', false],
  ['*', '', true],
  ['*.persistence', 'attack.persistence', false],
])('the pattern %s matches %s: %s', (pattern, text, holds) => {
  expect(matchPattern(pattern, text)).toBe(holds);
});

test('a rule is named by its id, its name, its title, or its file', () => {
  const rule = (id: string, name: string | null, path: string) => ({
    id,
    name,
    path,
    tags: [],
    title: `Rule ${path.length}`,
  });
  const rules = [
    rule('1', null, 'vm/vm_deleted.yml'),
    rule('2', 'deleted', 'vm/vm_deleted.yml'),
    rule('3', null, 'x.yaml'),
  ];
  const named = (reference: string) => rulesNamed(reference, rules).map(({ id }) => id);
  expect(named('1')).toEqual(['1']);
  expect(named('deleted')).toEqual(['2']);
  expect(named('vm_deleted')).toEqual(['1', '2']);
  expect(named('x')).toEqual(['3']);
  expect(named('Rule 6')).toEqual(['3']);
  expect(named('Rule 17')).toEqual(['1', '2']);
  expect(named('rule 6')).toEqual([]);
  expect(named('vm/vm_deleted.yml')).toEqual([]);
  expect(named('null')).toEqual([]);
});
