/** A correlation's condition in words. Pure; the titles of rules in it are not escaped. */
import {
  ABSENCE,
  type Comparison,
  type CorrelationRule,
  FIRST_SEEN,
  type Formula,
  type Rule,
  type RuleLeaf,
} from '../sigma/index.ts';
import { durationInWords } from '../text/duration.ts';
import { numberText } from '../text/numbers.ts';
import { rangeText } from './route-wording.ts';

/**
 * The condition that a correlation's windows must meet: `20 or more`, `all of them`, `“Key made” and not “Key deleted”`,
 * `new, after learning for 7 days`, `expected within 25 hours`.
 * `titleOf`: the title of a rule, by its id.
 */
export function conditionWords(rule: CorrelationRule, titleOf: (id: string) => string): string {
  return [valueWords(rule, titleOf), ...timesWords(rule)].join(', ');
}

/** The times at which a rule matches: `outside business_hours (mon-fri 09:00-17:00 Europe/Berlin)`. */
export function timesWords(rule: Rule): readonly string[] {
  const expression = rule.kind === 'detection' ? rule.expression : rule.filter;
  const parts = expression?.kind === 'and' ? expression.of : [expression];
  return parts.flatMap((part) => {
    if (part?.kind !== 'leaf' || part.test.op !== 'during') return [];
    return [`${part.selection} (${part.test.ranges.map(rangeText).join('; ')})`];
  });
}

function valueWords(rule: CorrelationRule, titleOf: (id: string) => string): string {
  const { expression, rules, condition, type } = rule;
  if (expression !== null) return formulaWords(expression, (index) => `“${titleOf(rules[index] ?? '')}”`);
  const [only, ...others] = condition;
  if (type === ABSENCE) return `expected within ${durationInWords(rule.timespanMs)}`;
  if (type === FIRST_SEEN) return `new, after learning for ${durationInWords(only?.value ?? 0)}`;
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
