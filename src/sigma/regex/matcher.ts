/**
 * Runs prepared regular expressions.
 *
 * Contract: the RegExp or automaton is created when the first text needs it; texts without what every match contains don't.
 * Pure except for the automaton's cache.
 */
import { type Automaton, createAutomaton } from './automaton.ts';
import type { Find, PreparedRegex, RegexSearch } from './prepared.ts';

type TextTest = (text: string) => boolean;

/**
 * Creates a test of whether a regular expression matches anywhere in a text.
 *
 * @example
 * const regex = prepareRegex(String.raw`^/v1/\w+\.php$`, 'i');
 * if (regex.ok) createRegexMatcher(regex.prepared)('/V1/index.php'); // true
 */
export function createRegexMatcher({ search }: PreparedRegex): TextTest {
  switch (search.by) {
    case 'text':
      return createTextTest(search);
    case 'native':
      return createTest(search.needs, () => createNativeTest(search.source));
    case 'automaton':
      return createTest(search.needs, () => createAutomatonTest(search));
  }
}

function createTextTest({ op, text: searched }: RegexSearch & { by: 'text' }): TextTest {
  switch (op) {
    case 'equals':
      return (text) => text === searched;
    case 'contains':
      return (text) => text.includes(searched);
    case 'startswith':
      return (text) => text.startsWith(searched);
    case 'endswith':
      return (text) => text.endsWith(searched);
  }
}

function createTest(needs: readonly string[] | null, create: () => TextTest): TextTest {
  let test: TextTest | null = null;
  return (text) => {
    if (needs !== null && !needs.some((one) => text.includes(one))) return false;
    test ??= create();
    return test(text);
  };
}

function createNativeTest(source: string): TextTest {
  const expression = new RegExp(source, 'u');
  return (text) => expression.test(text);
}

function createAutomatonTest({ find, program, anchored }: RegexSearch & { by: 'automaton' }): TextTest {
  const place = find === null ? () => 0 : createFind(find);
  let automaton: Automaton | null = null;
  return (text) => {
    const found = place(text);
    if (found === -1) return false;
    automaton ??= createAutomaton(program, anchored);
    return automaton.run(text, find?.first ? found : 0);
  };
}

/** Creates a function that returns the leftmost place of a part in a text, or -1 if the text does not have it. */
function createFind(find: Find): (text: string) => number {
  if ('text' in find) return (text) => text.indexOf(find.text);
  const expression = new RegExp(find.source, 'u');
  return (text) => text.search(expression);
}
