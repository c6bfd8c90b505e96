/**
 * The dedup key of a match, and keys as text: to store and compare, and to show.
 *
 * Contract: pure; never throws, whatever the JSON. Two keys have one text only if they have the same fields and values:
 * null and missing are one, every other value is the same only as JSON of the same type. Shown, values of different types
 * may look alike.
 */
import { entryField } from '../audit-log/derived-fields.ts';
import type { EntryBody } from '../audit-log/entry.ts';
import { FIRST_SEEN, type KeyPart, keyOf, networkOf, type Rule } from '../sigma/index.ts';
import { canonicalJson } from '../text/canonical-json.ts';
import { sha256Hex } from '../text/sha256.ts';

/** Longer keys are cut: attackers write their values. */
const KEY_TEXT_MAX = 512;
/** How many characters of a value are kept to be shown. */
const SHOWN_VALUE_MAX = 256;

/** A part of a key as people see it. */
export interface ShownKeyPart {
  readonly field: string;
  /** Null where the field is null or missing. */
  readonly value: string | null;
}

/**
 * The dedup key of a match: `dedup.by`, else the correlation's `group` (of `first_seen` without groups: the new value),
 * else the actor's id, else the address (IPv6 by its /64), else that both are missing. `group`: null for a detection.
 */
export function dedupKey(rule: Rule, body: EntryBody, group: readonly KeyPart[] | null): readonly KeyPart[] {
  const { dedupBy } = rule.tocsin;
  if (dedupBy !== null) return keyOf(dedupBy, body, entryField);
  if (group?.length === 0 && rule.kind === 'correlation' && rule.type === FIRST_SEEN)
    return keyOf(rule.fields, body, entryField);
  if (group !== null) return group;
  const [actor, address] = keyOf(['actor.id', 'client_ip'], body) as [KeyPart, KeyPart];
  if (actor.value !== null) return [actor];
  if (address.value === null) return [actor, address];
  return [
    typeof address.value === 'string' ? { ...address, value: networkOf(address.value) ?? address.value } : address,
  ];
}

/** A key as text to store and compare: JSON of its fields and values. A long one is its beginning and a SHA-256 of it all. */
export function keyText(parts: readonly KeyPart[]): string {
  const text = `{${parts.map(({ field, value }) => `${JSON.stringify(field)}:${canonicalJson(value)}`).join(',')}}`;
  return text.length <= KEY_TEXT_MAX ? text : `${text.slice(0, KEY_TEXT_MAX).toWellFormed()}#${sha256Hex(text)}`;
}

/** A key as people see it: texts as they are, anything else as JSON; long values cut. */
export function shownKey(parts: readonly KeyPart[]): readonly ShownKeyPart[] {
  return parts.map(({ field, value }) => {
    if (value === null) return { field, value };
    const text = typeof value === 'string' ? value : canonicalJson(value);
    return { field, value: text.slice(0, SHOWN_VALUE_MAX) };
  });
}
