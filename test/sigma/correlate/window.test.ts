/** Windows, one event after the other: where they begin and end, what dates a match, what is removed. */
import { describe, expect, it } from 'vitest';
import { aggregationOf } from '../../../src/sigma/correlate/window/aggregations.ts';
import { openWindow, type WindowRule } from '../../../src/sigma/correlate/window.ts';
import type { WindowEvent } from '../../../src/sigma/correlate/window-event.ts';
import type { Comparison, Formula, RuleLeaf, SigmaCorrelationType } from '../../../src/sigma/rule.ts';

const FOREVER = Number.NEGATIVE_INFINITY;

type Compared = readonly [Comparison, number];

/** With a timespan of 10, over rules 0 to 3. */
function rule(type: SigmaCorrelationType, ...condition: readonly Compared[]): WindowRule {
  return {
    type,
    rules: ['a', 'b', 'c', 'd'],
    timespanMs: 10,
    condition: condition.map(([op, value]) => ({ op, value })),
    percentile: null,
    expression: null,
  };
}

/** The matches as [time, value]; null for none. */
function answers(of: WindowRule, events: readonly WindowEvent[]): (readonly [number, number] | null)[] {
  const window = openWindow(of, null);
  return events.map((windowEvent) => {
    const fired = window.add(windowEvent, FOREVER);
    return fired === null ? null : [fired.at, fired.value];
  });
}

const at = (time: number): WindowEvent => ({ at: time, rules: [0], value: null });
const valued = (time: number, value: string | number | null): WindowEvent => ({ at: time, rules: [0], value });
const ruled = (time: number, ...rules: number[]): WindowEvent => ({ at: time, rules, value: null });

describe('which window matches', () => {
  const rows: readonly [
    string,
    readonly Compared[],
    readonly number[],
    readonly (readonly [number, number] | null)[],
  ][] = [
    ['a window holds its end', [['gte', 2]], [0, 9], [null, [9, 2]]],
    ['a window does not hold its beginning', [['gte', 2]], [0, 10], [null, null]],
    ['it matches again', [['gte', 2]], [0, 1, 2], [null, [1, 2], [2, 3]]],
    ['a late one completes a window, and is dated at its end', [['gte', 3]], [0, 9, 5], [null, null, [9, 3]]],
    ['the earliest of several dates it', [['gte', 2]], [0, 20, 22, 15], [null, null, [22, 2], [20, 2]]],
    ['a late one’s own window comes first', [['gte', 2]], [0, 9, 5], [null, [9, 2], [5, 2]]],
    ['a window that begins at a late one does not hold it', [['gte', 2]], [15, 5], [null, null]],
    ['two at once are two', [['gte', 2]], [5, 5], [null, [5, 2]]],
    ['a late one is counted with all at the window’s end', [['gte', 3]], [5, 5, 3], [null, null, [5, 3]]],
    ['gt', [['gt', 1]], [0, 1], [null, [1, 2]]],
    ['gte zero matches at once', [['gte', 0]], [0], [[0, 1]]],
    ['lt', [['lt', 2]], [0, 1], [[0, 1], null]],
    ['lte', [['lte', 2]], [0, 1, 2], [[0, 1], [1, 2], null]],
    ['eq', [['eq', 2]], [0, 1, 2], [null, [1, 2], null]],
    ['neq', [['neq', 2]], [0, 1, 2], [[0, 1], null, [2, 3]]],
    [
      'a range',
      [
        ['gt', 1],
        ['lte', 2],
      ],
      [0, 1, 2],
      [null, [1, 2], null],
    ],
    [
      'a range nothing is in',
      [
        ['gt', 2],
        ['lt', 2],
      ],
      [0, 1, 2],
      [null, null, null],
    ],
    ['before the epoch', [['gte', 2]], [-5, -1], [null, [-1, 2]]],
  ];
  it.each(rows)('%s', (_, condition, stream, expected) => {
    expect(answers(rule('event_count', ...condition), stream.map(at))).toEqual(expected);
  });
});

