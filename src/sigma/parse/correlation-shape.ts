/** What the condition of each type of correlation may hold. Pure. */
import type { CorrelationType } from '../rule.ts';
import type { Numbers } from './reach.ts';

/** What a type's condition may hold. */
export interface Shape {
  readonly noun: string;
  readonly fields: 'none' | 'one' | 'several';
  readonly numbers: Numbers;
  /** Whether it may be absent (all rules), or a condition over rules. */
  readonly overRules: boolean;
  readonly example: string;
}

/** The shape of a type's condition, of a correlation that refers to `rules` rules. */
export function shapeOf(type: CorrelationType, rules: number): Shape {
  const one = { fields: 'one', overRules: false } as const;
  const any = { whole: false, least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  const count = { whole: true, least: 1, most: Number.POSITIVE_INFINITY };
  switch (type) {
    case 'event_count':
      return { noun: 'count', fields: 'none', numbers: count, overRules: false, example: '{gte: 10}' };
    case 'value_count':
      return {
        noun: 'count of values',
        fields: 'several',
        numbers: count,
        overRules: false,
        example: '{field: actor.id, gte: 10}',
      };
    case 'temporal':
    case 'temporal_ordered': {
      const numbers = { whole: true, least: 1, most: Math.max(1, rules) };
      return { noun: 'count of rules', fields: 'none', numbers, overRules: true, example: '{gte: 2}' };
    }
    case 'value_sum':
      return { noun: 'sum', ...one, numbers: any, example: '{field: bytes, gt: 1000}' };
    case 'value_avg':
      return { noun: 'average', ...one, numbers: any, example: '{field: bytes, gt: 1000}' };
    case 'value_median':
      return { noun: 'median', ...one, numbers: any, example: '{field: bytes, gt: 1000}' };
    case 'value_percentile':
      return { noun: 'percentile', ...one, numbers: any, example: '{field: bytes, percentile: 95, gt: 1000}' };
  }
}
