/** A condition as json-rules-engine takes it; parts of texts by operators of our own, as its users do. Pure. */
import type { Condition } from '../rules/condition.ts';

export type RuleCondition = { readonly [key: string]: unknown };

const COMPARE = {
  lt: 'lessThan',
  lte: 'lessThanInclusive',
  gt: 'greaterThan',
  gte: 'greaterThanInclusive',
} as const;

/** Its root must be one of all, any, not. */
export function rootCondition(condition: Condition): RuleCondition {
  const written = ruleCondition(condition);
  return 'fact' in written ? { all: [written] } : written;
}

export function ruleCondition(condition: Condition): RuleCondition {
  switch (condition.kind) {
    case 'and':
      return { all: condition.of.map(ruleCondition) };
    case 'or':
      return { any: condition.of.map(ruleCondition) };
    case 'not':
      return { not: ruleCondition(condition.of) };
  }
  const fact = condition.field;
  switch (condition.kind) {
    case 'null':
      return { fact, operator: 'equal', value: null };
    case 'in':
      return condition.values.length === 1
        ? { fact, operator: 'equal', value: condition.values[0] }
        : { fact, operator: 'in', value: condition.values };
    case 'text':
      return { fact, operator: condition.how, value: condition.texts };
    case 'regex':
      return { fact, operator: 'matches', value: condition.source };
    case 'compare':
      return { fact, operator: COMPARE[condition.op], value: condition.value };
    case 'range':
      return {
        all: [
          { fact, operator: 'greaterThanInclusive', value: condition.from },
          { fact, operator: 'lessThanInclusive', value: condition.to },
        ],
      };
  }
}
