/**
 * The sliding window of one group of a correlation.
 *
 * Contract. An event at `at` belongs to every window `(t − timespan, t]` that contains it and ends at a kept time t: its
 * own, or a later one that was added before it. The earliest of these windows whose value meets the condition matches,
 * and its end dates the match; at most one match per event. Events in time order have only their own window. For a late
 * event, the later windows that meet the condition only because of it are returned too, on request.
 *
 * What is kept is bounded. Items that no window of a future event can contain are removed: those not later than
 * `min(at, horizon) − timespan`. Beyond that:
 * - event_count, value_count and temporal drop what the condition does not need. Of each stretch of time as long as the
 *   timespan, they keep about twice the count from which the condition no longer changes, and as much again until the
 *   next compaction. This changes no result if the condition only has lower bounds (gt, gte).
 * - If it compares values or rules in any other way (lt, eq, an expression …), and for temporal_ordered, a late event may
 *   need any end of a window or any step of a chain. There the newest 1,000 items are always kept, and of older ones
 *   enough that the result for an event in time order is exact. A late event among the older ones may see fewer windows
 *   and shorter chains.
 * - At most 10,000 items are kept (event_count: 50,000), whatever the condition needs. The oldest are removed first, and
 *   counted in `dropped`.
 * - A saved window is smaller than 1 MB: values have at most 64 characters (see `textKey`).
 *
 * An event in time order costs amortized constant time, however much is kept (percentiles: about its square root;
 * temporal_ordered: the square of the number of rules). A late one costs a pass over the items within a timespan of it.
 * Times are whole milliseconds since the epoch. Pure.
 */

import { type Aggregation, aggregationOf, type WindowRule } from './window/aggregations.ts';
import { meets } from './window/conditions.ts';
import {
  type Aggregator,
  compact,
  firstAfter,
  type Items,
  insert,
  insertOnce,
  openItems,
  saveItems,
} from './window/items.ts';
import { LATER_MAX, TIMES_MAX, type Window, type WindowEvent, type WindowMatch } from './window-event.ts';

export type { WindowRule } from './window/aggregations.ts';

/** New items before a compaction is worth its pass. */
const COMPACT_MIN = 64;

/** Opens a window, empty or as it was saved. Tests pass their own `aggregation`. */
export function openWindow(
  rule: WindowRule,
  saved: string | null,
  aggregation: Aggregation = aggregationOf(rule),
): Window {
  const { timespanMs } = rule;
  const { keyOf } = aggregation;
  const items = openItems(rule.type, saved, aggregation.isKey);
  const slide = createSlide(rule, items, aggregation);
  const limit = createLimit(timespanMs, items, aggregation);

  /** Inserts an item for each rule of an event; returns how many are new. */
  const insertRules = ({ at, rules }: WindowEvent): number => {
    const end = items.times.length;
    let added = 0;
    for (const index of rules) {
      const place = insertOnce(items, at, index);
      if (place < 0) continue;
      if (place < end + added) slide.restart();
      added++;
    }
    return added;
  };

  return {
    add: (event, horizon, findLater = false) => {
      const { at } = event;
      const key = keyOf === 'rules' ? null : keyOf(event);
      if (key === null && keyOf !== 'rules') return null;
      const { times } = items;
      const expired = Math.min(at, horizon) - timespanMs;
      while (items.head < times.length && (times[items.head] as number) <= expired) items.head++;
      const isLate = items.head < times.length && (times[times.length - 1] as number) > at;
      const endsBefore = findLater && isLate ? slide.endsMet(at) : null;
      let added = 1;
      if (key === null) added = insertRules(event);
      else if (insert(items, at, key) < times.length - 1) slide.restart();
      const ends: number[] | null = endsBefore === null ? null : [];
      const match = slide.earliestMatch(at, ends);
      if (limit.apply(added)) slide.restart();
      if (match === null || endsBefore === null || ends === null) return match;
      const later = ends.filter((end) => end > match.at && !endsBefore.has(end)).slice(0, LATER_MAX);
      return later.length === 0 ? match : { ...match, later };
    },
    save: () => saveItems(rule.type, items),
    get dropped() {
      return limit.dropped;
    },
  };
}

/** Evaluates the windows over the items, each from the one before it where that is possible. */
interface Slide {
  /** The earliest window that contains `at` and meets the condition. If there are `ends`, adds those of all that do. */
  earliestMatch(at: number, ends: number[] | null): WindowMatch | null;
  /** The ends of all windows that contain `at` and meet the condition. */
  endsMet(at: number): ReadonlySet<number>;
  /** To be called when items were inserted or removed other than at the ends. */
  restart(): void;
}

