/** Worlds in which entries become visible later than allowed. */
import { expect, it } from 'vitest';
import { runLateness } from './lateness.ts';

it('finds entries that are later than allowed in time, whatever fails', { timeout: 300_000 }, async () => {
  const totals = { late: 0, soon: 0, evictions: 0 };
  for (let seed = 1; seed <= 40; seed++) {
    const { problems, late, soon, evictions } = await runLateness(seed);
    expect(problems, `seed ${seed}`).toEqual([]);
    totals.late += late;
    totals.soon += soon;
    totals.evictions += evictions;
  }
  expect(totals.late).toBeGreaterThan(1_000);
  expect(totals.soon).toBeGreaterThan(500);
  expect(totals.evictions).toBeGreaterThan(1_000);
});
