import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CountCondition, type Fired, meets, observe } from '../../../src/sigma/correlate/window.ts';
import type { Comparison } from '../../../src/sigma/rule.ts';

const FOREVER = Number.NEGATIVE_INFINITY;

function rule(timespanMs: number, ...condition: readonly (readonly [Comparison, number])[]): CountCondition {
  return { timespanMs, condition: condition.map(([op, value]) => ({ op, value })) };
}

/** The contract, word by word, with everything kept. */
function reference(all: readonly number[], at: number, of: CountCondition): Fired | null {
  for (const end of [...new Set(all)].sort((a, b) => a - b)) {
    if (end < at || end - of.timespanMs >= at) continue;
    const count = all.filter((time) => time > end - of.timespanMs && time <= end).length;
    if (meets(count, of)) return { at: end, count };
  }
  return null;
}

/** Counts above the condition's numbers are only bounded from below. */
function clipped(fired: Fired | null, of: CountCondition): Fired | null {
  const cap = Math.max(1, ...of.condition.map(({ value }) => value + 1));
  return fired === null ? null : { at: fired.at, count: Math.min(fired.count, cap) };
}

describe('one entry after the other', () => {
  const rows: readonly [string, CountCondition, readonly number[], readonly (Fired | null)[]][] = [
    ['a window holds its end', rule(10, ['gte', 2]), [0, 9], [null, { at: 9, count: 2 }]],
    ['a window does not hold its beginning', rule(10, ['gte', 2]), [0, 10], [null, null]],
    ['it goes on firing', rule(10, ['gte', 2]), [0, 1, 2], [null, { at: 1, count: 2 }, { at: 2, count: 3 }]],
    ['a late entry completes a window', rule(10, ['gte', 3]), [0, 9, 5], [null, null, { at: 9, count: 3 }]],
    [
      'the earliest of several dates it',
      rule(10, ['gte', 2]),
      [0, 20, 22, 15],
      [null, null, { at: 22, count: 2 }, { at: 20, count: 2 }],
    ],
    ['two at once are two', rule(10, ['gte', 2]), [5, 5], [null, { at: 5, count: 2 }]],
    ['a late entry sees all that share the end', rule(10, ['gte', 3]), [5, 5, 3], [null, null, { at: 5, count: 3 }]],
    ['gt', rule(10, ['gt', 1]), [0, 1], [null, { at: 1, count: 2 }]],
    ['gte zero fires at once', rule(10, ['gte', 0]), [0], [{ at: 0, count: 1 }]],
    ['lt', rule(10, ['lt', 2]), [0, 1], [{ at: 0, count: 1 }, null]],
    ['lte', rule(10, ['lte', 2]), [0, 1, 2], [{ at: 0, count: 1 }, { at: 1, count: 2 }, null]],
    ['eq', rule(10, ['eq', 2]), [0, 1, 2], [null, { at: 1, count: 2 }, null]],
    ['neq', rule(10, ['neq', 2]), [0, 1, 2], [{ at: 0, count: 1 }, null, { at: 2, count: 3 }]],
    ['a range', rule(10, ['gt', 1], ['lte', 2]), [0, 1, 2], [null, { at: 1, count: 2 }, null]],
    ['a range nothing is in', rule(10, ['gt', 2], ['lt', 2]), [0, 1, 2], [null, null, null]],
    ['before the epoch', rule(10, ['gte', 2]), [-5, -1], [null, { at: -1, count: 2 }]],
  ];
  it.each(rows)('%s', (_, of, stream, fired) => {
    let times: readonly number[] = [];
    const seen = stream.map((at) => {
      const result = observe(times, at, of, FOREVER);
      times = result.times;
      return result.fired;
    });
    expect(seen).toEqual(fired);
  });

  it('does not touch what it is given', () => {
    const times = Object.freeze([1, 2, 3]);
    expect(observe(times, 2, rule(10, ['gte', 9]), FOREVER).times).toEqual([1, 2, 2, 3]);
    expect(times).toEqual([1, 2, 3]);
  });

  it('drops what no window of an entry to come can hold, and nothing that one can', () => {
    const of = rule(10, ['gte', 9]);
    // The oldest entry to come is 50: its own window is (40, 50].
    expect(observe([39, 40, 41], 60, of, 50).times).toEqual([41, 60]);
    // An entry older than the horizon still finds its own window.
    expect(observe([19, 20, 21, 60], 30, of, 50).times).toEqual([21, 30, 60]);
  });
});

