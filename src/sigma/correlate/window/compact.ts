/**
 * Leaves out what no window needs.
 *
 * Time is cut into stretches as long as the timespan. A window, which is as long, never lies within one: of a stretch
 * it holds a run from its beginning, or one to its end. So an item is needed only where it changes what a run from the
 * beginning amounts to, or one to the end.
 */
import type { Digests, Items, Key } from './items.ts';

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
