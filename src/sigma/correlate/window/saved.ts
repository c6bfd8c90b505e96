/**
 * A window's items as text: `[version, type, times (the first, then steps), keys, texts]`. Keys that are texts stand in
 * the last list, once each, and `keys` holds their places; where all keys are 0, `keys` is empty.
 */
import { parseJson } from '../../../text/json.ts';
import type { Items, Key } from './items.ts';

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
