/**
 * The items of a window: a time and a key each, ordered by time. They are inserted, compacted, saved and opened here.
 *
 * What a key is depends on the type of correlation. event_count: 0. value_count and shares: a text. The temporal types:
 * the index of a rule. All others: the sample.
 */
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
  /** Adds the next item. The first one is where the aggregator began. */
  add(place: number): void;
  /** The value of the added items later than `after`, which never decreases. NaN if there is no value. */
  valueAfter(after: number): number;
}

/** Creates an empty aggregator that begins at a place. */
export type CreateAggregator = (items: Items, from: number) => Aggregator;

/**
 * Summarizes a run of items, whatever runs come before or after it. For each next key it returns whether that key
 * changes the summary; null if neither this one nor any later one can. `backward`: the run is read from its end.
 */
export type Summaries = (backward: boolean) => (key: Key) => boolean | null;

/** The first place from `from` on with a time later than `time`. */
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

/** Inserts an item after all others of its time; returns its place. */
export function insert(items: Items, at: number, key: Key): number {
  const { times } = items;
  const end = times.length;
  if (end === items.head || (times[end - 1] as number) <= at) {
    times.push(at);
    items.keys.push(key);
    return end;
  }
  const place = firstAfter(times, at, items.head);
  times.splice(place, 0, at);
  items.keys.splice(place, 0, key);
  return place;
}

/** Inserts an item before those of its time with greater keys; returns its place, or -1 if it is there already. */
export function insertOnce(items: Items, at: number, key: Key): number {
  const { times, keys, head } = items;
  let place = times.length;
  if (place > head && (times[place - 1] as number) > at) place = firstAfter(times, at, head);
  while (place > head && times[place - 1] === at && (keys[place - 1] as Key) >= key) place--;
  if (place === times.length) {
    times.push(at);
    keys.push(key);
    return place;
  }
  if (times[place] === at && keys[place] === key) return -1;
  times.splice(place, 0, at);
  keys.splice(place, 0, key);
  return place;
}

/**
 * Returns the `newest` items and the older ones that some window needs.
 *
 * Time is cut into stretches as long as the timespan. A window is just as long, so it never lies within a stretch: it
 * holds a run from a stretch's beginning, or one up to its end. An item is needed only if it changes the summary of a run
 * from the beginning or to the end.
 */
export function compact(items: Items, timespanMs: number, summaries: Summaries, newest: number): Items {
  const { times, keys, head } = items;
  const count = times.length;
  const needed = new Uint8Array(count).fill(1, Math.max(head, count - newest));
  const mark = (begin: number, end: number, step: 1 | -1, changesSummary: ReturnType<Summaries>): void => {
    for (let i = begin; i !== end; i += step) {
      const changes = changesSummary(keys[i] as Key);
      if (changes === null) return;
      if (changes) needed[i] = 1;
    }
  };
  for (let from = head; from < count; ) {
    const until = (Math.floor((times[from] as number) / timespanMs) + 1) * timespanMs;
    let to = from + 1;
    while (to < count && (times[to] as number) < until) to++;
    mark(from, to, 1, summaries(false));
    mark(to - 1, from - 1, -1, summaries(true));
    from = to;
  }
  const kept: Items = { times: [], keys: [], head: 0 };
  for (let i = head; i < count; i++) {
    if (needed[i] === 0) continue;
    kept.times.push(times[i] as number);
    kept.keys.push(keys[i] as Key);
  }
  return kept;
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
