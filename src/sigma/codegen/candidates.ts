/**
 * A static index: which of many rules an entry can satisfy at all.
 *
 * Contract: every rule that the entry satisfies is among the candidates. The index is built at build time (build-index.ts) from
 * what an entry must contain for a rule to be true; here its tables are made and entries are looked up. Each indexed field
 * is read through once. Pure except for reuse of the tables.
 */
import { firstAfter } from '../../text/ascending.ts';
import { ipv4Number } from '../evaluate/cidr.ts';
import { scalarsOf, textOf } from '../evaluate/scalar.ts';
import type { Fields } from './fields.ts';
import type { FoldedText } from './literal.ts';
import { type Anchored, LiteralTable } from './literal-table.ts';

/** The index as data. A rule is its number among the detections. */
export interface IndexData {
  /** Rules that are always candidates: they require no particular text. */
  readonly always: readonly number[];
  /** By the fields' numbers, from 0 on. */
  readonly fields: readonly IndexedField[];
}

/** What an entry must have in a field. */
export interface IndexedField {
  readonly literals: readonly IndexedLiteral[];
  /** Sections of IPv4, ascending; before them, from NOT_IPV4 on, that of all other texts. */
  readonly sections: readonly Section[];
}

/** From an address, as a number, to the next section's: these rules are candidates. */
interface Section {
  readonly from: number;
  readonly rules: readonly number[];
}

/** A literal of the folded text, and the rules that are candidates where it is found. */
export type IndexedLiteral = Anchored & { readonly rules: readonly number[] };

export class Candidates {
  readonly #always: Int32Array;
  readonly #bits: Int32Array;
  readonly #tables: readonly Table[];

  constructor({ always, fields }: IndexData, rules: number) {
    const words = Math.ceil(rules / 32);
    this.#always = new Int32Array(words);
    this.#bits = new Int32Array(words);
    setAll(this.#always, always);
    this.#tables = fields.map((field) => createTable(field, this.#bits));
  }

  /** The candidates as bits: bit 0 of word 0 is rule 0. Valid until the next call. */
  find(entry: Fields): Int32Array {
    for (let word = 0; word < this.#bits.length; word++) this.#bits[word] = this.#always[word] as number;
    const tables = this.#tables;
    for (let field = 0; field < tables.length; field++) {
      const value = entry.values[field];
      if (typeof value === 'string') this.#look(tables[field] as Table, value, entry.foldedTexts[field] as FoldedText);
      else if (value !== undefined && value !== null) this.#lookAtEach(tables[field] as Table, value);
    }
    return this.#bits;
  }

  #lookAtEach(table: Table, value: unknown): void {
    for (const scalar of scalarsOf(value)) {
      this.#look(table, String(scalar), { text: () => textOf(scalar, false) });
    }
  }

  #look({ literals, found, sections, starts }: Table, text: string, folded: FoldedText): void {
    if (literals !== null) literals.scan(text, folded, found);
    if (sections.length === 0) return;
    const after = firstAfter(starts, ipv4Number(text), 0);
    if (after > 0) setAll(this.#bits, (sections[after - 1] as Section).rules);
  }
}

/** What is looked for in a field. */
interface Table {
  /** Null: no literals. */
  readonly literals: LiteralTable | null;
  /** Sets the candidates of a literal. */
  readonly found: (literal: number) => void;
  readonly sections: IndexedField['sections'];
  /** Of the sections. */
  readonly starts: readonly number[];
}

function createTable({ literals, sections }: IndexedField, bits: Int32Array): Table {
  return {
    literals: literals.length === 0 ? null : new LiteralTable(literals),
    found: (literal) => setAll(bits, (literals[literal] as IndexedLiteral).rules),
    sections,
    starts: sections.map(({ from }) => from),
  };
}

function setAll(bits: Int32Array, rules: readonly number[]): void {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i] as number;
    bits[rule >> 5] = (bits[rule >> 5] as number) | (1 << (rule & 31));
  }
}
