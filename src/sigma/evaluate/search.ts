/**
 * Searches texts for others, where attackers may write both.
 *
 * Contract: the time is proportional to the total length, however many texts are searched. A few in short texts are searched
 * one by one; many become a trie, for "contains" with the links of Aho and Corasick. Pure.
 */
import type { TextOp } from '../regex/prepared.ts';

/** Whether a text equals, contains … any of the searched ones. `total`: the length of all texts that will be asked about. */
export type Search = (text: string, total?: number) => boolean;

export interface Trie {
  /** Whether a text begins with any of the searched ones; or, from its end on, with one that is read backwards. */
  isBeside(text: string, edge: 'start' | 'end'): boolean;
  /** Where a text has any of the searched ones from `from` on: the end of the first; -1 if it has none. */
  find(text: string, from: number): number;
  /** Calls `found` for each searched text that any of `texts` contains, with the place of the first that does. */
  findAll(texts: readonly string[], found: (searched: string, place: number) => void): void;
}

/**
 * V8 finds texts up to this length in linear time, longer ones in the product of both lengths: its Boyer and Moore tables
 * have so many characters (kBMMaxShift in src/strings/string-search.h).
 */
export const NATIVE_MAX = 250;

/** Up to so many texts are searched one by one; more are searched by a trie. */
const FEW = 16;
/** So is more than one in a text where its characters times the texts are more than this. */
const DIRECT_MAX = 65_536;

/** Whether to search one by one for so many texts, in texts of so many characters. */
export function areFew(count: number, total: number): boolean {
  return count <= FEW && count * total <= DIRECT_MAX;
}

/** Creates the search of texts for any of each list: returns for each the place of the first text that contains one, or -1. */
export function createListsSearch(
  lists: readonly (readonly string[])[],
): (texts: readonly string[]) => readonly number[] {
  const pairs = lists.flatMap((searched, list) => searched.map((one) => [one, list] as const));
  const listsOf = Map.groupBy(pairs, ([one]) => one);
  let trie: Trie | null = null;
  return (texts) => {
    trie ??= createTrie([...listsOf.keys()], true);
    const places = lists.map(() => -1);
    trie.findAll(texts, (one, place) => {
      for (const [, list] of listsOf.get(one) ?? []) if (places[list] === -1) places[list] = place;
    });
    return places;
  };
}

/** What the platform calls them. */
export const METHODS = { contains: 'includes', startswith: 'startsWith', endswith: 'endsWith' } as const;

/** Creates the search of a text for any of these. */
export function createSearch(op: TextOp, searched: readonly string[]): Search {
  if (op === 'equals') {
    const known = new Set(searched);
    return (text) => known.has(text);
  }
  const method = METHODS[op];
  const isNative = op !== 'contains' || searched.every(({ length }) => length <= NATIVE_MAX);
  let trie: ((text: string) => boolean) | null = null;
  return (text, total = text.length) => {
    const isDirect = isNative && (searched.length === 1 || areFew(searched.length, total));
    if (isDirect) return searched.some((one) => text[method](one));
    trie ??= createTrieSearch(op, searched);
    return trie(text);
  };
}

/** The place of the first of `texts` that equals, contains … any of `searched`; -1 if none does. */
export function firstRelated(texts: readonly string[], searched: readonly string[], op: TextOp): number {
  const search = createSearch(op, searched);
  const total = lengthOf(texts);
  return texts.findIndex((text) => search(text, total));
}

/** Creates what finds the first place of a part in a text from `from` on; -1 if the text does not contain it there. */
export function createIndexOf(part: string): (text: string, from: number) => number {
  if (part.length <= NATIVE_MAX) return (text, from) => text.indexOf(part, from);
  let trie: Trie | null = null;
  return (text, from) => {
    if (part.length > text.length - from) return -1;
    trie ??= createTrie([part], true);
    const end = trie.find(text, from);
    return end === -1 ? -1 : end - part.length;
  };
}

function createTrieSearch(op: Exclude<TextOp, 'equals'>, searched: readonly string[]): (text: string) => boolean {
  const isAtEnd = op === 'endswith';
  const trie = createTrie(isAtEnd ? searched.map(reversed) : searched, op === 'contains');
  if (op === 'contains') return (text) => trie.find(text, 0) !== -1;
  return (text) => trie.isBeside(text, isAtEnd ? 'end' : 'start');
}

