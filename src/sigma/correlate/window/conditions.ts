/** Conditions: whether a number meets comparisons, and whether rules that happened meet an expression. */
import type { Comparison, CorrelationRule, Formula, RuleLeaf } from '../../rule.ts';

/** Whether a number meets every comparison. What is not a number meets nothing. */
export function meets(number: number, condition: CorrelationRule['condition']): boolean {
  if (Number.isNaN(number)) return false;
  for (const { op, value } of condition) if (!holds(number, op, value)) return false;
  return true;
}

function holds(number: number, op: Comparison, value: number): boolean {
  switch (op) {
    case 'gt':
      return number > value;
    case 'gte':
      return number >= value;
    case 'lt':
      return number < value;
    case 'lte':
      return number <= value;
    case 'eq':
      return number === value;
    case 'neq':
      return number !== value;
  }
}

/** A count from which on the condition no longer changes its mind. */
export function capOf(condition: CorrelationRule['condition']): number {
  return Math.max(1, ...condition.map(({ value }) => Math.floor(value) + 1));
}

/** Whether an expression holds of the rules that happened. */
export function fulfils(expression: Formula<RuleLeaf>, happened: (rule: number) => boolean): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.of.every((each) => fulfils(each, happened));
    case 'or':
      return expression.of.some((each) => fulfils(each, happened));
    case 'not':
      return !fulfils(expression.of, happened);
    case 'leaf':
      return happened(expression.rule);
  }
}

/** The rules an expression names: under an even number of `not`s, or (`wanted` false) under an odd one. */
export function rulesNamed(expression: Formula<RuleLeaf>, wanted = true): readonly number[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.of.flatMap((each) => rulesNamed(each, wanted));
    case 'not':
      return rulesNamed(expression.of, !wanted);
    case 'leaf':
      return wanted ? [expression.rule] : [];
  }
}
