/**
 * From an expression to what is asked of an entry, in an order that is soon done.
 *
 * Contract: it means what the expression means. An AND in an AND is one AND; alternatives that ask one field alike
 * are one leaf; the cheap comes first. Pure.
 */
import type { Expression, Leaf } from '../rule.ts';
import { type CompiledLeaf, createLeaf, type EntryTest } from './leaf.ts';
import type { FieldTable } from './loaded.ts';
import { kindOf } from './question.ts';

/** A question that is ready to be asked. */
export type Plan =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Plan[]; readonly cost: number; readonly test: EntryTest }
  | { readonly kind: 'not'; readonly of: Plan; readonly cost: number; readonly test: EntryTest }
  | (CompiledLeaf & { readonly kind: 'leaf' });

/** Plans an expression. */
export function createPlan(expression: Expression, table: FieldTable): Plan {
  switch (expression.kind) {
    case 'leaf':
      return { kind: 'leaf', ...createLeaf([expression], table) };
    case 'not': {
      const of = createPlan(expression.of, table);
      const { cost, test } = of;
      return { kind: 'not', of, cost, test: (entry) => !test(entry) };
    }
    case 'and':
    case 'or': {
      const { kind } = expression;
      const flat = flattened(expression.of, kind);
      const plans = kind === 'or' ? createAlternatives(flat, table) : flat.map((child) => createPlan(child, table));
      const [only] = plans;
      if (only !== undefined && plans.length === 1) return only;
      const of = plans.sort((a, b) => a.cost - b.cost);
      const cost = of.reduce((sum, child) => sum + child.cost, 0);
      const tests = of.map((child) => child.test);
      return { kind, of, cost, test: kind === 'and' ? every(tests) : some(tests) };
    }
  }
}

/** What is in one of the same kind stands beside it. */
function flattened(children: readonly Expression[], kind: 'and' | 'or'): readonly Expression[] {
  return children.flatMap((child) => (child.kind === kind ? flattened(child.of, kind) : [child]));
}

function createAlternatives(children: readonly Expression[], table: FieldTable): Plan[] {
  const plans: Plan[] = [];
  const alike = new Map<string, [Leaf, ...Leaf[]]>();
  for (const child of children) {
    const kind = child.kind === 'leaf' ? kindOf(child) : null;
    if (child.kind !== 'leaf' || kind === null) plans.push(createPlan(child, table));
    else {
      const before = alike.get(kind);
      if (before === undefined) alike.set(kind, [child]);
      else before.push(child);
    }
  }
  for (const leaves of alike.values()) plans.push({ kind: 'leaf', ...createLeaf(leaves, table) });
  return plans;
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
