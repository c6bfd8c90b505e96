/** Fields of entries, whatever the entry. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldValue } from '../../../src/sigma/evaluate/field.ts';

describe('a field', () => {
  test.each([
    ['actor.id', { actor: { id: 'u' } }, 'u'],
    ['actor.id', { 'actor.id': 'flat', actor: { id: 'u' } }, 'flat'],
    ['actor.id', { actor: null }, undefined],
    ['actor.id', { actor: 'u' }, undefined],
    ['actor', { actor: { id: 'u' } }, { id: 'u' }],
    ['a.b.c', { 'a.b': { c: 1 } }, 1],
    ['a.b.c', { a: { b: {} }, 'a.b': { c: 2 } }, 2],
    ['a.length', { a: 'text' }, undefined],
    ['a.length', { a: [1, 2] }, undefined],
    ['a.b', { a: [{ b: 1 }, {}, { b: 2 }] }, [1, 2]],
    ['', { '': 1 }, 1],
    ['toString', {}, undefined],
    ['__proto__', {}, undefined],
    ['a.constructor.prototype', { a: {} }, undefined],
  ])('%s of %j is %j', (path, body, expected) => {
    expect(fieldValue(body, path)).toEqual(expected);
  });

  test('is read from any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (body, path) => {
        fieldValue(body as Record<string, unknown>, path);
      }),
    );
  });
});
