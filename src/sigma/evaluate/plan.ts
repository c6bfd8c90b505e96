/**
 * From an expression to what is asked of an entry, in an order that is soon done.
 *
 * Contract: it means what the expression means; the cheap comes first. Pure.
 */
import type { Expression, Leaf, Test } from '../rule.ts';
import { costOfLeaf } from './cost.ts';
import { type FieldTable, type LoadedEntry, Several } from './loaded.ts';
import { anyRelated } from './multi-search.ts';
import { asks, createFieldQuestion } from './question.ts';

/** Questions, and how their answers are joined. */
export type Plan =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Plan[]; readonly cost: number }
  | { readonly kind: 'not'; readonly of: Plan; readonly cost: number }
  | LeafPlan;

export interface LeafPlan {
  readonly kind: 'leaf';
  readonly cost: number;
  /** The number of the field whose value alone decides it; null where there is no such field. */
  readonly field: number | null;
  /** What is asked of a column of an entry (question.ts); the operand is a test of the entry where there is none. */
  readonly column: number | null;
  readonly op: number;
  readonly operand: unknown;
}

type EntryTest = (entry: LoadedEntry) => boolean;

/** Plans an expression. `often`: it will be asked so often that more may be prepared. */
export function createPlan(expression: Expression, table: FieldTable, often: boolean): Plan {
  switch (expression.kind) {
    case 'leaf':
      return createLeafPlan(expression, table, often);
    case 'not': {
      const of = createPlan(expression.of, table, often);
      return { kind: 'not', of, cost: of.cost };
    }
    case 'and':
    case 'or': {
      const of = expression.of.map((child) => createPlan(child, table, often)).sort((a, b) => a.cost - b.cost);
      return { kind: expression.kind, of, cost: of.reduce((sum, child) => sum + child.cost, 0) };
    }
  }
}

/** Whether the answer to a leaf's question is yes: for a list, of any of its members. */
export function holds({ column, op, operand }: LeafPlan, entry: LoadedEntry): boolean {
  if (column === null) return (operand as EntryTest)(entry);
  const value = entry.columns[column] ?? entry.prepare(column);
  return value instanceof Several ? value.all.some((one) => asks(op, operand, one)) : asks(op, operand, value);
}

/** Plans a leaf by itself. */
export function createLeafPlan(leaf: Leaf, table: FieldTable, often: boolean): LeafPlan {
  const { field: path, test } = leaf;
  const cost = costOfLeaf(leaf);
  const field = table.fieldOf(path);
  switch (test.op) {
    case 'fieldref':
      return { kind: 'leaf', cost, field: null, column: null, op: 0, operand: createReference(test, path, table) };
    default: {
      const { op, operand, form } = createFieldQuestion(test, often);
      const column = table.columnOf(path, form);
      return { kind: 'leaf', cost, field: path === null ? null : field, column, op, operand };
    }
  }
}

type Reference = Extract<Test, { op: 'fieldref' }>;

/** Any member of the one field with any member of the other. */
function createReference({ field, compare, cased }: Reference, path: string | null, table: FieldTable): EntryTest {
  const form = cased ? 'text' : 'folded';
  const [own, other] = [table.columnOf(path, form), table.columnOf(field, form)];
  const textsOf = (entry: LoadedEntry, number: number) => {
    const column = entry.columns[number] ?? entry.prepare(number);
    return (column instanceof Several ? column.all : [column]) as readonly string[];
  };
  return (entry) => anyRelated(textsOf(entry, own), textsOf(entry, other), compare);
}
