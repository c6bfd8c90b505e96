/**
 * Runs the code that codegen/ generates from rules at build time.
 *
 * A Worker may live for one tick. Compiling its rules would take longer than evaluating so few entries, and new code runs
 * slowly at first; generated code avoids both.
 *
 * Contract: finds the same matches as the rules' steps. Pure.
 */
import type { DetectionRule, EntryBody, Expression, Leaf } from '../rule.ts';
import { fieldValue } from './field.ts';
import { fold } from './fold.ts';
import { AS, type FieldTable, type Form, isNull, isScalar, type LoadedEntry } from './loaded.ts';
import { createLeafPlan, holds, type LeafPlan } from './plan.ts';

/** Adds the numbers of the matching rules to `found`. */
export type FindMatches = (values: readonly unknown[], test: (leaf: number) => boolean, found: number[]) => void;

export interface RuleCode {
  /** Reads the fields that the code compares, each in a form; undefined if missing. */
  readonly read: (entry: EntryBody, as: ValueForms) => readonly unknown[];
  /** In parts, because long functions are compiled slowly. */
  readonly parts: readonly FindMatches[];
}

/** Converts fields' values for the code: a scalar in each form, or undefined. The code does not support lists. */
export type ValueForms = { readonly [F in CodeForm]: (value: unknown) => unknown } & {
  /** The value if it is an object. */
  object(value: unknown): EntryBody | undefined;
  /** The value of any field. */
  field(entry: EntryBody, path: string): unknown;
};
export type CodeForm = Exclude<Form, 'scalar' | 'address'>;

/** All leaves of the rules; a leaf's number is its place in this list. */
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

/** Finds the matches of an entry; returns false without any if the code does not support the entry. */
export type CodeSearch = (body: EntryBody, found: number[]) => boolean;

export function createCodeSearch(
  { read, parts }: RuleCode,
  rules: () => readonly DetectionRule[],
  table: FieldTable,
): CodeSearch {
  const plans: LeafPlan[] = [];
  let leaves: readonly Leaf[] | null = null;
  let current: EntryBody = {};
  let entry: LoadedEntry | null = null;
  const test = (leaf: number): boolean => {
    leaves ??= leavesOf(rules());
    const plan = plans[leaf] ?? createLeafPlan(leaves[leaf] as Leaf, table, false);
    plans[leaf] = plan;
    entry ??= table.load(current);
    return holds(plan, entry);
  };
  let lists = 0;
  const forms = createValueForms(() => {
    lists++;
  });
  return (body, found) => {
    lists = 0;
    const values = read(body, forms);
    if (lists > 0) return false;
    current = body;
    entry = null;
    for (let i = 0; i < parts.length; i++) (parts[i] as FindMatches)(values, test, found);
    return true;
  };
}

function createValueForms(onList: () => void): ValueForms {
  const other = (value: unknown, form: 'text' | 'folded' | 'number' | 'ipv4'): unknown => {
    if (Array.isArray(value)) onList();
    return isScalar(value) ? AS[form](value) : undefined;
  };
  const checked = (value: unknown, result: boolean): boolean => {
    if (Array.isArray(value)) onList();
    return result;
  };
  return {
    // The usual types, without another call.
    folded: (value) => (typeof value === 'string' ? fold(value) : other(value, 'folded')),
    text: (value) => (typeof value === 'string' ? value : other(value, 'text')),
    number: (value) => (typeof value === 'number' ? value : other(value, 'number')),
    ipv4: (value) => other(value, 'ipv4'),
    null: (value) => checked(value, isNull(value)),
    exists: (value) => checked(value, value !== undefined),
    object: (value) => {
      if (Array.isArray(value)) onList();
      else if (typeof value === 'object' && value !== null) return value as EntryBody;
      return undefined;
    },
    field: fieldValue,
  };
}
