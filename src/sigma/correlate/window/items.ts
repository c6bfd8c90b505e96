/** What a window keeps: a time and a key each, by time. What the key is the window's type says. */
import { parseJson } from '../../../text/json.ts';

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

/** The items that are needed, and the `newest` ones. */
export function compacted(items: Items, timespanMs: number, digests: Digests, newest: number): Items {
  const { times, keys, head } = items;
  const count = times.length;
  const needed = new Uint8Array(count).fill(1, Math.max(head, count - newest));
  const mark = (begin: number, end: number, step: 1 | -1, digest: ReturnType<Digests>): void => {
    for (let i = begin; i !== end; i += step) {
      const changes = digest(keys[i] as Key);
      if (changes === null) return;
      if (changes) needed[i] = 1;
    }
  };
  for (let from = head; from < count; ) {
    const until = (Math.floor((times[from] as number) / timespanMs) + 1) * timespanMs;
    let to = from + 1;
    while (to < count && (times[to] as number) < until) to++;
    mark(from, to, 1, digests(false));
    mark(to - 1, from - 1, -1, digests(true));
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

export function saveItems(type: string, { times, keys, head }: Items): string {
  const steps: number[] = [];
  const kept: (number | string)[] = [];
  const texts = new Map<Key, number>();
  let before = 0;
  let some = false;
  for (let i = head; i < times.length; i++) {
    const time = times[i] as number;
    steps.push(time - before);
    before = time;
    const key = keys[i] as Key;
    if (key !== 0) some = true;
    if (typeof key === 'number') kept.push(Number.isFinite(key) ? key : String(key));
    else {
      const place = texts.get(key) ?? texts.size;
      texts.set(key, place);
      kept.push(place);
    }
  }
  return JSON.stringify([VERSION, type, steps, some ? kept : [], [...texts.keys()]]);
}

/** Nothing, where the text is none of ours, of another version or type, or holds what cannot be. */
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
