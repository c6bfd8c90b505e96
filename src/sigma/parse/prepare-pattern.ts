/**
 * Prepares a wildcard pattern at build time: how it is searched.
 *
 * Contract: the pattern's texts stay as they are. Whether its program is small enough is checked where it is parsed
 * (text.ts). Plain data. Pure.
 */
import { ANY, united } from '../regex/charset.ts';
import { createAssert, createChars, createRepeat, createSequence, type Node } from '../regex/node.ts';
import { compileProgram, type Program } from '../regex/program.ts';
import { trimmed } from '../regex/trim.ts';
import type { Pattern, PatternPart, PreparedPattern } from '../rule.ts';

/** Prepares a pattern. */
export function preparePattern(parts: Pattern): PreparedPattern {
  const pieces = piecesOf(parts);
  return pieces === null ? { parts, program: patternProgram(parts) } : { parts, pieces };
}

/** The texts around the `*`, one more than there are; null if there are other parts. */
function piecesOf(parts: Pattern): readonly string[] | null {
  const pieces = [''];
  for (const part of parts) {
    if ('text' in part) pieces[pieces.length - 1] += part.text;
    else if ('wildcard' in part && part.wildcard === '*') pieces.push('');
    else return null;
  }
  return pieces;
}

function patternProgram(parts: Pattern): Program {
  return compileProgram(trimmed(createSequence([createAssert('start'), patternTree(parts), createAssert('end')])));
}

/** A pattern as a regular expression for the whole text. */
export function patternTree(parts: Pattern): Node {
  return createSequence(parts.flatMap(nodesOf));
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
