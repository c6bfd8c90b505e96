/** Percentiles and medians of a window, by linear interpolation; and the share of its last value. */
import type { Aggregator, Items, Key } from './items.ts';
import { createSorted } from './sorted.ts';

/** From so many samples at once, sorting them anew is cheaper than putting each in its place. */
const MANY = 64;

export function percentileSweep(items: Items, first: number, percentile: number): Aggregator {
  const { times } = items;
  const samples = items.keys as number[];
  const sorted = createSorted();
  let from = first;
  let to = first;
  /** Those from here on are not yet sorted in. */
  let fresh = first;

  const sortIn = (): void => {
    if (to - fresh >= MANY && fresh === from) sorted.load(samples.slice(fresh, to));
    else for (let i = fresh; i < to; i++) sorted.add(samples[i] as number);
    fresh = to;
  };

  return {
    enter: (place) => {
      to = place + 1;
    },
    number: (after) => {
      sortIn();
      for (; from < to && (from < items.head || (times[from] as number) <= after); from++) {
        sorted.remove(samples[from] as number);
      }
      const rank = (percentile * (to - from - 1)) / 100;
      const below = Math.floor(rank);
      const [low, high] = sorted.pair(below);
      return rank === below || low === high ? low : between(low, high, rank - below);
    },
  };
}

function between(low: number, high: number, part: number): number {
  const step = high - low;
  return Number.isFinite(step) ? low + step * part : low * (1 - part) + high * part;
}

/** How many in a hundred of the values are as the last one. */
export function shareSweep(items: Items, first: number): Aggregator {
  const { times, keys } = items;
  const counts = new Map<Key, number>();
  let from = first;
  let to = first;
  return {
    enter: (place) => {
      const key = keys[place] as Key;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      to = place + 1;
    },
    number: (after) => {
      for (; from < to && (from < items.head || (times[from] as number) <= after); from++) {
        const key = keys[from] as Key;
        const left = (counts.get(key) ?? 0) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      }
      return (100 * (counts.get(keys[to - 1] as Key) ?? 0)) / (to - from);
    },
  };
}
