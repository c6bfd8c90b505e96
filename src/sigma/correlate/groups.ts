/**
 * Finds the group of a correlation that an entry belongs to, and its value there.
 *
 * Contract: pure. A group is the values of the `group-by` fields, each read through the matched rule's alias if there is
 * one. An entry in which one of these fields is null or missing belongs to no group. Values are the same if they are
 * the same JSON: case and type count, the order of an object's fields does not. Never throws.
 */

import { canonicalJson } from '../../text/canonical-json.ts';
import { fieldValue, type ReadField } from '../evaluate/field.ts';
import { numberOf } from '../evaluate/number.ts';
import { isScalar } from '../evaluate/scalar.ts';
import { type CorrelationRule, type EntryBody, FIRST_SEEN } from '../rule.ts';

/** A field and its value as it is in the entry: one part of a group or dedup key. */
export interface KeyPart {
  readonly field: string;
  /** Null if it is null or missing. */
  readonly value: unknown;
}

/**
 * The group of an entry that satisfied rule `ruleId`; null if a field of `group-by` is null or missing. If the rule is a
 * correlation, `below` is its group, whose fields take precedence over the entry's.
 */
export function groupOf(
  correlation: CorrelationRule,
  ruleId: string,
  body: EntryBody,
  below: readonly KeyPart[] = [],
  readField: ReadField = fieldValue,
): readonly KeyPart[] | null {
  const read = reader(correlation, ruleId, body, below, readField);
  const parts = correlation.groupBy.map((field) => ({ field, value: read(field) }));
  return parts.some(({ value }) => value === null) ? null : parts;
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
  readField: ReadField = fieldValue,
): string | number | null {
  const values = correlation.fields.map(reader(correlation, ruleId, body, below, readField));
  const { type, percentile } = correlation;
  const isIdentity =
    type === 'value_count' || type === FIRST_SEEN || (type === 'value_percentile' && percentile === null);
  if (!isIdentity) return numericValue(values[0]);
  return values.includes(null) ? null : identityOf(values);
}

/** A group's values as one text, unique among the groups of a correlation. */
export function groupText(group: readonly KeyPart[]): string {
  return identityOf(group.map(({ value }) => value));
}

/** The values of `fields` in an entry. */
export function keyOf(
  fields: readonly string[],
  body: EntryBody,
  readField: ReadField = fieldValue,
): readonly KeyPart[] {
  return fields.map((field) => ({ field, value: readField(body, field) ?? null }));
}

/** Values as one text that no others have. A single text stays short and plain, since windows keep many. */
function identityOf(values: readonly unknown[]): string {
  const [value] = values;
  return values.length === 1 && typeof value === 'string' ? `=${value}` : canonicalJson(values);
}

/** Reads fields of `group-by` and of the condition, each through its alias for the rule; null if it is null or missing. */
function reader(
  { aliases }: CorrelationRule,
  ruleId: string,
  body: EntryBody,
  below: readonly KeyPart[],
  readField: ReadField,
): (name: string) => unknown {
  return (name) => {
    const fields = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
    const field = fields !== undefined && Object.hasOwn(fields, ruleId) ? (fields[ruleId] ?? name) : name;
    return below.find((part) => part.field === field)?.value ?? readField(body, field) ?? null;
  };
}

/** The value of a number, or of text that is one. */
function numericValue(value: unknown): number | null {
  const number = isScalar(value) ? numberOf(value) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}
