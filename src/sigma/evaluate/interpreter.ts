/**
 * Why a rule matched: the selections, fields and values that made it true.
 *
 * Contract: what is true and counts is told, in the order the rule has it; where a rule matches only by what is not
 * so, the values that were not so. It goes by the rule as it stands, leaf by leaf, and by the entry as it came: nothing
 * that makes evaluation fast has a part in it. Bounded, for the values are attackers'. Pure.
 */
import type { EntryBody, Evidence, Expression, Leaf } from '../rule.ts';
import { fieldValue } from './field.ts';
import { AS, everyScalar, isNull, type Scalar, scalarsOf } from './loaded.ts';
import { anyRelated } from './multi-search.ts';
import { asks, createQuestion, type ScalarTest } from './question.ts';

const ITEM_LIMIT = 16;
const VALUE_LIMIT = 256;
/** Of a field of many scalars that match, and of a list of many values, so many are told apart. */
const SCALARS_LOOKED_AT = 64;
const VALUES_LOOKED_AT = 256;

const NONE: readonly Scalar[] = [];

/** The expression, its leaves made ready. */
type Explained =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Explained[] }
  | { readonly kind: 'not'; readonly of: Explained }
  | { readonly kind: 'leaf'; readonly leaf: Leaf; readonly answer: (fields: Fields) => Answer };

/** Whether a leaf is true, and which of the field's scalars make it so, where it is they that do. */
interface Answer {
  readonly holds: boolean;
  readonly scalars: readonly Scalar[];
}

/** The evidence of an expression that is true of an entry. */
export function explain(expression: Expression, body: EntryBody): readonly Evidence[] {
  const explained = EXPLAINED.get(expression) ?? prepare(expression);
  EXPLAINED.set(expression, explained);
  const found = new Found(new Fields(body));
  explainNode(explained, true, found);
  if (found.isEmpty) explainAbsence(explained, found);
  return found.evidence;
}

/** What is asked for once is asked for again. */
const EXPLAINED = new WeakMap<Expression, Explained>();

/** The fields of an entry, each read once. */
class Fields {
  readonly #body: EntryBody;
  readonly #known = new Map<string | null, { readonly value: unknown; readonly scalars: readonly Scalar[] }>();

  constructor(body: EntryBody) {
    this.#body = body;
  }

  of(path: string | null): { readonly value: unknown; readonly scalars: readonly Scalar[] } {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const value = path === null ? everyScalar(this.#body) : fieldValue(this.#body, path);
    const read = { value, scalars: scalarsOf(value) };
    this.#known.set(path, read);
    return read;
  }
}

/** What was found, each thing once, up to a limit. */
class Found {
  readonly fields: Fields;
  readonly #items = new Map<string, Evidence>();

  constructor(fields: Fields) {
    this.fields = fields;
  }

  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  get isFull(): boolean {
    return this.#items.size >= ITEM_LIMIT;
  }

