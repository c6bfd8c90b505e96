/**
 * Reading a field of an entry.
 *
 * Contract: the flat key first, then the dotted path, at every level; only an object's own properties, so that no
 * entry and no path reaches a prototype. A list on the way stands for its members. Never throws, whatever the JSON.
 * Pure, but for the readers it remembers.
 */
import type { EntryBody } from '../rule.ts';

/** Gives a field's value; undefined where it is missing. */
export type Reader = (value: unknown) => unknown;

/**
 * The value of a field; undefined where it is missing.
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

/** By path: these are the rules' and our own, so that they are few, and the same for every entry. */
const READERS = new Map<string, Reader>();

/** Prepares the reading of a field that many entries are asked for. */
export function createReader(path: string): Reader {
  const names = path.split('.');
  // The path from each of its names on, the last first: each reads with the help of those behind it.
  const readers: Reader[] = [];
  for (let i = names.length - 1; i >= 0; i--) readers[i] = createReaderFrom(names.slice(i), readers.slice(i + 1));
  return readers[0] as Reader;
}

/** `rests[n]` reads what is left of the path after its first n + 1 names. */
function createReaderFrom(names: readonly string[], rests: readonly Reader[]): Reader {
  const whole = names.join('.');
  const heads = rests.map((rest, i): Head => ({ name: names.slice(0, i + 1).join('.'), rest }));
  // JSON's objects have no properties but their own and those of every object.
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
