/**
 * Regular expressions in linear time, whoever wrote them.
 *
 * Contract: RE2's syntax and semantics, unanchored and case-sensitive unless the flags say otherwise. The one place
 * that knows which engine runs them. Pure.
 */
import { RE2JS } from 're2js';

/** The flags Sigma knows, as its sub-modifiers are called. */
export const REGEX_FLAGS = ['i', 'm', 's'] as const;
export type RegexFlag = (typeof REGEX_FLAGS)[number];

/** Longer ones are no pattern a person wrote. */
const SOURCE_LIMIT = 4_096;

export type Regex =
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly problem: string };

/** Compiles a regular expression; says what is wrong where it is none, or needs more than linear time. */
export function createRegex(source: string, flags: string): Regex {
  if (source.length > SOURCE_LIMIT) return { ok: false, problem: `longer than ${SOURCE_LIMIT} characters` };
  try {
    const compiled = RE2JS.compile(source, bitsOf(flags));
    return { ok: true, test: (text) => compiled.test(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : 'not readable';
    return { ok: false, problem: message.replace(/^error parsing regexp: /, '') };
  }
}

function bitsOf(flags: string): number {
  let bits = 0;
  if (flags.includes('i')) bits |= RE2JS.CASE_INSENSITIVE;
  if (flags.includes('m')) bits |= RE2JS.MULTILINE;
  if (flags.includes('s')) bits |= RE2JS.DOTALL;
  return bits;
}
