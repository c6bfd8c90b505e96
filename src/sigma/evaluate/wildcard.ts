/**
 * Matches texts against wildcard patterns.
 *
 * Contract: the whole text must match. `*` is any run of characters (line ends too), `?` exactly one, `oneOf` one of a few;
 * a surrogate pair is one character. Takes linear time: texts and `*` are found one after the other, at their leftmost
 * places, which suffices for them; other patterns run in an automaton, whose size is bounded at build time. Pure.
 */
import { createAutomaton } from '../regex/automaton.ts';
import type { Pattern, PreparedPattern } from '../rule.ts';
import { fold } from './fold.ts';
import { createIndexOf } from './search.ts';

/** Creates the test for a pattern. Texts must be folded if the pattern is. */
export function createPatternMatcher(pattern: PreparedPattern): (text: string) => boolean {
  return 'program' in pattern ? createAutomaton(pattern.program).run : createPiecesTest(pattern.pieces);
}

/** The pattern that matches folded texts. */
export function foldPattern(parts: Pattern): Pattern {
  return parts.map((part) => {
    if ('text' in part) return { text: fold(part.text) };
    return 'oneOf' in part ? { oneOf: fold(part.oneOf) } : part;
  });
}

/** Whether the pieces are in a text in this order, the first at its start and the last at its end. */
export function createPiecesTest(pieces: readonly string[]): (text: string) => boolean {
  const [first = '', ...middle] = pieces;
  const last = middle.pop();
  if (last === undefined) return (text) => text === first;
  const finders = middle.map(createIndexOf);
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const [i, find] of finders.entries()) {
      const found = find(text, at);
      if (found === -1) return false;
      at = found + (middle[i] as string).length;
    }
    return at + last.length <= text.length;
  };
}
