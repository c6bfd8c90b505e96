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

/** The numbers that there may be. */
export interface ValueRange {
  readonly whole: boolean;
  readonly least: number;
  readonly most: number;
}

/** What a condition comes to: met by none of the numbers, by all of them, by the least. */
export interface Coverage {
  readonly never: boolean;
  readonly always: boolean;
  readonly least: boolean;
}

/**
 * What a condition comes to over some numbers.
 *
 * @example reach([{ op: 'gt', value: 5 }, { op: 'lt', value: 6 }], { whole: true, least: 1, most: Infinity }).never // true
 */
export function coverageOf(condition: CorrelationRule['condition'], { whole, least, most }: ValueRange): Coverage {
  // A condition changes its mind only at its own numbers: it is enough to try these, what lies between, and the ends.
  const marks = [...new Set(condition.map(({ value }) => value))].sort((a, b) => a - b);
  const between = marks.map((mark, i) => (mark + (marks[i + 1] ?? mark + 2)) / 2);
  const near = whole
    ? marks.flatMap((mark) => [mark - 1, mark, mark + 1])
    : [(marks[0] ?? 0) - 1, ...marks, ...between];
  const tried = [least, most, ...near].filter((number) => Number.isFinite(number) && number >= least && number <= most);
  const met = tried.map((number) => meets(number, condition));
  return {
    never: !met.includes(true),
    always: !met.includes(false),
    least: Number.isFinite(least) && meets(least, condition),
  };
}

/** Whether a condition over so many rules can be met where at least one of them has happened. */
export function isSatisfiable(formula: Formula<RuleLeaf>, rules: number): boolean {
  for (let happened = 1; happened < 2 ** rules; happened++) {
    if (fulfils(formula, (rule) => (happened & (1 << rule)) !== 0)) return true;
  }
  return false;
}
