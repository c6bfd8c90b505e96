/**
 * Reads fields of entries.
 *
 * Contract: at every level the flat key comes first, then the dotted path. Only own properties are read, so no entry and no
 * path can reach a prototype. A list in the path stands for its members. Never throws, whatever the JSON. Pure except
 * for the cache of readers.
 */
import type { EntryBody } from '../rule.ts';

/** Reads the value of a field; undefined if it is missing. */
export type Reader = (value: unknown) => unknown;

/**
 * The value of a field; undefined if it is missing.
 *
 * @example fieldValue({ actor: { id: 'u-1' } }, 'actor.id') // 'u-1'
 */
export function fieldValue(body: EntryBody, path: string): unknown {
  let reader = READERS.get(path);
  if (reader === undefined) {
    reader = createReader(path);
    READERS.set(path, reader);
  }
  return reader(body);
}

/** By path. Paths come from rules and code, so there are few. */
const READERS = new Map<string, Reader>();

/** Creates the reader of a field. */
export function createReader(path: string): Reader {
  const names = path.split('.');
  // From the last name to the first: each reader uses those of the rest of the path.
  const readers: Reader[] = [];
  for (let i = names.length - 1; i >= 0; i--) readers[i] = createReaderFrom(names.slice(i), readers.slice(i + 1));
  return readers[0] as Reader;
}

/** `rests[n]` reads the rest of the path after its first n + 1 names. */
function createReaderFrom(names: readonly string[], rests: readonly Reader[]): Reader {
  const whole = names.join('.');
  const heads = rests.map((rest, i): Head => ({ name: names.slice(0, i + 1).join('.'), rest }));
  // Objects from JSON only have their own properties and those of Object.prototype.
  const isOnlyOwn = !(whole in Object.prototype);
  const read: Reader = (value) => {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) return ofMembers(value, read);
    const flat = isOnlyOwn || Object.hasOwn(value, whole) ? (value as EntryBody)[whole] : undefined;
    return flat !== undefined || heads.length === 0 ? flat : firstOf(heads, value as EntryBody);
  };
  return read;
}

interface Head {
  readonly name: string;
  readonly rest: Reader;
}

function firstOf(heads: readonly Head[], value: EntryBody): unknown {
  for (let i = 0; i < heads.length; i++) {
    const { name, rest } = heads[i] as Head;
    const found = name in Object.prototype && !Object.hasOwn(value, name) ? undefined : rest(value[name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function ofMembers(members: readonly unknown[], read: Reader): unknown {
  const found: unknown[] = [];
  for (const member of members) {
    if (Array.isArray(member)) continue;
    const value = read(member);
    if (value !== undefined) found.push(value);
  }
  return found.length === 0 ? undefined : found;
}
