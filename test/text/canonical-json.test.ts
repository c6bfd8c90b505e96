/** Which JSON values are one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/text/canonical-json.ts';

/** A list in a list in a list … */
const deep = (levels: number, inner = ''): unknown => JSON.parse(`${'['.repeat(levels)}${inner}${']'.repeat(levels)}`);

describe('one value, however it is written', () => {
  it.each<[string, string, string]>([
    ['the order of keys', '{"a":1,"b":{"d":2,"c":3}}', '{"b":{"c":3,"d":2},"a":1}'],
    ['keys in a list', '[{"a":1,"b":2}]', '[{"b":2,"a":1}]'],
    ['keys that look like numbers', '{"10":1,"9":2}', '{"9":2,"10":1}'],
    ['a number with a fraction', '1', '1.0'],
    ['a number with an exponent', '100', '1e2'],
    ['minus zero', '0', '-0'],
    ['escapes', '"\u0061"', '"a"'],
    ['white space', '[1,{"a":2}]', ' [ 1 , { "a" : 2 } ] '],
  ])('%s', (_, a, b) => {
    expect(canonicalJson(JSON.parse(a))).toBe(canonicalJson(JSON.parse(b)));
  });
});

describe('values that are not one', () => {
  const values: readonly string[] = [
    ...['null', '""', '" "', '"null"', 'false', '"false"', 'true', '"true"', '0', '"0"', '1', '"1"', '"1.0"', '1e999'],
    ...[
      '[]',
      '{}',
      '"[]"',
      '"{}"',
      '[null]',
      '[""]',
      '[[]]',
      '[{}]',
      '[1]',
      '["1"]',
      '[[1]]',
      '[1,2]',
      '[2,1]',
      '["1,2"]',
    ],
    ...['"u-1"', '["u-1"]', '"[\\"u-1\\"]"', '"U-1"', '" u-1"', '"u-1\\u0000"', '"u-1\\u200b"'],
    ...[
      '{"a":1}',
      '{"a":"1"}',
      '{"a":null}',
      '{"b":1}',
      '{"a":1,"b":2}',
      '{"a":{"b":2}}',
      '{"a":[1]}',
      '"{\\"a\\":1}"',
    ],
    ...['"\\u00fc"', '"u\\u0308"', '"\\ud800"', '"\\udc00"', '"\\ufffd"', '{"__proto__":1}', '{"__proto__":2}'],
    ...['0.1', '0.1000000000000001', '9007199254740991', '9007199254740992', '-1', '"-1"'],
    `"${'x'.repeat(70_000)}a"`,
    `"${'x'.repeat(70_000)}b"`,
  ];
  it('are kept apart, each from all others', () => {
    expect(new Set(values.map((text) => canonicalJson(JSON.parse(text)))).size).toBe(values.length);
  });

  it('however deep', () => {
    const texts = [deep(100_000), deep(100_001), deep(100_000, '1'), deep(100_000, '"1"')].map(canonicalJson);
    expect(new Set(texts).size).toBe(4);
    expect(texts[1]).toBe('['.repeat(100_001) + ']'.repeat(100_001));
  });
});

it('is JSON of the value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4, noUnicodeString: false }), (value) => {
      // JSON has no -0.
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it('is the same for the same value with its keys in another order, and only then', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const reversed = (of: unknown): unknown => {
    if (Array.isArray(of)) return of.map(reversed);
    if (typeof of !== 'object' || of === null) return of;
    return Object.fromEntries(
      Object.entries(of)
        .reverse()
        .map(([name, member]) => [name, reversed(member)]),
    );
  };
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(canonicalJson(reversed(a))).toBe(canonicalJson(a));
      const isSame = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
      expect(canonicalJson(a) === canonicalJson(b)).toBe(isSame);
    }),
  );
});

/** As pairs, so that keys such as "10" keep their order. */
function sorted(of: unknown): unknown {
  if (Array.isArray(of)) return ['list', ...of.map(sorted)];
  if (typeof of !== 'object' || of === null) return of;
  const pairs = Object.entries(of).map(([name, member]) => [name, sorted(member)] as const);
  return ['object', ...pairs.sort(([a], [b]) => (a < b ? -1 : 1))];
}
