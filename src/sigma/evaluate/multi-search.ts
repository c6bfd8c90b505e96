/**
 * Searches many texts for any of many others, where attackers may write both.
 *
 * Contract: few short texts are compared one by one. Otherwise the searched texts become an Aho-Corasick automaton, so that
 * the time stays proportional to the total length. Pure.
 */
import type { TextOp } from '../regex/prepared.ts';

/** Worst-case character comparisons for comparing one by one. */
const DIRECT_MAX = 1_000_000;

/** Whether any of `texts` equals, contains … any of `searched`. */
export function anyRelated(texts: readonly string[], searched: readonly string[], relation: TextOp): boolean {
  if (texts.length === 0 || searched.length === 0) return false;
  if (directCost(texts, searched, relation) <= DIRECT_MAX) {
    return texts.some((text) => searched.some((one) => isRelated(text, one, relation)));
  }
  switch (relation) {
    case 'equals': {
      const known = new Set(searched);
      return texts.some((text) => known.has(text));
    }
    case 'contains':
      return texts.some(createSearch(searched, true));
    case 'startswith':
      return texts.some(createSearch(searched, false));
    case 'endswith':
      return texts.map(reversed).some(createSearch(searched.map(reversed), false));
  }
}

/** Whether a text equals, contains … another. */
function isRelated(text: string, searched: string, relation: TextOp): boolean {
  switch (relation) {
    case 'equals':
      return text === searched;
    case 'contains':
      return text.includes(searched);
    case 'startswith':
      return text.startsWith(searched);
    case 'endswith':
      return text.endsWith(searched);
  }
}

/** The worst-case cost. Except for "contains", each text is compared at one place. */
function directCost(texts: readonly string[], searched: readonly string[], relation: TextOp): number {
  const [own, other] = [lengthOf(texts), lengthOf(searched)];
  return relation === 'contains' ? own * other : Math.min(own * searched.length, texts.length * other);
}

/** Counts one more per text, because an empty text takes a comparison too. */
function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length + 1, 0);
}

/** Reverses by code units: the result is only compared. */
function reversed(text: string): string {
  return text.split('').reverse().join('');
}

/** Creates the test of whether a text has one of the searched texts at its start, or anywhere. */
function createSearch(searched: readonly string[], anywhere: boolean): (text: string) => boolean {
  const size = lengthOf(searched) + 1;
  /** A trie of the searched texts: nodes are numbers, the root is 0; a node and a code unit lead to a child. */
  const edges = new Map<number, number>();
  const isEnd = new Uint8Array(size);
  /** Node → the node of the longest proper suffix of its text; always the root for searches at the start. */
  const shorter = new Int32Array(size);
  const child = (node: number, unit: number): number => edges.get(node * 65_536 + unit) ?? -1;
  const follow = (node: number, unit: number): number => {
    for (let at = node; ; at = shorter[at] ?? 0) {
      const next = child(at, unit);
      if (next !== -1 || at === 0) return Math.max(0, next);
    }
  };

  // Level by level, because a node's suffix link needs the levels above.
  let nodes = 1;
  let growing = searched.map((text) => ({ text, node: 0 }));
  for (let depth = 0; growing.length > 0; depth++) {
    growing = growing.filter(({ text, node }) => {
      if (text.length === depth) isEnd[node] = 1;
      return text.length > depth;
    });
    for (const one of growing) {
      const unit = one.text.charCodeAt(depth);
      let next = child(one.node, unit);
      if (next === -1) {
        next = nodes++;
        if (anywhere && one.node !== 0) shorter[next] = follow(shorter[one.node] ?? 0, unit);
        edges.set(one.node * 65_536 + unit, next);
      }
      one.node = next;
    }
  }
  // Suffix links lead to smaller numbers.
  for (let node = 1; node < nodes; node++) if (anywhere && isEnd[shorter[node] ?? 0] === 1) isEnd[node] = 1;

  return (text) => {
    let node = 0;
    for (let i = 0; i < text.length && isEnd[node] === 0; i++) {
      node = anywhere ? follow(node, text.charCodeAt(i)) : child(node, text.charCodeAt(i));
      if (node === -1) return false;
    }
    return isEnd[node] === 1;
  };
}
