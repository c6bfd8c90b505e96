/** Evaluates the conditions of correlations, and finds out whether they can be met at all. Pure. */
import { compares } from '../../evaluate/number.ts';
import { isTrue } from '../../formula.ts';
import type { CorrelationRule, Formula, RuleLeaf } from '../../rule.ts';

/** Whether a number meets every comparison; NaN meets none. */
export function meets(number: number, condition: CorrelationRule['condition']): boolean {
  if (Number.isNaN(number)) return false;
  for (const { op, value } of condition) if (!compares(op, number, value)) return false;
  return true;
}

/** A count above which the condition's result no longer changes. */
export function capOf(condition: CorrelationRule['condition']): number {
  return Math.max(1, ...condition.map(({ value }) => Math.floor(value) + 1));
}

/** The rules that an expression names under an even number of `not`s (`positive`) or an odd one. */
export function rulesNamed(expression: Formula<RuleLeaf>, positive = true): readonly number[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.of.flatMap((each) => rulesNamed(each, positive));
    case 'not':
      return rulesNamed(expression.of, !positive);
    case 'leaf':
      return positive ? [expression.rule] : [];
  }
}

/** The values that a window can have. */
export interface ValueRange {
  readonly whole: boolean;
  readonly least: number;
  readonly most: number;
}

/** Which values of a range meet a condition. */
interface Coverage {
  readonly never: boolean;
  readonly always: boolean;
  readonly least: boolean;
}

/**
 * Which values of a range meet a condition: none, all, the least.
 *
 * @example coverageOf([{ op: 'gt', value: 5 }, { op: 'lt', value: 6 }], { whole: true, least: 1, most: Infinity }).never // true
 */
export function coverageOf(condition: CorrelationRule['condition'], { whole, least, most }: ValueRange): Coverage {
  // The result only changes at the condition's own numbers: try these, values between them, and the ends.
  const marks = [...new Set(condition.map(({ value }) => value))].sort((a, b) => a - b);
  const between = marks.slice(1).map((mark, i) => mark / 2 + (marks[i] as number) / 2);
  const near = whole
    ? marks.flatMap((mark) => [mark - 1, mark, mark + 1])
    : [-Number.MAX_VALUE, ...marks, ...between, Number.MAX_VALUE];
  const tried = [least, most, ...near].filter((number) => Number.isFinite(number) && number >= least && number <= most);
  const met = tried.map((number) => meets(number, condition));
  return {
    never: !met.includes(true),
    always: !met.includes(false),
    least: Number.isFinite(least) && meets(least, condition),
  };
}

/** Whether a condition over so many rules can be met with at least one of them satisfied. */
export function isSatisfiable(formula: Formula<RuleLeaf>, rules: number): boolean {
  for (let satisfied = 1; satisfied < 2 ** rules; satisfied++) {
    if (isTrue(formula, ({ rule }) => (satisfied & (1 << rule)) !== 0)) return true;
  }
  return false;
}
