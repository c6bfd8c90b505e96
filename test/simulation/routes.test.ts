/** Worlds with routes: the simulation of everything, where trees of routes decide who is notified, and deploys change them. */
import { describe, expect, it } from 'vitest';
import { ROUTED_SEEDS, tooSeldomRouted } from './kinds.ts';
import { ROUTED_FROM } from './routings.ts';
import { run } from './run.ts';

const AT_ONCE = 10;

describe('the simulation with routes', () => {
  const hits = new Map<string, number>();
  for (let from = ROUTED_FROM; from < ROUTED_FROM + ROUTED_SEEDS; from += AT_ONCE) {
    it(`passes seeds ${from} to ${from + AT_ONCE - 1}`, { timeout: 120_000 }, async () => {
      for (let seed = from; seed < from + AT_ONCE; seed++) {
        const result = await run(seed);
        const message = `seed ${seed} (npm run sim -- --seed ${seed})\n${result.schedule.slice(0, 20).join('\n')}`;
        expect(result.problems, message).toEqual([]);
        for (const [kind, count] of result.hits) hits.set(kind, (hits.get(kind) ?? 0) + count);
      }
    });
  }

  it('hits everything that routes do often enough', () => {
    expect(tooSeldomRouted(hits)).toEqual([]);
    expect(tooSeldomRouted(new Map()).length).toBeGreaterThan(10);
  });
});
