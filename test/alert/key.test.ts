import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyText } from '../../src/alert/key.ts';

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

  it('has only values: the fields are the rule’s', () => {
    expect(keyText([{ field: 'a', value: '1' }])).toBe(keyText([{ field: 'b', value: '1' }]));
  });
});
