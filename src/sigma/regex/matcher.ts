/**
 * Looking for what has been prepared.
 *
 * Contract: what runs it is made when a text is first to be searched by it, and not for one that lacks what every match
 * has. Pure, but for what the automaton remembers.
 */
import { type Automaton, createAutomaton } from './automaton.ts';
import type { Node } from './node.ts';
import type { Find, RegexSearch } from './prepared.ts';
import { compileProgram } from './program.ts';
import { trimmed } from './search.ts';

type TextTest = (text: string) => boolean;

/** Makes the search for a tree, which is asked for only where it is needed: whether it is in a text. */
export function createMatcher(search: RegexSearch, treeOf: () => Node): TextTest {
  switch (search.by) {
    case 'text':
      return createTextTest(search);
    case 'native':
      return createTest(search.needs, () => createNativeTest(search.source));
    case 'automaton':
      return createTest(search.needs, () => createAutomatonTest(search, trimmed(treeOf())));
  }
}

/** The search without any shortcut: what the others are measured by. */
export function createPlainMatcher(tree: Node): Automaton {
  return createAutomaton(compileProgram(tree), false);
}

function createTextTest({ op, text: wanted }: RegexSearch & { by: 'text' }): TextTest {
  switch (op) {
    case 'equals':
      return (text) => text === wanted;
    case 'contains':
      return (text) => text.includes(wanted);
    case 'startswith':
      return (text) => text.startsWith(wanted);
    case 'endswith':
      return (text) => text.endsWith(wanted);
  }
}

function createTest(needs: string | null, create: () => TextTest): TextTest {
  let test: TextTest | null = null;
  return (text) => {
    if (needs !== null && !text.includes(needs)) return false;
    test ??= create();
    return test(text);
  };
}

function createNativeTest(source: string): TextTest {
  const expression = new RegExp(source, 'u');
  return (text) => expression.test(text);
}

function createAutomatonTest({ anchored, find }: RegexSearch & { by: 'automaton' }, node: Node): TextTest {
  const automaton = createAutomaton(compileProgram(node), anchored);
  if (find === null) return (text) => automaton.run(text, 0);
  const place = createFind(find);
  return (text) => {
    const found = place(text);
    return found !== -1 && automaton.run(text, find.first ? found : 0);
  };
}

/** The leftmost place of a part; -1 where there is none. */
function createFind(find: Find): (text: string) => number {
  if ('text' in find) return (text) => text.indexOf(find.text);
  const expression = new RegExp(find.source, 'u');
  return (text) => text.search(expression);
}
