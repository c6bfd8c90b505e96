/**
 * The sliding window of one group of a correlation that counts: event times, and what an entry does to them.
 *
 * Contract. An entry at `at` is seen by every window `(t − timespan, t]` that ends at a kept time t (its own, or one
 * that came before it though it is younger) and contains it. The earliest of those whose count meets the condition
 * fires, and dates the match; at most one per entry. Times that no window of an entry still to come can contain are
 * dropped: entries to come are no older than `horizon`. So are times that every window containing them can spare:
 * one that has `cap` others, where no count above `cap` is told apart. What is left is bounded (about twice the cap
 * for each timespan between horizon and now), and fires exactly as if everything had been kept.
 *
 * Pure. Times are milliseconds since the epoch.
 */
import type { Comparison } from '../../rule.ts';

export interface CountCondition {
  readonly timespanMs: number;
  /** All must hold. */
  readonly condition: readonly { readonly op: Comparison; readonly value: number }[];
}

export interface Fired {
  /** The window's end: the time of the match. */
  readonly at: number;
  /** How many entries it holds; above the condition's numbers, at least so many. */
  readonly count: number;
}

/** What `observe` leaves to be kept, and whether a window fired. */
export interface Observed {
  /** Ascending. */
  readonly times: readonly number[];
  readonly fired: Fired | null;
}

/** Below this many times thinning is not worth its pass. */
const THIN_FROM = 64;

/** Lets an entry at `at` be seen by its group's windows. `times` ascend; `horizon` is as the contract says. */
export function observe(times: readonly number[], at: number, rule: CountCondition, horizon: number): Observed {
  const { timespanMs } = rule;
  const dead = Math.min(at, horizon) - timespanMs;
  const kept: number[] = [];
  let place = 0;
  for (const time of times) {
    if (time <= dead) continue;
    if (time <= at) place = kept.length + 1;
    kept.push(time);
  }
  kept.splice(place, 0, at);
  const fired = firstSatisfied(kept, place, rule);
  const cap = capOf(rule);
  // Where thinning leaves many it isn't tried again at every entry, but once they have grown by as many as it costs.
  const many = kept.length >= 4 * cap && kept.length % Math.max(THIN_FROM, cap) === 0;
  return { times: many ? thinned(kept, cap, timespanMs) : kept, fired };
}

/** The earliest window, ending at `times[place]` or later and containing it, whose count meets the condition. */
function firstSatisfied(times: readonly number[], place: number, rule: CountCondition): Fired | null {
  const at = times[place] ?? 0;
  let from = place;
  while (from > 0 && (times[from - 1] ?? 0) > at - rule.timespanMs) from--;
  for (let to = place; to < times.length; to++) {
    const end = times[to] ?? 0;
    if (end >= at + rule.timespanMs) break;
    if (times[to + 1] === end) continue;
    while ((times[from] ?? 0) <= end - rule.timespanMs) from++;
    const count = to - from + 1;
    if (meets(count, rule)) return { at: end, count };
  }
  return null;
}

/** Whether a count meets every comparison of the condition. */
export function meets(count: number, rule: CountCondition): boolean {
  return rule.condition.every(({ op, value }) => holds(count, op, value));
}

function holds(count: number, op: Comparison, value: number): boolean {
  switch (op) {
    case 'gt':
      return count > value;
    case 'gte':
      return count >= value;
    case 'lt':
      return count < value;
    case 'lte':
      return count <= value;
    case 'eq':
      return count === value;
    case 'neq':
      return count !== value;
  }
}

/** A count from which on the condition no longer changes its mind. */
function capOf(rule: CountCondition): number {
  return Math.max(1, ...rule.condition.map(({ value }) => Math.floor(value) + 1));
}

/**
 * `times` without those that every window containing them can spare. A time is needed where some run of `cap` times
 * around it stands free: more than a timespan lies between its neighbours on both sides, so that a window can hold
 * the run and nothing else.
 */
function thinned(times: readonly number[], cap: number, timespanMs: number): number[] {
  const kept = [...times];
  for (let i = 0; i < kept.length; ) {
    if (isNeeded(kept, i, cap, timespanMs)) i++;
    else kept.splice(i, 1);
  }
  return kept;
}

function isNeeded(times: readonly number[], i: number, cap: number, timespanMs: number): boolean {
  const time = times[i] ?? 0;
  for (let from = Math.max(0, i - cap + 1); from <= i; from++) {
    const before = from === 0 ? Number.NEGATIVE_INFINITY : (times[from - 1] ?? 0);
    const after = times[from + cap] ?? Number.POSITIVE_INFINITY;
    if (before === time || after === time) continue;
    if (after - before > timespanMs) return true;
  }
  return false;
}
