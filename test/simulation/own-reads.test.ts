/** A hundred worlds in which the log records reads. */
import { expect, it } from 'vitest';
import { runOwnReads } from './own-reads.ts';

it('tells our own reads from those of others, whatever fails', async () => {
  const totals = { reads: 0, thefts: 0, evictions: 0 };
  for (let seed = 1; seed <= 100; seed++) {
    const { problems, reads, thefts, evictions } = await runOwnReads(seed);
    expect(problems, `seed ${seed}`).toEqual([]);
    totals.reads += reads;
    totals.thefts += thefts;
    totals.evictions += evictions;
  }
  expect(totals.reads).toBeGreaterThan(5_000);
  expect(totals.thefts).toBeGreaterThan(100);
  expect(totals.evictions).toBeGreaterThan(200);
});
