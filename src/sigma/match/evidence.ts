/**
 * Why a rule matched: the selections, fields and values that made it true.
 *
 * Contract: what is true and counts is told; where a rule matches
 * only by what is not so, the values that were not so. Bounded, for the values are attackers'. Pure.
 */

import type { Evidence } from '../rule.ts';
import type { Compiled } from './compile.ts';
import type { LoadedEntry, LoadedField } from './loaded.ts';

const ITEM_LIMIT = 16;
const VALUE_LIMIT = 256;

/** The evidence of an expression that is true of an entry. */
export function evidenceOf(compiled: Compiled, entry: LoadedEntry): readonly Evidence[] {
  const found = new Map<string, Evidence>();
  explain(compiled, entry, true, found);
  if (found.size === 0) explainAbsence(compiled, entry, found);
  return [...found.values()];
}

/** Tells the leaves that are true and made the whole so. */
function explain(node: Compiled, entry: LoadedEntry, wanted: boolean, found: Map<string, Evidence>): void {
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
      for (const child of node.of) if (child.test(entry) === wanted) explain(child, entry, wanted, found);
      return;
  }
}

/** Tells the values of every field asked about: none of them was what the rule leaves out. */
function explainAbsence(node: Compiled, entry: LoadedEntry, found: Map<string, Evidence>): void {
  if (found.size >= ITEM_LIMIT) return;
  switch (node.kind) {
    case 'leaf':
      if (node.leaf.field !== null) add(node, textOf(entry.field(node.field), 0), found);
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

type LeafNode = Extract<Compiled, { kind: 'leaf' }>;

function tell(node: LeafNode, entry: LoadedEntry, found: Map<string, Evidence>): void {
  const field = entry.field(node.field);
  const { ofScalar } = node;
  const index = ofScalar === null ? 0 : field.scalars.findIndex((_, i) => ofScalar(field, i, entry));
  add(node, textOf(field, Math.max(0, index)), found);
}

function add({ leaf }: LeafNode, value: string, found: Map<string, Evidence>): void {
  const key = JSON.stringify([leaf.selection, leaf.field, value]);
  if (!found.has(key)) found.set(key, { selection: leaf.selection, field: leaf.field, value });
}

function textOf(field: LoadedField, index: number): string {
  const text = field.texts[index];
  if (text === undefined) return field.present ? (field.isNull ? 'null' : '…') : 'missing';
  return text.length <= VALUE_LIMIT ? text : text.slice(0, VALUE_LIMIT).toWellFormed();
}
