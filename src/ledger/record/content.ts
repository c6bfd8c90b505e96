/**
 * What an entry says, as far as it makes the entry another one: two records with one id and other content are an entry and
 * its revision.
 *
 * Contract: pure; never throws, whatever the JSON. Missing and null are one, among the members of a target too. The order
 * of an object's keys, how a time or a number is written, and all other fields (the actor's name, the user agent, what the
 * upstream adds) don't count.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import { fieldValue } from '../../sigma/index.ts';
import { canonicalJson } from '../../text/canonical-json.ts';

/** `created_at` counts as an instant, in ms. */
export const CONTENT_FIELDS = [
  'created_at',
  'action',
  'actor.id',
  'actor.type',
  'client_ip',
  'method',
  'path',
  'status_code',
  'target',
] as const;

/** One of the fields that count. */
export type ContentField = (typeof CONTENT_FIELDS)[number];

/** An entry as far as it is compared. `createdAt` in ms since the epoch. */
export interface Content {
  readonly createdAt: number;
  readonly body: EntryBody;
}

/** The content as text: two entries with the same id are the same if and only if it is equal. */
export function contentText(entry: Content): string {
  return canonicalJson(CONTENT_FIELDS.map((field) => contentValue(entry, field)));
}

/** The fields in which two entries differ. */
export function changedFields(before: Content, after: Content): readonly ContentField[] {
  return CONTENT_FIELDS.filter(
    (field) => canonicalJson(contentValue(before, field)) !== canonicalJson(contentValue(after, field)),
  );
}

function contentValue({ createdAt, body }: Content, field: ContentField): unknown {
  if (field === 'created_at') return createdAt;
  const value = fieldValue(body, field);
  return field === 'target' ? withoutNulls(value) : value;
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}
