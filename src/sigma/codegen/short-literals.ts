/**
 * Finds literals that are too short for the table (literal-table.ts): of one to three characters, or an empty text.
 *
 * Contract: exact. A few are searched one by one, which is the fastest for usual texts; many, or some in a long text, by a
 * trie, so that the time is the text's length. Pure.
 */
import { areFew, createTrie, type Trie } from '../evaluate/search.ts';
import type { FoldedText, Found, Literal } from './literal.ts';

interface Short extends Literal {
  /** Its number in the table. */
  readonly literal: number;
  /** Whether it has letters, so that the searched text must be folded. */
  readonly hasCase: boolean;
}

export class ShortLiterals {
  readonly #all: Short[] = [];
  #trie: Trie | null = null;
  /** The numbers of those in the trie. */
  readonly #numbers = new Map<string, number>();

  get count(): number {
    return this.#all.length;
  }

  add({ text, place }: Literal, literal: number): void {
    this.#all.push({ text, place, literal, hasCase: text !== text.toUpperCase() });
    if (place === 'anywhere') this.#numbers.set(text, literal);
  }

  /** As in the table. */
  scan(raw: string, folded: FoldedText, found: Found): void {
    const all = this.#all;
    const areApart = areFew(all.length, raw.length);
    for (let i = 0; i < all.length; i++) {
      const one = all[i] as Short;
      if (one.place === 'anywhere' && !areApart) continue;
      if (isIn(one, one.hasCase ? folded.text() : raw)) found(one.literal);
    }
    if (areApart) return;
    this.#trie ??= createTrie([...this.#numbers.keys()], true);
    this.#trie.findAll([folded.text()], (text) => found(this.#numbers.get(text) as number));
  }
}

function isIn({ text, place }: Short, whole: string): boolean {
  return place === 'anywhere' ? whole.includes(text) : place === 'end' ? whole.endsWith(text) : whole === text;
}
