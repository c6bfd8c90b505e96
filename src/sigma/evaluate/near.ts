/**
 * How near a rule came to an entry that it does not match: what held of it, and the least that would have to differ.
 *
 * Contract: pure, and bounded like evidence (interpreter.ts). Only conditions that must hold count as held: that an excluded
 * value is missing is true of almost any entry.
 */
import { isTrue } from '../formula.ts';
import type { Evidence, Expression, Leaf } from '../rule.ts';
import { evidenceOf, isLeafTrue } from './interpreter.ts';
import type { Values } from './values.ts';

export interface NearMiss {
  /** What the rule asks for and the entry has. */
  readonly held: readonly Evidence[];
  /** The comparisons that failed, with what the entry has. `excluded`: it holds, and the rule excludes it (a filter). */
  readonly failed: readonly (Evidence & { readonly excluded: boolean })[];
}

/** What an entry lacks to match; null where it matches, or has nothing that the rule asks for. */
export function nearMiss(expression: Expression, entry: Values): NearMiss | null {
  const holds = (leaf: Leaf): boolean => isLeafTrue(leaf, expression, entry);
  if (isTrue(expression, holds)) return null;
  const held = [...heldIn(expression, true, holds)];
  return held.length === 0 ? null : { held: evidenceOf(held, entry, () => []), failed: failedOf(expression, entry) };
}

/** The least that would have to differ for an entry to match; empty where it matches. */
export function failedOf(expression: Expression, entry: Values): NearMiss['failed'] {
  const holds = (leaf: Leaf): boolean => isLeafTrue(leaf, expression, entry);
  const failed = shortfall(expression, entry);
  const shown = (leaves: readonly Leaf[], excluded: boolean) =>
    evidenceOf(leaves, entry, () => []).map((each) => ({ ...each, excluded }));
  return [
    ...shown(
      failed.filter((leaf) => !holds(leaf)),
      false,
    ),
    ...shown(failed.filter(holds), true),
  ];
}

function* heldIn(node: Expression, expected: boolean, holds: (leaf: Leaf) => boolean): Iterable<Leaf> {
  if (node.kind === 'leaf') {
    if (expected && holds(node)) yield node;
  } else if (node.kind === 'not') yield* heldIn(node.of, !expected, holds);
  else for (const child of node.of) yield* heldIn(child, expected, holds);
}

/** The fewest comparisons whose result would have to change for an entry to match; none if it matches. */
export function shortfall(expression: Expression, entry: Values): readonly Leaf[] {
  return shortfallOf(expression, true, (leaf) => isLeafTrue(leaf, expression, entry));
}

/** The fewest leaves whose result would have to change for a node to be `expected`. */
function shortfallOf(node: Expression, expected: boolean, holds: (leaf: Leaf) => boolean): readonly Leaf[] {
  if (node.kind === 'leaf') return holds(node) === expected ? [] : [node];
  if (node.kind === 'not') return shortfallOf(node.of, !expected, holds);
  const each = node.of.map((child) => shortfallOf(child, expected, holds));
  if ((node.kind === 'and') === expected) return each.flat();
  return each.reduce((least, leaves) => (leaves.length < least.length ? leaves : least), each[0] ?? []);
}