const comparison = fc.constantFrom<Comparison>('gt', 'gte', 'lt', 'lte', 'eq', 'neq');
const condition = (most: number) =>
  fc.array(fc.record({ op: comparison, value: fc.integer({ min: 0, max: most }) }), { minLength: 1, maxLength: 3 });

interface Stream {
  readonly of: CountCondition;
  readonly overlap: number;
  /** Steps of the clock, and how late each entry is. */
  readonly steps: readonly { readonly step: number; readonly late: number }[];
}

function streams(options: { cap: number; length: number; timespan: number; overlap: number; step: number }) {
  return fc.record<Stream>({
    of: fc.record({ timespanMs: fc.integer({ min: 1, max: options.timespan }), condition: condition(options.cap) }),
    overlap: fc.integer({ min: 0, max: options.overlap }),
    steps: fc.array(
      fc.record({
        step: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: options.step })),
        late: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(options.overlap) }),
      }),
      { minLength: 1, maxLength: options.length, size: 'max' },
    ),
  });
}

/** Runs a stream through both; `between` looks at what is kept. */
function compare({ of, overlap, steps }: Stream, between: (kept: number, now: number) => void = () => {}): void {
  let times: readonly number[] = [];
  const all: number[] = [];
  let now = 1000;
  for (const { step, late } of steps) {
    now += step;
    const at = now - Math.min(late, overlap);
    all.push(at);
    const { times: next, fired } = observe(times, at, of, now - overlap);
    expect(clipped(fired, of)).toEqual(clipped(reference(all, at, of), of));
    times = next;
    between(times.length, now);
  }
}

const RUNS = 60;

describe('against a reference that keeps everything', () => {
  it('in order', () => {
    fc.assert(
      fc.property(streams({ cap: 5, length: 120, timespan: 20, overlap: 0, step: 6 }), (stream) => compare(stream)),
      { numRuns: RUNS },
    );
  });

  it('with late entries', () => {
    fc.assert(
      fc.property(streams({ cap: 5, length: 120, timespan: 30, overlap: 40, step: 4 }), (stream) => compare(stream)),
      { numRuns: RUNS },
    );
  });

  it('with so many that they are thinned', () => {
    let thinned = 0;
    fc.assert(
      fc.property(streams({ cap: 4, length: 400, timespan: 60, overlap: 60, step: 1 }), (stream) => {
        let before = 0;
        compare(stream, (kept) => {
          if (kept < before) thinned++;
          before = kept;
        });
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
    expect(thinned).toBeGreaterThan(0);
  });
});

describe('what is kept', () => {
  it('is bounded, whatever comes', () => {
    fc.assert(
      fc.property(streams({ cap: 6, length: 600, timespan: 40, overlap: 80, step: 1 }), (stream) => {
        const cap = Math.max(1, ...stream.of.condition.map(({ value }) => value + 1));
        const spans = (stream.overlap + stream.of.timespanMs) / stream.of.timespanMs + 1;
        const bound = Math.max(64, 4 * cap) + 2 * cap * spans;
        compare(stream, (kept) => expect(kept).toBeLessThanOrEqual(bound));
      }),
      { numRuns: Math.ceil(RUNS / 3) },
    );
  });

  it('does not grow with a flood in one group', () => {
    const of = rule(60_000, ['gte', 20]);
    let times: readonly number[] = [];
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      times = observe(times, i * 3, of, i * 3 - 300_000).times;
      most = Math.max(most, times.length);
    }
    expect(most).toBeLessThanOrEqual(2 * 21 * 7 + 84);
  });

  it('costs little where even thinned it is much', { timeout: 4_000 }, () => {
    const of = rule(60_000, ['gte', 1_000]);
    let times: readonly number[] = [];
    for (let i = 0; i < 22_000; i++) times = observe(times, i * 10, of, i * 10 - 300_000).times;
    expect(times.length).toBeGreaterThan(3_000);
  });

  it('does not grow with a flood at one instant', () => {
    const of = rule(60_000, ['gte', 3]);
    let times: readonly number[] = [];
    for (let i = 0; i < 5_000; i++) times = observe(times, 7, of, FOREVER).times;
    expect(times.length).toBeLessThanOrEqual(128);
  });
});
