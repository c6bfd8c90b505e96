/**
 * Finds all of many literals in a text in one pass.
 *
 * Contract: exact; the time is the text's length, plus one comparison for each place where the four characters chosen for
 * a literal stand. The literals' ends can be tied to the text's. Pure.
 *
 * The hash of the last four characters rolls over the text, which is preceded by marks, so that short literals at its start
 * have four characters too. A table leads from the hash to the literals it was chosen for. Those that are too short for it
 * are searched by themselves (short-literals.ts).
 */
import type { FoldedText, Found, Literal } from './literal.ts';
import { ShortLiterals } from './short-literals.ts';

/** The characters that are hashed together. */
export const GRAM = 4;
/** Stands before the text. It may occur in it, because a literal is compared before it counts. */
const MARK = 2;
const MARKS_HASH = (((MARK << 8) ^ MARK) << 8) ^ MARK;
/** So many characters are looked at before hits are compared. */
const STRETCH = 64;
/** More than a text has characters. */
const ALL = 0x3fffffff;
/** Then counting starts again from 1. */
const SCANS_MAX = 0x3fffffff;
/** ASCII letters hash the same in both cases. So do a few signs, which does no harm. */
const CASELESS = 0xffdf;

/** How far from its end of the text a literal's four characters may be, if it must be at an end. */
const FAR = 64;

/** The places, relative to its beginning, where the last of four characters of a literal can be. */
function gramEnds({ text, place }: Literal): { readonly first: number; readonly last: number } {
  const last = text.length - 1;
  switch (place) {
    case 'whole':
    case 'start':
      return { first: 0, last: Math.min(last, FAR - 1) };
    case 'end':
      return { first: Math.max(GRAM - 1, last + GRAM - FAR), last };
    case 'anywhere':
      return { first: GRAM - 1, last };
  }
}

/** The hash of the four characters that end at `end`. */
function gramAt(text: string, end: number): number {
  let hash = 0;
  for (let i = end - GRAM + 1; i <= end; i++) {
    hash = (hash << 8) ^ (i < 0 ? MARK : text.charCodeAt(i) & CASELESS);
  }
  return hash;
}

/** The four characters that a literal is found by. */
export interface Anchor {
  /** Where they end, relative to the literal's beginning; -1 for a literal that has no four. */
  readonly end: number;
  /** Their hash. */
  readonly gram: number;
}

export type Anchored = Literal & Anchor;

/** How often four characters that a literal could be found by are in the literals, by their hash. */
export function countGrams(literals: readonly (Literal & { readonly uses?: number })[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const literal of literals) {
    const { first, last } = gramEnds(literal);
    for (let end = first; end <= last; end++) {
      const gram = gramAt(literal.text, end);
      counts.set(gram, (counts.get(gram) ?? 0) + (literal.uses ?? 1));
    }
  }
  return counts;
}

/** Chooses the anchor of each literal: the four characters that fewest of the literals have. */
export function withAnchors<L extends Literal>(literals: readonly L[]): readonly (L & Anchor)[] {
  const counts = countGrams(literals);
  return literals.map((literal) => {
    const { first, last } = gramEnds(literal);
    let [rarest, least] = [-1, Number.POSITIVE_INFINITY];
    for (let end = first; end <= last; end++) {
      // With each mark, the four distinguish one character less. A text can repeat one character at every place.
      const marks = Math.max(0, GRAM - 1 - end);
      const repeated = GRAM - new Set(anchorText(literal.text, end)).size;
      const count = counts.get(gramAt(literal.text, end)) as number;
      // So much of the text must be looked at.
      const depth = literal.place === 'end' ? literal.text.length - end + GRAM - 1 : end;
      const cost = count * (1 + marks) + repeated / GRAM + (literal.place === 'anywhere' ? 0 : depth / FAR);
      if (cost < least) [rarest, least] = [end, cost];
    }
    return { ...literal, end: rarest, gram: rarest === -1 ? 0 : gramAt(literal.text, rarest) };
  });
}

/** The characters of a literal among the four that end at `end`. */
export function anchorText(text: string, end: number): string {
  return text.slice(Math.max(0, end - GRAM + 1), end + 1);
}

/**
 * The literals by the hash of their anchor: those of a group are compared wherever such characters stand. Those without an
 * anchor are each searched by itself.
 */
export function groupsOf<L extends Anchored>(literals: readonly L[]): readonly (readonly L[])[] {
  return [...Map.groupBy(literals, ({ end, gram }) => (end === -1 ? null : gram)).values()];
}

/** Whether the literals of a group are so many that a text could make each character take long. */
export function isCrowd(group: readonly Anchored[]): boolean {
  return group.length > (group.some(({ place }) => place === 'anywhere') ? 8 : 64);
}

/** Hashes and places of what is still to be compared. One for all tables, since no scan begins within another. */
const HITS = new Int32Array(2 * STRETCH);

