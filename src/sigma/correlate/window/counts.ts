/** Aggregators for the number of items in a window, and of its keys. Amortized constant time per item. */
import type { Aggregator, Items, Key, Summaries } from './items.ts';

/** event_count. */
export function createCountAggregator(): Aggregator {
  return { add: () => {}, remove: () => {}, value: (from, to) => to - from };
}

/** Of a run with more than `cap` items, only `cap` matter. */
export function countSummaries(cap: number): Summaries {
  return () => {
    let count = 0;
    return () => count++ < cap;
  };
}

/** Counts the items of each key. `value`: the window's value, given these counts, its last key and its size. */
export function createKeyAggregator(
  { keys }: Items,
  value: (counts: ReadonlyMap<Key, number>, last: Key, size: number) => number,
): Aggregator {
  const counts = new Map<Key, number>();
  const change = (place: number, by: 1 | -1): void => {
    const key = keys[place] as Key;
    const count = (counts.get(key) ?? 0) + by;
    if (count > 0) counts.set(key, count);
    else counts.delete(key);
  };
  return {
    add: (place) => change(place, 1),
    remove: (place) => change(place, -1),
    value: (from, to) => value(counts, keys[to - 1] as Key, to - from),
  };
}

/** Of a run, the first item of each key matters, up to `cap` keys. */
export function distinctSummaries(cap: number): Summaries {
  return () => {
    const seen = new Set<Key>();
    return (key) => seen.size < cap && seen.size !== seen.add(key).size;
  };
}
