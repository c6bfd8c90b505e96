import { expect, test } from 'vitest';
import { counted, numberText } from '../../src/text/numbers.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [-1_234_567, '-1,234,567'],
  [1234.5678, '1,234.568'],
  [0.000123456, '0.000123'],
  [1e21, '1e+21'],
  [1.5e-9, '1.5e-9'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('%d is written %s', (value, text) => expect(numberText(value)).toBe(text));

test.each([
  [0, '0 entries'],
  [1, '1 entry'],
  [2_000, '2,000 entries'],
])('%d is counted as %s', (count, text) => expect(counted(count, 'entry', 'entries')).toBe(text));

test('the plural is the singular with an s unless given', () => expect(counted(2, 'alert')).toBe('2 alerts'));
