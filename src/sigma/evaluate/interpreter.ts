/**
 * Interprets an expression on an entry: whether it is true, and its evidence, the selections, fields and values that made
 * it true.
 *
 * Contract: this is what rules mean; generated code (codegen/) is tested against it. The evidence is what is true and
 * matters, in the rule's order; for a rule that only matches because something is not so, the values that differ. Bounded,
 * because attackers write the values. Pure.
 */
import type { EntryBody, Evidence, Expression, Leaf } from '../rule.ts';
import { fieldValue } from './field.ts';
import { anyRelated } from './multi-search.ts';
import { everyScalar, isNull, type Scalar, scalarsOf, textOf } from './scalar.ts';
import { createScalarTest, type ScalarTest } from './scalar-test.ts';

const ITEMS_MAX = 16;
const VALUE_LENGTH_MAX = 256;
/** Matching scalars of a field, and values of a list, that are distinguished. */
const SCALARS_MAX = 64;
const VALUES_MAX = 256;

/** Whether an expression is true of an entry. */
export function holds(expression: Expression, body: EntryBody): boolean {
  switch (expression.kind) {
    case 'leaf':
      return leafHolds(expression, body);
    case 'not':
      return !holds(expression.of, body);
    case 'and':
      return expression.of.every((child) => holds(child, body));
    case 'or':
      return expression.of.some((child) => holds(child, body));
  }
}

/** The evidence of an expression that is true of an entry. */
export function explain(expression: Expression, body: EntryBody): readonly Evidence[] {
  const found = new Found(body);
  explainNode(expression, true, found);
  if (found.isEmpty) explainAbsence(expression, found);
  return found.evidence;
}

function leafHolds(leaf: Leaf, body: EntryBody): boolean {
  const { field, test } = leaf;
  switch (test.op) {
    case 'null':
      return isNull(valueIn(field, body));
    case 'exists':
      return (valueIn(field, body) !== undefined) === test.present;
    case 'fieldref':
      return anyRelated(textsOf(field, test.cased, body), textsOf(test.field, test.cased, body), test.compare);
    default:
      return scalarsOf(valueIn(field, body)).some(matcherOf(test));
  }
}

/** The value of a field; for a keyword, the scalars of all fields. */
function valueIn(field: string | null, body: EntryBody): unknown {
  return field === null ? everyScalar(body) : fieldValue(body, field);
}

function textsOf(field: string | null, cased: boolean, body: EntryBody): readonly string[] {
  return scalarsOf(valueIn(field, body)).map((scalar) => textOf(scalar, cased));
}

const MATCHERS = new WeakMap<ScalarTest, (scalar: Scalar) => boolean>();

/** The matcher of a test, which is made once. */
export function matcherOf(test: ScalarTest): (scalar: Scalar) => boolean {
  const matches = MATCHERS.get(test) ?? createScalarTest(test);
  MATCHERS.set(test, matches);
  return matches;
}

/** Collects evidence, each piece once, up to a limit. */
class Found {
  readonly body: EntryBody;
  readonly #items = new Map<string, Evidence>();

  constructor(body: EntryBody) {
    this.body = body;
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
    const value = valueIn(field, this.body);
    const added = matching.length > 0 ? matching : scalarsOf(value).slice(0, 1);
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

/** Adds the leaves that make the node true (`expected`) or false. */
function explainNode(node: Expression, expected: boolean, found: Found): void {
  if (found.isFull) return;
  switch (node.kind) {
    case 'leaf':
      if (expected) found.add(node, matchingScalars(node, found.body));
      return;
    case 'not':
      explainNode(node.of, !expected, found);
      return;
    case 'and':
    case 'or':
      for (const child of node.of) if (holds(child, found.body) === expected) explainNode(child, expected, found);
      return;
  }
}

/** The scalars that make a leaf true: the first for each of its values. */
function matchingScalars({ field, test }: Leaf, body: EntryBody): readonly Scalar[] {
  if (test.op === 'null' || test.op === 'exists') return [];
  const scalars = scalarsOf(valueIn(field, body));
  if (test.op === 'fieldref') {
    const texts = textsOf(test.field, test.cased, body);
    const first = scalars.find((one) => anyRelated([textOf(one, test.cased)], texts, test.compare));
    return first === undefined ? [] : [first];
  }
  const matching = distinct(scalars, matcherOf(test));
  if (matching.length <= 1 || !('values' in test) || test.values.length === 1) return matching.slice(0, 1);
  const first = test.values.slice(0, VALUES_MAX).map((value) => {
    const matches = createScalarTest({ ...test, values: [value] } as ScalarTest);
    return matching.find((one) => matches(one));
  });
  const found = new Set(first.filter((one) => one !== undefined));
  return found.size === 0 ? matching.slice(0, 1) : [...found];
}

/** The first scalars that match, each once. */
function distinct(scalars: readonly Scalar[], matches: (scalar: Scalar) => boolean): readonly Scalar[] {
  const found = new Set<Scalar>();
  for (const scalar of scalars) {
    if (!found.has(scalar) && matches(scalar)) found.add(scalar);
    if (found.size === SCALARS_MAX) break;
  }
  return [...found];
}

/** Adds the values of all fields of the rule: none of them was what it excludes. */
function explainAbsence(node: Expression, found: Found): void {
  if (found.isFull) return;
  switch (node.kind) {
    case 'leaf':
      if (node.field !== null) found.add(node, []);
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
