/**
 * Reading a field of an entry.
 *
 * Contract: the flat key first, then the dotted path, at every level; only an object's own properties, so that no
 * entry and no path reaches a prototype. A list on the way stands for its members. Never throws, whatever the JSON.
 * Pure.
 */
import type { EntryBody } from '../rule.ts';

/**
 * The value of a field; undefined where it is missing.
 *
 * @example fieldValue({ actor: { id: 'u-1' } }, 'actor.id') // 'u-1'
 */
export function fieldValue(body: EntryBody, path: string): unknown {
  return within(body, path);
}

function within(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return ofMembers(value, path);
  if (Object.hasOwn(value, path)) return (value as EntryBody)[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot);
    if (!Object.hasOwn(value, head)) continue;
    const found = within((value as EntryBody)[head], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

function ofMembers(members: readonly unknown[], path: string): unknown {
  const found: unknown[] = [];
  for (const member of members) {
    if (Array.isArray(member)) continue;
    const value = within(member, path);
    if (value !== undefined) found.push(value);
  }
  return found.length === 0 ? undefined : found;
}
