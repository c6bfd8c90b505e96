/**
 * Interprets an expression on an entry: whether it is true, and its evidence, the selections, fields and values that made
 * it true.
 *
 * Contract: this is what rules mean; generated code (codegen/) is tested against it. The evidence is what is true and
 * matters, in the rule's order; for a rule that only matches because something is not so, the values that differ. Bounded,
 * because attackers write the values. Pure.
 */
import type { EntryBody, Evidence, Expression, Leaf } from '../rule.ts';
import { anyRelated } from './multi-search.ts';
import { isNull, type Scalar } from './scalar.ts';
import { matcherOf, type ScalarTest } from './scalar-test.ts';
import { Values } from './values.ts';

const ITEMS_MAX = 16;
const VALUE_LENGTH_MAX = 256;
/** Matching scalars of a field, and values of a list, that are distinguished. */
const SCALARS_MAX = 16;
const VALUES_MAX = 32;

/** Whether an expression is true of an entry. */
export function holds(expression: Expression, entry: Values): boolean {
  switch (expression.kind) {
    case 'leaf':
      return entry.answer(expression, leafHolds);
    case 'not':
      return !holds(expression.of, entry);
    case 'and':
      return expression.of.every((child) => holds(child, entry));
    case 'or':
      return expression.of.some((child) => holds(child, entry));
  }
}

/** The evidence of an expression that is true of an entry. */
export function explain(expression: Expression, body: EntryBody): readonly Evidence[] {
  const found = new Found(new Values(body));
  explainNode(expression, true, found);
  if (found.isEmpty) explainAbsence(expression, found);
  return found.evidence;
}

function leafHolds({ field, test }: Leaf, entry: Values): boolean {
  switch (test.op) {
    case 'null':
      return isNull(entry.value(field));
    case 'exists':
      return (entry.value(field) !== undefined) === test.present;
    case 'fieldref': {
      const form = test.cased ? 'text' : 'folded';
      return anyRelated(textsIn(form, field, entry), textsIn(form, test.field, entry), test.compare);
    }
    default: {
      const { form, matches } = matcherOf(test);
      return entry.in(form, field).some(matches);
    }
  }
}

function textsIn(form: 'text' | 'folded', field: string | null, entry: Values): readonly string[] {
  return entry.in(form, field) as readonly string[];
}

/** Collects evidence, each piece once, up to a limit. */
class Found {
  readonly entry: Values;
  readonly #items = new Map<string, Evidence>();

  constructor(entry: Values) {
    this.entry = entry;
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
    const value = this.entry.value(field);
    const added = matching.length > 0 ? matching : this.entry.in('scalar', field).slice(0, 1);
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
      if (expected) found.add(node, matchingScalars(node, found.entry));
      return;
    case 'not':
      explainNode(node.of, !expected, found);
      return;
    case 'and':
    case 'or':
      for (const child of node.of) if (holds(child, found.entry) === expected) explainNode(child, expected, found);
      return;
  }
}

/** The scalars that make a leaf true: the first for each of its values. */
function matchingScalars({ field, test }: Leaf, entry: Values): readonly Scalar[] {
  if (test.op === 'null' || test.op === 'exists') return [];
  const scalars = entry.in('scalar', field);
  if (test.op === 'fieldref') {
    const form = test.cased ? 'text' : 'folded';
    const others = textsIn(form, test.field, entry);
    const first = textsIn(form, field, entry).findIndex((text) => anyRelated([text], others, test.compare));
    return scalars.slice(first, first + 1);
  }
  const { form, matches } = matcherOf(test);
  const values = entry.in(form, field);
  const matching: number[] = [];
  const known = new Set<Scalar>();
  for (let i = 0; i < values.length && matching.length < SCALARS_MAX; i++) {
    if (known.has(scalars[i] as Scalar) || !matches(values[i] as Scalar)) continue;
    known.add(scalars[i] as Scalar);
    matching.push(i);
  }
  const places =
    'values' in test && test.values.length > 1 && matching.length > 1 ? firsts(test, values, matching) : [];
  return (places.length === 0 ? matching.slice(0, 1) : places).map((i) => scalars[i] as Scalar);
}

/** For each value of a test, the first place that matches it. */
function firsts(
  test: ScalarTest & { values: readonly unknown[] },
  values: readonly Scalar[],
  places: readonly number[],
) {
  const found = test.values.slice(0, VALUES_MAX).map((value) => {
    const { matches } = matcherOf({ ...test, values: [value] } as ScalarTest);
    return places.find((i) => matches(values[i] as Scalar));
  });
  return [...new Set(found.filter((i) => i !== undefined))];
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
