/** Shapes of parsed JSON: what passes, and where the problem is. */
import { describe, expect, it } from 'vitest';
import {
  between,
  boolean,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  orElse,
  readShape,
  type Shape,
  string,
  where,
} from '../../src/text/shape.ts';

const read = (of: Shape<unknown>, json: unknown) => {
  const result = readShape(of, json);
  return result.ok ? result.value : result.problem;
};

describe('a value', () => {
  const NOTHING = [undefined, null, '', 'x', 0, Number.NaN, Number.POSITIVE_INFINITY, true, [], {}, '1', ['x']];
  it.each([
    ['text', string, ['', 'x', '1']],
    ['a number', number, [0]],
    ['a boolean', boolean, [true]],
    ['a number or null', nullable(number), [null, 0]],
    ['a list of texts', list(string), [[], ['x']]],
    ['an object', object({}), [{}]],
    ['a word', oneOf('x', 'y'), ['x']],
    ['a number between', between(0, 1), [0]],
  ] as const)('that is %s', (_, of, good) => {
    const passed = NOTHING.filter((value) => value !== undefined && readShape(of, value).ok);
    expect(passed).toEqual(good);
  });

  it('is checked at both of its bounds', () => {
    const of = between(-1, 5);
    expect([-1.1, -1, 5, 5.1].map((value) => readShape(of, value).ok)).toEqual([false, true, true, false]);
    const long = where(string, ({ length }) => length < 3, 'is too long');
    expect([read(long, 'ab'), read(long, 'abc'), read(long, 1)]).toEqual(['ab', 'it: is too long', 'it: is not text']);
  });
});

describe('an object', () => {
  const of = object({ a: string, b: optional(number), c: orElse(boolean, false), d: list(object({ e: number })) });

  it('has its fields, and no other', () => {
    expect(read(of, { a: 'x', d: [{ e: 1, f: 2 }], z: 1 })).toEqual({ a: 'x', b: undefined, c: false, d: [{ e: 1 }] });
    expect(read(of, JSON.parse('{"a":"x","d":[],"__proto__":{"c":true},"b":2}'))).toEqual({
      a: 'x',
      b: 2,
      c: false,
      d: [],
    });
  });

  it('takes no field from its prototype', () => {
    expect(read(object({ toString: optional(string), constructor: optional(string) }), {})).toEqual({});
    expect(read(object({ a: string }), Object.create({ a: 'x' }))).toBe('a: is not text');
  });

  it.each([
    [{ d: [] }, 'a: is not text'],
    [{ a: 'x', b: null, d: [] }, 'b: is not a number'],
    [{ a: 'x', c: 'yes', d: [] }, 'c: is not a boolean'],
    [{ a: 'x', d: {} }, 'd: is not a list'],
    [{ a: 'x', d: [{ e: 1 }, { e: '1' }] }, 'd.1.e: is not a number'],
    [{ a: 'x', d: [null] }, 'd.0: is not an object'],
    [[], 'it: is not an object'],
    [null, 'it: is not an object'],
    [undefined, 'not JSON'],
  ])('%j is wrong: %s', (json, problem) => {
    expect(readShape(of, json)).toEqual({ ok: false, problem });
  });
});

it('throws what a check throws', () => {
  const broken = where(string, () => JSON.parse('{'), 'x');
  expect(() => readShape(broken, 'x')).toThrow(SyntaxError);
});
