/**
 * Finds the evidence of a match: the selections, fields and values that made the rule true.
 *
 * Contract: the evidence is what is true and matters, in the rule's order; for a rule that only matches because something
 * is not so, the values that differ. It interprets the rule leaf by leaf, without any of the optimizations of evaluation.
 * Bounded, because attackers write the values. Pure.
 */
import type { EntryBody, Evidence, Expression, Leaf } from '../rule.ts';
import { fieldValue } from './field.ts';
import { AS, everyScalar, isNull, type Scalar, scalarsOf } from './loaded.ts';
import { anyRelated } from './multi-search.ts';
import { asks, createQuestion, type ScalarTest } from './question.ts';

const ITEMS_MAX = 16;
const VALUE_LENGTH_MAX = 256;
/** Matching scalars of a field, and values of a list, that are distinguished. */
const SCALARS_MAX = 64;
const VALUES_MAX = 256;

const NONE: readonly Scalar[] = [];

/** An expression with prepared leaves. */
type Prepared =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Prepared[] }
  | { readonly kind: 'not'; readonly of: Prepared }
  | { readonly kind: 'leaf'; readonly leaf: Leaf; readonly evaluate: (fields: Fields) => LeafResult };

/** Whether a leaf is true, and which of the field's scalars make it true. */
interface LeafResult {
  readonly holds: boolean;
  readonly scalars: readonly Scalar[];
}

/** The evidence of an expression that is true of an entry. */
export function explain(expression: Expression, body: EntryBody): readonly Evidence[] {
  const prepared = PREPARED.get(expression) ?? prepare(expression);
  PREPARED.set(expression, prepared);
  const found = new Found(new Fields(body));
  explainNode(prepared, true, found);
  if (found.isEmpty) explainAbsence(prepared, found);
  return found.evidence;
}

/** The same expressions are explained again and again. */
const PREPARED = new WeakMap<Expression, Prepared>();

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

/** Collects evidence, each piece once, up to a limit. */
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
    return this.#items.size >= ITEMS_MAX;
  }

  get evidence(): readonly Evidence[] {
    return [...this.#items.values()];
  }

  /** Adds these scalars of a leaf's field, or else its first. */
  add({ selection, field }: Leaf, matching: readonly Scalar[]): void {
    const { value, scalars } = this.fields.of(field);
    const added = matching.length > 0 ? matching : scalars.slice(0, 1);
    const texts = added.length > 0 ? added.map((one) => shortened(String(one))) : [absence(value)];
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
  return text.length <= VALUE_LENGTH_MAX ? text : text.slice(0, VALUE_LENGTH_MAX).toWellFormed();
}

function prepare(expression: Expression): Prepared {
  switch (expression.kind) {
    case 'leaf':
      return { kind: 'leaf', leaf: expression, evaluate: createLeafTest(expression) };
    case 'not':
      return { kind: 'not', of: prepare(expression.of) };
    case 'and':
    case 'or':
      return { kind: expression.kind, of: expression.of.map(prepare) };
  }
}

function createLeafTest({ field, test }: Leaf): (fields: Fields) => LeafResult {
  switch (test.op) {
    case 'null':
      return (fields) => ({ holds: isNull(fields.of(field).value), scalars: NONE });
    case 'exists':
      return (fields) => ({ holds: (fields.of(field).value !== undefined) === test.present, scalars: NONE });
    case 'fieldref': {
      const as = test.cased ? AS.text : AS.folded;
      return (fields) => {
        const texts = fields.of(test.field).scalars.map(as);
        const scalar = fields.of(field).scalars.find((one) => anyRelated([as(one)], texts, test.compare));
        return { holds: scalar !== undefined, scalars: scalar === undefined ? NONE : [scalar] };
      };
    }
    default: {
      const matchesAny = createScalarTest(test);
      return (fields) => {
        const scalars = distinct(fields.of(field).scalars, matchesAny);
        return { holds: scalars.length > 0, scalars: scalars.length > 1 ? firstOfEach(scalars, test) : scalars };
      };
    }
  }
}

function createScalarTest(test: ScalarTest): (scalar: Scalar) => boolean {
  const { form, op, operand } = createQuestion(test, false);
  return (scalar) => asks(op, operand, AS[form](scalar));
}

/** The first scalars that pass the test, each once. */
function distinct(scalars: readonly Scalar[], test: (scalar: Scalar) => boolean): readonly Scalar[] {
  const found = new Set<Scalar>();
  for (const scalar of scalars) {
    if (!found.has(scalar) && test(scalar)) found.add(scalar);
    if (found.size === SCALARS_MAX) break;
  }
  return [...found];
}

/** The first scalar for each value of a test. */
function firstOfEach(scalars: readonly Scalar[], test: ScalarTest): readonly Scalar[] {
  if (!('values' in test) || test.values.length === 1) return scalars.slice(0, 1);
  const found = new Set<Scalar>();
  for (const value of test.values.slice(0, VALUES_MAX)) {
    const first = scalars.find(createScalarTest({ ...test, values: [value] } as ScalarTest));
    if (first !== undefined) found.add(first);
  }
  return found.size === 0 ? scalars.slice(0, 1) : [...found];
}

function holds(node: Prepared, fields: Fields): boolean {
  switch (node.kind) {
    case 'leaf':
      return node.evaluate(fields).holds;
    case 'not':
      return !holds(node.of, fields);
    case 'and':
      return node.of.every((child) => holds(child, fields));
    case 'or':
      return node.of.some((child) => holds(child, fields));
  }
}

/** Adds the leaves that make the node true (`expected`) or false. */
function explainNode(node: Prepared, expected: boolean, found: Found): void {
  if (found.isFull) return;
  switch (node.kind) {
    case 'leaf':
      if (expected) found.add(node.leaf, node.evaluate(found.fields).scalars);
      return;
    case 'not':
      explainNode(node.of, !expected, found);
      return;
    case 'and':
    case 'or':
      for (const child of node.of) if (holds(child, found.fields) === expected) explainNode(child, expected, found);
      return;
  }
}

/** Adds the values of all fields of the rule: none of them was what it excludes. */
function explainAbsence(node: Prepared, found: Found): void {
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