  get evidence(): readonly Evidence[] {
    return [...this.#items.values()];
  }

  /** Tells of a field these scalars, or its first. */
  add({ selection, field }: Leaf, told: readonly Scalar[]): void {
    const { value, scalars } = this.fields.of(field);
    const truncate = told.length > 0 ? told : scalars.slice(0, 1);
    const texts = truncate.length > 0 ? truncate.map((one) => shortened(String(one))) : [absence(value)];
    for (const text of texts) {
      const key = JSON.stringify([selection, field, text]);
      if (!this.isFull && !this.#items.has(key)) this.#items.set(key, { selection, field, value: text });
    }
  }
}

function absence(value: unknown): string {
  if (value === undefined) return 'missing';
  return isNull(value) ? 'null' : '…';
}

function shortened(text: string): string {
  return text.length <= VALUE_LIMIT ? text : text.slice(0, VALUE_LIMIT).toWellFormed();
}

function prepare(expression: Expression): Explained {
  switch (expression.kind) {
    case 'leaf':
      return { kind: 'leaf', leaf: expression, answer: createAnswer(expression) };
    case 'not':
      return { kind: 'not', of: prepare(expression.of) };
    case 'and':
    case 'or':
      return { kind: expression.kind, of: expression.of.map(prepare) };
  }
}

function createAnswer({ field, test }: Leaf): (fields: Fields) => Answer {
  switch (test.op) {
    case 'null':
      return (fields) => ({ holds: isNull(fields.of(field).value), scalars: NONE });
    case 'exists':
      return (fields) => ({ holds: (fields.of(field).value !== undefined) === test.present, scalars: NONE });
    case 'fieldref': {
      const as = test.cased ? AS.text : AS.folded;
      return (fields) => {
        const wanted = fields.of(test.field).scalars.map(as);
        const scalar = fields.of(field).scalars.find((one) => anyRelated([as(one)], wanted, test.compare));
        return { holds: scalar !== undefined, scalars: scalar === undefined ? NONE : [scalar] };
      };
    }
    default: {
      const asksAny = createScalarTest(test);
      return (fields) => {
        const scalars = distinct(fields.of(field).scalars, asksAny);
        return { holds: scalars.length > 0, scalars: scalars.length > 1 ? firstOfEach(scalars, test) : scalars };
      };
    }
  }
}

function createScalarTest(test: ScalarTest): (scalar: Scalar) => boolean {
  const { form, op, operand } = createQuestion(test, false);
  return (scalar) => asks(op, operand, AS[form](scalar));
}

/** The first scalars that pass, each once. */
function distinct(scalars: readonly Scalar[], test: (scalar: Scalar) => boolean): readonly Scalar[] {
  const found = new Set<Scalar>();
  for (const scalar of scalars) {
    if (!found.has(scalar) && test(scalar)) found.add(scalar);
    if (found.size === SCALARS_LOOKED_AT) break;
  }
  return [...found];
}

/** Of scalars that a test's values are found in, the first for each value. */
function firstOfEach(scalars: readonly Scalar[], test: ScalarTest): readonly Scalar[] {
  if (!('values' in test) || test.values.length === 1) return scalars.slice(0, 1);
  const found = new Set<Scalar>();
  for (const value of test.values.slice(0, VALUES_LOOKED_AT)) {
    const first = scalars.find(createScalarTest({ ...test, values: [value] } as ScalarTest));
    if (first !== undefined) found.add(first);
  }
  return found.size === 0 ? scalars.slice(0, 1) : [...found];
}

function holds(node: Explained, fields: Fields): boolean {
  switch (node.kind) {
    case 'leaf':
      return node.answer(fields).holds;
    case 'not':
      return !holds(node.of, fields);
    case 'and':
      return node.of.every((child) => holds(child, fields));
    case 'or':
      return node.of.some((child) => holds(child, fields));
  }
}

/** Tells the leaves that are true and made the whole so. */
function explainNode(node: Explained, wanted: boolean, found: Found): void {
  if (found.isFull) return;
  switch (node.kind) {
    case 'leaf':
      if (wanted) found.add(node.leaf, node.answer(found.fields).scalars);
      return;
    case 'not':
      explainNode(node.of, !wanted, found);
      return;
    case 'and':
    case 'or':
      for (const child of node.of) if (holds(child, found.fields) === wanted) explainNode(child, wanted, found);
      return;
  }
}

/** Tells the values of every field asked about: none of them was what the rule leaves out. */
function explainAbsence(node: Explained, found: Found): void {
  if (found.isFull) return;
  switch (node.kind) {
    case 'leaf':
      if (node.leaf.field !== null) found.add(node.leaf, NONE);
      return;
    case 'not':
      explainAbsence(node.of, found);
      return;
    case 'and':
    case 'or':
      for (const child of node.of) explainAbsence(child, found);
      return;
  }
}
