import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentVersion } from '../../src/text/content-version.ts';

describe('contentVersion', () => {
  test('does not collide over many similar texts', () => {
    const seen = new Set(Array.from({ length: 100_000 }, (_, i) => contentVersion(`user-${i}`)));
    expect(seen.size).toBe(100_000);
  });

  test('has eleven letters and digits', () => {
    fc.assert(fc.property(fc.string(), (text) => /^[0-9a-z]{11}$/.test(contentVersion(text))));
  });
});
