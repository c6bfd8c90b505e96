/**
 * The aggregator of temporal_ordered: the longest chain of different rules, in their order, whose times do not descend.
 *
 * Items of one time are ordered by rule, so a chain is a subsequence with ascending ranks. An item costs at most the
 * square of the number of ranks.
 */
import type { Aggregator, Items, Key, Summaries } from './items.ts';

/**
 * `ranks`: rule → its place in the order, or -1 if it only has to be present. `condition`: what the rules in the window,
 * and the length of the longest chain, must meet.
 */
export function createOrderedAggregator(
  items: Items,
  ranks: readonly number[],
  condition?: (has: (key: Key) => boolean, longest: number) => boolean,
): Aggregator {
  const count = Math.max(...ranks) + 1;
  /** At `length × count + rank`: the latest beginning of a chain of this length that ends in this rank. */
  const begins = new Array<number>((count + 1) * count).fill(Number.NEGATIVE_INFINITY);
  const last = new Map<Key, number>();
  return {
    add: (place) => {
      const time = items.times[place] as number;
      const key = items.keys[place] as number;
      const rank = ranks[key] ?? -1;
      last.set(key, time);
      if (rank < 0) return;
      begins[count + rank] = time;
      for (let length = 2; length <= rank + 1; length++) {
        let latest = begins[length * count + rank] as number;
        for (let before = 0; before < rank; before++) {
          latest = Math.max(latest, begins[(length - 1) * count + before] as number);
        }
        begins[length * count + rank] = latest;
      }
    },
    valueAfter: (after) => {
      let longest = 0;
      for (let i = begins.length - 1; i >= count && longest === 0; i--) {
        if ((begins[i] as number) > after) longest = Math.floor(i / count);
      }
      const has = (key: Key): boolean => (last.get(key) ?? Number.NEGATIVE_INFINITY) > after;
      return condition === undefined || condition(has, longest) ? longest : Number.NaN;
    },
  };
}

/** What matters of a run: the longest chains by first and last rank, and which rules are present. */
export function orderedSummaries(ranks: readonly number[]): Summaries {
  const count = Math.max(...ranks) + 1;
  return (backward) => {
    const seen = new Set<Key>();
    const lengths = new Array<number>(count * count).fill(0);
    return (key) => {
      let changed = seen.size !== seen.add(key).size;
      let rank = ranks[key as number] ?? -1;
      if (rank < 0) return changed;
      if (backward) rank = count - 1 - rank;
      for (let begin = 0; begin <= rank; begin++) {
        let longest = 0;
        for (let i = begin; i < rank; i++) longest = Math.max(longest, lengths[begin * count + i] as number);
        if (longest < (lengths[begin * count + rank] as number)) continue;
        lengths[begin * count + rank] = longest + 1;
        changed = true;
      }
      return changed;
    };
  };
}
