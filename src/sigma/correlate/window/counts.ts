/** The number of items in a window, and of distinct keys. Constant time an item, amortized. */
import type { Aggregator, Items, Key, Summaries } from './items.ts';

/** event_count. */
export function createCountAggregator(items: Items, first: number): Aggregator {
  const { times } = items;
  let from = first;
  let to = first;
  return {
    add: (place) => {
      to = place + 1;
    },
    valueAfter: (after) => {
      while (from < to && (from < items.head || (times[from] as number) <= after)) from++;
      return to - from;
    },
  };
}

/** Of a run with more than `cap` items, only that there are so many matters. */
export function countSummaries(cap: number): Summaries {
  return () => {
    let count = 0;
    return () => count++ < cap || null;
  };
}

/** value_count and temporal; `fits`: whether the keys in the window are as they should be. */
export function createDistinctAggregator(
  items: Items,
  first: number,
  fits?: (has: (key: Key) => boolean) => boolean,
): Aggregator {
  const { times, keys } = items;
  /** Key → the last place that has it. */
  const last = new Map<Key, number>();
  const has = (key: Key): boolean => last.has(key);
  let from = first;
  let to = first;
  return {
    add: (place) => {
      last.set(keys[place] as Key, place);
      to = place + 1;
    },
    valueAfter: (after) => {
      for (; from < to && (from < items.head || (times[from] as number) <= after); from++) {
        if (last.get(keys[from] as Key) === from) last.delete(keys[from] as Key);
      }
      return fits === undefined || fits(has) ? last.size : Number.NaN;
    },
  };
}

/** Of a run, the first of each key matter, and of more than `cap` keys only that there are so many. */
export function distinctSummaries(cap: number): Summaries {
  return () => {
    const seen = new Set<Key>();
    return (key) => (seen.size < cap ? seen.size !== seen.add(key).size : null);
  };
}
