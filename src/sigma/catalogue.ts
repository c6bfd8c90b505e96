/**
 * What is known of a log's entries: their fields, and which values these have.
 *
 * Plain data that the library's user gives (`ParseOptions.fields`): with it, rules are checked for fields that no entry has
 * and values that none can have.
 */

/** How sure it is: the log's vendor says so, somebody has seen it, or it is likely. */
export type Certainty = 'documented' | 'observed' | 'guessed';

/** Values by how sure they are. */
export type KnownValues = { readonly [C in Certainty]?: readonly string[] };

/** A field of an entry, with dots for nested ones. */
export interface KnownField {
  readonly name: string;
  /** `any`: not known, so values are not checked. */
  readonly type: 'text' | 'number' | 'boolean' | 'any';
  readonly certainty: Certainty;
  /** What it is, for people. */
  readonly about: string;
  /** What its texts look like. */
  readonly format?: FieldFormat;
  /** Of a number: the least and the greatest, both whole. */
  readonly range?: readonly [least: number, greatest: number];
  readonly values?: KnownValues;
  /** Whether there are no other values than these. Else one that is not among them is only unseen. */
  readonly closed?: boolean;
  /** Whether every entry has it, and not null. */
  readonly always?: boolean;
  /** Words that people may use in its values, and the ones of the log. */
  readonly words?: { readonly [word: string]: string };
  /** What it is called in other logs and schemas. */
  readonly aka?: readonly string[];
}

/**
 * `action`: a resource, a dot and a verb. `address`: an IP address. `network`: its /24 or /64. `time`: RFC 3339. `path`: of a
 * request; in `values`, `{id}` stands for one part. `template`: such a path without query, with `{id}` for each id.
 */
export type FieldFormat = 'action' | 'address' | 'network' | 'time' | 'path' | 'template';

/** The fields of a log, each once. */
export type FieldCatalogue = readonly KnownField[];

/** All known values of a field, the surest first. */
export function valuesOf({ values }: KnownField): readonly string[] {
  return [...(values?.documented ?? []), ...(values?.observed ?? []), ...(values?.guessed ?? [])];
}