/** The length of texts together. Counts one more per text, because an empty text takes a comparison too. */
export function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length + 1, 0);
}

/** Reverses by code units: the result is only compared. */
function reversed(text: string): string {
  return text.split('').reverse().join('');
}

const ASCII = 128;
/** What no node has. */
const NONE = -1;

/** Makes the trie of the searched texts. Only one with links, which take as long again to make, finds them anywhere. */
export function createTrie(searched: readonly string[], hasLinks: boolean): Trie {
  const sorted = [...new Set(searched)].sort();
  const size = lengthOf(searched) + 2;
  /** Nodes are numbered level by level from the root, 0: so the children of a node are in a row, ascending. */
  const units = new Uint16Array(size);
  const firstChild = new Int32Array(size);
  /** The node itself where a searched text ends, else the next of those that `shorter` leads to, or none. */
  const ends = new Int32Array(size);
  /** The node of the longest proper suffix of a node's text; the root without links. */
  const shorter = new Int32Array(size);
  /** A node's texts in `sorted`. */
  const begin = new Int32Array(size);
  const end = new Int32Array(size);

  /** The root's children, where most characters lead back to: for ASCII, and for the rest. */
  const first = new Int32Array(ASCII);
  const others = new Map<number, number>();

  /** The child for a unit; the root, 0, if there is none. */
  const child = (node: number, unit: number): number => {
    if (node === 0) return unit < ASCII ? (first[unit] as number) : (others.get(unit) ?? 0);
    const after = firstChild[node + 1] as number;
    let at = firstChild[node] as number;
    if (unit > (units[after - 1] as number)) return 0;
    for (let to = after; to - at > 4; ) {
      const middle = (at + to) >> 1;
      if ((units[middle] as number) <= unit) at = middle;
      else to = middle;
    }
    for (; at < after; at++) if ((units[at] as number) >= unit) return units[at] === unit ? at : 0;
    return 0;
  };
  const follow = (from: number, unit: number): number => {
    for (let node = from; ; node = shorter[node] as number) {
      const next = child(node, unit);
      if (next !== 0 || node === 0) return next;
    }
  };

  end[0] = sorted.length;
  ends[0] = sorted[0] === '' ? 0 : NONE;
  let nodes = 1;
  for (let node = 0, depth = 0, level = 1; node < nodes; node++) {
    if (node === level) {
      depth++;
      level = nodes;
    }
    firstChild[node] = nodes;
    // Of a node's texts, the one that ends there comes first.
    for (let at = (begin[node] as number) + Number(ends[node] === node); at < (end[node] as number); nodes++) {
      const unit = sorted[at]?.charCodeAt(depth) as number;
      units[nodes] = unit;
      if (node === 0 && unit < ASCII) first[unit] = nodes;
      else if (node === 0) others.set(unit, nodes);
      begin[nodes] = at;
      if (hasLinks && node !== 0) shorter[nodes] = follow(shorter[node] as number, unit);
      ends[nodes] = sorted[at]?.length === depth + 1 ? nodes : (ends[shorter[nodes] as number] as number);
      while (at < (end[node] as number) && sorted[at]?.charCodeAt(depth) === unit) at++;
      end[nodes] = at;
    }
  }
  firstChild[nodes] = nodes;

  return {
    isBeside(text, edge) {
      let node = 0;
      for (let at = 0; ends[node] === NONE; at++) {
        if (at === text.length) return false;
        node = child(node, text.charCodeAt(edge === 'start' ? at : text.length - 1 - at));
        if (node === 0) return false;
      }
      return true;
    },
    find(text, from) {
      let node = 0;
      for (let at = from; ; at++) {
        if (ends[node] !== NONE) return at;
        if (at === text.length) return -1;
        node = follow(node, text.charCodeAt(at));
      }
    },
    findAll(texts, found) {
      const known = new Uint8Array(nodes);
      for (const [place, text] of texts.entries()) {
        for (let at = 0, node = 0; ; at++) {
          // What a known one leads to is known too.
          for (let one = ends[node] as number; one !== NONE && known[one] === 0; ) {
            known[one] = 1;
            found(sorted[begin[one] as number] as string, place);
            one = ends[shorter[one] as number] as number;
          }
          if (at === text.length) break;
          node = follow(node, text.charCodeAt(at));
        }
      }
    },
  };
}
