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
  { keys }: Items,
  ranks: readonly number[],
  condition: (has: (key: Key) => boolean, longest: number) => boolean,
): Aggregator {
  const count = Math.max(...ranks) + 1;
  /** At `length × count + rank`: where the latest chain of this length that ends in this rank begins; -1 without one. */
  const begins = new Array<number>((count + 1) * count).fill(-1);
  /** Rule → its last place. */
  const last = new Map<Key, number>();
  return {
    add: (place) => {
      const key = keys[place] as number;
      const rank = ranks[key] ?? -1;
      last.set(key, place);
      if (rank < 0) return;
      begins[count + rank] = place;
      for (let length = 2; length <= rank + 1; length++) {
        let latest = -1;
        for (let before = 0; before < rank; before++) {
          latest = Math.max(latest, begins[(length - 1) * count + before] as number);
        }
        begins[length * count + rank] = latest;
      }
    },
    remove: () => {},
    value: (from) => {
      let longest = 0;
      for (let i = begins.length - 1; i >= count && longest === 0; i--) {
        if ((begins[i] as number) >= from) longest = Math.floor(i / count);
      }
      const has = (key: Key): boolean => (last.get(key) ?? -1) >= from;
      return condition(has, longest) ? longest : Number.NaN;
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
