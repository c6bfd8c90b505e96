/**
 * Regular expressions in linear time, whoever wrote them: read when rules are built, run by matcher.ts.
 *
 * Contract: RE2's syntax and semantics, unanchored and case-sensitive unless the flags say otherwise. Whether a text
 * matches is all that is asked. A pattern is read once, so its problem is known; what comes of it is plain data. Pure.
 */
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
