/**
 * Finds the group of a correlation that an entry belongs to, and its value there.
 *
 * Contract: pure. A group is the values of the `group-by` fields, each read through the matched rule's alias if there is
 * one. An entry without one of these fields belongs to no group. Values compare as text, case-sensitively.
 */

import { fieldValue } from '../evaluate/field.ts';
import { numberOf } from '../evaluate/number.ts';
import { isScalar } from '../evaluate/scalar.ts';
import type { CorrelationRule, EntryBody } from '../rule.ts';

/** A field and its value as text: one part of a group or dedup key. */
export interface KeyPart {
  readonly field: string;
  readonly value: string;
}

/**
 * The group of an entry that satisfied rule `ruleId`; null if a field of `group-by` is missing. If the rule is a
 * correlation, `below` is its group, whose fields take precedence over the entry's.
 */
export function groupOf(
  correlation: CorrelationRule,
  ruleId: string,
  body: EntryBody,
  below: readonly KeyPart[] = [],
): readonly KeyPart[] | null {
  const parts: KeyPart[] = [];
  for (const field of correlation.groupBy) {
    const value = textOf(read(correlation, field, ruleId, body, below));
    if (value === null) return null;
    parts.push({ field, value });
  }
  return parts;
}

/**
 * The value of an event for a correlation that needs one (see `WindowEvent.value`); null if the entry lacks it (with
 * several fields: any of them), or if it should be a number and is not.
 */
export function eventValue(
  correlation: CorrelationRule,
  ruleId: string,
  body: EntryBody,
  below: readonly KeyPart[] = [],
): string | number | null {
  const values = correlation.fields.map((field) => read(correlation, field, ruleId, body, below));
  const share = correlation.type === 'value_percentile' && correlation.percentile === null;
  if (correlation.type !== 'value_count' && !share) return numericValue(values[0]);
  const texts = values.map(textOf);
  if (texts.includes(null)) return null;
  return texts.length === 1 ? (texts[0] ?? null) : JSON.stringify(texts);
}

/** A group's values as one text, unique among the groups of a correlation. */
export function groupText(group: readonly KeyPart[]): string {
  const [first] = group;
  return first !== undefined && group.length === 1 ? first.value : JSON.stringify(group.map(({ value }) => value));
}

/** The values of `fields` in an entry; missing ones are "". */
export function keyOf(fields: readonly string[], body: EntryBody): readonly KeyPart[] {
  return fields.map((field) => ({ field, value: textOf(fieldValue(body, field)) ?? '' }));
}

/** Stands for any value nested too deeply for JSON.stringify, so that its entry is grouped and counted too. */
const TOO_DEEP = '…';

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    return TOO_DEEP;
  }
}

/** Reads a field of `group-by` or of the condition, through its alias for the rule. */
function read(
  { aliases }: CorrelationRule,
  name: string,
  ruleId: string,
  body: EntryBody,
  below: readonly KeyPart[],
): unknown {
  const fields = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  const field = fields !== undefined && Object.hasOwn(fields, ruleId) ? (fields[ruleId] ?? name) : name;
  return below.find((part) => part.field === field)?.value ?? fieldValue(body, field);
}

/** The value of a number, or of text that is one. */
function numericValue(value: unknown): number | null {
  const number = isScalar(value) ? numberOf(value) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}
