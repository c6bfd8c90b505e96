/** Into which group of a correlation an entry belongs, and with which value. */
import { describe, expect, it } from 'vitest';
import { eventValue, groupOf, groupText, keyOf } from '../../../src/sigma/correlate/groups.ts';
import { textKey } from '../../../src/sigma/correlate/window/aggregations.ts';
import type { CorrelationRule, EntryBody } from '../../../src/sigma/rule.ts';
import { differentValues, sameValues } from '../../support/look-alikes.ts';
import { correlation } from '../../support/rules.ts';

/** A list in a list in a list … */
const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('groupOf', () => {
  const rows: readonly [string, readonly string[], Readonly<Record<string, unknown>>, readonly unknown[] | null][] = [
    ['no group-by: one group', [], {}, []],
    ['a path', ['actor.id'], { actor: { id: 'a' } }, ['a']],
    ['several, in the rule’s order', ['client_ip', 'actor.id'], { actor: { id: 'a' }, client_ip: 'i' }, ['i', 'a']],
    ['one missing: no group', ['client_ip', 'actor.id'], { client_ip: 'i' }, null],
    ['null is missing', ['client_ip'], { client_ip: null }, null],
    ['empty is a value', ['client_ip'], { client_ip: '' }, ['']],
    ['a number is a number', ['status_code'], { status_code: 404 }, [404]],
    ['and its text another value', ['status_code'], { status_code: '404' }, ['404']],
    ['false and 0 are values', ['a', 'b'], { a: false, b: 0 }, [false, 0]],
    ['values are case-sensitive', ['client_ip'], { client_ip: 'A' }, ['A']],
    ['so is what is no scalar', ['actor'], { actor: { id: ['a'] } }, [{ id: ['a'] }]],
    ['a list of nothing, too', ['a'], { a: [] }, [[]]],
    ['and a list of null', ['a'], { a: [null] }, [[null]]],
    ['no prototype is reached', ['constructor'], {}, null],
  ];
  it.each(rows)('%s', (_, groupBy, body, values) => {
    const group = groupOf(correlation('c', ['x'], { groupBy }), 'x', body);
    expect(group?.map(({ value }) => value) ?? null).toEqual(values);
    expect(group?.map(({ field }) => field) ?? groupBy).toEqual(groupBy);
  });

  it('reads an alias by the rule that matched, and shows it as the alias', () => {
    const rule = correlation('c', ['x'], { groupBy: ['who'], aliases: { who: { x: 'actor.id', y: 'target.id' } } });
    const body = { actor: { id: 'a' }, target: { id: 't' }, who: 'w' };
    expect(groupOf(rule, 'x', body)).toEqual([{ field: 'who', value: 'a' }]);
    expect(groupOf(rule, 'y', body)).toEqual([{ field: 'who', value: 't' }]);
    expect(groupOf(rule, 'z', body)).toEqual([{ field: 'who', value: 'w' }]);
  });
});

describe('groupOf, of a correlation that fired', () => {
  const rule = correlation('c', ['below'], { groupBy: ['who', 'ip'], aliases: { who: { below: 'peer' } } });
  const below = [{ field: 'peer', value: 'p' }];
  it.each([
    ['has the fields of its group', { peer: 'other', ip: 'i' }, ['p', 'i']],
    ['and those of the entry that completed it', { ip: 'i' }, ['p', 'i']],
    ['which it must have', {}, null],
  ] as const)('%s', (_, body, values) => {
    expect(groupOf(rule, 'below', body, below)?.map(({ value }) => value) ?? null).toEqual(values);
  });
});

