/** Windows of all types against the plain reference: random streams, late events, and saves in between. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregationOf } from '../../../src/sigma/correlate/window/aggregations.ts';
import { openWindow, type WindowRule } from '../../../src/sigma/correlate/window.ts';
import type { Window, WindowEvent, WindowMatch } from '../../../src/sigma/correlate/window-event.ts';
import {
  CORRELATION_TYPES,
  type Comparison,
  type Formula,
  type RuleLeaf,
  type SigmaCorrelationType,
} from '../../../src/sigma/rule.ts';
import { createReference, windowAt } from './reference.ts';

const COUNTS: readonly SigmaCorrelationType[] = ['event_count', 'value_count', 'temporal', 'temporal_ordered'];
const comparison = fc.constantFrom<Comparison>('gt', 'gte', 'lt', 'lte', 'eq', 'neq');

function conditions(type: SigmaCorrelationType): fc.Arbitrary<WindowRule['condition']> {
  const value = COUNTS.includes(type)
    ? fc.integer({ min: 0, max: 5 })
    : type === 'value_sum'
      ? fc.integer({ min: -20, max: 60 })
      : fc.constantFrom(0, 1, 2.5, 10, 25, 33.3, 50, 100);
  return fc.array(fc.record({ op: comparison, value }), { minLength: 1, maxLength: 3 });
}

function expressions(rules: number): fc.Arbitrary<Formula<RuleLeaf>> {
  const leaf = fc.nat(rules - 1).map((rule): Formula<RuleLeaf> => ({ kind: 'leaf', rule }));
  return fc.letrec<{ formula: Formula<RuleLeaf> }>((tie) => ({
    formula: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.record({ kind: fc.constant('not' as const), of: tie('formula') }),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(tie('formula'), { minLength: 1, maxLength: 3 }),
      }),
    ),
  })).formula;
}

function rulesOf(type: SigmaCorrelationType, timespan: number): fc.Arbitrary<WindowRule> {
  const isTemporal = type === 'temporal' || type === 'temporal_ordered';
  return fc.integer({ min: 1, max: 4 }).chain((count) =>
    fc
      .record<WindowRule>({
        type: fc.constant(type),
        rules: fc.constant(['a', 'b', 'c', 'd'].slice(0, count)),
        timespanMs: fc.integer({ min: 1, max: timespan }),
        condition: conditions(type),
        percentile: type === 'value_percentile' ? fc.constantFrom(null, 0, 10, 50, 95, 99.9, 100) : fc.constant(null),
        expression: isTemporal ? fc.option(expressions(count), { freq: 2 }) : fc.constant(null),
      })
      .map((rule) => (rule.expression === null ? rule : { ...rule, condition: [] })),
  );
}

const samples = fc.constantFrom(0, 1, 1, 2, 3, -4, 0.1, 0.2, 0.3, 1.1, 2.5, 12.75, 1e6, -1e6);
const texts = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'A', 'ä', 'x'.repeat(80), 'y'.repeat(80));

interface Step {
  readonly step: number;
  readonly late: number;
  readonly rules: readonly number[];
  readonly sample: number;
  readonly text: string;
  /** Whether the window is saved and opened again before it. */
  readonly reopens: boolean;
  /** A new scan begins. */
  readonly begins: boolean;
}

interface Stream {
  readonly rule: WindowRule;
  readonly overlap: number;
  readonly steps: readonly Step[];
}

interface Shape {
  readonly length: number;
  readonly timespan: number;
  readonly overlap: number;
  readonly step: number;
}

function streams(type: SigmaCorrelationType, { length, timespan, overlap, step }: Shape): fc.Arbitrary<Stream> {
  const late = overlap === 0 ? fc.constant(0) : fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(overlap));
  return rulesOf(type, timespan).chain((rule) =>
    fc.record<Stream>({
      rule: fc.constant(rule),
      overlap: fc.nat(overlap),
      steps: fc.array(
        fc.record<Step>({
          step: fc.oneof(fc.constant(0), fc.nat(step)),
          late,
          rules: fc
            .subarray(
              rule.rules.map((_, index) => index),
              { minLength: 1 },
            )
            .map((some) => (some.length > 2 ? some.slice(0, 2) : some)),
          sample: samples,
          text: texts,
          reopens: fc.nat(19).map((n) => n === 0),
          begins: fc.boolean(),
        }),
        { minLength: 1, maxLength: length, size: 'max' },
      ),
    }),
  );
}

