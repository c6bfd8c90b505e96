/**
 * The sliding window of one group of a correlation.
 *
 * Contract. A happening at `at` is seen by every window `(t − timespan, t]` that ends at a kept time t (its own, or a
 * later one that was seen before it) and contains it. The earliest of those whose number meets the condition fires,
 * and dates the match; at most one per happening. For happenings in time order that is each one's own window. Of a late
 * one, the later windows that met it only with it are told besides, where they are asked for.
 *
 * What is kept is bounded. What no window of a happening still to come can contain is dropped: what is not younger
 * than `min(at, horizon) − timespan`. Beyond that:
 * - event_count, value_count and temporal spare what the condition does not need: of each stretch of time as long as
 *   the timespan about twice the count from which on the condition's mind is made up stays, and as much again until
 *   it is cleared away. That changes no answer where the condition only asks for more (gt, gte).
 * - Where it asks for anything else of values or rules (lt, eq, an expression …), and for temporal_ordered, a late
 *   happening may need any end of a window, or any step of a chain. There the newest 1,000 items at least are never
 *   spared. Of older ones that much is kept that a happening in time order is answered exactly; a late one that falls
 *   among them may see fewer windows and shorter chains.
 * - Of all others, and whatever the condition needs, 10,000 items at most are kept (event_count: 50,000); the oldest
 *   go first, and are counted in `dropped`.
 * - Saved it is less than 1 MB: values take 64 characters at most (see text.ts).
 *
 * A happening in time order costs amortized constant time, whatever is kept (percentiles about the square root of it,
 * temporal_ordered the square of the number of rules). A late one costs a pass over what is kept within a timespan of
 * it. Times are whole milliseconds since the epoch. Pure.
 */

import { type Kind, kindOf, type WindowRule } from './window/aggregations.ts';
import { meets } from './window/conditions.ts';
import { type Aggregator, compacted, firstAfter, type Key, openItems, saveItems } from './window/items.ts';
import { LATER_MAX, TIMES_MAX, type Window, type WindowMatch } from './window-event.ts';

export type { WindowRule } from './window/aggregations.ts';

/** Clearing away is not worth its pass before so many items have come since the last time. */
const CLEAR_FROM = 64;

