/**
 * The correlations in order of their references, and what each refers to.
 *
 * Contract: pure. `parseRules` rejects cycles; with a cycle, everything here still ends.
 */
import { referenceOrder } from '../reference-order.ts';
import type { CorrelationRule, EntryBody, Rule } from '../rule.ts';
import { groupOf, groupText, type KeyPart } from './groups.ts';

export interface Layers {
  /** Each after the correlations it refers to, otherwise in the rules' order. */
  readonly ordered: readonly CorrelationRule[];
  /** Rule id → the correlations that refer to it: their places in `ordered`, and the rule's place in their `rules`. */
  readonly referrers: ReadonlyMap<string, readonly { readonly order: number; readonly index: number }[]>;
  /** The detections that a correlation refers to, directly or through other correlations. */
  detectionsOf(rule: CorrelationRule): ReadonlySet<string>;
  /**
   * The groups of a correlation that an entry satisfying these detections belongs to; aliases may lead to several.
   * Through a chain: the groups it would belong to if the correlations below matched.
   */
  groupsOf(rule: CorrelationRule, body: EntryBody, satisfied: Iterable<string>): readonly (readonly KeyPart[])[];
}

export function createLayers(rules: readonly Rule[]): Layers {
  const byId = new Map<string, CorrelationRule>();
  for (const rule of rules) if (rule.kind === 'correlation') byId.set(rule.id, rule);
  const ordered = referenceOrder(byId.values(), ({ rules: ids }) =>
    ids.flatMap((id): [string, CorrelationRule][] => {
      const inner = byId.get(id);
      return inner === undefined ? [] : [[id, inner]];
    }),
  );
  const referrers = new Map<string, { order: number; index: number }[]>();
  for (const [order, rule] of ordered.entries()) {
    for (const [index, id] of rule.rules.entries()) {
      const list = referrers.get(id) ?? [];
      referrers.set(id, list);
      list.push({ order, index });
    }
  }

  const detectionsOf = (rule: CorrelationRule): ReadonlySet<string> => {
    const found = new Set<string>();
    // The loop adds to the set it iterates.
    const below = new Set([rule]);
    for (const { rules: ids } of below) {
      for (const id of ids) {
        const inner = byId.get(id);
        if (inner === undefined) found.add(id);
        else below.add(inner);
      }
    }
    return found;
  };

  const groupsOf = (rule: CorrelationRule, body: EntryBody, satisfied: Iterable<string>) => {
    const detected = new Set(satisfied);
    const known = new Map<CorrelationRule, readonly (readonly KeyPart[])[]>();
    const groups = (correlation: CorrelationRule): readonly (readonly KeyPart[])[] => {
      const before = known.get(correlation);
      if (before !== undefined) return before;
      known.set(correlation, []);
      const found = new Map<string, readonly KeyPart[]>();
      for (const id of correlation.rules) {
        const inner = byId.get(id);
        for (const below of inner !== undefined ? groups(inner) : detected.has(id) ? [[]] : []) {
          const group = groupOf(correlation, id, body, below);
          if (group !== null) found.set(groupText(group), group);
        }
      }
      known.set(correlation, [...found.values()]);
      return [...found.values()];
    };
    return groups(rule);
  };

  return { ordered, referrers, groupsOf, detectionsOf };
}