describe('values', () => {
  const long = 'x'.repeat(1_000);
  const rows: readonly [
    string,
    WindowRule,
    readonly (readonly [number, string | number | null])[],
    readonly (number | null)[],
  ][] = [
    [
      'distinct ones count',
      rule('value_count', ['gte', 2]),
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'b'],
      ],
      [null, null, 2],
    ],
    [
      'values are case-sensitive',
      rule('value_count', ['gte', 2]),
      [
        [0, 'a'],
        [1, 'A'],
      ],
      [null, 2],
    ],
    [
      'one that left does not count',
      rule('value_count', ['gte', 2]),
      [
        [0, 'a'],
        [10, 'b'],
      ],
      [null, null],
    ],
    [
      'one that comes again stays',
      rule('value_count', ['gte', 2]),
      [
        [0, 'a'],
        [5, 'a'],
        [14, 'b'],
      ],
      [null, null, 2],
    ],
    [
      'long ones are distinguished by their end',
      rule('value_count', ['gte', 2]),
      [
        [0, `${long}a`],
        [1, `${long}b`],
      ],
      [null, 2],
    ],
    [
      'and are the same where they are',
      rule('value_count', ['gte', 2]),
      [
        [0, `${long}a`],
        [1, `${long}a`],
      ],
      [null, null],
    ],
    [
      'numbers are their text',
      rule('value_count', ['gte', 2]),
      [
        [0, 1],
        [1, '1'],
        [2, 2],
      ],
      [null, null, 2],
    ],
    [
      'what has none is left out',
      rule('value_count', ['lt', 2]),
      [
        [0, 'a'],
        [1, null],
        [2, 'a'],
      ],
      [1, null, 1],
    ],
    [
      'sum',
      rule('value_sum', ['gt', 5]),
      [
        [0, 3],
        [1, 2],
        [2, 1],
        [12, 9],
      ],
      [null, null, 6, 9],
    ],
    [
      'a negative sum',
      rule('value_sum', ['lt', 0]),
      [
        [0, 3],
        [1, -4],
      ],
      [null, -1],
    ],
    [
      'a sum of decimals is rounded once',
      rule('value_sum', ['eq', 0.6]),
      [
        [0, 0.1],
        [1, 0.2],
        [2, 0.3],
      ],
      [null, null, 0.6],
    ],
    [
      'what is small outlasts what is huge',
      rule('value_sum', ['eq', 1]),
      [
        [0, 1e16],
        [1, 1],
        [2, -1e16],
      ],
      [null, null, 1],
    ],
    [
      'a sum that overflows is infinite, and recovers',
      rule('value_sum', ['gte', 1]),
      [
        [0, 1.7e308],
        [1, 1.7e308],
        [11, 5],
        [20, 6],
      ],
      [1.7e308, Number.POSITIVE_INFINITY, 5, 11],
    ],
    [
      'a sum that is no number meets nothing',
      rule('value_sum', ['neq', 7]),
      [
        [0, Number.POSITIVE_INFINITY],
        [1, Number.NEGATIVE_INFINITY],
        [10, 1],
        [11, 1],
      ],
      [Number.POSITIVE_INFINITY, null, Number.NEGATIVE_INFINITY, 2],
    ],
    [
      'what is no number is left out',
      rule('value_sum', ['lt', 5]),
      [
        [0, 1],
        [1, '1'],
        [2, Number.NaN],
        [3, 1],
      ],
      [1, null, null, 2],
    ],
    [
      'average',
      rule('value_avg', ['gt', 2]),
      [
        [0, 1],
        [1, 3],
        [2, 5],
      ],
      [null, null, 3],
    ],
    [
      'median of three',
      rule('value_median', ['eq', 2]),
      [
        [0, 9],
        [1, 1],
        [2, 2],
      ],
      [null, null, 2],
    ],
    [
      'median of two',
      rule('value_median', ['eq', 1.5]),
      [
        [0, 1],
        [1, 2],
      ],
      [null, 1.5],
    ],
    [
      'a percentile between two',
      { ...rule('value_percentile', ['gt', 9]), percentile: 95 },
      [
        [0, 0],
        [1, 10],
      ],
      [null, 9.5],
    ],
    [
      'the 100th is the largest',
      { ...rule('value_percentile', ['gt', 9]), percentile: 100 },
      [
        [0, 0],
        [1, 10],
      ],
      [null, 10],
    ],
    [
      'the 0th is the smallest',
      { ...rule('value_percentile', ['lte', 0]), percentile: 0 },
      [
        [0, 0],
        [1, 10],
      ],
      [0, 0],
    ],
    [
      'infinite ones have a median',
      rule('value_median', ['gt', 0]),
      [
        [0, Number.POSITIVE_INFINITY],
        [1, 1],
      ],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ],
    [
      'huge ones have a median',
      rule('value_median', ['eq', 0]),
      [
        [0, 1.7e308],
        [1, -1.7e308],
      ],
      [null, 0],
    ],
    [
      'without one: the share of the last value',
      rule('value_percentile', ['lte', 50]),
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'a'],
        [3, 'c'],
      ],
      [null, 50, null, 25],
    ],
  ];
  it.each(rows)('%s', (_, of, stream, expected) => {
    const fired = answers(
      of,
      stream.map(([time, value]) => valued(time, value)),
    );
    expect(fired.map((each) => each?.[1] ?? null)).toEqual(expected);
  });

  it('a late one of a share has its window, and those of the values after it', () => {
    const of = rule('value_percentile', ['lt', 30]);
    expect(answers(of, [valued(0, 'a'), valued(5, 'b'), valued(6, 'b'), valued(3, 'a')])).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(answers(of, [valued(0, 'a'), valued(5, 'b'), valued(1, 'a'), valued(2, 'a')])).toEqual([
      null,
      null,
      null,
      [5, 25],
    ]);
  });
});

