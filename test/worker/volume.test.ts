/** Large volumes: days and outages of entries, some late, dated ahead or of one instant; each is recorded once. */
import { describe, expect, it } from 'vitest';
import { recordedIds } from './sample-log.ts';
import { createWorld, HOUR, MINUTE, type World } from './world.ts';

const DAY = 24 * HOUR;
const ODD = { lateEvery: 20, futureEvery: 997, sharedEvery: 2_003 };

/** Exactly the entries that the upstream shows were recorded, each once. */
async function expectAll(world: World, least: number): Promise<void> {
  const shown = (await world.visible()).map(String).sort();
  expect(shown.length).toBeGreaterThan(least);
  const recorded = await recordedIds(world);
  const has = new Set(recorded);
  expect(shown.filter((id) => !has.has(id))).toEqual([]);
  expect(recorded.length).toBe(shown.length);
  expect(await world.sql('SELECT 1 FROM staging LIMIT 1')).toEqual([]);
  expect((await world.status()).counters).toMatchObject({ quarantined: 0, expired: 0, overflowed: 0 });
}

describe('a day of 20,000 entries, as it passes', () => {
  it.each([
    ['sorted', 2],
    ['newest-first', 5],
    ['oldest-first', 5],
  ] as const)(
    '%s, a tick every %i minutes',
    async (dialect, every) => {
      const world = await createWorld({ dialect });
      const from = Date.now();
      await world.traffic({ seed: 7, from, to: from + DAY, entriesPerDay: 20_000, ...ODD });
      for (let minute = 0; minute <= DAY / MINUTE; minute += every) {
        await world.poll({ startAt: from });
        if (minute % 240 === 0) await world.evict();
        await world.advance(every * MINUTE);
      }
      // The last of them may be late too; and a scan that an eviction set back by a page ends at its beginning, before them.
      await world.advance(10 * MINUTE);
      await world.untilEnded();
      await world.untilEnded();
      // Some days have fewer than others.
      await expectAll(world, 18_000);
    },
    600_000,
  );
});

describe('after an outage', () => {
  it.each([
    ['sorted', 50_000],
    ['newest-first', 50_000],
    ['oldest-first', 50_000],
  ] as const)(
    '%s: a catch-up of %i entries, on the paid plan',
    async (dialect, many) => {
      const world = await createWorld({ dialect });
      const from = Date.now();
      await world.untilEnded();
      await world.traffic({ seed: 11, from, to: from + DAY, entriesPerDay: many, ...ODD });
      await world.advance(DAY + 10 * MINUTE);
      const polls = await world.untilEnded({ requests: 300 });
      expect(polls.length).toBeLessThanOrEqual(Math.ceil(many / 30_000) + 1);
      await world.untilEnded();
      await expectAll(world, 0.9 * many);
    },
    180_000,
  );

  it('sorted: catches up on the free plan with refused cursors, lost connections and evictions', async () => {
    const world = await createWorld();
    const from = Date.now();
    await world.untilEnded();
    await world.traffic({ seed: 13, from, to: from + DAY, entriesPerDay: 10_500, ...ODD });
    await world.advance(DAY + 10 * MINUTE);
    await world.knobs({
      rejectedCursor: { probability: 0.1 },
      reset: { probability: 0.05 },
      error: { probability: 0.05 },
      repeatingCursor: { probability: 0.05 },
      emptyPage: { probability: 0.05 },
    });
    for (let n = 0; n < 12; n++) {
      await world.poll().catch(() => {});
      await world.evict();
      await world.advance(MINUTE);
    }
    await world.clearKnobs();
    await world.untilEnded();
    await expectAll(world, 9_000);
  }, 600_000);
});
