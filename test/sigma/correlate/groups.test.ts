/** Which correlations a match feeds, and into which group. */
import { describe, expect, it } from 'vitest';
import { correlationsByRule, groupOf, keyOf } from '../../../src/sigma/correlate/groups.ts';
import { counting } from '../../ledger/scene.ts';

describe('correlationsByRule', () => {
  it('finds each correlation under every rule it counts, once, in order', () => {
    const a = counting('x', 1, { id: 'a', rules: ['x', 'y', 'x'] });
    const b = counting('x', 1, { id: 'b', rules: ['x'] });
    const index = correlationsByRule([a, b]);
    expect([index.get('x'), index.get('y'), index.get('z')]).toEqual([[a, b], [a], undefined]);
  });
});

describe('groupOf', () => {
  const rows: readonly [string, readonly string[], Readonly<Record<string, unknown>>, readonly string[] | null][] = [
    ['no group-by: one group', [], {}, []],
    ['a path', ['actor.id'], { actor: { id: 'a' } }, ['a']],
    ['several, in the rule’s order', ['client_ip', 'actor.id'], { actor: { id: 'a' }, client_ip: 'i' }, ['i', 'a']],
    ['one missing: no group', ['client_ip', 'actor.id'], { client_ip: 'i' }, null],
    ['null is missing', ['client_ip'], { client_ip: null }, null],
    ['empty is a value', ['client_ip'], { client_ip: '' }, ['']],
    ['numbers are their text', ['status_code'], { status_code: 404 }, ['404']],
    ['so that 404 and "404" are one group', ['status_code'], { status_code: '404' }, ['404']],
    ['case tells apart', ['client_ip'], { client_ip: 'A' }, ['A']],
    ['what is no scalar is its JSON', ['actor'], { actor: { id: ['a'] } }, ['{"id":["a"]}']],
    ['no prototype is reached', ['constructor'], {}, null],
  ];
  it.each(rows)('%s', (_, groupBy, body, values) => {
    const group = groupOf(counting('x', 1, { groupBy }), 'x', body);
    expect(group?.map(({ value }) => value) ?? null).toEqual(values);
    expect(group?.map(({ field }) => field) ?? groupBy).toEqual(groupBy);
  });

  it('reads an alias by the rule that matched, and shows it as the alias', () => {
    const rule = counting('x', 1, { groupBy: ['who'], aliases: { who: { x: 'actor.id', y: 'target.id' } } });
    const body = { actor: { id: 'a' }, target: { id: 't' }, who: 'w' };
    expect(groupOf(rule, 'x', body)).toEqual([{ field: 'who', value: 'a' }]);
    expect(groupOf(rule, 'y', body)).toEqual([{ field: 'who', value: 't' }]);
    expect(groupOf(rule, 'z', body)).toEqual([{ field: 'who', value: 'w' }]);
  });
});

describe('keyOf', () => {
  it('has every field, the missing ones as ""', () => {
    expect(keyOf(['actor.id', 'client_ip'], { client_ip: 'i' })).toEqual([
      { field: 'actor.id', value: '' },
      { field: 'client_ip', value: 'i' },
    ]);
  });
});
