/**
 * Why a rule matched: the selections, fields and values that made it true.
 *
 * Contract: what is true and counts is told, in the order the rule has it; where a rule matches only by what is not
 * so, the values that were not so. It goes by the rule as it is written, comparison by comparison, and is prepared
 * when a rule first matches. Bounded, for the values are attackers'. Pure.
 */
import type { Evidence, Expression, Leaf } from '../rule.ts';
import { type CompiledLeaf, createLeaf } from './leaf.ts';
import type { Field, FieldNumbers, LoadedEntry } from './loaded.ts';

const ITEM_LIMIT = 16;
const VALUE_LIMIT = 256;

type Explained =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Explained[] }
  | { readonly kind: 'not'; readonly of: Explained }
  | (CompiledLeaf & { readonly kind: 'leaf'; readonly leaf: Leaf });

type Found = Map<string, Evidence>;

/** Makes what tells the evidence of an expression that is true of an entry. */
export function createExplanation(
  expression: Expression,
  fields: FieldNumbers,
): (entry: LoadedEntry) => readonly Evidence[] {
  let explained: Explained | null = null;
  return (entry) => {
    explained ??= prepare(expression, fields);
    const found: Found = new Map();
    explain(explained, entry, true, found);
    if (found.size === 0) explainAbsence(explained, entry, found);
    return [...found.values()];
  };
}

function prepare(expression: Expression, fields: FieldNumbers): Explained {
  switch (expression.kind) {
    case 'leaf':
      return { kind: 'leaf', leaf: expression, ...createLeaf([expression], fields) };
    case 'not':
      return { kind: 'not', of: prepare(expression.of, fields) };
    case 'and':
    case 'or':
      return { kind: expression.kind, of: expression.of.map((child) => prepare(child, fields)) };
  }
}

function holds(node: Explained, entry: LoadedEntry): boolean {
  switch (node.kind) {
    case 'leaf':
      return node.test(entry);
    case 'not':
      return !holds(node.of, entry);
    case 'and':
      return node.of.every((child) => holds(child, entry));
    case 'or':
      return node.of.some((child) => holds(child, entry));
  }
}

/** Tells the leaves that are true and made the whole so. */
function explain(node: Explained, entry: LoadedEntry, wanted: boolean, found: Found): void {
  if (found.size >= ITEM_LIMIT) return;
  switch (node.kind) {
    case 'leaf':
      if (wanted) tell(node, entry, found);
      return;
    case 'not':
      explain(node.of, entry, !wanted, found);
      return;
    case 'and':
    case 'or':
      for (const child of node.of) if (holds(child, entry) === wanted) explain(child, entry, wanted, found);
      return;
  }
}

/** Tells the values of every field asked about: none of them was what the rule leaves out. */
function explainAbsence(node: Explained, entry: LoadedEntry, found: Found): void {
  if (found.size >= ITEM_LIMIT) return;
  switch (node.kind) {
    case 'leaf':
      if (node.leaf.field !== null) add(node.leaf, shownValue(entry.field(node.field)), found);
      return;
    case 'not':
      explainAbsence(node.of, entry, found);
      return;
    case 'and':
    case 'or':
      for (const child of node.of) explainAbsence(child, entry, found);
      return;
  }
}

function tell(
  { leaf, field: number, ofScalar }: Extract<Explained, { kind: 'leaf' }>,
  entry: LoadedEntry,
  found: Found,
) {
  const field = entry.field(number);
  const member = ofScalar === null ? undefined : field.members?.find((one) => ofScalar(one, entry));
  add(leaf, shownValue(member ?? field), found);
}

function add({ selection, field }: Leaf, value: string, found: Found): void {
  const key = JSON.stringify([selection, field, value]);
  if (!found.has(key)) found.set(key, { selection, field, value });
}

/** A field's value, or its first; shortened. */
function shownValue(field: Field): string {
  const scalar = field.members === null ? field : field.members[0];
  if (scalar === undefined) return field.present ? (field.isNull ? 'null' : '…') : 'missing';
  const { text } = scalar;
  return text.length <= VALUE_LIMIT ? text : text.slice(0, VALUE_LIMIT).toWellFormed();
}
