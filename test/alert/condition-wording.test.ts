/** A correlation's condition in words. */
import { describe, expect, it } from 'vitest';
import { conditionWords, timesWords } from '../../src/alert/condition-wording.ts';
import type { CorrelationRule, Expression } from '../../src/sigma/index.ts';
import { counting } from '../ledger/scene.ts';
import { detection } from '../support/rules.ts';

const RULES = ['a', 'b', 'c'];
const rule = (more: Partial<CorrelationRule>) => counting('a', 1, { rules: RULES, ...more });
const RANGE = { weekdays: [0, 1, 2, 3, 4, 5, 6], from: 1320, to: 360, timeZone: 'UTC' };
const NIGHT: Expression = {
  kind: 'leaf',
  selection: 'outside night',
  field: 'local time',
  test: { op: 'during', outside: true, ranges: [RANGE] },
};
const leaf = (index: number) => ({ kind: 'leaf', rule: index }) as const;

describe('a correlation’s condition in words', () => {
  it.each<[string, Partial<CorrelationRule>]>([
    ['20 or more', { condition: [{ op: 'gte', value: 20 }] }],
    ['more than 1,000.5', { condition: [{ op: 'gt', value: 1000.5 }] }],
    [
      'more than 5 and 10 or less',
      {
        condition: [
          { op: 'gt', value: 5 },
          { op: 'lte', value: 10 },
        ],
      },
    ],
    ['less than 3', { condition: [{ op: 'lt', value: 3 }] }],
    ['exactly 3', { condition: [{ op: 'eq', value: 3 }] }],
    ['any number except 0', { condition: [{ op: 'neq', value: 0 }] }],
    ['3 or more', { condition: [{ op: 'gte', value: 3 }] }],
    ['all of them', { type: 'temporal', condition: [{ op: 'gte', value: 3 }] }],
    ['all of them', { type: 'temporal_ordered', condition: [{ op: 'gte', value: 3 }] }],
    ['2 or more', { type: 'temporal', condition: [{ op: 'gte', value: 2 }] }],
    ['new, after learning for 7 days', { type: 'first_seen', condition: [{ op: 'gte', value: 7 * 86_400_000 }] }],
    ['expected within 1 day 1 hour', { type: 'absence', condition: [], timespanMs: 25 * 3_600_000 }],
    ['“A”', { type: 'temporal', condition: [], expression: leaf(0) }],
    [
      '“A” and not (“B” or “C”)',
      {
        type: 'temporal',
        condition: [],
        expression: { kind: 'and', of: [leaf(0), { kind: 'not', of: { kind: 'or', of: [leaf(1), leaf(2)] } }] },
      },
    ],
    [
      '3 or more, outside night (22:00-06:00 UTC)',
      { condition: [{ op: 'gte', value: 3 }], filter: { kind: 'and', of: [NIGHT, { kind: 'or', of: [NIGHT] }] } },
    ],
  ])('%s', (words, more) => {
    expect(conditionWords(rule(more), (id) => id.toUpperCase())).toBe(words);
  });
});

describe('the times of a detection', () => {
  it.each<[readonly string[], Expression]>([
    [['outside night (22:00-06:00 UTC)'], NIGHT],
    [['outside night (22:00-06:00 UTC)'], { kind: 'and', of: [{ kind: 'or', of: [] }, NIGHT] }],
    [[], { kind: 'or', of: [NIGHT] }],
  ])('%j', (words, expression) => {
    expect(timesWords(detection('a', { expression }))).toEqual(words);
  });
});
