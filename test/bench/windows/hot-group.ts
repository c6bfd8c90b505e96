/**
 * One hot group, as an attacker can cause, in two implementations. Pure except for their state.
 *
 * Contract: events come in order of time and evenly, a given number per timespan. Each implementation returns whether the
 * event's window meets the condition. As long as nothing is dropped, both return the same.
 */

import { openWindow, type WindowRule } from '../../../src/sigma/correlate/window.ts';
import type { Window, WindowEvent } from '../../../src/sigma/correlate/window-event.ts';
import type { Comparison, SigmaCorrelationType } from '../../../src/sigma/rule.ts';

export const TIMESPAN_MS = 600_000;
/** How late an entry may come. */
const ALLOWED_LATENESS_MS = 300_000;
const VALUES = 97;
const RULES = ['a', 'b', 'c'];
/** Real times: they exceed the small integers that JavaScript engines optimize. */
const BEGIN_MS = Date.UTC(2026, 0, 5);
/** Events per page of the log: the window is saved after each page and opened for the next. */
const PAGE = 100;

/** For each type, a condition that is met sometimes; for counts, always once there are enough events. */
const CONDITIONS: { readonly [type in SigmaCorrelationType]: readonly [op: Comparison, value: number] } = {
  event_count: ['gte', 50],
  value_count: ['gte', 50],
  temporal: ['gte', RULES.length],
  temporal_ordered: ['gte', RULES.length],
  value_sum: ['gt', 40_000],
  value_avg: ['gt', (VALUES - 1) / 2],
  value_percentile: ['gt', 90],
  value_median: ['gt', (VALUES - 1) / 2],
};

export function ruleOf(type: SigmaCorrelationType): WindowRule {
  const [op, value] = CONDITIONS[type];
  const percentile = type === 'value_percentile' ? 95 : type === 'value_median' ? 50 : null;
  return { type, rules: RULES, timespanMs: TIMESPAN_MS, condition: [{ op, value }], percentile, expression: null };
}

/** The number of events that are kept: those of a timespan and of the allowed lateness. */
export function keptOf(perTimespan: number): number {
  return Math.ceil((perTimespan * (TIMESPAN_MS + ALLOWED_LATENESS_MS)) / TIMESPAN_MS);
}

/** The i-th of `perTimespan` in each timespan. */
export function eventAt(type: SigmaCorrelationType, i: number, perTimespan: number): WindowEvent {
  const scattered = (Math.imul(i, 0x9e3779b1) >>> 8) % VALUES;
  const hasValue = type.startsWith('value_');
  return {
    at: BEGIN_MS + Math.floor((i * TIMESPAN_MS) / perTimespan),
    rules: [scattered % RULES.length],
    value: hasValue ? (type === 'value_count' ? `value ${scattered}` : scattered) : null,
  };
}

/** Adds the next event; returns whether it matches. */
export type Seer = (event: WindowEvent) => boolean;

/** Creates an implementation that has already got the events of `past`. */
export type Way = (type: SigmaCorrelationType, past: readonly WindowEvent[]) => Seer;

export const boundedWindow: Way = (type, past) => {
  const window = openWindow(ruleOf(type), null);
  for (const event of past) window.add(event, event.at - ALLOWED_LATENESS_MS);
  return (event) => window.add(event, event.at - ALLOWED_LATENESS_MS) !== null;
};

/** As in the ledger: opened and saved again with each page. */
export const storedWindow: Way = (type, past) => {
  const rule = ruleOf(type);
  let saved: string | null = null;
  let window: Window | null = null;
  let seen = 0;
  const see: Seer = (event) => {
    window ??= openWindow(rule, saved);
    const fires = window.add(event, event.at - ALLOWED_LATENESS_MS) !== null;
    if (++seen % PAGE === 0) {
      saved = window.save();
      window = null;
    }
    return fires;
  };
  past.forEach(see);
  return see;
};

/** Keeps all that a late event may need, and tests the whole window each time. */
export const naiveFilter: Way = (type, past) => {
  const [op, value] = CONDITIONS[type];
  let kept: readonly WindowEvent[] = past;
  return (event) => {
    const { at } = event;
    kept = [...kept.filter((one) => one.at > at - ALLOWED_LATENESS_MS - TIMESPAN_MS), event];
    const number = numberOf(
      type,
      kept.filter((one) => one.at > at - TIMESPAN_MS && one.at <= at),
    );
    return op === 'gt' ? number > value : number >= value;
  };
};

function numberOf(type: SigmaCorrelationType, window: readonly WindowEvent[]): number {
  const numbers = (): number[] => window.map(({ value }) => Number(value));
  const sum = (): number => numbers().reduce((total, number) => total + number, 0);
  switch (type) {
    case 'event_count':
      return window.length;
    case 'value_count':
      return new Set(window.map(({ value }) => value)).size;
    case 'temporal':
      return new Set(window.flatMap(({ rules }) => rules)).size;
    case 'temporal_ordered':
      return longestChain(window);
    case 'value_sum':
      return sum();
    case 'value_avg':
      return sum() / window.length;
    case 'value_percentile':
      return percentile(numbers(), 0.95);
    case 'value_median':
      return percentile(numbers(), 0.5);
  }
}

/** Of three rules, in order; each event satisfies one. */
function longestChain(window: readonly WindowEvent[]): number {
  const longest = RULES.map(() => 0);
  for (const { rules } of window) {
    const rule = rules[0] ?? 0;
    longest[rule] = 1 + Math.max(0, ...longest.slice(0, rule));
  }
  return Math.max(...longest);
}

function percentile(numbers: readonly number[], q: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? 0;
  return below + ((sorted[Math.ceil(at)] ?? 0) - below) * (at - Math.floor(at));
}
