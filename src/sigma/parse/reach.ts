/** Whether a condition can be met: by which numbers, by which rules. Pure. */
import { fulfils, meets } from '../correlate/window/conditions.ts';
import type { CorrelationRule, Formula, RuleLeaf } from '../rule.ts';

/** The numbers that there may be. */
export interface Numbers {
  readonly whole: boolean;
  readonly least: number;
  readonly most: number;
}

/** What a condition comes to: met by none of the numbers, by all of them, by the least. */
export interface Reach {
  readonly never: boolean;
  readonly always: boolean;
  readonly least: boolean;
}

/**
 * What a condition comes to over some numbers.
 *
 * @example reach([{ op: 'gt', value: 5 }, { op: 'lt', value: 6 }], { whole: true, least: 1, most: Infinity }).never // true
 */
export function reach(condition: CorrelationRule['condition'], { whole, least, most }: Numbers): Reach {
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
export function satisfiable(formula: Formula<RuleLeaf>, rules: number): boolean {
  for (let happened = 1; happened < 2 ** rules; happened++) {
    if (fulfils(formula, (rule) => (happened & (1 << rule)) !== 0)) return true;
  }
  return false;
}
