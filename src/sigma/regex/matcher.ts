/**
 * The fastest way to search for a tree that there is.
 *
 * Contract: a text, at an end or anywhere, is looked for as a text; what takes few steps by the platform's RegExp; all
 * else by the automaton, which is asked only where a part that must be there is, and from where a match can begin. Equal
 * to the automaton alone. Pure, but for what the automaton remembers.
 */
import { type Automaton, createAutomaton } from './automaton.ts';
import { createBoundedRegExp, selectivityOf } from './bounded.ts';
import { createSequence, EMPTY, type Node } from './node.ts';
import { compileProgram } from './program.ts';
import { isAnchored, partsOf, textOf, trimmed } from './search.ts';

/** Makes the search for a tree: whether it is in a text. */
export function createMatcher(tree: Node): (text: string) => boolean {
  const node = trimmed(tree);
  if (node === EMPTY) return () => true;
  const asText = createTextTest(node);
  if (asText !== null) return asText;
  const bounded = createBoundedRegExp(node);
  return bounded === null ? createAutomatonTest(node) : (text) => bounded.test(text);
}

/** The search without any shortcut: what the others are measured by. */
export function createPlainMatcher(tree: Node): Automaton {
  return createAutomaton(compileProgram(tree), false);
}

/** Null where the tree is not one text. */
function createTextTest(node: Node): ((text: string) => boolean) | null {
  const parts = node.kind === 'sequence' ? node.of : [node];
  const atStart = isAssert(parts[0], 'start');
  const atEnd = isAssert(parts.at(-1), 'end');
  const wanted = textOf(createSequence(parts.slice(atStart ? 1 : 0, atEnd ? -1 : undefined)));
  if (wanted === null) return null;
  if (atStart) return atEnd ? (text) => text === wanted : (text) => text.startsWith(wanted);
  return atEnd ? (text) => text.endsWith(wanted) : (text) => text.includes(wanted);
}

function isAssert(node: Node | undefined, what: 'start' | 'end'): boolean {
  return node?.kind === 'assert' && node.what === what;
}

type Find = (text: string) => number;

function createAutomatonTest(node: Node): (text: string) => boolean {
  const atStart = isAnchored(node);
  const automaton = createAutomaton(compileProgram(node), atStart);
  const { parts, fromStart } = partsOf(node);
  const finders = parts.flatMap((part, i) => {
    const selectivity = selectivityOf(part);
    const find = selectivity > 0 ? createFind(part) : null;
    return find === null ? [] : [{ find, selectivity, first: fromStart && i === 0 }];
  });
  const [best] = finders.sort((a, b) => b.selectivity - a.selectivity);
  // At the start the automaton itself sees at once that a text begins otherwise.
  if (best === undefined || (atStart && best.first)) return (text) => automaton.run(text, 0);
  const { find, first } = best;
  return (text) => {
    const found = find(text);
    return found !== -1 && automaton.run(text, first ? found : 0);
  };
}

/** Finds the leftmost place of a part; null where that could take long. */
function createFind(part: Node): Find | null {
  const wanted = textOf(part);
  if (wanted !== null) return (text) => text.indexOf(wanted);
  const bounded = createBoundedRegExp(part);
  return bounded === null ? null : (text) => text.search(bounded);
}
