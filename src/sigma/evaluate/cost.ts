/** Estimates the cost of tests, in comparisons of a short text, so that cheap ones run first. Pure. */
import type { Expression, Leaf } from '../rule.ts';

/** A keyword is compared with every value of an entry. */
const KEYWORD = 20;

export function costOf(expression: Expression): number {
  switch (expression.kind) {
    case 'leaf':
      return costOfLeaf(expression);
    case 'not':
      return costOf(expression.of);
    case 'and':
    case 'or':
      return expression.of.reduce((sum, child) => sum + costOf(child), 0);
  }
}

export function costOfLeaf({ field, test }: Leaf): number {
  const count = 'values' in test ? test.values.length : 1;
  return ((COSTS[test.op] ?? 1) + (EACH[test.op] ?? 0) * count) * (field === null ? KEYWORD : 1);
}

const COSTS: { readonly [op in Leaf['test']['op']]?: number } = {
  equals: 2,
  startswith: 4,
  endswith: 4,
  contains: 12,
  cidr: 4,
  fieldref: 10,
  time: 50,
};
/** Added for each value. */
const EACH: typeof COSTS = { startswith: 0.5, endswith: 0.5, contains: 0.5, pattern: 15, re: 100 };
