/** A correlation's condition in words. Pure; the titles of rules in it are not escaped. */
import type { Comparison, CorrelationRule, Formula, RuleLeaf } from '../sigma/index.ts';
import { numberText } from '../text/numbers.ts';

/**
 * The condition that a correlation's windows must meet: `20 or more`, `all of them`, `“Key made” and not “Key deleted”`.
 * `titleOf`: the title of a rule, by its id.
 */
export function conditionWords(rule: CorrelationRule, titleOf: (id: string) => string): string {
  const { expression, rules, condition, type } = rule;
  if (expression !== null) return formulaWords(expression, (index) => `“${titleOf(rules[index] ?? '')}”`);
  const [only, ...others] = condition;
  const isTemporal = type === 'temporal' || type === 'temporal_ordered';
  if (isTemporal && others.length === 0 && only?.op === 'gte' && only.value === rules.length) return 'all of them';
  return condition.map(({ op, value }) => comparisonWords(op, numberText(value))).join(' and ');
}

function comparisonWords(op: Comparison, number: string): string {
  switch (op) {
    case 'gte':
      return `${number} or more`;
    case 'gt':
      return `more than ${number}`;
    case 'lte':
      return `${number} or less`;
    case 'lt':
      return `less than ${number}`;
    case 'eq':
      return `exactly ${number}`;
    case 'neq':
      return `any number except ${number}`;
  }
}

function formulaWords(formula: Formula<RuleLeaf>, nameOf: (rule: number) => string, isInner = false): string {
  switch (formula.kind) {
    case 'leaf':
      return nameOf(formula.rule);
    case 'not':
      return `not ${formulaWords(formula.of, nameOf, true)}`;
    case 'and':
    case 'or': {
      const words = formula.of.map((part) => formulaWords(part, nameOf, true)).join(` ${formula.kind} `);
      return isInner && formula.of.length > 1 ? `(${words})` : words;
    }
  }
}
