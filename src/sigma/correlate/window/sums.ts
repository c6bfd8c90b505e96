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

export function createSumAggregator({ keys }: Items, average: boolean): Aggregator {
  const samples = keys as number[];
  const newer: Total = { sum: 0, rest: 0 };
  /** The sum of the older run, the one without its first item, and so on: the first is the last here. */
  const older: Total[] = [];
  let end = 0;

  const turn = (first: number): void => {
    newer.sum = 0;
    newer.rest = 0;
    const total: Total = { sum: 0, rest: 0 };
    for (let i = end - 1; i >= first; i--) {
      add(total, samples[i] as number);
      older.push({ ...total });
    }
  };

  return {
    add: (place) => {
      add(newer, samples[place] as number);
      end = place + 1;
    },
    remove: (place) => {
      if (older.length === 0) turn(place);
      older.pop();
    },
    value: (from, to) => {
      const total: Total = { ...newer };
      const before = older.at(-1);
      if (before !== undefined) {
        add(total, before.sum);
        total.rest += before.rest;
      }
      const sum = Number.isFinite(total.sum) ? total.sum + total.rest : total.sum;
      return average ? sum / (to - from) : sum;
    },
  };
}
