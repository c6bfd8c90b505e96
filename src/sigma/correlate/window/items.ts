/**
 * The items of a window: a time and a key each, ordered by time. They are inserted, compacted, saved and opened here.
 *
 * What a key is depends on the type of correlation. event_count: 0. value_count and shares: a text. The temporal types:
 * the index of a rule. All others: the sample.
 */

import { firstAfter } from '../../../text/ascending.ts';
import { parseJson } from '../../../text/json.ts';

export type Key = number | string;

export interface Items {
  /** Ascending. */
  times: number[];
  /** One for each time. */
  keys: Key[];
  /** Items before this place have been removed, though the lists still hold them. */
  head: number;
}

/** Computes the value of a window that moves forward over items. */
export interface Aggregator {
  /** Adds the next item. */
  add(place: number): void;
  /** Removes the first item. */
  remove(place: number): void;
  /** The value of the window, which has the items from `from` on and before `to`. NaN if there is no value. */
  value(from: number, to: number): number;
}

/**
 * Summarizes a run of items, whatever runs come before or after it. For each next key it returns whether that key
 * changes the summary. `backward`: the run is read from its end.
 */
export type Summaries = (backward: boolean) => (key: Key) => boolean;

/**
 * Inserts an item after all others of its time; returns its place. If keys are distinct, it comes before those of its
 * time with greater keys, and if its key is among them, nothing is inserted and the place is infinite.
 */
export function insert({ times, keys, head }: Items, at: number, key: Key, areKeysDistinct: boolean): number {
  const end = times.length;
  let place = end > head && (times[end - 1] as number) > at ? firstAfter(times, at, head) : end;
  if (areKeysDistinct) {
    while (place > head && times[place - 1] === at && (keys[place - 1] as Key) >= key) place--;
    if (times[place] === at && keys[place] === key) return Number.POSITIVE_INFINITY;
  }
  if (place === end) {
    times.push(at);
    keys.push(key);
  } else {
    times.splice(place, 0, at);
    keys.splice(place, 0, key);
  }
  return place;
}

/**
 * Returns the `newest` items and the older ones that some window needs.
 *
 * Time is cut into stretches as long as the timespan. A window is just as long, so it never lies within a stretch: it
 * holds a run from a stretch's beginning, or one up to its end. An item is needed only if it changes the summary of a run
 * from the beginning or to the end.
 */
export function compact(items: Items, timespanMs: number, summaries: Summaries | null, newest: number): Items {
  const { times, keys, head } = items;
  const count = times.length;
  if (summaries === null) return { times: times.slice(head), keys: keys.slice(head), head: 0 };
  const needed = new Uint8Array(count).fill(1, Math.max(head, count - newest));
  for (let from = head, to = head; from < count; from = to) {
    const until = (Math.floor((times[from] as number) / timespanMs) + 1) * timespanMs;
    const changesForward = summaries(false);
    for (; to < count && (times[to] as number) < until; to++) {
      if (changesForward(keys[to] as Key)) needed[to] = 1;
    }
    const changesBackward = summaries(true);
    for (let i = to - 1; i >= from; i--) {
      if (changesBackward(keys[i] as Key)) needed[i] = 1;
    }
  }
  const isNeeded = (_: unknown, place: number): boolean => needed[place] === 1;
  return { times: times.filter(isNeeded), keys: keys.filter(isNeeded), head: 0 };
}

const VERSION = 1;

/**
 * The items as JSON: `[version, type, times (the first, then differences), keys, texts]`. Text keys are listed once each
 * in the last list, and `keys` holds their places there. If all keys are 0, `keys` is empty.
 */
export function saveItems(type: string, { times, keys, head }: Items): string {
  const steps: number[] = [];
  const kept: (number | string)[] = [];
  const texts = new Map<Key, number>();
  let before = 0;
  let hasKeys = false;
  for (let i = head; i < times.length; i++) {
    const time = times[i] as number;
    steps.push(time - before);
    before = time;
    const key = keys[i] as Key;
    if (key !== 0) hasKeys = true;
    if (typeof key === 'number') kept.push(Number.isFinite(key) ? key : String(key));
    else {
      const place = texts.get(key) ?? texts.size;
      texts.set(key, place);
      kept.push(place);
    }
  }
  return JSON.stringify([VERSION, type, steps, hasKeys ? kept : [], [...texts.keys()]]);
}

/** The items that were saved; no items if the text is not of this version and type, or not valid. */
export function openItems(type: string, saved: string | null, isKey: (key: unknown) => boolean): Items {
  const nothing: Items = { times: [], keys: [], head: 0 };
  if (saved === null) return nothing;
  const read = parseJson(saved);
  if (!Array.isArray(read) || read[0] !== VERSION || read[1] !== type) return nothing;
  const [, , steps, kept, texts] = read as unknown[];
  if (!Array.isArray(steps) || !Array.isArray(kept) || !Array.isArray(texts)) return nothing;
  const items: Items = { times: [], keys: [], head: 0 };
  let time = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    const place: unknown = kept.length === 0 ? 0 : kept[i];
    const key: unknown = texts.length > 0 ? texts[place as number] : typeof place === 'string' ? Number(place) : place;
    if (!Number.isFinite(step) || (i > 0 && step < 0) || !isKey(key)) return nothing;
    time += step;
    items.times.push(time);
    items.keys.push(key as Key);
  }
  return items;
}
