/**
 * The values of one entry, as the interpreter reads them.
 *
 * Contract: each field is read once, and brought into each form once; each leaf is decided once. A null field stands for
 * every value of the entry: what keywords are compared with. Never throws, whatever the JSON.
 */
import type { EntryBody, Leaf } from '../rule.ts';
import { fieldValue } from './field.ts';
import { everyScalar, type Scalar, scalarsOf, textOf } from './scalar.ts';
import type { Form } from './scalar-test.ts';

export class Values {
  readonly #body: EntryBody;
  readonly #answers = new Map<Leaf, boolean>();
  readonly #known = new Map<string | null, { readonly value: unknown; readonly forms: Map<Form, readonly Scalar[]> }>();

  constructor(body: EntryBody) {
    this.#body = body;
  }

  /** The value of a field; undefined if it is missing. */
  value(field: string | null): unknown {
    return this.#read(field).value;
  }

  /** The scalars of a field, each in a form. */
  in(form: Form, field: string | null): readonly Scalar[] {
    const { value, forms } = this.#read(field);
    let scalars = forms.get(form);
    if (scalars === undefined) {
      scalars = scalarsOf(value);
      if (form !== 'scalar') scalars = scalars.map((scalar) => textOf(scalar, form === 'text'));
      forms.set(form, scalars);
    }
    return scalars;
  }

  /** What `decide` returns for a leaf. It is called once for each. */
  answer(leaf: Leaf, decide: (leaf: Leaf, entry: Values) => boolean): boolean {
    const answer = this.#answers.get(leaf) ?? decide(leaf, this);
    this.#answers.set(leaf, answer);
    return answer;
  }

  #read(field: string | null) {
    let known = this.#known.get(field);
    if (known === undefined) {
      const value = field === null ? everyScalar(this.#body) : fieldValue(this.#body, field);
      known = { value, forms: new Map() };
      this.#known.set(field, known);
    }
    return known;
  }
}
