/**
 * The fields of an entry one by one, and which of them matched.
 *
 * Contract: pure; never throws, however deep the JSON is; at most `FIELDS_MAX` fields.
 */
import type { EntryBody } from '../../../audit-log/entry.ts';
import type { Evidence } from '../../../sigma/index.ts';
import { jsonText } from '../../../text/json.ts';

/** The JSON below the table has the rest. */
const FIELDS_MAX = 500;
/** Deeper values are shown as JSON in one piece. */
const DEPTH_MAX = 8;

export interface Field {
  /** `actor.id`, `tags[0]`. */
  readonly path: string;
  /** The string itself, or the value as JSON. */
  readonly text: string;
  readonly kind: 'text' | 'other';
}

export interface Fields {
  readonly fields: readonly Field[];
  /** There are more than `FIELDS_MAX`. */
  readonly more: boolean;
}

/**
 * The fields in the entry's order, nested ones by their path.
 *
 * @example fieldsOf({ actor: { id: 'a' }, tags: ['x'] }) // actor.id = a, tags[0] = x
 */
export function fieldsOf(body: EntryBody): Fields {
  const fields: Field[] = [];
  const waiting: { path: string; value: unknown; depth: number }[] = [];
  const push = (members: readonly (readonly [string, unknown])[], depth: number): void => {
    for (let i = Math.min(members.length, FIELDS_MAX + 1) - 1; i >= 0; i--) {
      const [path, value] = members[i] ?? ['', null];
      waiting.push({ path, value, depth });
    }
  };
  push(Object.entries(body), 1);
  while (waiting.length > 0 && fields.length < FIELDS_MAX) {
    const { path, value, depth } = waiting.pop() ?? { path: '', value: null, depth: 1 };
    if (typeof value === 'string') fields.push({ path, text: value, kind: 'text' });
    else if (typeof value !== 'object' || value === null) fields.push({ path, text: String(value), kind: 'other' });
    else if (depth >= DEPTH_MAX || Object.keys(value).length === 0) {
      fields.push({ path, text: jsonText(value) ?? (Array.isArray(value) ? '[…]' : '{…}'), kind: 'other' });
    } else if (Array.isArray(value)) {
      const members = value.slice(0, FIELDS_MAX + 1).map((member, i) => [`${path}[${i}]`, member] as const);
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

/** The evidence that this field's value matched. */
export function evidenceFor(field: Field, evidence: readonly Evidence[]): readonly Evidence[] {
  const path = field.path.replace(/\[\d+\]/g, '');
  return evidence.filter((of) => (of.field === null || of.field === path) && isValue(of.value, field.text));
}

/** Evidence has at most so many characters of a value. */
const EVIDENCE_CHARS = 256;

function isValue(evidence: string, text: string): boolean {
  const stored = text.length <= EVIDENCE_CHARS ? text : text.slice(0, EVIDENCE_CHARS).toWellFormed();
  return evidence === stored;
}
