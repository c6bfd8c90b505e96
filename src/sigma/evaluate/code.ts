/**
 * Rules as code that was written when they were built (parse/code.ts): how it is asked.
 *
 * A Worker may live for one tick. Making anything of its rules would take longer than asking them so few questions, and
 * what has just been made runs slowly; code that is there already does neither.
 *
 * Contract: finds what the rules' steps find. Pure.
 */
import type { DetectionRule, EntryBody, Expression, Leaf } from '../rule.ts';
import { fieldValue } from './field.ts';
import { fold } from './fold.ts';
import { AS, type FieldTable, type Form, isNull, isScalar, type LoadedEntry } from './loaded.ts';
import { createLeafPlan, holds, type LeafPlan } from './plan.ts';

/** Puts the numbers of the rules that match into `found`. */
export type Find = (values: readonly unknown[], ask: (leaf: number) => boolean, found: number[]) => void;

export interface RuleCode {
  /** The fields that are compared in the code, each in a form; undefined where there is none. */
  readonly read: (entry: EntryBody, as: ValueForms) => readonly unknown[];
  /** In parts, for compilers do not like long functions. */
  readonly parts: readonly Find[];
}

/** Fields' values as the code wants them: a scalar in each form, or undefined. A list is none: then the code stops. */
export type ValueForms = { readonly [F in CodeForm]: (value: unknown) => unknown } & {
  /** The value, if it is an object. */
  object(value: unknown): EntryBody | undefined;
  /** The value of a field, however it is called and wherever it is. */
  field(entry: EntryBody, path: string): unknown;
};
export type CodeForm = Exclude<Form, 'scalar' | 'address'>;

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
  const ask = (leaf: number): boolean => {
    leaves ??= leavesOf(rules());
    const plan = plans[leaf] ?? createLeafPlan(leaves[leaf] as Leaf, table, false);
    plans[leaf] = plan;
    entry ??= table.load(current);
    return holds(plan, entry);
  };
  let lists = 0;
  const reading = createValueForms(() => {
    lists++;
  });
  return (body, found) => {
    lists = 0;
    const values = read(body, reading);
    if (lists > 0) return false;
    current = body;
    entry = null;
    for (let i = 0; i < parts.length; i++) (parts[i] as Find)(values, ask, found);
    return true;
  };
}

function createValueForms(tellList: () => void): ValueForms {
  const other = (value: unknown, form: 'text' | 'folded' | 'number' | 'ipv4'): unknown => {
    if (Array.isArray(value)) tellList();
    return isScalar(value) ? AS[form](value) : undefined;
  };
  const whole = (value: unknown, answer: boolean): boolean => {
    if (Array.isArray(value)) tellList();
    return answer;
  };
  return {
    // What most are, without a call more.
    folded: (value) => (typeof value === 'string' ? fold(value) : other(value, 'folded')),
    text: (value) => (typeof value === 'string' ? value : other(value, 'text')),
    number: (value) => (typeof value === 'number' ? value : other(value, 'number')),
    ipv4: (value) => other(value, 'ipv4'),
    null: (value) => whole(value, isNull(value)),
    exists: (value) => whole(value, value !== undefined),
    object: (value) => {
      if (Array.isArray(value)) tellList();
      else if (typeof value === 'object' && value !== null) return value as EntryBody;
      return undefined;
    },
    field: fieldValue,
  };
}
