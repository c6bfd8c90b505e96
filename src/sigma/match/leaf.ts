/**
 * A comparison as a closure over a loaded entry; or several of a kind, of which any suffices, as one.
 *
 * Contract: a list matches if any member does. Pure.
 */
import type { Leaf, Test } from '../rule.ts';
import { type FieldTable, type Form, type Forms, isNull, type LoadedEntry, Several } from './loaded.ts';
import { anyRelated } from './multi-search.ts';
import { createQuestion, type Question, type ValueTest } from './question.ts';

export type EntryTest = (entry: LoadedEntry) => boolean;

export interface CompiledLeaf {
  /** What a test costs, roughly, in comparisons of a short text. */
  readonly cost: number;
  /** The number of the field whose value alone decides it; null where there is no such field. */
  readonly field: number | null;
  readonly test: EntryTest;
}

/** A keyword looks at every value of an entry. */
const KEYWORD_COST = 20;

/** Compiles leaves of one kind, of which any suffices. */
export function createLeaf(leaves: readonly [Leaf, ...Leaf[]], table: FieldTable): CompiledLeaf {
  const [{ field: path, test }] = leaves;
  const field = table.fieldOf(path);
  switch (test.op) {
    case 'null':
      return { cost: 1, field, test: (entry) => isNull(entry.value(field)) };
    case 'exists': {
      const { present } = test;
      return { cost: 1, field, test: (entry) => (entry.value(field) !== undefined) === present };
    }
    case 'fieldref':
      return createReference(test, path, table);
    default: {
      const question = createQuestion([test, ...leaves.slice(1).map((leaf) => leaf.test as ValueTest)]);
      const column = table.columnOf(path, question.form);
      const isKeyword = path === null;
      return {
        cost: question.cost * (isKeyword ? KEYWORD_COST : 1),
        field: isKeyword ? null : field,
        test: createTest(question, column),
      };
    }
  }
}

/** Each form by itself, and not by one function for all: this is asked most of all, and types that vary cost time. */
function createTest(question: Question, column: number): EntryTest {
  switch (question.form) {
    case 'folded':
    case 'text': {
      const { holds } = question;
      return (entry) => {
        const text = entry.column(column) as string | Several<string>;
        return typeof text === 'string' ? holds(text) : text.all.some(holds);
      };
    }
    case 'number': {
      const { holds } = question;
      return (entry) => {
        const number = entry.column(column) as number | Several<number>;
        return typeof number === 'number' ? holds(number) : number.all.some(holds);
      };
    }
    case 'address':
      return anyMember<'address'>(question.holds, column);
    case 'scalar':
      return anyMember<'scalar'>(question.holds, column);
  }
}

function anyMember<F extends Form>(holds: (value: Forms[F]) => boolean, column: number): EntryTest {
  return (entry) => {
    const value = entry.column(column) as Forms[F] | Several<Forms[F]>;
    return value instanceof Several ? value.all.some(holds) : holds(value);
  };
}

type Reference = Extract<Test, { op: 'fieldref' }>;

/** Any member of the one field with any member of the other. */
function createReference({ field, compare, cased }: Reference, path: string | null, table: FieldTable): CompiledLeaf {
  const form = cased ? 'text' : 'folded';
  const [own, other] = [table.columnOf(path, form), table.columnOf(field, form)];
  const textsOf = (column: unknown) => (column instanceof Several ? column.all : [column]) as readonly string[];
  return {
    cost: 10,
    field: null,
    test: (entry) => anyRelated(textsOf(entry.column(own)), textsOf(entry.column(other)), compare),
  };
}
