/**
 * The identity of JSON values as text: two values have the same text if and only if they are the same.
 *
 * Contract: pure; never throws, however deep a value is; linear except for sorting the keys of objects. Types count (`1` is
 * not `"1"`), and so do case, the order in arrays and the form of Unicode. The order of an object's keys does not, nor how
 * a number is written (`1.0`, `1e0`, `-0`).
 */

/**
 * JSON without spaces, with the keys of every object sorted. `undefined` is null, and in an object it is left out.
 *
 * @example canonicalJson({ b: [1.0], a: '1' }) // '{"a":"1","b":[1]}'
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return scalarText(value);
  let text = '';
  // A stack of our own: a value may be nested deeper than the call stack is.
  const waiting: (Written | Waiting)[] = [{ value }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') text += next;
    else if (typeof next.value !== 'object' || next.value === null) text += scalarText(next.value);
    else unfold(next.value, waiting);
  }
  return text;
}

/** Text to add as it is, and a value to write. */
type Written = string;
type Waiting = { readonly value: unknown };

/** Adds the parts of an array or object to the stack, the last of them first. */
function unfold(value: object, waiting: (Written | Waiting)[]): void {
  if (Array.isArray(value)) {
    waiting.push(']');
    for (let i = value.length - 1; i >= 0; i--) waiting.push({ value: value[i] }, i > 0 ? ',' : '');
    waiting.push('[');
    return;
  }
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? 1 : -1));
  waiting.push('}');
  for (const [i, [name, member]] of entries.entries()) {
    waiting.push({ value: member }, `${i < entries.length - 1 ? ',' : ''}${JSON.stringify(name)}:`);
  }
  waiting.push('{');
}

/** Not JSON.stringify for numbers: `1e999` is read as Infinity, which it would write as null. */
function scalarText(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value ?? null);
}
