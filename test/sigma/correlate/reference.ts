/**
 * The reference implementation of a window: keeps every event and recounts every window.
 * Slow on purpose; shares no code with the implementation it checks.
 */

import type { WindowRule } from '../../../src/sigma/correlate/window.ts';
import type { WindowEvent, WindowMatch } from '../../../src/sigma/correlate/window-event.ts';
import type { Formula, RuleLeaf } from '../../../src/sigma/rule.ts';

export interface Reference {
  see(windowEvent: WindowEvent, horizon: number): WindowMatch | null;
  /** The times of the matches that the last event brought: those in time order with it, without those there were before. */
  readonly ends: readonly number[];
  readonly dropped: number;
}

/** `most`: the number of events kept; the oldest are dropped first. */
export function createReference(rule: WindowRule, most = Number.POSITIVE_INFINITY): Reference {
  let all: WindowEvent[] = [];
  let dropped = 0;
  let ends: readonly number[] = [];
  return {
    see: (windowEvent, horizon) => {
      const { at } = windowEvent;
      const dead = Math.min(at, horizon) - rule.timespanMs;
      all = all.filter((each) => each.at > dead);
      const before = all;
      const place = all.findIndex((each) => each.at > at);
      all = all.toSpliced(place < 0 ? all.length : place, 0, windowEvent);
      const fired = earliest(rule, all, at);
      ends = endsOf(rule, all, at).flatMap((end) => {
        const added = matchesEndingAt(rule, all, end) - matchesEndingAt(rule, before, end);
        return new Array<number>(end === at && fired?.at === at ? 1 : Math.max(0, added)).fill(end);
      });
      const excess = Math.max(0, all.length - most);
      all = all.slice(excess);
      dropped += excess;
      return fired;
    },
    get ends() {
      return ends;
    },
    get dropped() {
      return dropped;
    },
  };
}

/** Of the windows that end at one of the times and contain `at`, the earliest that meets the condition. */
function earliest(rule: WindowRule, all: readonly WindowEvent[], at: number): WindowMatch | null {
  for (const end of endsOf(rule, all, at)) {
    const fired = windowAt(rule, all, end);
    if (fired !== null) return fired;
  }
  return null;
}

/** The ends of the windows that contain `at`. */
function endsOf(rule: WindowRule, all: readonly WindowEvent[], at: number): readonly number[] {
  const ends = [...new Set(all.map((each) => each.at))].filter((end) => end >= at && end - rule.timespanMs < at);
  return ends.sort((a, b) => a - b);
}

/** How many events of one time match, each with those before it. Those of the temporal types are one. */
function matchesEndingAt(rule: WindowRule, all: readonly WindowEvent[], end: number): number {
  if (windowAt(rule, all, end) === null) return 0;
  if (rule.type.startsWith('temporal')) return 1;
  const after = all.findIndex((each) => each.at > end);
  const until = after === -1 ? all.length : after;
  const first = all.findIndex((each) => each.at === end);
  const lengths = Array.from({ length: until - first }, (_, i) => first + i + 1);
  return lengths.filter((length) => windowAt(rule, all.slice(0, length), end) !== null).length;
}

/** The window that ends at `end`, by definition; null where it does not meet the condition. */
export function windowAt(rule: WindowRule, all: readonly WindowEvent[], end: number): WindowMatch | null {
  const held = all.filter((each) => each.at > end - rule.timespanMs && each.at <= end);
  const value = numberOf(rule, held);
  if (!isMet(rule, held, value)) return null;
  return { at: end, value, times: [...new Set(held.map((each) => each.at))].sort((a, b) => a - b) };
}

