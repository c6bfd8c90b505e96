/**
 * An entry made ready for many comparisons: a field is brought into a form when it is first asked for in that form, and
 * once.
 *
 * Contract: a field's scalars are its value, or the members of its list, however deep; an object has none. A single
 * scalar, which is what most fields are, takes no list. Never throws, whatever the JSON. Pure.
 */
import type { Address, EntryBody } from '../rule.ts';
import { ipv4Number, parseAddress } from './cidr.ts';
import { createReader, type Reader } from './field.ts';
import { fold } from './fold.ts';

export type Scalar = string | number | boolean;

/** What comparisons want scalars to be. */
export interface Forms {
  readonly scalar: Scalar;
  readonly text: string;
  /** Text without case. */
  readonly folded: string;
  /** NaN for what is no number. */
  readonly number: number;
  /** Of no groups for what is no address. */
  readonly address: Address;
  /** NaN for what is no IPv4 address. */
  readonly ipv4: number;
}
/** What is asked of a field as a whole: whether it is missing or null, or has a null in it; whether it is there. */
export type WholeForm = 'null' | 'exists';
export type Form = keyof Forms | WholeForm;

const NO_ADDRESS: Address = [];

/** A scalar in each form. */
export const AS: { readonly [F in keyof Forms]: (scalar: Scalar) => Forms[F] } = {
  scalar: (scalar) => scalar,
  text: textOf,
  folded: (scalar) => fold(textOf(scalar)),
  number: numberOf,
  address: (scalar) => parseAddress(textOf(scalar)) ?? NO_ADDRESS,
  ipv4: (scalar) => ipv4Number(parseAddress(textOf(scalar))),
};

/** All scalars of a field, where it is not a single one. */
export class Several<T> {
  readonly all: readonly T[];

  constructor(all: readonly T[]) {
    this.all = all;
  }
}

const NONE = new Several<never>([]);

/** One entry, until the next is loaded. */
export interface LoadedEntry {
  /** The value of a field, by the field's number; undefined where it has none. */
  value(number: number): unknown;
  /**
   * Fields in a form, by the number of the column: `Forms[F] | Several<Forms[F]>`, of the whole a boolean; undefined
   * until it is prepared.
   */
  readonly columns: readonly unknown[];
  prepare(column: number): unknown;
}

/** The fields that rules ask for, and in which forms: each has a number, the same however often it is asked for. */
export interface FieldTable {
  /** Null stands for every value of an entry: what keywords look at. */
  fieldOf(path: string | null): number;
  columnOf(path: string | null, form: Form): number;
  /** Loads an entry in the place of the one before it. */
  load(body: EntryBody): LoadedEntry;
}

export function createFieldTable(): FieldTable {
  const fields = new Map<string | null, number>();
  const readers: Reader[] = [];
  const numbers = new Map<string, number>();
  const sources: { readonly reader: Reader; readonly form: Form }[] = [];
  const columns: unknown[] = [];
  let loaded: EntryBody = {};
  const fieldOf = (path: string | null): number => {
    const number = fields.get(path) ?? readers.length;
    if (number === readers.length) {
      readers.push(path === null ? everyScalar : createReader(path));
      fields.set(path, number);
    }
    return number;
  };
  const entry: LoadedEntry = {
    value: (number) => (readers[number] as Reader)(loaded),
    columns,
    prepare: (column) => {
      const { reader, form } = sources[column] as (typeof sources)[number];
      const value = reader(loaded);
      let made: unknown;
      if (form === 'null') made = isNull(value);
      else if (form === 'exists') made = value !== undefined;
      // What most are, without a call more.
      else if (form === 'folded' && typeof value === 'string') made = fold(value);
      else if (form === 'number' && typeof value === 'number') made = value;
      else made = prepared(value, AS[form] as (scalar: Scalar) => unknown);
      columns[column] = made;
      return made;
    },
  };
  return {
    fieldOf,
    columnOf: (path, form) => {
      const field = fieldOf(path);
      const key = `${form} ${field}`;
      const number = numbers.get(key) ?? sources.length;
      if (number === sources.length) {
        sources.push({ reader: readers[field] as Reader, form });
        columns.push(undefined);
        numbers.set(key, number);
      }
      return number;
    },
    load: (body) => {
      loaded = body;
      columns.fill(undefined);
      return entry;
    },
  };
}

function prepared<T>(value: unknown, as: (scalar: Scalar) => T): T | Several<T> {
  if (isScalar(value)) return as(value);
  return value === undefined || value === null ? NONE : new Several(scalarsOf(value).map(as));
}

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Whether a field's value is missing or null, or a list with a null in it. */
export function isNull(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && collect(value, [], false));
}

/** The scalars of a field's value. */
export function scalarsOf(value: unknown): readonly Scalar[] {
  const scalars: Scalar[] = [];
  collect(value, scalars, false);
  return scalars;
}

/** The scalars of all fields. */
export function everyScalar(body: unknown): readonly Scalar[] {
  const scalars: Scalar[] = [];
  collect(body, scalars, true);
  return scalars;
}

/** Puts the scalars of a value into `into`; tells whether it is or has a null. */
function collect(value: unknown, into: Scalar[], objects: boolean): boolean {
  let hasNull = false;
  // A stack of our own: an entry may be nested deeper than the call stack is.
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (next === null) hasNull = true;
    else if (isScalar(next)) into.push(next);
    else if (Array.isArray(next)) for (let i = next.length - 1; i >= 0; i--) waiting.push(next[i]);
    else if (objects && typeof next === 'object')
      for (const member of Object.values(next).reverse()) waiting.push(member);
  }
  return hasNull;
}

function textOf(scalar: Scalar): string {
  return typeof scalar === 'string' ? scalar : String(scalar);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** A longer text is no number anyone compares with. */
const NUMBER_TEXT_MAX = 40;

function numberOf(value: Scalar): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean' || value.length > NUMBER_TEXT_MAX || !NUMBER.test(value)) return Number.NaN;
  return Number(value);
}
