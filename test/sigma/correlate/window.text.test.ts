/** Values as a window keeps them. */

import { describe, expect, it } from 'vitest';
import { textKey } from '../../../src/sigma/correlate/window/aggregations.ts';

describe('textKey', () => {
  const rows: readonly [string, string, boolean][] = [
    ['empty', '', true],
    ['short and plain', 'alice@example.com (42)', true],
    ['64 characters', 'x'.repeat(64), true],
    ['65 characters', 'x'.repeat(65), false],
    ['what JSON must escape', 'a"b', false],
    ['a backslash', 'a\\b', false],
    ['a control character', 'a\u0000', false],
    ['what is more than a byte', 'ä', false],
    ['what looks like a hash', `§${'0'.repeat(42)}`, false],
  ];
  it.each(rows)('%s', (_, text, isKept) => {
    const key = textKey(text);
    expect(key === text).toBe(isKept);
    if (!isKept) expect(key).toMatch(/^§[0-9a-z]{42}$/);
  });

  it('distinguishes texts by every character', () => {
    const huge = 'x'.repeat(70_000);
    const texts = [
      huge,
      `y${huge.slice(1)}`,
      `${huge}x`,
      huge.slice(0, 65_536),
      `${huge.slice(0, 65_535)}y`,
      `${huge.slice(1)}y`,
      'ä',
      'a\u0308',
    ];
    expect(new Set(texts.map(textKey)).size).toBe(texts.length);
  });
});
