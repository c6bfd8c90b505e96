/** Compaction changes the value of no window, wherever it is. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aggregationOf } from '../../../src/sigma/correlate/window/aggregations.ts';
import { compact, type Items } from '../../../src/sigma/correlate/window/items.ts';
import type { WindowRule } from '../../../src/sigma/correlate/window.ts';

const CAP = 4;

function numberAt(of: WindowRule, items: Items, end: number): number {
  const from = items.times.findIndex((time) => time > end - of.timespanMs);
  const to = items.times.filter((time) => time <= end).length;
  if (from < 0 || from >= to) return 0;
  const sweep = aggregationOf(of).createAggregator(items);
  for (let i = from; i < to; i++) sweep.add(i);
  const number = sweep.value(from, to);
  return of.type === 'event_count' || of.type === 'value_count' ? Math.min(number, CAP) : number;
}

it.each(['event_count', 'value_count', 'temporal', 'temporal_ordered'] as const)('%s', (type) => {
  const step = fc.record({ step: fc.nat(2), rule: fc.nat(3) });
  let spared = 0;
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 8, max: 40 }),
      (steps, timespanMs) => {
        const condition = [{ op: 'gte', value: CAP - 1 }] as const;
        const of: WindowRule = {
          type,
          rules: ['a', 'b', 'c', 'd'],
          timespanMs,
          condition,
          percentile: null,
          expression: null,
        };
        let time = 0;
        const marks = steps.map((each) => {
          time += each.step;
          return { time, key: type === 'event_count' ? 0 : each.rule };
        });
        marks.sort((a, b) => a.time - b.time || a.key - b.key);
        const items: Items = { times: marks.map((each) => each.time), keys: marks.map((each) => each.key), head: 0 };
        const { summaries: digests } = aggregationOf(of);
        if (digests === null) throw new Error('nothing is compacted');
        const kept = compact(items, timespanMs, digests, 0);
        spared += items.times.length - kept.times.length;
        for (let end = 0; end < time + timespanMs; end++)
          expect(numberAt(of, kept, end)).toBe(numberAt(of, items, end));
      },
    ),
    { numRuns: 300, endOnFailure: true },
  );
  expect(spared).toBeGreaterThan(300);
});
