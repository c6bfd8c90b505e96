/**
 * From an expression to what is asked of an entry, in an order that is soon done.
 *
 * Contract: it means what the expression means; the cheap comes first. Pure.
 */
import type { Expression } from '../rule.ts';
import { type CompiledLeaf, createLeaf, type EntryTest } from './leaf.ts';
import type { FieldTable } from './loaded.ts';

/** A question that is ready to be asked. */
export type Plan =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Plan[]; readonly cost: number; readonly test: EntryTest }
  | { readonly kind: 'not'; readonly of: Plan; readonly cost: number; readonly test: EntryTest }
  | (CompiledLeaf & { readonly kind: 'leaf' });

/** Plans an expression. */
export function createPlan(expression: Expression, table: FieldTable): Plan {
  switch (expression.kind) {
    case 'leaf':
      return { kind: 'leaf', ...createLeaf(expression, table) };
    case 'not': {
      const of = createPlan(expression.of, table);
      const { cost, test } = of;
      return { kind: 'not', of, cost, test: (entry) => !test(entry) };
    }
    case 'and':
    case 'or': {
      const { kind } = expression;
      const of = expression.of.map((child) => createPlan(child, table)).sort((a, b) => a.cost - b.cost);
      const cost = of.reduce((sum, child) => sum + child.cost, 0);
      const tests = of.map((child) => child.test);
      return { kind, of, cost, test: kind === 'and' ? every(tests) : some(tests) };
    }
  }
}

function every(tests: readonly EntryTest[]): EntryTest {
  const [a, b, c] = tests;
  if (a !== undefined && b !== undefined && tests.length === 2) return (entry) => a(entry) && b(entry);
  if (a !== undefined && b !== undefined && c !== undefined && tests.length === 3) {
    return (entry) => a(entry) && b(entry) && c(entry);
  }
  return (entry) => {
    for (const test of tests) if (!test(entry)) return false;
    return true;
  };
}

function some(tests: readonly EntryTest[]): EntryTest {
  const [a, b] = tests;
  if (a !== undefined && b !== undefined && tests.length === 2) return (entry) => a(entry) || b(entry);
  return (entry) => {
    for (const test of tests) if (test(entry)) return true;
    return false;
  };
}
