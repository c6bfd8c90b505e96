/** Checks of plain data for fakes of vendors, stricter than the vendors: unknown fields are errors. Pure. */

export type Fields = { readonly [field: string]: unknown };
/** The problem of `value`, found at `at`; null: no problem. */
export type Check = (value: unknown, at: string) => string | null;

/** The first problem. */
export function first(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}

/** Text of 1 to `most` UTF-16 units, well formed. */
export const text =
  (most: number): Check =>
  (value, at) => {
    if (typeof value !== 'string' || value.length === 0) return `${at} is not text`;
    if (!value.isWellFormed()) return `${at} is not well formed`;
    return value.length <= most ? null : `${at} has ${value.length} characters, more than ${most}`;
  };

/** One of these values. */
export const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value, at) =>
    allowed.includes(value) ? null : `${at} is ${JSON.stringify(value)}`;

/** A list of 1 to `most`. */
export const list =
  (most: number, each: Check): Check =>
  (value, at) => {
    if (!Array.isArray(value) || value.length === 0) return `${at} is not a list`;
    if (value.length > most) return `${at} has ${value.length}, more than ${most}`;
    return first(value.map((item, i) => each(item, `${at}[${i}]`)));
  };

/** An object with these fields and no other; those whose name ends in "?" may be missing. */
export const object =
  (fields: { readonly [name: string]: Check }): Check =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${at} is not an object`;
    const known = Object.keys(fields).map((name) => name.replace('?', ''));
    const unknown = Object.keys(value).find((name) => !known.includes(name));
    if (unknown !== undefined) return `${at}.${unknown} is not known`;
    const given = value as Fields;
    return first(
      Object.entries(fields).map(([name, check]) => {
        const field = name.replace('?', '');
        if (given[field] === undefined) return name.endsWith('?') ? null : `${at}.${field} is missing`;
        return check(given[field], `${at}.${field}`);
      }),
    );
  };

/** By its `type`. */
export const byType =
  (types: { readonly [type: string]: Check }): Check =>
  (value, at) => {
    const type = String((value as Fields | null)?.['type']);
    return Object.hasOwn(types, type) ? (types[type]?.(value, at) ?? null) : `${at} is of the type ${type}`;
  };
