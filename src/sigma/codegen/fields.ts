/**
 * The fields of one entry, as generated code reads them.
 *
 * Contract: a field is read, and brought into a form, when code first asks for it, and once. Code has no lists, no long
 * texts, and no numbers that a double can't hold: reading one sets `undecided`, and what the code then returns does not
 * count. Never throws, whatever the entry. Reused for the next entry.
 */

import { entryTime } from '../evaluate/entry-time.ts';
import type { ReadField } from '../evaluate/field.ts';
import { type DuringTest, isDuring } from '../evaluate/local-time.ts';
import { numberOf, sameDecimal } from '../evaluate/number.ts';
import { isScalar, type Scalar, textOf } from '../evaluate/scalar.ts';
import { type Matcher, matcherOf, type ScalarTest } from '../evaluate/scalar-test.ts';
import { firstRelated } from '../evaluate/search.ts';
import { APART_MAX } from '../evaluate/together.ts';
import { Values } from '../evaluate/values.ts';
import type { TextOp } from '../regex/prepared.ts';
import type { EntryBody, Leaf } from '../rule.ts';
import type { FoldedText } from './literal.ts';

/** The generated code that reads fields. `path` reads any field, slowly, and those that are derived. */
export interface ReadFields {
  /** Reads the first fields, those that the index looks at, into `values`. */
  readonly first: (entry: EntryBody, values: unknown[], path: ReadField) => void;
  /** Reads one of the other fields. */
  readonly others: readonly ((entry: EntryBody, path: ReadField) => unknown)[];
}

const UNREAD = Symbol('unread');

export class Fields {
  readonly #read: ReadFields;
  readonly #leaves: () => readonly Leaf[];
  readonly #first: number;
  readonly #readField: ReadField;
  #entry: EntryBody = {};
  #at: number | undefined;
  readonly values: unknown[];
  readonly #folded: (string | null)[];
  /** The folded texts of values that are text, for later. */
  readonly foldedTexts: readonly FoldedText[];
  /** For keywords. */
  #all: Values | null = null;
  /** Whether code can't decide, because of a field that it asked for. */
  undecided = false;

  /** `first`: how many fields the index looks at. `leaves`: those that code refers to by number. */
  constructor(read: ReadFields, first: number, leaves: () => readonly Leaf[], readField: ReadField) {
    this.#read = read;
    this.#leaves = leaves;
    this.#first = first;
    this.#readField = readField;
    const length = first + read.others.length;
    this.values = new Array(length).fill(UNREAD);
    this.#folded = new Array(length).fill(null);
    this.foldedTexts = Array.from({ length }, (_, field) => ({ text: () => this.#foldedText(field) }));
  }

  /** `at`: when it occurred; by default its own time. */
  load(entry: EntryBody, at?: number): void {
    this.#entry = entry;
    this.#at = at;
    this.#read.first(entry, this.values, this.#readField);
    for (let field = this.#first; field < this.values.length; field++) this.values[field] = UNREAD;
    for (let field = 0; field < this.#folded.length; field++) this.#folded[field] = null;
    this.#all = null;
    this.undecided = false;
  }

  /** The value as it is. */
  value(field: number): unknown {
    const known = this.values[field];
    if (known !== UNREAD) return known;
    const value = this.#read.others[field - this.#first]?.(this.#entry, this.#readField);
    this.values[field] = value;
    return value;
  }

  /** The value's text without case; undefined if it is no scalar. */
  folded(field: number): string | undefined {
    const known = this.#folded[field];
    if (typeof known === 'string' && known.length <= APART_MAX) return known;
    return this.#scalar(field) === undefined ? undefined : this.#foldedText(field);
  }

  #foldedText(field: number): string {
    const text = this.#folded[field] ?? textOf(this.values[field] as Scalar, false);
    this.#folded[field] = text;
    return text;
  }

  /** The value's text; undefined if it is no scalar. */
  text(field: number): string | undefined {
    const value = this.#scalar(field);
    return value === undefined ? undefined : textOf(value, true);
  }

  /** The value's number; NaN if it is not a number. */
  number(field: number): number {
    const value = this.value(field);
    if (typeof value === 'number') return value;
    const scalar = this.#scalar(field);
    if (scalar === undefined) return Number.NaN;
    const number = numberOf(scalar);
    if (typeof scalar === 'string' && !Number.isNaN(number) && !sameDecimal(scalar, String(number)))
      this.undecided = true;
    return number;
  }

  isNull(field: number): boolean {
    const value = this.value(field);
    if (Array.isArray(value)) this.undecided = true;
    return value === undefined || value === null;
  }

  exists(field: number): boolean {
    return this.value(field) !== undefined;
  }

  /** Whether the value matches a leaf that is not written as code. */
  matches(field: number, leaf: number): boolean {
    const { form, matches } = this.#matcher(leaf);
    const value = form === 'folded' ? this.folded(field) : form === 'text' ? this.text(field) : this.#scalar(field);
    return value !== undefined && matches(value);
  }

  /** Whether any value of the entry matches a keyword. Values that are long together leave it undecided. */
  anyMatches(leaf: number): boolean {
    this.#all ??= new Values(this.#entry, this.#readField, this.#at);
    if (this.#all.lengthOf(null) > APART_MAX) {
      this.undecided = true;
      return false;
    }
    const { form, matches } = this.#matcher(leaf);
    return this.#all.in(form, null).some(matches);
  }

  /** Whether the entry's time satisfies a leaf. */
  isDuring(leaf: number): boolean {
    const { test } = this.#leaves()[leaf] as Leaf & { readonly test: DuringTest };
    return isDuring(test, this.#at ?? entryTime(this.#entry));
  }

  /** Whether the texts of two fields are equal, or one contains the other … */
  related(field: number, other: number, op: TextOp, cased: boolean): boolean {
    const text = cased ? this.text(field) : this.folded(field);
    const searched = cased ? this.text(other) : this.folded(other);
    return text !== undefined && searched !== undefined && firstRelated([text], [searched], op) === 0;
  }

  #matcher(leaf: number): Matcher {
    return matcherOf((this.#leaves()[leaf] as Leaf).test as ScalarTest);
  }

  #scalar(field: number): Scalar | undefined {
    const value = this.value(field);
    const isLong = typeof value === 'string' && value.length > APART_MAX;
    if (isLong || Array.isArray(value)) this.undecided = true;
    return isLong || !isScalar(value) ? undefined : value;
  }
}
