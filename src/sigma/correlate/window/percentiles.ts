/** The aggregator for percentiles and medians, by linear interpolation. */
import { firstAfter } from '../../../text/ascending.ts';
import type { Aggregator, Items } from './items.ts';

export function createPercentileAggregator({ keys }: Items, percentile: number): Aggregator {
  const samples = keys as number[];
  let sorted: number[] = [];
  /** Samples that are not sorted in yet. */
  const fresh: number[] = [];

  const sortIn = (): void => {
    // A new window may begin with many: sorting all is cheaper than inserting each.
    if (sorted.length === 0) sorted = Array.from(Float64Array.from(fresh).sort());
    else for (const sample of fresh) sorted.splice(firstAfter(sorted, sample, 0), 0, sample);
    fresh.length = 0;
  };

  return {
    add: (place) => {
      fresh.push(samples[place] as number);
    },
    remove: (place) => {
      sortIn();
      sorted.splice(firstAfter(sorted, samples[place] as number, 0) - 1, 1);
    },
    value: () => {
      sortIn();
      const rank = (percentile * (sorted.length - 1)) / 100;
      const low = sorted[Math.floor(rank)] as number;
      const high = sorted[Math.ceil(rank)] as number;
      return low === high ? low : between(low, high, rank - Math.floor(rank));
    },
  };
}

function between(low: number, high: number, part: number): number {
  const step = high - low;
  return Number.isFinite(step) ? low + step * part : low * (1 - part) + high * part;
}
