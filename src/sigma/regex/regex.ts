/**
 * Regular expressions in linear time, whoever wrote them.
 *
 * Contract: RE2's syntax and semantics, unanchored and case-sensitive unless the flags say otherwise. Whether a text
 * matches is all that is asked. The pattern is read at once, so its problem is known; what runs it is made at its first
 * use. Pure, but for what it remembers to be fast.
 */
import { createMatcher } from './matcher.ts';
import type { Node } from './node.ts';
import { parseRegex } from './parse.ts';
import { Refusal } from './refusal.ts';

/** The flags Sigma knows, as its sub-modifiers are called. */
export const REGEX_FLAGS = ['i', 'm', 's'] as const;
export type RegexFlag = (typeof REGEX_FLAGS)[number];

/** Longer ones are no pattern a person wrote. */
const SOURCE_LIMIT = 4_096;

/** Instructions of a pattern's program: a character costs at most so many steps. */
const SIZE_LIMIT = 10_000;

export type Regex =
  | {
      readonly ok: true;
      /** Whether the pattern matches somewhere in the text. */
      readonly test: (text: string) => boolean;
    }
  | { readonly ok: false; readonly problem: string };

/**
 * Compiles a regular expression; says what is wrong where it is none, or needs more than linear time.
 *
 * @example
 * const regex = createRegex(String.raw`^/v1/\w+\.php$`, 'i');
 * if (regex.ok) regex.test('/V1/index.php'); // true
 */
export function createRegex(source: string, flags: string): Regex {
  const tree = parse(source, flags);
  if (typeof tree === 'string') return { ok: false, problem: tree };
  let test: ((text: string) => boolean) | null = null;
  return {
    ok: true,
    test: (text) => {
      test ??= createMatcher(tree);
      return test(text);
    },
  };
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
