/**
 * An entry made ready for many comparisons: each field read once, its texts folded at most once.
 *
 * Contract: a field's scalars are its value, or the members of its list, however deep; an object has none. Never
 * throws, whatever the JSON. Pure.
 */
import type { EntryBody } from '../rule.ts';
import { type Address, parseAddress } from './cidr.ts';
import { fieldValue } from './field.ts';
import { fold } from './fold.ts';

export type Scalar = string | number | boolean;

/** One field of one entry. */
export class LoadedField {
  /** Whether the entry has it, be it null. */
  readonly present: boolean;
  /** Whether it is missing, null, or a list with a null in it. */
  readonly isNull: boolean;
  readonly scalars: readonly Scalar[];
  #texts: readonly string[] | null = null;
  #folded: readonly string[] | null = null;
  #numbers: readonly number[] | null = null;
  #addresses: readonly (Address | null)[] | null = null;

  constructor(value: unknown) {
    const scalars: Scalar[] = [];
    this.present = value !== undefined;
    this.isNull = collect(value, scalars, false);
    this.scalars = scalars;
  }

  get texts(): readonly string[] {
    this.#texts ??= this.scalars.map(String);
    return this.#texts;
  }

  /** Without case. */
  get folded(): readonly string[] {
    this.#folded ??= this.texts.map(fold);
    return this.#folded;
  }

  /** NaN for what is no number. */
  get numbers(): readonly number[] {
    this.#numbers ??= this.scalars.map(numberOf);
    return this.#numbers;
  }

  /** Null for what is no address. */
  get addresses(): readonly (Address | null)[] {
    this.#addresses ??= this.texts.map(parseAddress);
    return this.#addresses;
  }
}

/** One entry, its fields read when they are asked for. */
export class LoadedEntry {
  readonly #body: EntryBody;
  readonly #paths: readonly (string | null)[];
  readonly #fields: (LoadedField | undefined)[];

  /** `paths`: the fields by number; null stands for every value of the entry. */
  constructor(body: EntryBody, paths: readonly (string | null)[]) {
    this.#body = body;
    this.#paths = paths;
    this.#fields = new Array(paths.length);
  }

  field(index: number): LoadedField {
    const known = this.#fields[index];
    if (known !== undefined) return known;
    const path = this.#paths[index] ?? null;
    const loaded = new LoadedField(path === null ? everyValue(this.#body) : fieldValue(this.#body, path));
    this.#fields[index] = loaded;
    return loaded;
  }
}

/** Puts the scalars of a value into `into`; tells whether it is or has a null. */
function collect(value: unknown, into: Scalar[], objects: boolean): boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    into.push(value);
    return false;
  }
  let isNull = value === undefined;
  // A stack of our own: an entry may be nested deeper than the call stack is.
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (next === null) isNull = true;
    else if (typeof next === 'string' || typeof next === 'number' || typeof next === 'boolean') into.push(next);
    else if (Array.isArray(next)) for (let i = next.length - 1; i >= 0; i--) waiting.push(next[i]);
    else if (objects && typeof next === 'object')
      for (const member of Object.values(next).reverse()) waiting.push(member);
  }
  return isNull;
}

function everyValue(body: EntryBody): readonly Scalar[] {
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
