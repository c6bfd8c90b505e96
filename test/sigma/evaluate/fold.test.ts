/** Text as it compares where case does not count. */
import { describe, expect, test } from 'vitest';
import { fold } from '../../../src/sigma/evaluate/fold.ts';
import { engineOf, ruleWith } from '../rules.ts';

describe('folding', () => {
  test('leaves every character one character, and folds it as it does in a text', () => {
    const wrong: string[] = [];
    for (let point = 0; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const char = String.fromCodePoint(point);
      const folded = fold(char);
      if ([...folded].length !== 1 || fold(`a${char}`) !== `a${folded}` || fold(folded) !== folded) wrong.push(char);
    }
    expect(wrong).toEqual([]);
  });

  test.each([
    ['?', 'İ'],
    ['?stanbul', 'İSTANBUL'],
    ['İstanbul', 'İSTANBUL'],
    ['*ΟΔΟΣ*', 'οδος'],
  ])('the value %s finds %s', (value, text) => {
    const engine = engineOf(ruleWith(`sel: {a: '${value}'}\ncondition: sel`));
    expect(engine.evaluate({ a: text })).toHaveLength(1);
  });
});
