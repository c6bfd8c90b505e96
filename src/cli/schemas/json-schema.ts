/** Makes JSON Schemas. Pure. */

/** A JSON Schema of draft 7, which editors know best, with the extensions of VS Code's. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** A schema for each key of a map. */
export type Properties<K extends string = string> = { readonly [key in K]: Schema };

/** A map with these keys and no others. */
export function closedMap(properties: Properties, more: Schema = {}): Schema {
  return { type: 'object', properties, additionalProperties: false, ...more };
}

export function text(description: string, more: Schema = {}): Schema {
  return { type: 'string', description, ...more };
}

/** One of a few words. */
export function oneOf(description: string, words: readonly string[]): Schema {
  return { description, enum: words };
}

/** A value, or a list of values. */
export function oneOrMore(item: Schema, description?: string): Schema {
  const schema = { anyOf: [item, { type: 'array', items: item }] };
  return description === undefined ? schema : { description, ...schema };
}

export function listOf(item: Schema, description: string): Schema {
  return { type: 'array', description, items: item };
}

/** A duration: `90s`, `5m`, `24h`, `7d`. */
export function duration(description: string): Schema {
  return text(description, {
    pattern: '^[0-9]{1,9}[smhd]$',
    patternErrorMessage: 'a number and one of s, m, h, d: 5m',
  });
}

/** A text as a part of a regular expression. */
export function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A regular expression for words, whatever their case. */
export function anyCase(words: readonly string[]): string {
  const letters = (word: string): string =>
    [...word]
      .map((char) => (/[a-z]/i.test(char) ? `[${char.toLowerCase()}${char.toUpperCase()}]` : escaped(char)))
      .join('');
  return words.map(letters).join('|');
}