function isMet(rule: WindowRule, held: readonly WindowEvent[], value: number): boolean {
  const { expression } = rule;
  if (Number.isNaN(value)) return false;
  if (expression === null) {
    return rule.condition.every((each) => {
      const operators = {
        gt: value > each.value,
        gte: value >= each.value,
        lt: value < each.value,
        lte: value <= each.value,
        eq: value === each.value,
        neq: value !== each.value,
      };
      return operators[each.op];
    });
  }
  const happened = (index: number): boolean => held.some((each) => each.rules.includes(index));
  if (!isTrue(expression, happened)) return false;
  if (rule.type !== 'temporal_ordered') return true;
  const wanted = wantedIn(expression).filter(happened);
  return (
    subsets(wanted).length === 0 ||
    canBeOrdered(
      [...new Set(wanted)].sort((a, b) => a - b),
      held,
    )
  );
}

function numberOf(rule: WindowRule, held: readonly WindowEvent[]): number {
  const indexes = rule.rules.map((_, index) => index);
  const numbers = held.map((each) => Number(each.value));
  switch (rule.type) {
    case 'event_count':
      return held.length;
    case 'value_count':
      return new Set(held.map((each) => each.value)).size;
    case 'temporal':
      return indexes.filter((index) => held.some((each) => each.rules.includes(index))).length;
    case 'temporal_ordered': {
      const { expression } = rule;
      const ranked = expression === null ? indexes : indexes.filter((index) => wantedIn(expression).includes(index));
      return Math.max(0, ...subsets(ranked).map((each) => (canBeOrdered(each, held) ? each.length : 0)));
    }
    case 'value_sum':
      return exactSum(numbers);
    case 'value_avg':
      return exactSum(numbers) / numbers.length;
    case 'value_median':
      return percentileOf(numbers, 50);
    case 'value_percentile': {
      if (rule.percentile !== null) return percentileOf(numbers, rule.percentile);
      const last = held[held.length - 1];
      return (100 * held.filter((each) => each.value === last?.value).length) / held.length;
    }
  }
}

/** Whether each of some rules, in their order, has a time that is not before the one of the rule ahead of it. */
function canBeOrdered(chain: readonly number[], held: readonly WindowEvent[]): boolean {
  let time = Number.NEGATIVE_INFINITY;
  for (const index of chain) {
    const times = held.filter((each) => each.rules.includes(index) && each.at >= time).map((each) => each.at);
    if (times.length === 0) return false;
    time = Math.min(...times);
  }
  return true;
}

function subsets(of: readonly number[]): number[][] {
  const [first, ...rest] = of;
  if (first === undefined) return [];
  const others = subsets(rest);
  return [[first], ...others, ...others.map((each) => [first, ...each])];
}

function isTrue(expression: Formula<RuleLeaf>, happened: (index: number) => boolean): boolean {
  if (expression.kind === 'leaf') return happened(expression.rule);
  if (expression.kind === 'not') return !isTrue(expression.of, happened);
  const each = expression.of.map((part) => isTrue(part, happened));
  return expression.kind === 'and' ? !each.includes(false) : each.includes(true);
}

/** The rules named without a `not`. */
function wantedIn(expression: Formula<RuleLeaf>, negated = false): number[] {
  if (expression.kind === 'leaf') return negated ? [] : [expression.rule];
  if (expression.kind === 'not') return wantedIn(expression.of, !negated);
  return expression.of.flatMap((part) => wantedIn(part, negated));
}

/** Adds as whole numbers of 2^-100, and rounds once: right for what has no bits below that. */
function exactSum(numbers: readonly number[]): number {
  if (numbers.some((each) => !Number.isFinite(each))) return numbers.reduce((sum, each) => sum + each, 0);
  return Number(numbers.reduce((sum, each) => sum + BigInt(each * 2 ** 100), 0n)) / 2 ** 100;
}

function percentileOf(numbers: readonly number[], percentile: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const rank = (percentile * (sorted.length - 1)) / 100;
  const low = sorted[Math.floor(rank)] ?? 0;
  const high = sorted[Math.ceil(rank)] ?? 0;
  return low === high ? low : low + (high - low) * (rank - Math.floor(rank));
}
