/** Aggregators for percentiles and medians, by linear interpolation, and for the share of the last value. */
import type { Aggregator, Items, Key } from './items.ts';

/** From this many new samples on, sorting all is cheaper than inserting each. */
const MANY = 64;

export function createPercentileAggregator(items: Items, first: number, percentile: number): Aggregator {
  const { times } = items;
  const samples = items.keys as number[];
  const sorted = createSorted();
  let from = first;
  let to = first;
  /** Samples from here on are not sorted in yet. */
  let fresh = first;

  const sortIn = (): void => {
    if (to - fresh >= MANY && fresh === from) sorted.load(samples.slice(fresh, to));
    else for (let i = fresh; i < to; i++) sorted.add(samples[i] as number);
    fresh = to;
  };

  return {
    add: (place) => {
      to = place + 1;
    },
    valueAfter: (after) => {
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

/** The percentage of values that are equal to the last one. */
export function createShareAggregator(items: Items, first: number): Aggregator {
  const { times, keys } = items;
  const counts = new Map<Key, number>();
  let from = first;
  let to = first;
  return {
    add: (place) => {
      const key = keys[place] as Key;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      to = place + 1;
    },
    valueAfter: (after) => {
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

/** Values per block; one with more than twice as many is split. */
const BLOCK = 128;

/** Sorted numbers in blocks: adding, removing and finding cost about the square root of their count. */
interface Sorted {
  /** Replaces all values. */
  load(values: readonly number[]): void;
  add(value: number): void;
  /** Removes one value, which must be present. */
  remove(value: number): void;
  /** The value at a place and the next one; at the end, the last one twice. */
  pair(place: number): readonly [number, number];
}

function createSorted(): Sorted {
  /** No block is empty. */
  let blocks: number[][] = [];

  /** The first block whose last value is `value` or more; else the last block. */
  const blockOf = (value: number): number => {
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = blocks[middle] as number[];
      if ((block[block.length - 1] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    load: (values) => {
      const sorted = Float64Array.from(values).sort();
      blocks = [];
      for (let i = 0; i < sorted.length; i += BLOCK) blocks.push(Array.from(sorted.subarray(i, i + BLOCK)));
    },
    add: (value) => {
      const at = blockOf(value);
      const block = blocks[at];
      if (block === undefined) {
        blocks.push([value]);
        return;
      }
      block.splice(firstNotBelow(block, value), 0, value);
      if (block.length > 2 * BLOCK) blocks.splice(at + 1, 0, block.splice(BLOCK));
    },
    remove: (value) => {
      const at = blockOf(value);
      const block = blocks[at] as number[];
      block.splice(firstNotBelow(block, value), 1);
      if (block.length === 0) blocks.splice(at, 1);
    },
    pair: (place) => {
      let at = 0;
      let left = place;
      for (let size = blocks[0]?.length ?? 0; left >= size && at < blocks.length - 1; size = blocks[at]?.length ?? 0) {
        left -= size;
        at++;
      }
      const low = blocks[at]?.[left] as number;
      return [low, blocks[at]?.[left + 1] ?? blocks[at + 1]?.[0] ?? low];
    },
  };
}

function firstNotBelow(block: readonly number[], value: number): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((block[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
