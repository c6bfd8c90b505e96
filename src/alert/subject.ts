/**
 * Whose alert it is: messages about one subject are grouped.
 *
 * Contract: pure, and never throws, whatever the entry holds. A subject is text to compare, not to show: it may hold what an
 * attacker wrote.
 */
import { entryField, NETWORK_BITS } from '../audit-log/derived-fields.ts';
import type { EntryBody } from '../audit-log/entry.ts';
import { keyOf, networkOf, type Rule } from '../sigma/index.ts';
import { safeSlice } from '../text/untrusted.ts';
import type { Alert } from './alert.ts';
import { keyText } from './key.ts';
import type { EntryView } from './notification.ts';

const SUBJECT_CHARS = 200;

/**
 * The actor of the match, else its network. A correlation that is not grouped by an actor may be over several: it has a
 * subject of its own.
 */
export function subjectOf(rule: Rule | null, { id, keyParts }: Alert, { actor, clientIp }: EntryView): string {
  const fields = rule?.kind === 'correlation' ? rule.groupBy : null;
  const isOfSeveral = fields !== null && !fields.some((field) => field.startsWith('actor.'));
  if (isOfSeveral) return `alert ${id}`;
  if (actor.id !== null) return safeSlice(`actor ${actor.id}`, SUBJECT_CHARS);
  if (clientIp !== null) return safeSlice(`network ${networkOf(clientIp, NETWORK_BITS) ?? clientIp}`, SUBJECT_CHARS);
  return safeSlice(`key ${keyParts.map(({ value }) => value ?? '').join(' ')}`, SUBJECT_CHARS);
}

/** What a field of the entry holds. */
export function fieldSubject(field: string, body: EntryBody): string {
  return safeSlice(`${field} ${keyText(keyOf([field], body, entryField))}`, SUBJECT_CHARS);
}
