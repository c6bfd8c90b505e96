/**
 * The sliding window of one group of a correlation. Those of `first_seen` and `absence` are others
 * (first-seen.ts, absence.ts).
 *
 * Contract. An event at `at` belongs to every window `(t − timespan, t]` that contains it and ends at a kept time t: its
 * own, or a later one that was added before it. The earliest of these windows whose value meets the condition matches,
 * and its end dates the match; at most one match per event. Events in time order have only their own window. For a late
 * event, the ends of later windows are returned too, on request: as often as events at that time would have matched in time
 * order, and did not before. (Those of one time are one for the temporal types, which keep only which rules they satisfy.)
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
 * An event in time order costs amortized constant time, however much is kept (percentiles: a move within a sorted array
 * of at most 10,000; temporal_ordered: the square of the number of rules). A late one costs a pass over the items within
 * a timespan of it.
 * Times are whole milliseconds since the epoch. Pure.
 */

import { firstAfter } from '../../text/ascending.ts';
import { ABSENCE, type CorrelationRule, FIRST_SEEN } from '../rule.ts';
import { openAbsence } from './absence.ts';
import { openFirstSeen } from './first-seen.ts';
import { type Aggregation, aggregationOf, type WindowRule } from './window/aggregations.ts';
import { meets } from './window/conditions.ts';
import { type Aggregator, compact, insert, openItems, saveItems } from './window/items.ts';
import { LATER_MAX, TIMES_MAX, type Window, type WindowMatch } from './window-event.ts';

export type { WindowRule } from './window/aggregations.ts';

/** A window that meets the condition, and how many events of those that refer to it: one for each event at its end. */
interface FoundWindow {
  readonly match: WindowMatch;
  readonly events: number;
}

/** New items before a compaction is worth its pass. */
const COMPACT_MIN = 64;

/** What a window of any type needs of its rule. */
type AnyWindowRule = Omit<WindowRule, 'type'> & Pick<CorrelationRule, 'type'>;

/** Opens a window, empty or as it was saved. Tests pass their own `aggregation`. */
export function openWindow(rule: AnyWindowRule, saved: string | null, aggregation?: Aggregation): Window {
  const { type } = rule;
  if (type === FIRST_SEEN) return openFirstSeen(rule, saved);
  if (type === ABSENCE) return openAbsence(rule, saved);
  const sliding = { ...rule, type };
  return openSlidingWindow(sliding, saved, aggregation ?? aggregationOf(sliding));
}

function openSlidingWindow(rule: WindowRule, saved: string | null, aggregation: Aggregation): Window {
  const { timespanMs } = rule;
  const { itemsMax, createAggregator, summaries, keepNewest, keysOf, isKey, areKeysDistinct } = aggregation;
  const condition = rule.expression === null ? rule.condition : [];
  const items = openItems(rule.type, saved, isKey);
  let newItems = items.times.length;
  let dropped = 0;
  /** Of the last window evaluated, if the next can go on from it: it holds the items from `from` on and before `next`. */
  let aggregator: Aggregator | null = null;
  let from = 0;
  let next = 0;

  /** The windows that contain `at` and meet the condition, by their ends: all of them, or only the earliest. */
  const matchesAt = (at: number, findAll: boolean): readonly FoundWindow[] => {
    const { times, head } = items;
    const found: FoundWindow[] = [];
    // In the usual case, the event is the newest: only its own window contains it, and the last one moves on to it.
    if (aggregator === null || times[times.length - 1] !== at) {
      aggregator = createAggregator(items);
      from = firstAfter(times, at - timespanMs, head);
      next = from;
    }
    for (let end = at; end - timespanMs < at; end = times[next] ?? Number.POSITIVE_INFINITY) {
      while (next < times.length && (times[next] as number) < end) aggregator.add(next++);
      while (from < next && (from < head || (times[from] as number) <= end - timespanMs)) aggregator.remove(from++);
      // In time order, each event at the end would have matched by itself, with those before it.
      let earlier = 0;
      while (next < times.length && times[next] === end) {
        aggregator.add(next++);
        if (findAll && times[next] === end && meets(aggregator.value(from, next), condition)) earlier++;
      }
      // Before an event is inserted, no window may end at its time.
      if (times[next - 1] !== end) continue;
      const value = aggregator.value(from, next);
      if (!meets(value, condition)) continue;
      const match = { at: end, value, times: firstTimes(times, from, next) };
      found.push({ match, events: areKeysDistinct ? 1 : earlier + 1 });
      if (!findAll) break;
    }
    return found;
  };

  /** Keeps the items within their bounds, and removes from the lists those that are gone. */
  const limit = (): void => {
    const { times, head } = items;
    const size = times.length - head;
    // A pass pays when it may remove about as many items as it keeps.
    const isDue =
      summaries === null
        ? head >= Math.max(COMPACT_MIN, size)
        : newItems >= Math.max(COMPACT_MIN, 2 * keepNewest, Math.min(size - newItems, itemsMax >> 2));
    if (isDue) {
      Object.assign(items, compact(items, timespanMs, summaries, keepNewest));
      newItems = 0;
      aggregator = null;
    }
    const excess = items.times.length - items.head - itemsMax;
    if (excess <= 0) return;
    items.head += excess;
    dropped += excess;
  };

  return {
    add: (event, horizon, findLater = false) => {
      const { at } = event;
      const keys = keysOf(event);
      if (keys.length === 0) return null;
      const { times } = items;
      const size = times.length;
      const expired = Math.min(at, horizon) - timespanMs;
      while (items.head < size && (times[items.head] as number) <= expired) items.head++;
      const isLate = items.head < size && (times[size - 1] as number) > at;
      const before = findLater && isLate ? matchesAt(at, true) : [];
      for (const key of keys) {
        if (insert(items, at, key, areKeysDistinct) < next) aggregator = null;
      }
      newItems += times.length - size;
      const found = matchesAt(at, findLater && isLate);
      limit();
      const match = found[0]?.match ?? null;
      if (match === null || !findLater || !isLate) return match;
      const eventsBefore = new Map(before.map(({ match: { at: end }, events }) => [end, events]));
      const ends = found.flatMap(({ match: { at: end }, events }) => {
        const added = end === at ? 1 : Math.max(0, events - (eventsBefore.get(end) ?? 0));
        return new Array<number>(added).fill(end);
      });
      return { ...match, ends: ends.slice(0, LATER_MAX + 1) };
    },
    save: () => saveItems(rule.type, items),
    get dropped() {
      return dropped;
    },
  };
}

/** The first `TIMES_MAX` distinct times of the items from `from` on and before `to`. */
function firstTimes(times: readonly number[], from: number, to: number): readonly number[] {
  const found = times.slice(from, Math.min(from + TIMES_MAX, to));
  // Usually no two of them are equal.
  if (found.every((time, i) => i === 0 || time !== found[i - 1])) return found;
  found.length = 0;
  for (let i = from; i < to && found.length < TIMES_MAX; i = firstAfter(times, times[i] as number, i)) {
    found.push(times[i] as number);
  }
  return found;
}