describe('a group and a value', () => {
  const groupBy = ['v'];
  const groupOfValue = (value: unknown): string | null => {
    const group = groupOf(correlation('c', ['x'], { groupBy }), 'x', { v: value });
    return group === null ? null : groupText(group);
  };
  const counted = (value: unknown) =>
    eventValue(correlation('c', ['x'], { type: 'value_count', fields: ['v'] }), 'x', { v: value });

  it.each(differentValues)('are others where %s', (_, a, b) => {
    expect(groupOfValue(a)).not.toBe(groupOfValue(b));
    expect(counted(a)).not.toBe(counted(b));
    // In windows, where long values are hashed.
    expect(textKey(String(counted(a)))).not.toBe(textKey(String(counted(b))));
  });

  it.each(sameValues)('are one where %s', (_, a, b) => {
    expect(groupOfValue(a)).toBe(groupOfValue(b));
    expect(counted(a)).toBe(counted(b));
  });

  it('are missing where the value is null or missing', () => {
    expect([null, undefined].map(groupOfValue)).toEqual([null, null]);
    expect([null, undefined].map(counted)).toEqual([null, null]);
    expect(eventValue(correlation('c', ['x'], { type: 'value_count', fields: ['v'] }), 'x', {})).toBeNull();
  });

  it('may be nested however deep', () => {
    expect(groupOfValue(deep(100_000))).toBe(groupOfValue(deep(100_000)));
    expect(groupOfValue(deep(100_000))).not.toBe(groupOfValue(deep(100_001)));
    expect(counted(deep(100_000))).not.toBe(counted(deep(100_001)));
  });
});

describe('groupText', () => {
  it('distinguishes groups with any values', () => {
    const pairs: readonly (readonly unknown[])[] = [
      ['a', 'b'],
      ['a","b', ''],
      ['a,b', ''],
      ['', 'a,b'],
      ['ab', ''],
      ['a', 'b"]'],
      [['a', 'b'], ''],
      ['["a","b"]', ''],
      [7, '7'],
      ['7', 7],
    ];
    const texts = pairs.map((values) => groupText(values.map((value) => ({ field: 'f', value }))));
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('eventValue', () => {
  const rows: readonly [string, Partial<CorrelationRule>, EntryBody, string | number | null][] = [
    ['value_count: text', { type: 'value_count' }, { v: 'x' }, '=x'],
    ['by case', { type: 'value_count' }, { v: 'X' }, '=X'],
    ['a number is not its text', { type: 'value_count' }, { v: 404 }, '[404]'],
    ['nor is true', { type: 'value_count' }, { v: true }, '[true]'],
    ['missing', { type: 'value_count' }, {}, null],
    ['null', { type: 'value_count' }, { v: null }, null],
    ['empty is a value', { type: 'value_count' }, { v: '' }, '='],
    ['several together', { type: 'value_count', fields: ['v', 'w'] }, { v: 'a', w: 1 }, '["a",1]'],
    ['one of them missing', { type: 'value_count', fields: ['v', 'w'] }, { v: 'a' }, null],
    ['one of them null', { type: 'value_count', fields: ['v', 'w'] }, { v: 'a', w: null }, null],
    ['a share: any value', { type: 'value_percentile' }, { v: 5 }, '[5]'],
    ['a percentile: a number', { type: 'value_percentile', percentile: 95 }, { v: 5 }, 5],
    ['value_sum: a number', { type: 'value_sum' }, { v: -0.5 }, -0.5],
    ['text that is one', { type: 'value_avg' }, { v: '1e3' }, 1_000],
    ['text that is not a number', { type: 'value_median' }, { v: '12 bytes' }, null],
    ['empty text is not a number', { type: 'value_sum' }, { v: '' }, null],
    ['hexadecimal is not a number', { type: 'value_sum' }, { v: '0x10' }, null],
    ['nor is what is not finite', { type: 'value_sum' }, { v: '1e999' }, null],
    ['nor true', { type: 'value_sum' }, { v: true }, null],
    ['nor a list', { type: 'value_sum' }, { v: [1] }, null],
    ['through an alias', { type: 'value_sum', aliases: { v: { x: 'in.bytes' } } }, { v: 1, in: { bytes: 2 } }, 2],
    ['no prototype is reached', { type: 'value_count', fields: ['constructor'] }, {}, null],
    ['by no alias either', { type: 'value_count', fields: ['constructor'], rules: ['name'] }, { Object: 'x' }, null],
  ];
  it.each(rows)('%s', (_, more, body, expected) => {
    const rule = correlation('c', ['x'], { fields: ['v'], ...more });
    expect(eventValue(rule, rule.rules[0] ?? '', body)).toBe(expected);
  });
});

describe('keyOf', () => {
  it('has every field, the missing ones as null, which they are one with', () => {
    expect(keyOf(['actor.id', 'client_ip', 'path', 'method'], { client_ip: 'i', path: null, method: '' })).toEqual([
      { field: 'actor.id', value: null },
      { field: 'client_ip', value: 'i' },
      { field: 'path', value: null },
      { field: 'method', value: '' },
    ]);
  });
});
