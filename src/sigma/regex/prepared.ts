/**
 * Prepares a regular expression at build time, or refuses it.
 *
 * Contract: RE2's syntax and semantics; unanchored, and case-sensitive unless the flags say otherwise. Only whether a text
 * matches counts. The result is plain data. What is prepared takes linear time on any text, with a small constant. Pure.
 */

import { parseRegex } from './parse.ts';
import { compileProgram, type Program } from './program.ts';
import { Refusal } from './refusal.ts';
import { type Size, sizeOf } from './size.ts';
import { trimmed } from './trim.ts';

/** How a text is compared: as a whole, or with a part anywhere, at the start or at the end. */
export type TextOp = 'equals' | 'contains' | 'startswith' | 'endswith';

/** The flags, named like Sigma's sub-modifiers. */
export const REGEX_FLAGS = ['i', 'm', 's'] as const;

export interface PreparedRegex {
  readonly source: string;
  readonly flags: string;
  readonly program: Program;
  /** Of its automaton. */
  readonly size: Size;
}

/** Longer expressions are errors. */
const SOURCE_MAX = 4_096;

/** Instructions of a program. */
const SIZE_MAX = 10_000;

/** A repetition that may overlap with itself has many states. */
const HINT = 'use .* or .+, smaller counts or fewer alternatives, or begin with ^ at the start of the text';

export type Prepared =
  | { readonly ok: true; readonly prepared: PreparedRegex }
  | { readonly ok: false; readonly problem: string; readonly hint?: string };

/** Prepares a regular expression, or returns what is wrong with it. */
export function prepareRegex(source: string, flags: string): Prepared {
  if (source.length > SOURCE_MAX) return { ok: false, problem: `longer than ${SOURCE_MAX} characters` };
  try {
    const tree = parseRegex(source, flags);
    if (tree.size > SIZE_MAX) return { ok: false, problem: 'too many repetitions: its program would be too large' };
    const program = compileProgram(trimmed(tree));
    const size = sizeOf(program);
    if (typeof size === 'string') return { ok: false, problem: size, hint: HINT };
    return { ok: true, prepared: { source, flags, program, size } };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, problem: error.message };
    throw error;
  }
}
