/** Whether a condition can be met: by which numbers, by which rules. Pure. */
import type { Comparison, Formula, RuleLeaf } from '../rule.ts';

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
export function reach(
  condition: readonly { readonly op: Comparison; readonly value: number }[],
  { whole, least, most }: Numbers,
): Reach {
  // A condition changes its mind only at its own numbers: it is enough to try these, what lies between, and the ends.
  const marks = [...new Set(condition.map(({ value }) => value))].sort((a, b) => a - b);
  const between = marks.map((mark, i) => (mark + (marks[i + 1] ?? mark + 2)) / 2);
  const near = whole
    ? marks.flatMap((mark) => [mark - 1, mark, mark + 1])
    : [(marks[0] ?? 0) - 1, ...marks, ...between];
  const tried = [least, most, ...near].filter((number) => Number.isFinite(number) && number >= least && number <= most);
  const met = tried.map((number) => condition.every(({ op, value }) => holds(number, op, value)));
  return {
    never: !met.includes(true),
    always: !met.includes(false),
    least: Number.isFinite(least) && condition.every(({ op, value }) => holds(least, op, value)),
  };
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

/** Whether a condition over so many rules can be met where at least one of them has happened. */
export function satisfiable(formula: Formula<RuleLeaf>, rules: number): boolean {
  for (let happened = 1; happened < 2 ** rules; happened++) if (isMet(formula, happened)) return true;
  return false;
}

function isMet(formula: Formula<RuleLeaf>, happened: number): boolean {
  switch (formula.kind) {
    case 'leaf':
      return (happened & (1 << formula.rule)) !== 0;
    case 'not':
      return !isMet(formula.of, happened);
    case 'and':
      return formula.of.every((child) => isMet(child, happened));
    case 'or':
      return formula.of.some((child) => isMet(child, happened));
  }
}
