/** What a window keeps: a time and a key each, by time. What the key is the window's type says. */

/** event_count: 0; value_count and shares: a text; the temporal types: a rule's index; else the sample. */
export type Key = number | string;

export interface Items {
  /** Ascending. */
  times: number[];
  /** As many. */
  keys: Key[];
  /** Those before it are gone, though still in the lists. */
  head: number;
}

/** The first place from `from` on whose time comes after `time`. */
export function firstAfter(times: readonly number[], time: number, from: number): number {
  let low = from;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The number of a window that moves forward over items. */
export interface Aggregator {
  /** The next item comes in; the first one is where the sweep began. */
  enter(place: number): void;
  /** The number of what came in and happened after `after`, which never goes back. NaN where there is none. */
  number(after: number): number;
}

/** Makes a sweep that begins at a place, with nothing in it. */
export type Aggregators = (items: Items, from: number) => Aggregator;

/**
 * What a run of items amounts to, whatever runs are put before or after it: says for the next key whether it changes
 * that, or null where neither it nor any after it does. `backward`: the run is read from its end.
 */
export type Digests = (backward: boolean) => (key: Key) => boolean | null;