/** Opens a window anew, or as it was saved. `kind` is for tests, which count and bound otherwise. */
export function openWindow(rule: WindowRule, saved: string | null, kind: Kind = kindOf(rule)): Window {
  const { timespanMs } = rule;
  const { key: keyOf, most, sweep: sweepFrom, digests, newest } = kind;
  const condition = rule.expression === null ? rule.condition : [];
  const items = openItems(rule.type, saved, kind.isKey);
  /** Where there is one, of the last window looked at; all kept items of it before `entered` have come in. */
  let sweep: Aggregator | null = null;
  let entered = 0;
  /** The first item of the last window that fired, or one before it. */
  let first = 0;
  /** What was told of the window that began at `toldFrom`. */
  let told: readonly number[] = [];
  let toldFrom = -1;
  /** Items that came since the last clearing. */
  let fresh = items.times.length;
  let dropped = 0;

  const insert = (at: number, key: Key): void => {
    const { times, keys, head } = items;
    let place = times.length;
    if (place > head && (times[place - 1] as number) > at) place = firstAfter(times, at, head);
    if (keyOf === 'rules') {
      // At one time a rule happens once, and rules come in their order.
      while (place > head && times[place - 1] === at && (keys[place - 1] as Key) >= key) place--;
      if (times[place] === at && keys[place] === key) return;
    }
    fresh++;
    if (place === times.length) {
      times.push(at);
      keys.push(key);
      return;
    }
    times.splice(place, 0, at);
    keys.splice(place, 0, key);
    sweep = null;
  };

  const fire = (end: number, value: number): WindowMatch => {
    const { times, head } = items;
    const after = end - timespanMs;
    if (first < head) first = head;
    while ((times[first] as number) <= after) first++;
    // A later window with the same beginning begins with the same times: no more are told of it.
    if (first !== toldFrom || told.length < TIMES_MAX) {
      told = timesTold(times, first, end);
      toldFrom = first;
    }
    return { at: end, value, times: told };
  };

  /**
   * The earliest window that contains `at` and meets the condition. Where `ends` are asked for, those of all that do go
   * into it.
   */
  const look = (at: number, ends: number[] | null): WindowMatch | null => {
    const { times, head } = items;
    // Mostly: what came is the newest, and only its own window contains it.
    if (sweep !== null && times[times.length - 1] === at) {
      while (entered < times.length) sweep.enter(entered++);
      const number = sweep.number(at - timespanMs);
      return meets(number, condition) ? fire(at, number) : null;
    }
    first = firstAfter(times, at - timespanMs, head);
    toldFrom = -1;
    sweep = sweepFrom(items, first);
    entered = first;
    let earliest: WindowMatch | null = null;
    while (entered < times.length) {
      const end = times[entered] as number;
      if (end - timespanMs >= at) break;
      sweep.enter(entered++);
      if (end < at || times[entered] === end) continue;
      const number = sweep.number(end - timespanMs);
      if (!meets(number, condition)) continue;
      earliest ??= fire(end, number);
      if (ends === null) break;
      ends.push(end);
    }
    return earliest;
  };

  const endsMet = (at: number): ReadonlySet<number> => {
    const ends: number[] = [];
    look(at, ends);
    return new Set(ends);
  };

  const clear = (): void => {
    const { times, head } = items;
    const size = times.length - head;
    if (
      digests !== null &&
      size >= 2 * newest &&
      fresh >= Math.max(CLEAR_FROM, newest, Math.min(size - fresh, most >> 2))
    ) {
      replace(compacted(items, timespanMs, digests, newest));
      fresh = 0;
    } else if (head > CLEAR_FROM && head > size) {
      replace({ times: times.slice(head), keys: items.keys.slice(head), head: 0 });
    }
    const excess = items.times.length - items.head - most;
    if (excess <= 0) return;
    items.head += excess;
    dropped += excess;
    // Its chains do not know which of their items are gone.
    if (keyOf === 'rules') sweep = null;
  };

  const replace = (by: typeof items): void => {
    Object.assign(items, by);
    sweep = null;
  };

  return {
    see: (windowEvent, horizon, asksLater = false) => {
      const { at } = windowEvent;
      const key = keyOf === 'rules' ? null : keyOf(windowEvent);
      if (keyOf !== 'rules' && key === null) return null;
      const { times } = items;
      const dead = Math.min(at, horizon) - timespanMs;
      while (items.head < times.length && (times[items.head] as number) <= dead) items.head++;
      const isLate = items.head < times.length && (times[times.length - 1] as number) > at;
      const before = asksLater && isLate ? endsMet(at) : null;
      if (key !== null) insert(at, key);
      else for (const index of windowEvent.rules) insert(at, index);
      const ends: number[] | null = before === null ? null : [];
      const fired = look(at, ends);
      clear();
      if (fired === null || before === null || ends === null) return fired;
      const later = ends.filter((end) => end > fired.at && !before.has(end)).slice(0, LATER_MAX);
      return later.length === 0 ? fired : { ...fired, later };
    },
    save: () => saveItems(rule.type, items),
    get dropped() {
      return dropped;
    },
  };
}

/** The first of the distinct times from a place on, until `end`. */
function timesTold(times: readonly number[], first: number, end: number): number[] {
  const told = times.slice(first, first + TIMES_MAX);
  let distinct = (told[0] as number) <= end ? 1 : 0;
  while (distinct < told.length && (told[distinct] as number) <= end && told[distinct - 1] !== told[distinct])
    distinct++;
  if (distinct === told.length) return told;
  // Some share a time, or the window ends before.
  told.length = 0;
  for (let i = first; told.length < TIMES_MAX && i < times.length; i = firstAfter(times, times[i] as number, i)) {
    if ((times[i] as number) > end) break;
    told.push(times[i] as number);
  }
  return told;
}
