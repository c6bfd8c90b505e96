/**
 * The fastest way to search for a tree that there is.
 *
 * Contract: a few texts, at an end or anywhere, are looked for as texts; all else by the automaton, which is asked only
 * where a text that must be there is, and from where a match can begin. Equal to the automaton alone. Pure, but for what
 * the automaton remembers.
 */
import { type Automaton, createAutomaton } from './automaton.ts';
import type { Node } from './node.ts';
import { createSequence, EMPTY } from './node.ts';
import { compileProgram } from './program.ts';
import { isAnchored, literalOf, longest, prefixOf, textsOf, trimmed } from './search.ts';

export interface Matcher {
  readonly test: (text: string) => boolean;
  /** In every text that matches; empty where none is known. */
  readonly literal: string;
  readonly cost: number;
}

/** Texts looked for one after the other, anywhere; and at an end. More are cheaper by the automaton. */
const ANYWHERE_LIMIT = 3;
const AT_END_LIMIT = 12;

/** Makes the search for a tree. */
export function createMatcher(tree: Node): Matcher {
  const node = trimmed(tree);
  if (node === EMPTY) return { test: () => true, literal: '', cost: 1 };
  return createTextMatcher(node) ?? createAutomatonMatcher(node);
}

/** The search without any shortcut: what the others are measured by. */
export function createPlainMatcher(tree: Node): Automaton {
  return createAutomaton(compileProgram(tree), false);
}

/** Null where the tree is not only a few texts. */
function createTextMatcher(node: Node): Matcher | null {
  const parts = node.kind === 'sequence' ? node.of : [node];
  const atStart = isAssert(parts[0], 'start');
  const atEnd = isAssert(parts.at(-1), 'end');
  const inner = createSequence(parts.slice(atStart ? 1 : 0, atEnd ? -1 : undefined));
  const texts = textsOf(inner, atStart || atEnd ? AT_END_LIMIT : ANYWHERE_LIMIT);
  if (texts === null) return null;
  const [only] = texts;
  return {
    test: textTest(texts, atStart, atEnd),
    literal: texts.length === 1 && only !== undefined ? only : literalOf(inner),
    cost: 4 + 2 * texts.length,
  };
}

function isAssert(node: Node | undefined, what: 'start' | 'end'): boolean {
  return node?.kind === 'assert' && node.what === what;
}

function textTest(texts: readonly string[], atStart: boolean, atEnd: boolean): (text: string) => boolean {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) {
    if (atStart) return atEnd ? (text) => text === only : (text) => text.startsWith(only);
    return atEnd ? (text) => text.endsWith(only) : (text) => text.includes(only);
  }
  const one = texts.map((wanted) => textTest([wanted], atStart, atEnd));
  return (text) => {
    for (const test of one) if (test(text)) return true;
    return false;
  };
}

function createAutomatonMatcher(node: Node): Matcher {
  const atStart = isAnchored(node, 'left');
  const automaton = createAutomaton(compileProgram(node), atStart);
  const literal = literalOf(node);
  if (atStart) return { test: (text) => automaton.run(text, 0), literal, cost: 20 };
  const prefix = prefixOf(node);
  if (prefix !== '' && prefix === literal) return { test: (text) => fromPrefix(text), literal, cost: 30 };
  const most = isAnchored(node, 'right') ? 2 * longest(node) + 1 : Number.POSITIVE_INFINITY;
  if (literal === '') return { test: (text) => fromNearEnd(text), literal, cost: most < 100 ? 30 : 80 };
  return { test: (text) => text.includes(literal) && fromNearEnd(text), literal, cost: 40 };

  /** Every match begins where the prefix stands. */
  function fromPrefix(text: string): boolean {
    const from = text.indexOf(prefix);
    return from !== -1 && automaton.run(text, from);
  }

  /** Where every match ends with the text, none begins further from its end than the longest is long. */
  function fromNearEnd(text: string): boolean {
    if (text.length <= most) return automaton.run(text, 0);
    const from = text.length - most;
    const low = text.charCodeAt(from);
    // Not amidst a pair of surrogates.
    return automaton.run(text, low >= 0xdc00 && low <= 0xdfff ? from - 1 : from);
  }
}
