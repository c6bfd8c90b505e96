/** The table of characters' classes, against looking each up in the bounds. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPages, PAGE, PAGE_BITS, PAGE_MASK, PAGES } from '../../../src/sigma/regex/classes.ts';

const LAST = 0x10_ffff;
/** Many are where pages begin and end. */
const point = fc.oneof(
  fc.integer({ min: 1, max: LAST }),
  fc
    .tuple(fc.integer({ min: 1, max: PAGES - 1 }), fc.integer({ min: -1, max: 1 }))
    .map(([page, off]) => page * PAGE + off),
);

test('each character has the class of its interval', () => {
  fc.assert(
    fc.property(fc.uniqueArray(point, { maxLength: 40 }), fc.array(point, { minLength: 1 }), (points, others) => {
      const bounds = [0, ...points.sort((a, b) => a - b)];
      const classes = bounds.map((_, i) => 1 + ((i * 7) % 5));
      const table = { bounds, classes, sets: [], kinds: [] };
      const makePage = createPages(table);
      for (const at of [0, LAST, ...bounds, ...bounds.slice(1).map((bound) => bound - 1), ...others]) {
        const expected = classes[bounds.findLastIndex((bound) => bound <= at)];
        expect(makePage(at >> PAGE_BITS)[at & PAGE_MASK]).toBe(expected);
      }
    }),
  );
});

test('pages of one class are one, also after others', () => {
  const makePage = createPages({ bounds: [0, 5, 6], classes: [1, 2, 1], sets: [], kinds: [] });
  expect(new Set(Array.from({ length: PAGES }, (_, number) => makePage(number))).size).toBe(2);
});
