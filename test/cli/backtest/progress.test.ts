import { expect, test } from 'vitest';
import { progressText } from '../../../src/cli/backtest/progress.ts';

test.each<[number, number, number | null, string]>([
  [0, 0, null, '0 entries, 0 a second'],
  [12_000, 1_500, 0.4, '12,000 entries, 8,000 a second, 40 %'],
  [12_000, 3_000, 0.4, '12,000 entries, 4,000 a second, 40 %, 4s left'],
  [12_000, 3_000, 0, '12,000 entries, 4,000 a second, 0 %'],
  [12_000, 3_000, 1, '12,000 entries, 4,000 a second, 100 %, 0s left'],
  [900_000, 600_000, 0.01, '900,000 entries, 1,500 a second, 1 %, 16h30m left'],
  [12_000, 3_000, null, '12,000 entries, 4,000 a second'],
])('%i entries in %i ms, %s of all', (entries, elapsed, done, text) => {
  expect(progressText(entries, elapsed, done)).toBe(text);
});
