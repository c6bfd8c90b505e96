import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dedupKey, keyText, shownKey } from '../../src/alert/key.ts';
import { keyOf } from '../../src/sigma/index.ts';
import { differentValues, sameValues } from '../support/look-alikes.ts';
import { correlation, detection } from '../support/rules.ts';

const key = (...values: readonly string[]) => keyText(values.map((value) => ({ field: 'f', value })));

describe('keyText', () => {
  const different: readonly [string, readonly string[], readonly string[]][] = [
    ['a value that looks like two', ['a","b'], ['a', 'b']],
    ['an empty value and no value', [''], []],
    ['two empty values and one', ['', ''], ['']],
    ['case', ['a'], ['A']],
    ['a space at the end', ['a '], ['a']],
    ['composed and decomposed', ['\u00fc'], ['u\u0308']],
    ['a half character and the mark for one', ['\ud800'], ['\ufffd']],
    ['two halves', ['\ud800'], ['\udc00']],
    ['a NUL', ['\u0000'], ['']],
    ['long values that differ at the end', ['x'.repeat(5_000)], [`${'x'.repeat(4_999)}y`]],
    ['long values that differ in length', ['x'.repeat(5_000)], ['x'.repeat(5_001)]],
    ['long values that differ in the second', ['x'.repeat(600), 'a'], ['x'.repeat(600), 'b']],
    ['long values, shifted', ['x'.repeat(600), ''], ['', 'x'.repeat(600)]],
    ['long values with one hash of 53 bits', [`${'x'.repeat(600)}0fc31882`], [`${'x'.repeat(600)}1277555c`]],
    ['a value made to look like a shortened key', ['x'.repeat(505)], [key('x'.repeat(600))]],
  ];
  it.each(different)('distinguishes %s', (_, a, b) => {
    expect(key(...a)).not.toBe(key(...b));
  });

  it('is the same for the same key, and bounded for any', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 2_000 }), { maxLength: 5 }), (values) => {
        expect(key(...values)).toBe(key(...[...values]));
        expect(key(...values).length).toBeLessThanOrEqual(512 + 1 + 64);
      }),
    );
  });

  it('holds all 256 bits of the hash', () => expect(key('x'.repeat(600))).toMatch(/#[0-9a-f]{64}$/));

  it('has the fields, so that an id is no address', () => {
    expect(keyText([{ field: 'a', value: '1' }])).not.toBe(keyText([{ field: 'b', value: '1' }]));
    expect(keyText([{ field: 'a":"1","b', value: '1' }])).not.toBe(
      keyText([
        { field: 'a', value: '1' },
        { field: 'b', value: '1' },
      ]),
    );
  });

  const ofValue = (value: unknown): string => keyText(keyOf(['v'], { v: value }));
  it.each(differentValues)('is another where %s', (_, a, b) => {
    expect(ofValue(a)).not.toBe(ofValue(b));
  });
  it.each(sameValues)('is one where %s', (_, a, b) => {
    expect(ofValue(a)).toBe(ofValue(b));
  });
  it('is one for a field that is null and one that is not there', () => {
    expect(keyText(keyOf(['v'], {}))).toBe(ofValue(null));
    expect(keyText(keyOf(['actor.id'], { actor: null }))).toBe(keyText(keyOf(['actor.id'], { actor: {} })));
  });

  it('is whole characters, as the ledger gives it back', () => {
    for (const before of ['x', 'xx']) expect(key(before + '😀'.repeat(400)).isWellFormed()).toBe(true);
  });
});

