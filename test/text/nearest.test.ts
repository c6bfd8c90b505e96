/** The nearest known name. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTypo, nearest } from '../../src/text/nearest.ts';

/** The plain way: the whole table. */
function distance(a: string, b: string): number {
  const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j));
  const at = (i: number, j: number) => table[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : change;
      const row = table[i];
      if (row !== undefined) row[j] = Math.min(change, swap, at(i - 1, j) + 1, at(i, j - 1) + 1);
    }
  }
  return at(a.length, b.length);
}

describe('nearest', () => {
  test.each([
    ['detectoin', ['detection', 'title'], 'detection'],
    ['contians', ['contains', 'startswith'], 'contains'],
    ['ID', ['id'], 'id'],
    ['od', ['id'], null],
    ['tag', ['tags'], 'tags'],
    ['score', ['scope'], 'scope'],
    ['ticket', ['title'], null],
    ['x'.repeat(65), ['x'.repeat(64)], null],
    ['', ['id', 'all'], null],
  ])('%s of %s is %s', (name, known, found) => {
    expect(nearest(name, known)).toBe(found);
  });

  test('is within two slips as the whole table counts them', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 6, maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(isTypo(a, b)).toBe(distance(a, b) <= 2);
      }),
      { numRuns: 2_000 },
    );
  });
});
