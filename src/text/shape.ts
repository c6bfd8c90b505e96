/**
 * The shapes of parsed JSON from outside, in the Worker, where a library for it would be a twentieth of the bundle. (The
 * command line uses zod.)
 *
 * Contract: pure. A shape returns the value as its type, or throws a `Mismatch` that names the place. Unknown fields are left
 * out.
 */

/** `path`: where the value is, such as `scan.limit`; "" for the whole. */
export type Shape<T> = (value: unknown, path: string) => T;
export type ShapeOf<S> = S extends Shape<infer T> ? T : never;

class Mismatch extends Error {}

function mismatch(path: string, problem: string): never {
  throw new Mismatch(`${path === '' ? 'it' : path}: ${problem}`);
}

/** What `isOf` holds for. `problem`: follows the place, such as `is not a number`; one line. */
export function where<T>(
  of: Shape<T>,
  isOf: (value: T) => boolean,
  problem: string | ((value: T) => string),
): Shape<T> {
  return (value, path) => {
    const read = of(value, path);
    return isOf(read) ? read : mismatch(path, typeof problem === 'string' ? problem : problem(read));
  };
}

const anything: Shape<unknown> = (value) => value;
export const string = where(anything, (value) => typeof value === 'string', 'is not text') as Shape<string>;
export const boolean = where(anything, (value) => typeof value === 'boolean', 'is not a boolean') as Shape<boolean>;
export const number = where(anything, Number.isFinite, 'is not a number') as Shape<number>;

/** A number within bounds. */
export function between(least: number, most: number): Shape<number> {
  return where(number, (value) => value >= least && value <= most, `is not between ${least} and ${most}`);
}

export function oneOf<T extends string>(...words: readonly T[]): Shape<T> {
  return where(anything, (value) => words.includes(value as T), `is not one of ${words.join(', ')}`) as Shape<T>;
}

/** Null too. */
export function nullable<T>(of: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null ? null : of(value, path));
}

/** Absent too: then it is `otherwise`. */
export function orElse<T>(of: Shape<T>, otherwise: T): Shape<T> {
  return (value, path) => (value === undefined ? otherwise : of(value, path));
}

/** Absent too. */
export function optional<T>(of: Shape<T>): Shape<T | undefined> {
  return (value, path) => (value === undefined ? undefined : of(value, path));
}

export function list<T>(of: Shape<T>): Shape<readonly T[]> {
  return (value, path) =>
    Array.isArray(value)
      ? value.map((each: unknown, index) => of(each, `${path}${path === '' ? '' : '.'}${index}`))
      : mismatch(path, 'is not a list');
}

export function object<S extends { readonly [field: string]: Shape<unknown> }>(
  fields: S,
): Shape<{ readonly [field in keyof S]: ShapeOf<S[field]> }> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return mismatch(path, 'is not an object');
    const given = value as { readonly [field: string]: unknown };
    const read = Object.entries(fields).map(([field, of]) => [
      field,
      of(Object.hasOwn(given, field) ? given[field] : undefined, `${path}${path === '' ? '' : '.'}${field}`),
    ]);
    return Object.fromEntries(read) as { readonly [field in keyof S]: ShapeOf<S[field]> };
  };
}

/** An object that has no other fields. */
export function exactly<S extends { readonly [field: string]: Shape<unknown> }>(
  fields: S,
): ReturnType<typeof object<S>> {
  const of = object(fields);
  return (value, path) => {
    const read = of(value, path);
    const other = Object.keys(value as object).find((field) => !Object.hasOwn(fields, field));
    return other === undefined ? read : mismatch(other, `is not one of ${Object.keys(fields).join(', ')}`);
  };
}

/** A value that was read, or what is wrong with it. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Parsed JSON (undefined: it could not be parsed) as a shape. */
export function readShape<T>(of: Shape<T>, json: unknown): Read<T> {
  if (json === undefined) return { ok: false, problem: 'not JSON' };
  try {
    return { ok: true, value: of(json, '') };
  } catch (error) {
    if (error instanceof Mismatch) return { ok: false, problem: error.message };
    throw error;
  }
}
