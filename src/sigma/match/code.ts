/**
 * Rules as code that was written when they were built (parse/code.ts): how it is asked.
 *
 * A Worker may live for one tick. Making anything of its rules would take longer than asking them so few questions, and
 * what has just been made runs slowly; code that is there already does neither.
 *
 * Contract: finds what the rules' steps find. Pure.
 */
import type { DetectionRule, Expression, Leaf } from '../rule.ts';
import type { FieldTable, Form, LoadedEntry, Several } from './loaded.ts';
import { createLeafPlan, holds, type LeafPlan } from './plan.ts';

/** Puts the numbers of the rules that match into `found`. */
export type Find = (values: readonly unknown[], ask: (leaf: number) => boolean, found: number[]) => void;

export interface RuleCode {
  /** The fields that are compared in the code, each in a form: `values` in this order, undefined where there is none. */
  readonly columns: readonly (readonly [path: string, form: Form])[];
  /** In parts, for compilers do not like long functions. */
  readonly parts: readonly Find[];
}

/** Every leaf of the rules; its place is its number. */
export function leavesOf(rules: readonly DetectionRule[]): readonly Leaf[] {
  const leaves: Leaf[] = [];
  for (const { expression } of rules) collect(expression, leaves);
  return leaves;
}

function collect(expression: Expression, into: Leaf[]): void {
  if (expression.kind === 'leaf') into.push(expression);
  else if (expression.kind === 'not') collect(expression.of, into);
  else for (const child of expression.of) collect(child, into);
}

/** Finds the matches of an entry; says false, and finds nothing, where the code is not for such an entry. */
export type CodeSearch = (entry: LoadedEntry, found: number[]) => boolean;

export function createCodeSearch(
  { columns, parts }: RuleCode,
  rules: () => readonly DetectionRule[],
  table: FieldTable,
): CodeSearch {
  const numbers = columns.map(([path, form]) => table.columnOf(path, form));
  const values: unknown[] = new Array(columns.length);
  const plans: LeafPlan[] = [];
  let leaves: readonly Leaf[] | null = null;
  let current: LoadedEntry | null = null;
  const ask = (leaf: number): boolean => {
    leaves ??= leavesOf(rules());
    const plan = plans[leaf] ?? createLeafPlan(leaves[leaf] as Leaf, table, false);
    plans[leaf] = plan;
    return holds(plan, current as LoadedEntry);
  };
  return (entry, found) => {
    for (let i = 0; i < numbers.length; i++) {
      const value = entry.prepare(numbers[i] as number);
      // Whatever is no scalar is several.
      const isScalar = typeof value !== 'object';
      if (!isScalar && (value as Several<unknown>).all.length > 0) return false;
      values[i] = isScalar ? value : undefined;
    }
    current = entry;
    for (const find of parts) find(values, ask, found);
    return true;
  };
}
