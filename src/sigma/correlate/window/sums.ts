/**
 * Aggregators for sums and averages. Nothing is ever subtracted, so errors don't accumulate.
 *
 * The window is two runs. Of the older one we know the sum from each item to its end, of the newer one its sum. When the
 * older one is used up, the newer one replaces it, so each item is added twice. Every sum carries its rounding error
 * (Neumaier): the value equals adding exactly and rounding once, in any order, if samples are less than some 30 decimal
 * digits apart. A sum that overflows is infinite or NaN until the items that caused it leave the window.
 */
import type { Aggregator, Items } from './items.ts';

/** A sum and its rounding error. */
interface Total {
  sum: number;
  rest: number;
}

function add(total: Total, value: number): void {
  const sum = total.sum + value;
  const taken = sum - total.sum;
  total.rest += total.sum - (sum - taken) + (value - taken);
  total.sum = sum;
}

export function createSumAggregator(items: Items, first: number, average: boolean): Aggregator {
  const { times } = items;
  const samples = items.keys as number[];
  const newer: Total = { sum: 0, rest: 0 };
  /** At `i`: the sum from item `base + i` to `middle`. */
  let sums: number[] = [];
  let rests: number[] = [];
  let base = first;
  let middle = first;
  let from = first;
  let to = first;

  const turn = (): void => {
    const total: Total = { sum: 0, rest: 0 };
    sums = new Array<number>(to - from);
    rests = new Array<number>(to - from);
    for (let i = to - 1; i >= from; i--) {
      add(total, samples[i] as number);
      sums[i - from] = total.sum;
      rests[i - from] = total.rest;
    }
    base = from;
    middle = to;
    newer.sum = 0;
    newer.rest = 0;
  };

  return {
    add: (place) => {
      add(newer, samples[place] as number);
      to = place + 1;
    },
    valueAfter: (after) => {
      while (from < to && (from < items.head || (times[from] as number) <= after)) from++;
      if (from > middle) turn();
      const total: Total = { sum: newer.sum, rest: newer.rest };
      if (from < middle) {
        add(total, sums[from - base] as number);
        total.rest += rests[from - base] as number;
      }
      const sum = Number.isFinite(total.sum) ? total.sum + total.rest : total.sum;
      return average ? sum / (to - from) : sum;
    },
  };
}
