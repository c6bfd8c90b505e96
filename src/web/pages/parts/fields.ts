/**
 * An entry's fields one by one, with which of them made a rule match.
 *
 * Contract: pure; never throws, whatever the JSON, however deep; at most `FIELDS` rows.
 */

import type { EntryBody } from '../../../audit-log/entry.ts';
import type { Evidence } from '../../../sigma/index.ts';
import { jsonText } from '../../../text/json.ts';

/** A page of more rows helps nobody; the raw JSON has them all. */
const FIELDS = 500;
/** Deeper than this a value is shown as JSON in one piece. */
const DEEPEST = 8;

export interface Field {
  /** `actor.id`, `tags[0]`. */
  readonly path: string;
  /** As text; null, numbers and the like as JSON has them. */
  readonly text: string;
  readonly kind: 'text' | 'other';
}

export interface Fields {
  readonly fields: readonly Field[];
  /** There are more. */
  readonly more: boolean;
}

/** Every field of an entry, nested ones by their path, in the entry's own order. */
export function fieldsOf(body: EntryBody): Fields {
  const fields: Field[] = [];
  const waiting: { path: string; value: unknown; depth: number }[] = [];
  const push = (members: readonly (readonly [string, unknown])[], depth: number): void => {
    for (let i = Math.min(members.length, FIELDS + 1) - 1; i >= 0; i--) {
      const [path, value] = members[i] ?? ['', null];
      waiting.push({ path, value, depth });
    }
  };
  push(Object.entries(body), 1);
  while (waiting.length > 0 && fields.length < FIELDS) {
    const { path, value, depth } = waiting.pop() ?? { path: '', value: null, depth: 1 };
    if (typeof value === 'string') fields.push({ path, text: value, kind: 'text' });
    else if (typeof value !== 'object' || value === null) fields.push({ path, text: String(value), kind: 'other' });
    else if (depth >= DEEPEST || Object.keys(value).length === 0) {
      fields.push({ path, text: jsonText(value) ?? (Array.isArray(value) ? '[…]' : '{…}'), kind: 'other' });
    } else if (Array.isArray(value)) {
      const members = value.slice(0, FIELDS + 1).map((member, i) => [`${path}[${i}]`, member] as const);
      push(members, depth + 1);
    } else {
      push(
        Object.entries(value).map(([key, member]) => [`${path}.${key}`, member] as const),
        depth + 1,
      );
    }
  }
  return { fields, more: waiting.length > 0 };
}

/** The evidence that a field's value is, of all there is. */
export function evidenceFor(field: Field, evidence: readonly Evidence[]): readonly Evidence[] {
  const path = field.path.replace(/\[\d+\]/g, '');
  return evidence.filter((of) => (of.field === null || of.field === path) && isValue(of.value, field.text));
}

/** What evidence holds of a value, which it may have cut at 256 characters. */
const EVIDENCE_VALUE = 256;

function isValue(evidence: string, text: string): boolean {
  const cut = text.length <= EVIDENCE_VALUE ? text : text.slice(0, EVIDENCE_VALUE).toWellFormed();
  return evidence === cut;
}
