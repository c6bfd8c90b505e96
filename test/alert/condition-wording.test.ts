/** A correlation's condition in words. */
import { describe, expect, it } from 'vitest';
import { conditionWords } from '../../src/alert/condition-wording.ts';
import type { CorrelationRule } from '../../src/sigma/index.ts';
import { counting } from '../ledger/scene.ts';

const RULES = ['a', 'b', 'c'];
const rule = (more: Partial<CorrelationRule>) => counting('a', 1, { rules: RULES, ...more });
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
    ['“A”', { type: 'temporal', condition: [], expression: leaf(0) }],
    [
      '“A” and not (“B” or “C”)',
      {
        type: 'temporal',
        condition: [],
        expression: { kind: 'and', of: [leaf(0), { kind: 'not', of: { kind: 'or', of: [leaf(1), leaf(2)] } }] },
      },
    ],
  ])('%s', (words, more) => {
    expect(conditionWords(rule(more), (id) => id.toUpperCase())).toBe(words);
  });
});
