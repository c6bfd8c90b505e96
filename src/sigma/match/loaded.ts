/**
 * An entry made ready for many comparisons: each field is read once, its text folded at most once.
 *
 * Contract: a field's scalars are its value, or the members of its list, however deep; an object has none. Never
 * throws, whatever the JSON. Pure.
 */
import type { EntryBody } from '../rule.ts';
import { type Address, parseAddress } from './cidr.ts';
import { createReader, type Reader } from './field.ts';
import { fold } from './fold.ts';

export type Scalar = string | number | boolean;

/** One field of one entry: mostly a single scalar, which then costs no list. */
export class Field {
  /** Whether the entry has it, be it null. */
  readonly present: boolean;
  /** Whether it is missing, null, or a list with a null in it. */
  readonly isNull: boolean;
  /** Where it is not a single scalar: all there are, each as a field of its own. Else null. */
  readonly members: readonly Field[] | null;
  readonly #scalar: Scalar;
  #folded: string | null = null;
  #number: number | null = null;
  #address: Address | null | undefined = undefined;

  constructor(present: boolean, isNull: boolean, members: readonly Field[] | null, scalar: Scalar) {
    this.present = present;
    this.isNull = isNull;
    this.members = members;
    this.#scalar = scalar;
  }

  /** The single scalar. This and what follows have a meaning only where there are no `members`. */
  get scalar(): Scalar {
    return this.#scalar;
  }

  get text(): string {
    return typeof this.#scalar === 'string' ? this.#scalar : String(this.#scalar);
  }

  /** The text without case. */
  get folded(): string {
    this.#folded ??= fold(this.text);
    return this.#folded;
  }

  /** NaN for what is no number. */
  get number(): number {
    this.#number ??= numberOf(this.#scalar);
    return this.#number;
  }

  /** Null for what is no address. */
  get address(): Address | null {
    if (this.#address === undefined) this.#address = parseAddress(this.text);
    return this.#address;
  }
}

/** The fields that are asked for, by number, in the order they were first asked for. */
export interface FieldNumbers {
  /** Null stands for every value of an entry: what keywords look at. */
  numberOf(path: string | null): number;
  load(body: EntryBody): LoadedEntry;
}

/** Numbers the fields that rules ask for. */
export function createFieldNumbers(): FieldNumbers {
  const readers: Reader[] = [];
  const known = new Map<string | null, number>();
  return {
    numberOf: (path) => {
      const number = known.get(path) ?? readers.length;
      if (number === readers.length) {
        readers.push(path === null ? everyScalar : createReader(path));
        known.set(path, number);
      }
      return number;
    },
    load: (body) => new LoadedEntry(body, readers),
  };
}

/** One entry, its fields read when they are asked for. */
export class LoadedEntry {
  readonly #body: EntryBody;
  readonly #readers: readonly Reader[];
  readonly #fields: (Field | undefined)[];

  constructor(body: EntryBody, readers: readonly Reader[]) {
    this.#body = body;
    this.#readers = readers;
    this.#fields = new Array(readers.length);
  }

  field(number: number): Field {
    return this.#fields[number] ?? this.#load(number);
  }

  #load(number: number): Field {
    const field = fieldOf(this.#readers[number]?.(this.#body));
    this.#fields[number] = field;
    return field;
  }
}

const MISSING = new Field(false, true, [], '');
const NULL = new Field(true, true, [], '');

function fieldOf(value: unknown): Field {
  if (isScalar(value)) return new Field(true, false, null, value);
  if (value === undefined) return MISSING;
  if (value === null) return NULL;
  const scalars: Scalar[] = [];
  const isNull = collect(value, scalars, false);
  return new Field(
    true,
    isNull,
    scalars.map((scalar) => new Field(true, false, null, scalar)),
    '',
  );
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Puts the scalars of a value into `into`; tells whether it is or has a null. */
function collect(value: unknown, into: Scalar[], objects: boolean): boolean {
  let isNull = false;
  // A stack of our own: an entry may be nested deeper than the call stack is.
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (next === null) isNull = true;
    else if (isScalar(next)) into.push(next);
    else if (Array.isArray(next)) for (let i = next.length - 1; i >= 0; i--) waiting.push(next[i]);
    else if (objects && typeof next === 'object')
      for (const member of Object.values(next).reverse()) waiting.push(member);
  }
  return isNull;
}

function everyScalar(body: unknown): readonly Scalar[] {
  const scalars: Scalar[] = [];
  collect(body, scalars, true);
  return scalars;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** A longer text is no number anyone compares with. */
const NUMBER_TEXT_LIMIT = 40;

function numberOf(value: Scalar): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean' || value.length > NUMBER_TEXT_LIMIT || !NUMBER.test(value)) return Number.NaN;
  return Number(value);
}