function eventOf({ type, percentile }: WindowRule, at: number, { rules, sample, text }: Step): WindowEvent {
  if (type === 'value_count' || (type === 'value_percentile' && percentile === null)) return { at, rules, value: text };
  return { at, rules, value: type.startsWith('value_') ? sample : null };
}

/** Above the numbers of a condition counts are only bounded from below. */
function clipped({ type, condition }: WindowRule, fired: WindowMatch | null): { at: number; value: number } | null {
  if (fired === null) return null;
  const isCount = type === 'event_count' || type === 'value_count';
  const cap = isCount ? Math.max(1, ...condition.map(({ value }) => value + 1)) : Number.POSITIVE_INFINITY;
  return { at: fired.at, value: Math.min(fired.value, cap) };
}

function expectTimes(actual: WindowMatch | null, all: WindowMatch | null): void {
  if (actual === null || all === null) return;
  expect(actual.times.length).toBeGreaterThan(0);
  expect(actual.times.length).toBeLessThanOrEqual(20);
  expect(actual.times).toEqual(all.times.filter((time) => actual.times.includes(time)));
}

/** Runs a stream through both. */
function compare({ rule, overlap, steps }: Stream, most = Number.POSITIVE_INFINITY): void {
  const kind = aggregationOf(rule);
  const open = (saved: string | null): Window =>
    openWindow(rule, saved, { ...kind, itemsMax: Math.min(most, kind.itemsMax) });
  let window = open(null);
  const reference = createReference(rule, most);
  let dropped = 0;
  let now = 1_000;
  let began = now;
  for (const step of steps) {
    now += step.step;
    // At the earliest the allowed lateness before its scan's beginning, so events of one scan are out of order too.
    if (step.begins) began = now;
    const at = Math.max(began - overlap, now - step.late);
    if (step.reopens) {
      const saved = window.save();
      dropped += window.dropped;
      window = open(saved);
      expect(window.save()).toBe(saved);
    }
    const windowEvent = eventOf(rule, at, step);
    const actual = window.add(windowEvent, began - overlap);
    const expected = reference.see(windowEvent, began - overlap);
    expect(clipped(rule, actual)).toEqual(clipped(rule, expected));
    expectTimes(actual, expected);
  }
  expect(dropped + window.dropped).toBe(reference.dropped);
}

const RUNS = 60;

describe.each(CORRELATION_TYPES)('%s equals the reference that keeps everything', (type) => {
  it('with late events', () => {
    fc.assert(
      fc.property(streams(type, { length: 100, timespan: 30, overlap: 40, step: 5 }), (stream) => compare(stream)),
      { numRuns: RUNS },
    );
  });

  it('where much happens at once, so that much is spared', () => {
    fc.assert(
      fc.property(streams(type, { length: 300, timespan: 40, overlap: 60, step: 1 }), (stream) => compare(stream)),
      { numRuns: RUNS / 3 },
    );
  });

  const inOrder = (shape: Shape, newest: (usual: number) => number, runs: number) =>
    fc.assert(
      fc.property(streams(type, shape), ({ rule, steps }) => {
        const kind = aggregationOf(rule);
        const window = openWindow(rule, null, { ...kind, keepNewest: newest(kind.keepNewest) });
        const all: WindowEvent[] = [];
        let at = 0;
        for (const step of steps) {
          at += step.step;
          const windowEvent = eventOf(rule, at, step);
          all.push(windowEvent);
          const actual = window.add(windowEvent, at - 50);
          const expected = windowAt(rule, all, at);
          expect(clipped(rule, actual)).toEqual(clipped(rule, expected));
          expectTimes(actual, expected);
        }
      }),
      { numRuns: runs },
    );

  it('and the definition, in time order', () => {
    inOrder({ length: 100, timespan: 20, overlap: 0, step: 3 }, (usual) => usual, RUNS);
  });

  it('and the definition, in time order, with as little kept as can be', () => {
    inOrder({ length: 400, timespan: 60, overlap: 0, step: 1 }, () => 0, RUNS / 3);
  });
});

describe.each(['value_sum', 'value_avg', 'value_median', 'value_percentile'] as const)('%s', (type) => {
  it('drops the oldest samples beyond the bound as the reference does', () => {
    fc.assert(
      fc.property(
        streams(type, { length: 80, timespan: 40, overlap: 40, step: 2 }),
        fc.integer({ min: 1, max: 12 }),
        (stream, most) => compare(stream, most),
      ),
      { numRuns: RUNS },
    );
  });
});
