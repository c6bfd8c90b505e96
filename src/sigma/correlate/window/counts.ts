/** Aggregators for the number of items in a window, and of distinct keys. Amortized constant time per item. */
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

/** Of a run with more than `cap` items, only `cap` matter. */
export function countSummaries(cap: number): Summaries {
  return () => {
    let count = 0;
    return () => count++ < cap || null;
  };
}

/** value_count and temporal. `condition`: what the keys in the window must meet. */
export function createDistinctAggregator(
  items: Items,
  first: number,
  condition?: (has: (key: Key) => boolean) => boolean,
): Aggregator {
  const { times, keys } = items;
  /** Key → its last place. */
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
      return condition === undefined || condition(has) ? last.size : Number.NaN;
    },
  };
}

/** Of a run, the first item of each key matters, up to `cap` keys. */
export function distinctSummaries(cap: number): Summaries {
  return () => {
    const seen = new Set<Key>();
    return (key) => (seen.size < cap ? seen.size !== seen.add(key).size : null);
  };
}
