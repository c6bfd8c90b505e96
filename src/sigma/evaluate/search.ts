/**
 * Searches texts for others, where attackers may write both.
 *
 * Contract: the time is proportional to the total length, however many texts are searched. A few in short texts are searched
 * one by one; many become a trie, for "contains" with the links of Aho and Corasick. Pure.
 */
import type { TextOp } from '../regex/prepared.ts';

/** Whether a text equals, contains … any of the searched ones. `total`: the length of all texts that will be asked about. */
export type Search = (text: string, total?: number) => boolean;

/** Finds where a text has any of the searched ones from `from` on: the end of the first; -1 if it has none. */
type Find = (text: string, from: number) => number;

/**
 * V8 finds texts up to this length in linear time, longer ones in the product of both lengths: its Boyer and Moore tables
 * have so many characters (kBMMaxShift in src/strings/string-search.h).
 */
export const NATIVE_MAX = 250;

/** Up to so many texts are searched one by one; more are searched by a trie. */
const FEW = 16;
/** So is more than one in a text where its characters times the texts are more than this. */
const DIRECT_MAX = 65_536;

/** Creates the search of a text for any of these. */
export function createSearch(op: TextOp, searched: readonly string[]): Search {
  if (op === 'equals') {
    const known = new Set(searched);
    return (text) => known.has(text);
  }
  const isRelated = RELATIONS[op];
  let trie: ((text: string) => boolean) | null = null;
  return (text, total = text.length) => {
    const { length } = searched;
    const isDirect = length === 1 || (length <= FEW && total * length <= DIRECT_MAX);
    if (isDirect) return searched.some((one) => isRelated(text, one));
    trie ??= createTrieSearch(op, searched);
    return trie(text);
  };
}

/** Whether any of `texts` equals, contains … any of `searched`. */
export function anyRelated(texts: readonly string[], searched: readonly string[], op: TextOp): boolean {
  return firstRelated(texts, searched, op) !== -1;
}

/** The place of the first of `texts` that equals, contains … any of `searched`; -1 if none does. */
export function firstRelated(texts: readonly string[], searched: readonly string[], op: TextOp): number {
  const search = createSearch(op, searched);
  const total = lengthOf(texts);
  return texts.findIndex((text) => search(text, total));
}

/** The first place of a part in a text from `from` on; -1 if the text does not contain it there. */
export function indexOf(text: string, part: string, from: number): number {
  if (part.length <= NATIVE_MAX || part.length > text.length - from) return text.indexOf(part, from);
  const end = createTrie([part], true)(text, from);
  return end === -1 ? -1 : end - part.length;
}

const RELATIONS: { readonly [op in Exclude<TextOp, 'equals'>]: (text: string, searched: string) => boolean } = {
  contains: (text, searched) => indexOf(text, searched, 0) !== -1,
  startswith: (text, searched) => text.startsWith(searched),
  endswith: (text, searched) => text.endsWith(searched),
};

function createTrieSearch(op: Exclude<TextOp, 'equals'>, searched: readonly string[]): (text: string) => boolean {
  if (op !== 'endswith') {
    const find = createTrie(searched, op === 'contains');
    return (text) => find(text, 0) !== -1;
  }
  const find = createTrie(searched.map(reversed), false);
  const longest = searched.reduce((most, one) => Math.max(most, one.length), 0);
  return (text) => find(reversed(text.slice(Math.max(0, text.length - longest))), 0) !== -1;
}

/** Counts one more per text, because an empty text takes a comparison too. */
function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length + 1, 0);
}

/** Reverses by code units: the result is only compared. */
function reversed(text: string): string {
  return text.split('').reverse().join('');
}

/** Finds any of the searched texts: anywhere, or only at `from`. */
function createTrie(searched: readonly string[], anywhere: boolean): Find {
  const sorted = [...searched].sort();
  const size = lengthOf(searched) + 2;
  /** Nodes are numbered level by level from the root, 0: so the children of a node are in a row, ascending. */
  const units = new Uint16Array(size);
  const firstChild = new Int32Array(size);
  const isEnd = new Uint8Array(size);
  /** The node of the longest proper suffix of a node's text; always the root for searches at one place. */
  const shorter = new Int32Array(size);
  /** A node's texts in `sorted`. */
  const begin = new Int32Array(size);
  const end = new Int32Array(size);

  /** The root's children for ASCII, where most characters lead back to. */
  const first = new Int32Array(128);

  /** The child for a unit; the root, 0, if there is none. */
  const child = (node: number, unit: number): number => {
    if (node === 0 && unit < 128) return first[unit] as number;
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
  isEnd[0] = sorted[0] === '' ? 1 : 0;
  let nodes = 1;
  for (let node = 0, depth = 0, level = 1; node < nodes; node++) {
    if (node === level) {
      depth++;
      level = nodes;
    }
    firstChild[node] = nodes;
    // What begins with a searched text is found by that one.
    for (let at = begin[node] as number; at < (end[node] as number) && isEnd[node] === 0; nodes++) {
      const unit = sorted[at]?.charCodeAt(depth) as number;
      units[nodes] = unit;
      if (node === 0 && unit < 128) first[unit] = nodes;
      begin[nodes] = at;
      if (anywhere && node !== 0) shorter[nodes] = follow(shorter[node] as number, unit);
      isEnd[nodes] = sorted[at]?.length === depth + 1 ? 1 : (isEnd[shorter[nodes] as number] as number);
      while (at < (end[node] as number) && sorted[at]?.charCodeAt(depth) === unit) at++;
      end[nodes] = at;
    }
  }
  firstChild[nodes] = nodes;

  return (text, from) => {
    let node = 0;
    for (let at = from; ; at++) {
      if (isEnd[node] === 1) return at;
      if (at === text.length) return -1;
      node = anywhere ? follow(node, text.charCodeAt(at)) : child(node, text.charCodeAt(at));
      if (node === 0 && !anywhere) return -1;
    }
  };
}
