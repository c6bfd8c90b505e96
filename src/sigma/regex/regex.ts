/**
 * Regular expressions in linear time, whoever wrote them.
 *
 * Contract: RE2's syntax and semantics, unanchored and case-sensitive unless the flags say otherwise. Whether a text
 * matches is all that is asked. A pattern is read at build time, so its problem is known; what runs it is made when it
 * is first needed. Pure, but for what it remembers to be fast.
 */
import { createMatcher } from './matcher.ts';
import type { Node } from './node.ts';
import { parseRegex } from './parse.ts';
import { type PreparedRegex, searchFor } from './prepared.ts';
import { Refusal } from './refusal.ts';

/** The flags Sigma knows, as its sub-modifiers are called. */
export const REGEX_FLAGS = ['i', 'm', 's'] as const;
export type RegexFlag = (typeof REGEX_FLAGS)[number];

/** Longer ones are no pattern a person wrote. */
const SOURCE_LIMIT = 4_096;

/** Instructions of a pattern's program: a character costs at most so many steps. */
const SIZE_LIMIT = 10_000;

export type Prepared =
  | { readonly ok: true; readonly prepared: PreparedRegex }
  | { readonly ok: false; readonly problem: string };

/** Reads a regular expression; says what is wrong where it is none, or needs more than linear time. */
export function prepareRegex(source: string, flags: string): Prepared {
  const tree = parse(source, flags);
  if (typeof tree === 'string') return { ok: false, problem: tree };
  return { ok: true, prepared: { source, flags, search: searchFor(tree) } };
}

/**
 * Makes the test whether a regular expression matches somewhere in a text.
 *
 * @example
 * const regex = prepareRegex(String.raw`^/v1/\w+\.php$`, 'i');
 * if (regex.ok) createRegexTest(regex.prepared)('/V1/index.php'); // true
 */
export function createRegexTest({ source, flags, search }: PreparedRegex): (text: string) => boolean {
  return createMatcher(search, () => {
    const tree = parse(source, flags);
    if (typeof tree === 'string') throw new Error(`regular expression: ${tree}`);
    return tree;
  });
}

function parse(source: string, flags: string): Node | string {
  if (source.length > SOURCE_LIMIT) return `longer than ${SOURCE_LIMIT} characters`;
  try {
    const tree = parseRegex(source, { i: flags.includes('i'), m: flags.includes('m'), s: flags.includes('s') });
    return tree.size > SIZE_LIMIT ? 'repeats too much: it would be too large a program' : tree;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}
