/**
 * Reads fields of entries.
 *
 * Contract: at every level the flat key comes first, then the dotted path. Only own properties are read, so no entry and no
 * path can reach a prototype. A list in the path stands for its members. Never throws, whatever the JSON. Takes time
 * linear in the value: the names that lead to a part of it leave one rest of the path to read. Pure except for the cache
 * of splits.
 */
import type { EntryBody } from '../rule.ts';

/** Reads a field of an entry; undefined if it is missing. */
export type ReadField = (entry: EntryBody, path: string) => unknown;

/** Fields that are computed from an entry when they are read, by name. Undefined: the entry has nothing to compute it from. */
export type DerivedFields = ReadonlyMap<string, (entry: EntryBody) => unknown>;

/** Reads fields, derived ones too. What an entry has itself under the name of a derived field takes precedence. */
export function createReadField(derived: DerivedFields): ReadField {
  return (entry, path) => {
    const value = fieldValue(entry, path);
    return value === undefined ? derived.get(path)?.(entry) : value;
  };
}

/**
 * The value of a field of an entry, or of a part of one; undefined if it is missing.
 *
 * @example fieldValue({ actor: { id: 'u-1' } }, 'actor.id') // 'u-1'
 */
export function fieldValue(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return ofMembers(value, path);
  const flat = own(value, path);
  if (flat !== undefined) return flat;
  for (const [head, rest] of splitsOf(path)) {
    const found = fieldValue(own(value, head), rest);
    if (found !== undefined) return found;
  }
  return undefined;
}

function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as { readonly [name: string]: unknown })[name] : undefined;
}

function ofMembers(members: readonly unknown[], path: string): unknown {
  const found: unknown[] = [];
  for (const member of members) {
    const value = Array.isArray(member) ? undefined : fieldValue(member, path);
    if (value !== undefined) found.push(value);
  }
  return found.length === 0 ? undefined : found;
}

/** A path's ways to be a name and the rest, the shortest name first. */
function splitsOf(path: string): readonly (readonly [head: string, rest: string])[] {
  const known = SPLITS.get(path);
  if (known !== undefined) return known;
  const splits = [...path.matchAll(/\./g)].map(({ index }) => [path.slice(0, index), path.slice(index + 1)] as const);
  SPLITS.set(path, splits);
  return splits;
}

/** By path. Paths come from rules and code, so there are few. */
const SPLITS = new Map<string, readonly (readonly [head: string, rest: string])[]>();
