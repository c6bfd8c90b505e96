/** A thousand seeds of the simulation; that a seed replays exactly; that the list of guards fits the code. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { frozenDigest } from './digest.ts';
import { GUARDS } from './guards.ts';
import { tooSeldom } from './kinds.ts';
import { run } from './run.ts';

const SEEDS = 1000;
const AT_ONCE = 100;

describe('the simulation', () => {
  const hits = new Map<string, number>();
  const counts = { seeds: 0, entries: 0, alerts: 0 };
  for (let from = 1; from <= SEEDS; from += AT_ONCE) {
    it(`passes seeds ${from} to ${from + AT_ONCE - 1}`, { timeout: 300_000 }, async () => {
      for (let seed = from; seed < from + AT_ONCE; seed++) {
        const result = await run(seed);
        const message = `seed ${seed} (npm run sim -- --seed ${seed})\n${result.schedule.slice(0, 20).join('\n')}`;
        expect(result.problems, message).toEqual([]);
        expect(
          result.digest,
          `seed ${seed} decides otherwise than before (npm run sim -- --freeze, if it is meant to)`,
        ).toBe(frozenDigest(seed));
        for (const [kind, count] of result.hits) hits.set(kind, (hits.get(kind) ?? 0) + count);
        counts.seeds++;
        counts.entries += result.entries;
        counts.alerts += result.alerts;
      }
    });
  }

  it('hits every kind of fault often enough', () => {
    expect(counts.seeds).toBe(SEEDS);
    expect(tooSeldom(counts.seeds, hits, counts)).toEqual([]);
  });

  it('fails where a kind of fault is missing', () => {
    const others = new Map([...hits].filter(([kind]) => kind !== 'storage: full'));
    expect(tooSeldom(counts.seeds, others, counts)).toHaveLength(1);
    expect(tooSeldom(counts.seeds, hits, { entries: 0, alerts: 0 })).toHaveLength(2);
  });

  it('replays a seed exactly, and no two seeds alike', async () => {
    const [once, again, other] = [await run(7), await run(7), await run(8)];
    expect(again.schedule).toEqual(once.schedule);
    expect([...again.hits]).toEqual([...once.hits]);
    expect(other.schedule).not.toEqual(once.schedule);
  });
});

describe('the guards', () => {
  it.each(GUARDS)('$name: stands in the code once', async ({ file, find }) => {
    const text = await readFile(resolve(import.meta.dirname, '../..', file), 'utf8');
    expect(text.split(find)).toHaveLength(2);
  });
});
