/**
 * The values of one entry, as the interpreter reads them.
 *
 * Contract: each field is read once, and brought into each form once. A null field stands for every value of the entry: what
 * keywords are compared with. Never throws, whatever the JSON.
 */
import type { EntryBody, Leaf } from '../rule.ts';
import { entryTime } from './entry-time.ts';
import { fieldValue, type ReadField } from './field.ts';
import { everyScalar, type Scalar, scalarsOf, textOf } from './scalar.ts';
import type { Form } from './scalar-test.ts';
import { lengthOf } from './search.ts';

type ByField = Map<string | null, readonly Scalar[]>;

export class Values {
  /** What the interpreter found for a leaf. */
  readonly places = new Map<Leaf, number>();
  readonly #body: EntryBody;
  readonly #readField: ReadField;
  #at: number | null | undefined;
  readonly #values = new Map<string | null, unknown>();
  readonly #lengths = new Map<string | null, number>();
  readonly #scalars: { readonly [form in Form]: ByField } = { scalar: new Map(), text: new Map(), folded: new Map() };

  /** `at`: when it occurred; by default its own time. */
  constructor(body: EntryBody, readField: ReadField = fieldValue, at?: number) {
    this.#body = body;
    this.#readField = readField;
    this.#at = at;
  }

  /** When the entry occurred, in ms since the epoch; null if it has no time. */
  get at(): number | null {
    if (this.#at === undefined) this.#at = entryTime(this.#body);
    return this.#at;
  }

  /** The value of a field; undefined if it is missing. */
  value(field: string | null): unknown {
    if (!this.#values.has(field)) {
      this.#values.set(field, field === null ? everyScalar(this.#body) : this.#readField(this.#body, field));
    }
    return this.#values.get(field);
  }

  /** The scalars of a field, each in a form. */
  in(form: Form, field: string | null): readonly Scalar[] {
    const known = this.#scalars[form].get(field);
    if (known !== undefined) return known;
    const scalars = scalarsOf(this.value(field));
    const made = form === 'scalar' ? scalars : scalars.map((scalar) => textOf(scalar, form === 'text'));
    this.#scalars[form].set(field, made);
    return made;
  }

  /** The length of a field's texts together. */
  lengthOf(field: string | null): number {
    const length = this.#lengths.get(field) ?? lengthOf(this.in('text', field) as readonly string[]);
    this.#lengths.set(field, length);
    return length;
  }
}
