/**
 * Looking for any of many texts in any of many others, where both may be an attacker's.
 *
 * Contract: few and short ones are compared one by one; else the wanted are made into one automaton (Aho and Corasick),
 * so that the time stays in proportion to the length of all of them together. Pure.
 */
import type { TextOp } from '../regex/prepared.ts';

/** Comparing one by one may take so many comparisons of characters, at worst. */
const DIRECT_LIMIT = 1_000_000;

/** Whether any of the texts stands in the relation to any of the wanted: equals it, contains it … */
export function anyRelated(texts: readonly string[], wanted: readonly string[], relation: TextOp): boolean {
  if (texts.length === 0 || wanted.length === 0) return false;
  if (directCost(texts, wanted, relation) <= DIRECT_LIMIT) {
    return texts.some((text) => wanted.some((one) => isRelated(text, one, relation)));
  }
  switch (relation) {
    case 'equals': {
      const known = new Set(wanted);
      return texts.some((text) => known.has(text));
    }
    case 'contains':
      return texts.some(createSearch(wanted, true));
    case 'startswith':
      return texts.some(createSearch(wanted, false));
    case 'endswith':
      return texts.map(reversed).some(createSearch(wanted.map(reversed), false));
  }
}

/** Whether one text stands in the relation to another. */
function isRelated(text: string, wanted: string, relation: TextOp): boolean {
  switch (relation) {
    case 'equals':
      return text === wanted;
    case 'contains':
      return text.includes(wanted);
    case 'startswith':
      return text.startsWith(wanted);
    case 'endswith':
      return text.endsWith(wanted);
  }
}

/** At worst. What is looked for at one place is compared there only. */
function directCost(texts: readonly string[], wanted: readonly string[], relation: TextOp): number {
  const [own, other] = [lengthOf(texts), lengthOf(wanted)];
  return relation === 'contains' ? own * other : Math.min(own * wanted.length, texts.length * other);
}

/** One more for each, for an empty text takes a comparison too. */
function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length + 1, 0);
}

/** By code units: it is compared, never shown. */
function reversed(text: string): string {
  return text.split('').reverse().join('');
}

/** Makes the test whether a text has one of the wanted at its start, or anywhere. */
function createSearch(wanted: readonly string[], anywhere: boolean): (text: string) => boolean {
  const size = lengthOf(wanted) + 1;
  /** A tree of the wanted: nodes are numbers, the root is 0; a node and a code unit lead to a child. */
  const edges = new Map<number, number>();
  const isEnd = new Uint8Array(size);
  /** Of each node the one that stands for the longest proper end of its text; the root where we look at starts only. */
  const shorter = new Int32Array(size);
  const child = (node: number, unit: number): number => edges.get(node * 65_536 + unit) ?? -1;
  const follow = (node: number, unit: number): number => {
    for (let at = node; ; at = shorter[at] ?? 0) {
      const next = child(at, unit);
      if (next !== -1 || at === 0) return Math.max(0, next);
    }
  };

  // Level by level, for the link of a node needs the nodes above it.
  let nodes = 1;
  let growing = wanted.map((text) => ({ text, node: 0 }));
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
  // Links lead to nodes of smaller numbers.
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
