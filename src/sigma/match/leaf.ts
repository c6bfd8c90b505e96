/**
 * A comparison as a closure over a loaded entry.
 *
 * Contract: a list matches if any member does. Pure.
 */
import type { Leaf, Test } from '../rule.ts';
import { type FieldTable, isNull, type LoadedEntry, Several } from './loaded.ts';
import { anyRelated } from './multi-search.ts';
import { createQuestion, type Question } from './question.ts';

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

/** Compiles a leaf. */
export function createLeaf({ field: path, test }: Leaf, table: FieldTable): CompiledLeaf {
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
      const question = createQuestion(test);
      const isKeyword = path === null;
      return {
        cost: question.cost * (isKeyword ? KEYWORD_COST : 1),
        field: isKeyword ? null : field,
        test: createTest(question, table.columnOf(path, question.form)),
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
        const text = (entry.columns[column] ?? entry.prepare(column)) as string | Several<string>;
        return typeof text === 'string' ? holds(text) : text.all.some(holds);
      };
    }
    case 'number': {
      const { holds } = question;
      return (entry) => {
        const number = (entry.columns[column] ?? entry.prepare(column)) as number | Several<number>;
        return typeof number === 'number' ? holds(number) : number.all.some(holds);
      };
    }
    case 'address':
    case 'scalar': {
      const holds = question.holds as (value: unknown) => boolean;
      return (entry) => {
        const value = entry.columns[column] ?? entry.prepare(column);
        return value instanceof Several ? value.all.some(holds) : holds(value);
      };
    }
  }
}

type Reference = Extract<Test, { op: 'fieldref' }>;

/** Any member of the one field with any member of the other. */
function createReference({ field, compare, cased }: Reference, path: string | null, table: FieldTable): CompiledLeaf {
  const form = cased ? 'text' : 'folded';
  const [own, other] = [table.columnOf(path, form), table.columnOf(field, form)];
  const textsOf = (entry: LoadedEntry, number: number) => {
    const column = entry.columns[number] ?? entry.prepare(number);
    return (column instanceof Several ? column.all : [column]) as readonly string[];
  };
  return {
    cost: 10,
    field: null,
    test: (entry) => anyRelated(textsOf(entry, own), textsOf(entry, other), compare),
  };
}