function createSlide(rule: WindowRule, items: Items, { createAggregator }: Aggregation): Slide {
  const { timespanMs } = rule;
  const condition = rule.expression === null ? rule.condition : [];
  const matchTimes = createMatchTimes(timespanMs, items);
  /** Of the last window evaluated, if the next can go on from it; it holds all its items before `next`. */
  let aggregator: Aggregator | null = null;
  let next = 0;

  const searchAll = (at: number, ends: number[] | null): WindowMatch | null => {
    const { times } = items;
    next = firstAfter(times, at - timespanMs, items.head);
    matchTimes.restart(next);
    aggregator = createAggregator(items, next);
    let earliest: WindowMatch | null = null;
    while (next < times.length) {
      const end = times[next] as number;
      if (end - timespanMs >= at) break;
      aggregator.add(next++);
      if (end < at || times[next] === end) continue;
      const value = aggregator.valueAfter(end - timespanMs);
      if (!meets(value, condition)) continue;
      earliest ??= { at: end, value, times: matchTimes.until(end) };
      if (ends === null) break;
      ends.push(end);
    }
    return earliest;
  };

  return {
    earliestMatch: (at, ends) => {
      const { times } = items;
      // The usual case: the event is the newest, so only its own window contains it.
      if (aggregator === null || times[times.length - 1] !== at) return searchAll(at, ends);
      while (next < times.length) aggregator.add(next++);
      const value = aggregator.valueAfter(at - timespanMs);
      return meets(value, condition) ? { at, value, times: matchTimes.until(at) } : null;
    },
    endsMet: (at) => {
      const ends: number[] = [];
      searchAll(at, ends);
      return new Set(ends);
    },
    restart: () => {
      aggregator = null;
    },
  };
}

/** The times of the items in a matching window: the first `TIMES_MAX` distinct ones. */
function createMatchTimes(timespanMs: number, items: Items) {
  /** The first item of the last matching window, or one before it. */
  let first = 0;
  let known: readonly number[] = [];
  let knownFrom = -1;
  return {
    restart: (place: number): void => {
      first = place;
      knownFrom = -1;
    },
    until: (end: number): readonly number[] => {
      const { times, head } = items;
      const after = end - timespanMs;
      if (first < head) first = head;
      while ((times[first] as number) <= after) first++;
      // A later window with the same first item has the same first times.
      if (first !== knownFrom || known.length < TIMES_MAX) {
        known = distinctTimes(times, first, end);
        knownFrom = first;
      }
      return known;
    },
  };
}

/** The first distinct times from a place on, until `end`. */
function distinctTimes(times: readonly number[], first: number, end: number): number[] {
  const found = times.slice(first, first + TIMES_MAX);
  let distinct = (found[0] as number) <= end ? 1 : 0;
  while (distinct < found.length && (found[distinct] as number) <= end && found[distinct - 1] !== found[distinct])
    distinct++;
  if (distinct === found.length) return found;
  // Some times are equal, or the window ends before the last.
  found.length = 0;
  for (let i = first; found.length < TIMES_MAX && i < times.length; i = firstAfter(times, times[i] as number, i)) {
    if ((times[i] as number) > end) break;
    found.push(times[i] as number);
  }
  return found;
}

/** Keeps the items within their bounds. */
function createLimit(timespanMs: number, items: Items, { itemsMax, summaries, keepNewest, keyOf }: Aggregation) {
  let newItems = items.times.length;
  let dropped = 0;

  const isCompactionDue = (size: number): boolean =>
    size >= 2 * keepNewest && newItems >= Math.max(COMPACT_MIN, keepNewest, Math.min(size - newItems, itemsMax >> 2));

  /** Returns whether the items have moved. */
  const compactItems = (): boolean => {
    const { times, keys, head } = items;
    const size = times.length - head;
    if (summaries !== null && isCompactionDue(size)) {
      Object.assign(items, compact(items, timespanMs, summaries, keepNewest));
      newItems = 0;
      return true;
    }
    if (head <= COMPACT_MIN || head <= size) return false;
    Object.assign(items, { times: times.slice(head), keys: keys.slice(head), head: 0 });
    return true;
  };

  return {
    /** To be called after `added` items were inserted; returns whether the slide has to restart. */
    apply: (added: number): boolean => {
      newItems += added;
      // Most of the time there is too little to remove.
      const hasMoved = (newItems >= COMPACT_MIN || items.head > COMPACT_MIN) && compactItems();
      const excess = items.times.length - items.head - itemsMax;
      if (excess <= 0) return hasMoved;
      items.head += excess;
      dropped += excess;
      // A chain of rules does not know which of its items were removed.
      return hasMoved || keyOf === 'rules';
    },
    get dropped() {
      return dropped;
    },
  };
}
