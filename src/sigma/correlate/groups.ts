/**
 * Which correlations a match feeds, and into which group.
 *
 * Contract: pure. A group is the values of the `group-by` fields, each read through the alias for the rule that
 * matched where there is one. An entry that lacks one of them belongs to no group. Values compare as text and by case.
 */

import { fieldValue } from '../match/field.ts';
import type { CorrelationRule, EntryBody } from '../rule.ts';

/** A field and its value as text: one part of a group or dedup key. */
export interface KeyPart {
  readonly field: string;
  readonly value: string;
}

/** Rule id → the correlations that refer to it, in the rules' order. */
export function correlationsByRule(
  correlations: readonly CorrelationRule[],
): ReadonlyMap<string, readonly CorrelationRule[]> {
  const index = new Map<string, CorrelationRule[]>();
  for (const correlation of correlations) {
    for (const id of new Set(correlation.rules)) {
      const list = index.get(id);
      if (list === undefined) index.set(id, [correlation]);
      else list.push(correlation);
    }
  }
  return index;
}

/** The group an entry that matched rule `ruleId` belongs to; null where it lacks a field of `group-by`. */
export function groupOf(correlation: CorrelationRule, ruleId: string, body: EntryBody): readonly KeyPart[] | null {
  const parts: KeyPart[] = [];
  for (const field of correlation.groupBy) {
    const value = textOf(fieldValue(body, correlation.aliases[field]?.[ruleId] ?? field));
    if (value === null) return null;
    parts.push({ field, value });
  }
  return parts;
}

/** The values of `fields` in an entry, the missing ones as "". */
export function keyOf(fields: readonly string[], body: EntryBody): readonly KeyPart[] {
  return fields.map((field) => ({ field, value: textOf(fieldValue(body, field)) ?? '' }));
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
