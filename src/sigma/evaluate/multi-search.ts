/**
 * Searches many texts for any of many others, where attackers may write both.
 *
 * Contract: few short texts are compared one by one. Otherwise the searched texts become a trie, for "contains" with the
 * links of Aho and Corasick, so that the time stays proportional to the total length. Pure.
 */
import type { TextOp } from '../regex/prepared.ts';
import { contains } from './search.ts';

/** Worst-case character comparisons for comparing one by one. */
const DIRECT_MAX = 200_000;

/** Whether any of `texts` equals, contains … any of `searched`. */
export function anyRelated(texts: readonly string[], searched: readonly string[], relation: TextOp): boolean {
  const pairs = texts.length * searched.length;
  const comparisons = lengthOf(texts) * searched.length + lengthOf(searched) * texts.length;
  if (pairs <= 1 || comparisons <= DIRECT_MAX) {
    const isRelated = RELATIONS[relation];
    return texts.some((text) => searched.some((one) => isRelated(text, one)));
  }
  switch (relation) {
    case 'equals': {
      const known = new Set(searched);
      return texts.some((text) => known.has(text));
    }
    default:
      return texts.some(createSearch(searched, relation));
  }
}

/** Creates the test of whether a text contains any of the searched texts, or has one at its start or end. */
export function createSearch(
  searched: readonly string[],
  relation: Exclude<TextOp, 'equals'>,
): (text: string) => boolean {
  if (relation !== 'endswith') return createTrie(searched, relation === 'contains');
  const search = createTrie(searched.map(reversed), false);
  return (text) => search(reversed(text));
}

const RELATIONS: { readonly [relation in TextOp]: (text: string, searched: string) => boolean } = {
  equals: (text, searched) => text === searched,
  contains,
  startswith: (text, searched) => text.startsWith(searched),
  endswith: (text, searched) => text.endsWith(searched),
};

/** Counts one more per text, because an empty text takes a comparison too. */
function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length + 1, 0);
}

/** Reverses by code units: the result is only compared. */
function reversed(text: string): string {
  return text.split('').reverse().join('');
}

/** Creates the test of whether a text has one of the searched texts at its start, or anywhere. */
function createTrie(searched: readonly string[], anywhere: boolean): (text: string) => boolean {
  const sorted = [...searched].sort();
  const size = lengthOf(searched) + 2;
  /** Nodes are numbered level by level from the root, 0: so the children of a node are in a row, ascending. */
  const units = new Uint16Array(size);
  const firstChild = new Int32Array(size);
  const isEnd = new Uint8Array(size);
  /** The node of the longest proper suffix of a node's text; always the root for searches at the start. */
  const shorter = new Int32Array(size);
  /** A node's texts in `sorted`. */
  const from = new Int32Array(size);
  const to = new Int32Array(size);

  const child = (node: number, unit: number): number => {
    const end = firstChild[node + 1] as number;
    let low = firstChild[node] as number;
    for (let high = end; low < high; ) {
      const middle = (low + high) >> 1;
      if ((units[middle] as number) < unit) low = middle + 1;
      else high = middle;
    }
    return low < end && units[low] === unit ? low : -1;
  };
  const follow = (node: number, unit: number): number => {
    for (let at = node; ; at = shorter[at] as number) {
      const next = child(at, unit);
      if (next !== -1 || at === 0) return Math.max(0, next);
    }
  };

  to[0] = sorted.length;
  isEnd[0] = sorted[0] === '' ? 1 : 0;
  let nodes = 1;
  for (let node = 0, depth = 0, level = 1; node < nodes; node++) {
    if (node === level) {
      depth++;
      level = nodes;
    }
    firstChild[node] = nodes;
    // What begins with a searched text is found by that one.
    for (let at = from[node] as number; at < (to[node] as number) && isEnd[node] === 0; nodes++) {
      const unit = sorted[at]?.charCodeAt(depth) as number;
      units[nodes] = unit;
      from[nodes] = at;
      if (anywhere && node !== 0) shorter[nodes] = follow(shorter[node] as number, unit);
      isEnd[nodes] = sorted[at]?.length === depth + 1 ? 1 : (isEnd[shorter[nodes] as number] as number);
      while (at < (to[node] as number) && sorted[at]?.charCodeAt(depth) === unit) at++;
      to[nodes] = at;
    }
  }
  firstChild[nodes] = nodes;

  return (text) => {
    let node = 0;
    for (let i = 0; i < text.length && isEnd[node] === 0; i++) {
      node = anywhere ? follow(node, text.charCodeAt(i)) : child(node, text.charCodeAt(i));
      if (node === -1) return false;
    }
    return isEnd[node] === 1;
  };
}
