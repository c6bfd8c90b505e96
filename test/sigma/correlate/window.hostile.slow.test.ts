/** Windows under attack: what is kept, saved and done stays bounded. Work is counted, not timed. */
import { describe, expect, it } from 'vitest';
import { type Aggregation, aggregationOf } from '../../../src/sigma/correlate/window/aggregations.ts';
import { openWindow, type WindowRule } from '../../../src/sigma/correlate/window.ts';
import type { WindowEvent } from '../../../src/sigma/correlate/window-event.ts';
import type { Comparison, SigmaCorrelationType } from '../../../src/sigma/rule.ts';

const MINUTE = 60_000;
const ALLOWED_LATENESS = 5 * MINUTE;

function rule(type: SigmaCorrelationType, op: Comparison, value: number, percentile: number | null = null): WindowRule {
  return { type, rules: ['a', 'b', 'c'], timespanMs: MINUTE, condition: [{ op, value }], percentile, expression: null };
}

/** A window that counts the items it measures and looks at to spare them. */
function counted(of: WindowRule): { readonly kind: Aggregation; readonly work: () => number } {
  const kind = aggregationOf(of);
  const { summaries: digests } = kind;
  let work = 0;
  return {
    work: () => work,
    kind: {
      ...kind,
      createAggregator: (items) => {
        const sweep = kind.createAggregator(items);
        return {
          ...sweep,
          add: (place) => {
            work++;
            sweep.add(place);
          },
        };
      },
      summaries:
        digests &&
        ((backward) => {
          const digest = digests(backward);
          return (key) => {
            work++;
            return digest(key);
          };
        }),
    },
  };
}

interface Flood {
  readonly name: string;
  readonly windowEvent: (i: number) => WindowEvent;
}

const START = Date.UTC(2026, 0, 1);
const long = 'x'.repeat(90);
const value = (of: WindowRule, i: number): string | number =>
  of.type === 'value_count' || (of.type === 'value_percentile' && of.percentile === null) ? `${long}${i}` : i % 1_013;

const floods = (of: WindowRule): readonly Flood[] => [
  {
    name: 'ever new values, in time order',
    windowEvent: (i) => ({ at: START + i * 3, rules: [i % 3], value: value(of, i) }),
  },
  {
    name: 'the same value, in time order',
    windowEvent: (i) => ({ at: START + i * 3, rules: [0], value: value(of, 1) }),
  },
  { name: 'at one instant', windowEvent: (i) => ({ at: START, rules: [i % 3], value: value(of, i) }) },
];

/** Rule, and how much of it is saved at most: characters. */
const rows: readonly [string, WindowRule, number][] = [
  ['event_count', rule('event_count', 'gte', 20), 6_000],
  ['event_count eq', rule('event_count', 'eq', 20), 6_000],
  ['event_count, unlimited', rule('event_count', 'gte', 1e9), 200_000],
  ['value_count', rule('value_count', 'gte', 20), 60_000],
  ['value_count lt', rule('value_count', 'lt', 20), 250_000],
  ['value_count, unlimited', rule('value_count', 'gte', 1e9), 700_000],
  ['temporal', rule('temporal', 'gte', 4), 3_000],
  ['temporal neq', rule('temporal', 'neq', 2), 20_000],
  ['temporal_ordered', rule('temporal_ordered', 'gte', 4), 20_000],
  ['value_sum', rule('value_sum', 'lt', 0), 100_000],
  ['value_avg', rule('value_avg', 'lt', 0), 100_000],
  ['value_median', rule('value_median', 'lt', 0), 100_000],
  ['value_percentile', rule('value_percentile', 'lt', 0, 99), 100_000],
  ['the share of a value', rule('value_percentile', 'lt', 0), 700_000],
];

describe.each(rows)('%s', (_, of, most) => {
  // Values this long cost their hash: the full number is for one test below.
  const many = typeof value(of, 0) === 'string' ? 6_000 : 60_000;

  it.each(floods(of))('a flood of $name', ({ windowEvent }) => {
    const { kind, work } = counted(of);
    const window = openWindow(of, null, kind);
    for (let i = 0; i < many; i++) {
      const each = windowEvent(i);
      window.add(each, each.at - ALLOWED_LATENESS);
    }
    expect(window.save().length).toBeLessThan(most);
    expect(work()).toBeLessThan(20 * many);
  });

  it('a flood of late ones alone costs what is kept near them', () => {
    const { kind, work } = counted(of);
    const window = openWindow(of, null, kind);
    const horizon = START;
    let worst = 0;
    for (let i = 0; i < 3_000; i++) {
      const before = work();
      window.add({ at: START + ALLOWED_LATENESS - i * 100, rules: [i % 3], value: value(of, i) }, horizon);
      worst = Math.max(worst, work() - before);
    }
    // Within a timespan of each, on both sides, 1,200 came; and sparing is a pass forward and one backward.
    expect(worst).toBeLessThan(1_200 + 2 * 3_000);
    expect(work()).toBeLessThan(3_000 * 1_500);
    expect(window.save().length).toBeLessThan(most);
  });
});

it('200,000 in one hot group leave little', () => {
  const of = rule('event_count', 'gte', 20);
  const { kind, work } = counted(of);
  const window = openWindow(of, null, kind);
  let fired = 0;
  for (let i = 0; i < 200_000; i++) {
    if (window.add({ at: START + i * 3, rules: [0], value: null }, START + i * 3 - ALLOWED_LATENESS) !== null) fired++;
  }
  expect(fired).toBe(200_000 - 19);
  // Twice 21 in each of 7 stretches, and as many again until they are cleared away.
  expect(JSON.parse(window.save())[2].length).toBeLessThanOrEqual(2 * 2 * 21 * 7 + 64);
  expect(work()).toBeLessThan(8 * 200_000);
  expect(window.dropped).toBe(0);
});

it('what comes in turns, late and in time order, costs a pass at most', () => {
  const of = rule('value_sum', 'lt', 0);
  const { kind, work } = counted(of);
  const window = openWindow(of, null, kind);
  for (let i = 0; i < 5_000; i++) {
    const late = i % 2 === 1 ? MINUTE / 2 : 0;
    window.add({ at: START + i * 100 - late, rules: [0], value: 1 }, START + i * 100 - ALLOWED_LATENESS);
  }
  expect(work()).toBeLessThan(5_000 * 1_300);
});

it('the largest windows are saved in less than 1 MB', () => {
  const bytes = (text: string): number => new TextEncoder().encode(text).length;
  const year = 366 * 24 * 60 * MINUTE;
  const share = openWindow({ ...rule('value_percentile', 'lt', 0), timespanMs: year }, null);
  for (let i = 0; i < 10_100; i++) share.add({ at: START + i * 3_000_000, rules: [0], value: `ä${i}` }, START);
  const samples = openWindow({ ...rule('value_sum', 'lt', 0), timespanMs: year }, null);
  for (let i = 0; i < 10_100; i++)
    samples.add({ at: START + i * 3_000_000, rules: [0], value: -1 / (i * 1e-300 + 3e-301) }, START);
  const counts = openWindow({ ...rule('event_count', 'gte', 1e9), timespanMs: year }, null);
  for (let i = 0; i < 50_100; i++) counts.add({ at: START + i * 600_000, rules: [0], value: null }, START);
  for (const window of [share, samples, counts]) {
    expect(bytes(window.save())).toBeLessThan(1_000_000);
    expect(window.dropped).toBe(100);
  }
});
