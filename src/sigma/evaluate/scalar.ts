/**
 * The scalars of an entry: what comparisons compare.
 *
 * Contract: a field's scalars are its value, or the members of its list, however deep; an object has none. Never throws,
 * whatever the JSON. Pure.
 */
import { fold } from './fold.ts';

export type Scalar = string | number | boolean;

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** A scalar as text: `42` is `"42"`. */
export function textOf(scalar: Scalar, cased: boolean): string {
  const text = typeof scalar === 'string' ? scalar : String(scalar);
  return cased ? text : fold(text);
}

/** Whether a field's value is missing or null, or a list with a null in it. */
export function isNull(value: unknown): boolean {
  return value === undefined || collect(value, false).hasNull;
}

/** The scalars of a field's value. */
export function scalarsOf(value: unknown): readonly Scalar[] {
  return collect(value, false).scalars;
}

/** The scalars of all fields: what a keyword is compared with. */
export function everyScalar(body: unknown): readonly Scalar[] {
  return collect(body, true).scalars;
}

/** The scalars of a value, and whether it is or has a null; of objects too, or only of lists. */
function collect(value: unknown, objects: boolean): { readonly scalars: readonly Scalar[]; readonly hasNull: boolean } {
  const scalars: Scalar[] = [];
  let hasNull = false;
  // A stack of our own: an entry may be nested deeper than the call stack is.
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (next === null) hasNull = true;
    else if (isScalar(next)) scalars.push(next);
    else if (Array.isArray(next)) for (let i = next.length - 1; i >= 0; i--) waiting.push(next[i]);
    else if (objects && typeof next === 'object')
      for (const member of Object.values(next).reverse()) waiting.push(member);
  }
  return { scalars, hasNull };
}
