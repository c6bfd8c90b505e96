/**
 * Worlds whose rules learn what was seen, or miss what has not come: the simulation of everything, against the plain model's
 * reading of first_seen and absence.
 */
import { describe, expect, it } from 'vitest';
import { LEARNING_SEEDS, tooSeldomLearned } from './kinds.ts';
import { LEARNING_FROM } from './routings.ts';
import { run } from './run.ts';

const AT_ONCE = 10;

describe('the simulation with first_seen and absence', () => {
  const hits = new Map<string, number>();
  for (let from = LEARNING_FROM; from < LEARNING_FROM + LEARNING_SEEDS; from += AT_ONCE) {
    it(`passes seeds ${from} to ${from + AT_ONCE - 1}`, { timeout: 240_000 }, async () => {
      for (let seed = from; seed < from + AT_ONCE; seed++) {
        const result = await run(seed);
        const message = `seed ${seed} (npm run sim -- --seed ${seed})\n${result.schedule.slice(0, 20).join('\n')}`;
        expect(result.problems, message).toEqual([]);
        for (const [kind, count] of result.hits) hits.set(kind, (hits.get(kind) ?? 0) + count);
      }
    });
  }

  it('has enough that is new', () => {
    expect(tooSeldomLearned(hits)).toEqual([]);
    expect(tooSeldomLearned(new Map())).toHaveLength(6);
  });
});