describe('dedupKey', () => {
  const rule = detection('a', {});
  const textOf = (body: Record<string, unknown>): string => keyText(dedupKey(rule, body, null));

  it.each([
    ['the actor', { actor: { id: 'u-1' }, client_ip: '192.0.2.1' }, '{"actor.id":"u-1"}'],
    ['an actor with an empty id', { actor: { id: '' }, client_ip: '192.0.2.1' }, '{"actor.id":""}'],
    ['an actor with id 0', { actor: { id: 0 }, client_ip: '192.0.2.1' }, '{"actor.id":0}'],
    ['without an actor, the address', { client_ip: '192.0.2.1' }, '{"client_ip":"192.0.2.1"}'],
    ['whose id is null, the address', { actor: { id: null }, client_ip: '192.0.2.1' }, '{"client_ip":"192.0.2.1"}'],
    ['an actor that is null, the address', { actor: null, client_ip: '192.0.2.1' }, '{"client_ip":"192.0.2.1"}'],
    ['an IPv4 address in IPv6', { client_ip: '::FFFF:192.0.2.1' }, '{"client_ip":"192.0.2.1"}'],
    ['the same in hexadecimal', { client_ip: '::ffff:c000:201' }, '{"client_ip":"192.0.2.1"}'],
    ['an IPv6 address by its /64', { client_ip: '2001:db8:1:2:3:4:5:6' }, '{"client_ip":"2001:db8:1:2::/64"}'],
    ['another one of it', { client_ip: '2001:DB8:1:2::7' }, '{"client_ip":"2001:db8:1:2::/64"}'],
    ['the first one of it', { client_ip: '2001:db8:0001:0002::' }, '{"client_ip":"2001:db8:1:2::/64"}'],
    ['the /64 itself', { client_ip: '2001:db8:1:2::/64' }, '{"client_ip":"2001:db8:1:2::/64"}'],
    ['the next /64', { client_ip: '2001:db8:1:3::7' }, '{"client_ip":"2001:db8:1:3::/64"}'],
    ['the loopback address', { client_ip: '::1' }, '{"client_ip":"0::/64"}'],
    ['a wider range as it is', { client_ip: '2001:db8::/32' }, '{"client_ip":"2001:db8::/32"}'],
    ['one of IPv4 too', { client_ip: '192.0.2.0/24' }, '{"client_ip":"192.0.2.0/24"}'],
    ['what is no address as it is', { client_ip: 'fe80::1%eth0' }, '{"client_ip":"fe80::1%eth0"}'],
    ['an empty address', { client_ip: '' }, '{"client_ip":""}'],
    ['a list of addresses', { client_ip: ['192.0.2.1'] }, '{"client_ip":["192.0.2.1"]}'],
    ['a number', { client_ip: 3_221_225_985 }, '{"client_ip":3221225985}'],
    ['neither', {}, '{"actor.id":null,"client_ip":null}'],
    ['neither, as null', { actor: { id: null }, client_ip: null }, '{"actor.id":null,"client_ip":null}'],
  ])('is %s', (_, body, text) => expect(textOf(body)).toBe(text));

  it('is no address where an id looks like one', () => {
    expect(textOf({ actor: { id: '192.0.2.1' } })).not.toBe(textOf({ client_ip: '192.0.2.1' }));
    expect(textOf({ actor: { id: 'unknown' } })).not.toBe(textOf({}));
  });

  it('is what the rule says, as it is in the entry', () => {
    const by = { ...rule, tocsin: { ...rule.tocsin, dedupBy: ['client_ip', 'target.id'] } };
    const group = [{ field: 'g', value: 'x' }];
    expect(dedupKey(by, { client_ip: '2001:db8::7' }, group)).toEqual([
      { field: 'client_ip', value: '2001:db8::7' },
      { field: 'target.id', value: null },
    ]);
  });

  it('is the group of a correlation, and one for all where it has no group-by', () => {
    const group = [{ field: 'g', value: 7 }];
    expect(dedupKey(correlation('c', ['a'], {}), { actor: { id: 'u-1' } }, group)).toBe(group);
    expect(dedupKey(correlation('c', ['a'], {}), { actor: { id: 'u-1' } }, [])).toEqual([]);
  });
});

describe('shownKey', () => {
  it.each([
    ['a text as it is', 'u-1', 'u-1'],
    ['an empty one', '', ''],
    ['null as null', null, null],
    ['a number', 7, '7'],
    ['a list', ['u-1'], '["u-1"]'],
    ['an object', { b: 1, a: true }, '{"a":true,"b":1}'],
    ['what is long, cut', 'x'.repeat(300), 'x'.repeat(256)],
  ])('shows %s', (_, value, shown) =>
    expect(shownKey([{ field: 'f', value }])).toEqual([{ field: 'f', value: shown }]),
  );
});
