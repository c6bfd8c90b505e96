/**
 * Into which group of a correlation an entry belongs, and with which value.
 *
 * Contract: pure. A group is the values of the `group-by` fields, each read through the alias for the rule that
 * matched where there is one. An entry that lacks one of them belongs to no group. Values compare as text and by case.
 */

import { fieldValue } from '../evaluate/field.ts';
import { AS, isScalar } from '../evaluate/loaded.ts';
import type { CorrelationRule, EntryBody } from '../rule.ts';

/** A field and its value as text: one part of a group or dedup key. */
export interface KeyPart {
  readonly field: string;
  readonly value: string;
}

/**
 * The group of an entry that satisfied rule `ruleId`; null where it lacks a field of `group-by`. Where the rule is a
 * correlation that fired, `below` is its group: those fields it has whatever the entry holds.
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
 * The value of a happening, of a correlation that looks at one (see `Happening.value`); null where the entry lacks it
 * (of several fields: one of them), or where it is no number and should be.
 */
export function eventValue(
  correlation: CorrelationRule,
  ruleId: string,
  body: EntryBody,
  below: readonly KeyPart[] = [],
): string | number | null {
  const values = correlation.fields.map((field) => read(correlation, field, ruleId, body, below));
  const share = correlation.type === 'value_percentile' && correlation.percentile === null;
  if (correlation.type !== 'value_count' && !share) return numberOf(values[0]);
  const texts = values.map(textOf);
  if (texts.includes(null)) return null;
  return texts.length === 1 ? (texts[0] ?? null) : JSON.stringify(texts);
}

/** A group's values as one text: of two groups of a correlation the same only where they are one. */
export function groupText(group: readonly KeyPart[]): string {
  const [first] = group;
  return first !== undefined && group.length === 1 ? first.value : JSON.stringify(group.map(({ value }) => value));
}

/** The values of `fields` in an entry, the missing ones as "". */
export function keyOf(fields: readonly string[], body: EntryBody): readonly KeyPart[] {
  return fields.map((field) => ({ field, value: textOf(fieldValue(body, field)) ?? '' }));
}

/** What cannot be written, being nested too deep, is one value: that entry is grouped and counted as well. */
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

/** A field of `group-by` or a value's, through its alias for the rule. */
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

/** A number, or text that is one. */
function numberOf(value: unknown): number | null {
  const number = isScalar(value) ? AS.number(value) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}