export class LiteralTable {
  readonly #literals: readonly Anchored[];
  readonly #short = new ShortLiterals();
  /** Hash → the first literal; literal → the next; 0 means no literal, so they count from 1. */
  readonly #heads: Uint16Array | Int32Array;
  readonly #mask: number;
  readonly #nexts: Int32Array;
  readonly #grams: Int32Array;
  /** A fifth character of each literal, and its place from the four's end: most hits end there. */
  readonly #probes: Int32Array;
  readonly #probeAt: Int32Array;
  /** How many characters of a text's beginning and end are looked at. */
  readonly #head: number;
  readonly #tail: number;
  /** Literal → the last scan that found it. */
  readonly #seen: Int32Array;
  #scans = 0;

  constructor(literals: readonly Anchored[]) {
    this.#literals = literals;
    const count = literals.length;
    const bits = Math.max(4, 35 - Math.clz32(count));
    this.#mask = (1 << bits) - 1;
    this.#heads = count < 65_536 ? new Uint16Array(1 << bits) : new Int32Array(1 << bits);
    this.#nexts = new Int32Array(count + 1);
    this.#grams = new Int32Array(count + 1);
    this.#probes = new Int32Array(count + 1);
    this.#probeAt = new Int32Array(count + 1);
    this.#seen = new Int32Array(count + 1);
    let [head, tail] = [0, 0];
    for (let literal = 0; literal < count; literal++) {
      const { text, place, end } = literals[literal] as Anchored;
      if (end === -1) {
        this.#short.add({ text, place }, literal);
        continue;
      }
      this.#enter(literal + 1);
      if (place === 'end') tail = Math.max(tail, text.length - end + GRAM - 1);
      else head = Math.max(head, place === 'anywhere' ? ALL : end + 1);
    }
    this.#head = head;
    this.#tail = tail;
  }

  #enter(at: number): void {
    const { text, end, gram } = this.#literals[at - 1] as Anchored;
    const fifth = end + 1 < text.length ? end + 1 : Math.min(Math.max(0, end - GRAM), text.length - 1);
    this.#probes[at] = text.charCodeAt(fifth) & CASELESS;
    this.#probeAt[at] = fifth - end;
    const slot = (gram ^ (gram >>> 13)) & this.#mask;
    this.#grams[at] = gram;
    this.#nexts[at] = this.#heads[slot] as number;
    this.#heads[slot] = at;
  }

  /**
   * Calls `found` with the number of each literal in the text of `folded`, once each, in no order. `raw`: the text, or one
   * that folds to it: folding takes longer than looking for four characters, so it waits until they are there.
   */
  scan(raw: string, folded: FoldedText, found: Found): void {
    if (this.#scans === SCANS_MAX) this.#seen.fill(0);
    this.#scans = (this.#scans % SCANS_MAX) + 1;
    if (this.#short.count < this.#literals.length) {
      const isAscii = this.#look(raw, folded, found);
      // Letters beyond ASCII hash otherwise when folded.
      if (!isAscii && folded.text() !== raw) this.#look(folded.text(), folded, found);
    }
    if (this.#short.count > 0) this.#short.scan(raw, folded, found);
  }

  /** Returns whether the text is ASCII, as far as it was looked at. */
  #look(text: string, folded: FoldedText, found: Found): boolean {
    const heads = this.#heads;
    const grams = this.#grams;
    const nexts = this.#nexts;
    const hits = HITS;
    const mask = this.#mask;
    const length = text.length;
    let hash = MARKS_HASH;
    let all = 0;
    let i = 0;
    for (let to = Math.min(length, this.#head); ; to = length) {
      while (i < to) {
        const stop = Math.min(to, i + STRETCH);
        let count = 0;
        for (; i < stop; i++) {
          const code = text.charCodeAt(i);
          all |= code;
          hash = (hash << 8) ^ (code & CASELESS);
          const at = heads[(hash ^ (hash >>> 13)) & mask] as number;
          // A call here would slow the loop down.
          if (at !== 0 && (grams[at] === hash || nexts[at] !== 0)) {
            hits[count++] = hash;
            hits[count++] = i;
          }
        }
        if (count > 0) this.#check(count, text, folded, found);
      }
      if (to === length || this.#tail === 0) return all < 128;
      i = Math.max(i, length - this.#tail);
    }
  }

  /** Compares the literals at the hits. */
  #check(count: number, text: string, folded: FoldedText, found: Found): void {
    for (let hit = 0; hit < count; hit += 2) {
      const hash = HITS[hit] as number;
      const end = HITS[hit + 1] as number;
      let at = this.#heads[(hash ^ (hash >>> 13)) & this.#mask] as number;
      for (; at !== 0; at = this.#nexts[at] as number) {
        if (this.#grams[at] !== hash || this.#seen[at] === this.#scans) continue;
        const fifth = text.charCodeAt(end + (this.#probeAt[at] as number));
        if (fifth < 128 && (fifth & CASELESS) !== this.#probes[at]) continue;
        const literal = this.#literals[at - 1] as Anchored;
        if (!isAt(literal, folded.text(), end - literal.end)) continue;
        this.#seen[at] = this.#scans;
        found(at - 1);
      }
    }
  }
}

function isAt({ text: literal, place }: Literal, text: string, start: number): boolean {
  const isTied = place === 'whole' || place === 'start' ? start === 0 : start >= 0;
  if (!isTied) return false;
  if ((place === 'whole' || place === 'end') && start + literal.length !== text.length) return false;
  return text.startsWith(literal, start);
}