const leaf = (index: number): Formula<RuleLeaf> => ({ kind: 'leaf', rule: index });
const and = (...of: Formula<RuleLeaf>[]): Formula<RuleLeaf> => ({ kind: 'and', of });
const or = (...of: Formula<RuleLeaf>[]): Formula<RuleLeaf> => ({ kind: 'or', of });
const not = (of: Formula<RuleLeaf>): Formula<RuleLeaf> => ({ kind: 'not', of });

describe('rules', () => {
  const expressed = (type: SigmaCorrelationType, expression: Formula<RuleLeaf>): WindowRule => ({
    ...rule(type),
    expression,
  });
  const rows: readonly [string, WindowRule, readonly WindowEvent[], readonly (readonly [number, number] | null)[]][] = [
    [
      'different ones count',
      rule('temporal', ['gte', 2]),
      [ruled(0, 0), ruled(1, 0), ruled(2, 1)],
      [null, null, [2, 2]],
    ],
    ['in any order', rule('temporal', ['gte', 2]), [ruled(0, 1), ruled(1, 0)], [null, [1, 2]]],
    ['one entry can satisfy all rules', rule('temporal', ['gte', 2]), [ruled(0, 0, 1)], [[0, 2]]],
    ['one that left does not count', rule('temporal', ['gte', 2]), [ruled(0, 0), ruled(10, 1)], [null, null]],
    ['exactly so many', rule('temporal', ['eq', 1]), [ruled(0, 0), ruled(1, 1), ruled(10, 1)], [[0, 1], null, [10, 1]]],
    [
      'an expression',
      expressed('temporal', and(leaf(0), not(leaf(1)))),
      [ruled(0, 1), ruled(5, 0), ruled(10, 0)],
      [null, null, [10, 1]],
    ],
    [
      'in their order',
      rule('temporal_ordered', ['gte', 2]),
      [ruled(0, 1), ruled(1, 0), ruled(2, 1)],
      [null, null, [2, 2]],
    ],
    [
      'events of one time are in order, whichever came first',
      rule('temporal_ordered', ['gte', 2]),
      [ruled(0, 1), ruled(0, 0)],
      [null, [0, 2]],
    ],
    ['one entry is in order', rule('temporal_ordered', ['gte', 3]), [ruled(0, 0, 1, 3)], [[0, 3]]],
    ['some may be missing between', rule('temporal_ordered', ['gte', 2]), [ruled(0, 0), ruled(1, 3)], [null, [1, 2]]],
    [
      'the longest chain, not the last',
      rule('temporal_ordered', ['gte', 3]),
      [ruled(0, 2), ruled(1, 0), ruled(2, 1), ruled(3, 0), ruled(4, 2)],
      [null, null, null, null, [4, 3]],
    ],
    [
      'one that left breaks the chain',
      rule('temporal_ordered', ['gte', 3]),
      [ruled(0, 0), ruled(5, 1), ruled(10, 2)],
      [null, null, null],
    ],
    [
      'a late one completes a chain',
      rule('temporal_ordered', ['gte', 3]),
      [ruled(0, 0), ruled(4, 2), ruled(2, 1)],
      [null, null, [4, 3]],
    ],
    [
      'a late one out of order does not',
      rule('temporal_ordered', ['gte', 3]),
      [ruled(0, 0), ruled(4, 2), ruled(5, 1)],
      [null, null, null],
    ],
    [
      'the rules an expression names, in order',
      expressed('temporal_ordered', and(leaf(0), leaf(2))),
      [ruled(0, 2), ruled(1, 0), ruled(2, 2)],
      [null, null, [2, 2]],
    ],
    [
      'an expression that one meets, until it is out of order',
      expressed('temporal_ordered', or(leaf(0), leaf(1))),
      [ruled(0, 1), ruled(1, 0), ruled(2, 1)],
      [[0, 1], null, [2, 2]],
    ],
    [
      'rules it does not want need no order',
      expressed('temporal_ordered', and(leaf(1), not(leaf(0)))),
      [ruled(0, 0), ruled(9, 1), ruled(10, 1)],
      [null, null, [10, 1]],
    ],
    [
      'nothing it wants happened',
      expressed('temporal_ordered', not(leaf(0))),
      [ruled(0, 1), ruled(1, 0)],
      [[0, 0], null],
    ],
  ];
  it.each(rows)('%s', (_, of, stream, expected) => {
    expect(answers(of, stream)).toEqual(expected);
  });
});

