/**
 * Matches texts against wildcard patterns.
 *
 * Contract: the whole text must match. `*` is any run of characters (line ends too), `?` exactly one, `oneOf` one of a few;
 * a surrogate pair is one character. Takes linear time: texts and `*` are found one after the other, at their leftmost
 * places, which suffices for them; other patterns run in an automaton, whose size is bounded at build time. Pure.
 */
import { createAutomaton } from '../regex/automaton.ts';
import { ANY, united } from '../regex/charset.ts';
import { createAssert, createChars, createRepeat, createSequence, type Node } from '../regex/node.ts';
import { compileProgram, type Program } from '../regex/program.ts';
import { trimmed } from '../regex/trim.ts';
import type { Pattern, PatternPart } from '../rule.ts';
import { fold } from './fold.ts';
import { createIndexOf } from './search.ts';

/** Creates the test for a pattern. Texts must be folded if the pattern is. */
export function createPatternMatcher(parts: Pattern): (text: string) => boolean {
  const pieces = piecesOf(parts);
  return pieces === null ? createAutomaton(patternProgram(parts)).run : createPiecesTest(pieces);
}

/** The program of a pattern; null if it needs none. */
export function programOfPattern(parts: Pattern): Program | null {
  return piecesOf(parts) === null ? patternProgram(parts) : null;
}

/** The pattern that matches folded texts. */
export function foldPattern(parts: Pattern): Pattern {
  return parts.map((part) => {
    if ('text' in part) return { text: fold(part.text) };
    return 'oneOf' in part ? { oneOf: fold(part.oneOf) } : part;
  });
}

/** The texts around the `*`, one more than there are; null if there are other parts. */
export function piecesOf(parts: Pattern): readonly string[] | null {
  const pieces = [''];
  for (const part of parts) {
    if ('text' in part) pieces[pieces.length - 1] += part.text;
    else if ('wildcard' in part && part.wildcard === '*') pieces.push('');
    else return null;
  }
  return pieces;
}

function createPiecesTest(pieces: readonly string[]): (text: string) => boolean {
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

function patternProgram(parts: Pattern): Program {
  const tree = createSequence([createAssert('start'), ...parts.flatMap(nodesOf), createAssert('end')]);
  return compileProgram(trimmed(tree));
}

function nodesOf(part: PatternPart): readonly Node[] {
  if ('text' in part) return charsOf(part.text).map(createChars);
  if ('oneOf' in part) return [createChars(united(charsOf(part.oneOf).flat()))];
  const any = createChars(ANY);
  return [part.wildcard === '?' ? any : createRepeat(any, 0, Number.POSITIVE_INFINITY)];
}

function charsOf(text: string): readonly (readonly number[])[] {
  return Array.from(text, (char) => [char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0]);
}
