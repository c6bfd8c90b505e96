/** Conditions with their names resolved: of comparisons, or of rules. Pure. */
import type { Formula } from './rule.ts';

/** Whether a formula is true, given which of its leaves are. An empty `and` is true, an empty `or` is not. */
export function isTrue<L extends { readonly kind: 'leaf' }>(
  formula: Formula<L>,
  isLeafTrue: (leaf: L) => boolean,
): boolean {
  switch (formula.kind) {
    case 'leaf':
      return isLeafTrue(formula);
    case 'not':
      return !isTrue(formula.of, isLeafTrue);
    case 'and':
      return formula.of.every((child) => isTrue(child, isLeafTrue));
    case 'or':
      return formula.of.some((child) => isTrue(child, isLeafTrue));
  }
}

/** All leaves of a formula, in its order. */
export function leavesIn<L extends { readonly kind: 'leaf' }>(formula: Formula<L>): readonly L[] {
  if (formula.kind === 'leaf') return [formula];
  return formula.kind === 'not' ? leavesIn(formula.of) : formula.of.flatMap(leavesIn);
}