describe('the result of a matching window', () => {
  it('the first of the distinct times it holds', () => {
    const window = openWindow(rule('event_count', ['gte', 4]), null);
    for (const time of [0, 5, 5, 12]) window.add(at(time), FOREVER);
    expect(window.add(at(11), FOREVER)).toEqual({ at: 12, value: 4, times: [5, 11, 12] });
  });

  it('twenty at most', () => {
    const window = openWindow({ ...rule('value_sum', ['gte', 0]), timespanMs: 1_000 }, null);
    let fired = window.add(valued(0, 1), FOREVER);
    for (let i = 1; i < 30; i++) fired = window.add(valued(i, 1), FOREVER);
    expect(fired?.times).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it.each([
    [true, { at: 18, value: 3, times: [10, 16, 18], ends: [18, 24] }],
    [false, { at: 18, value: 3, times: [10, 16, 18] }],
  ])('the ends of all windows that match only because of a late event, if requested: %s', (later, expected) => {
    const window = openWindow(rule('event_count', ['gte', 3]), null);
    for (const time of [10, 18, 24, 25]) window.add(at(time), FOREVER, later);
    expect(window.add(at(16), FOREVER, later)).toStrictEqual(expected);
  });
});

describe('what is kept', () => {
  /** The times in what is saved. */
  const kept = (text: string): number[] => {
    let time = 0;
    return (JSON.parse(text) as [number, string, number[]])[2].map((step) => {
      time += step;
      return time;
    });
  };

  it('is what some window of a future event can contain, and nothing else', () => {
    const window = openWindow(rule('event_count', ['gte', 9]), null);
    for (const time of [39, 40, 41]) window.add(at(time), FOREVER);
    // The oldest to come is 50: its own window is (40, 50].
    window.add(at(60), 50);
    expect(kept(window.save())).toEqual([41, 60]);
    expect(window.dropped).toBe(0);
  });

  it('is what one older than the horizon needs for its own window', () => {
    const window = openWindow(rule('event_count', ['gte', 9]), null);
    for (const time of [19, 20, 21, 60]) window.add(at(time), FOREVER);
    window.add(at(30), 50);
    expect(kept(window.save())).toEqual([21, 30, 60]);
  });

  it('goes oldest first beyond the bound, and is counted', () => {
    const of = rule('value_sum', ['gte', 4]);
    const window = openWindow(of, null, { ...aggregationOf(of), itemsMax: 3 });
    const numbers = [0, 1, 2, 3, 4].map((time) => window.add(valued(time, 1), FOREVER)?.value ?? null);
    // The one that comes is still seen together with all the bound allows.
    expect(numbers).toEqual([null, null, null, 4, 4]);
    expect(kept(window.save())).toEqual([2, 3, 4]);
    expect(window.dropped).toBe(2);
  });

  it('is all that a chain can be made of: what went beyond the bound is in none', () => {
    const of = rule('temporal_ordered', ['gte', 2]);
    const window = openWindow(of, null, { ...aggregationOf(of), itemsMax: 2 });
    const numbers = [ruled(0, 0), ruled(1, 2), ruled(2, 2), ruled(3, 1)].map(
      (windowEvent) => window.add(windowEvent, FOREVER)?.value ?? null,
    );
    expect(numbers).toEqual([null, 2, 2, null]);
    expect(window.dropped).toBe(2);
  });

  it('is each event once per rule', () => {
    const window = openWindow(rule('temporal', ['gte', 2]), null);
    for (let i = 0; i < 9; i++) window.add(ruled(5, 0, 1), FOREVER);
    expect(kept(window.save())).toEqual([5, 5]);
  });
});
