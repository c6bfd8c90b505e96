/**
 * The correlations in order of their references, and what each refers to.
 *
 * Contract: pure. `parseRules` rejects cycles, and more copies than `COPIES_MAX`; with either, everything here still ends.
 */

import { fieldValue, type ReadField } from '../evaluate/field.ts';
import { holds } from '../evaluate/interpreter.ts';
import { Values } from '../evaluate/values.ts';
import { referenceOrder } from '../reference-order.ts';
import type { CorrelationRule, EntryBody, Rule } from '../rule.ts';
import { groupOf, groupText, type KeyPart } from './groups.ts';

/**
 * A correlation with a filter counts the matches of its own copies of the correlations it refers to, which count no entry that
 * its filter excludes. So many are made.
 */
export const COPIES_MAX = 1_000;

export interface Layers {
  /** The correlations and the copies, each after those it refers to, otherwise in the rules' order. */
  readonly ordered: readonly CorrelationRule[];
  /** The copies among them. Their windows are their own, their matches only count. */
  readonly copies: ReadonlySet<CorrelationRule>;
  /** The id of a rule or copy → the correlations that refer to it: their places in `ordered`, and the rule's place in their `rules`. */
  readonly referrers: ReadonlyMap<string, readonly { readonly order: number; readonly index: number }[]>;
  /** The detections that a correlation refers to, directly or through other correlations. */
  detectionsOf(rule: CorrelationRule): ReadonlySet<string>;
  /**
   * The groups of a correlation that an entry satisfying these detections belongs to; aliases may lead to several.
   * Through a chain: the groups it would belong to if the correlations below matched.
   */
  groupsOf(
    rule: CorrelationRule,
    entry: { readonly body: EntryBody; readonly at: number },
    satisfied: Iterable<string>,
  ): readonly (readonly KeyPart[])[];
}

export function createLayers(rules: readonly Rule[], readField: ReadField = fieldValue): Layers {
  const byId = new Map<string, CorrelationRule>();
  for (const rule of rules) if (rule.kind === 'correlation') byId.set(rule.id, rule);
  const innerOf = createCopier(byId);
  const ordered = referenceOrder(byId.values(), (rule) =>
    rule.rules.flatMap((id): [string, CorrelationRule][] => {
      const inner = innerOf(rule, id);
      return inner === undefined ? [] : [[id, inner]];
    }),
  );
  const copies = new Set(ordered.filter((rule) => byId.get(rule.id) !== rule));
  const referrers = new Map<string, { order: number; index: number }[]>();
  for (const [order, rule] of ordered.entries()) {
    for (const [index, written] of rule.rules.entries()) {
      const id = innerOf(rule, written)?.id ?? written;
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

  const groupsOf: Layers['groupsOf'] = (rule, { body, at }, satisfied) => {
    const detected = new Set(satisfied);
    const entry = new Values(body, readField, at);
    const known = new Map<CorrelationRule, readonly (readonly KeyPart[])[]>();
    const groups = (correlation: CorrelationRule): readonly (readonly KeyPart[])[] => {
      const before = known.get(correlation);
      if (before !== undefined) return before;
      known.set(correlation, []);
      const found = new Map<string, readonly KeyPart[]>();
      const isCounted = correlation.filter === undefined || holds(correlation.filter, entry);
      for (const id of isCounted ? correlation.rules : []) {
        const inner = innerOf(correlation, id);
        for (const below of inner !== undefined ? groups(inner) : detected.has(id) ? [[]] : []) {
          const group = groupOf(correlation, id, body, below, readField);
          if (group !== null) found.set(groupText(group), group);
        }
      }
      known.set(correlation, [...found.values()]);
      return [...found.values()];
    };
    return groups(rule);
  };

  return { ordered, copies, referrers, groupsOf, detectionsOf };
}

/**
 * Returns a function that finds a correlation that another one refers to: where that has a filter, a copy that has it too.
 * Those that have the same filters share their copies.
 */
function createCopier(
  byId: ReadonlyMap<string, CorrelationRule>,
): (rule: CorrelationRule, id: string) => CorrelationRule | undefined {
  const copies = new Map<string, CorrelationRule>();
  /** Of each copy: the id of what it is a copy of. */
  const origins = new Map<CorrelationRule, string>();
  return (rule, id) => {
    const inner = byId.get(id);
    if (inner === undefined || rule.filter === undefined) return inner;
    const origin = origins.get(rule) ?? rule.id;
    const isFiltered = byId.get(origin)?.filter !== undefined;
    const filteredBy = [...new Set([...(rule.filteredBy ?? []), ...(isFiltered ? [origin] : [])])].sort();
    const copyId = [id, ...filteredBy].join('\t');
    const known = copies.get(copyId);
    if (known !== undefined || copies.size === COPIES_MAX) return known ?? inner;
    const of = [...new Set([...filteredBy, id])].flatMap((each) => byId.get(each)?.filter ?? []);
    const copy: CorrelationRule = { ...inner, id: copyId, filter: { kind: 'and', of }, filteredBy };
    copies.set(copyId, copy);
    origins.set(copy, id);
    return copy;
  };
}
