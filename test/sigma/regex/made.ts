/** A regular expression, read and ready: what a test asks of both at once. */

import { type Automaton, createAutomaton } from '../../../src/sigma/regex/automaton.ts';
import { createRegexMatcher } from '../../../src/sigma/regex/matcher.ts';
import type { Node } from '../../../src/sigma/regex/node.ts';
import { prepareRegex } from '../../../src/sigma/regex/prepared.ts';
import { compileProgram } from '../../../src/sigma/regex/program.ts';

export type Regex =
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly problem: string };

export function createRegex(source: string, flags: string): Regex {
  const regex = prepareRegex(source, flags);
  // As the Worker gets it: what cannot be written as JSON is lost.
  return regex.ok ? { ok: true, test: createRegexMatcher(JSON.parse(JSON.stringify(regex.prepared))) } : regex;
}

/** The search without any shortcut: what the others are measured by. */
export function createPlainMatcher(tree: Node): Automaton {
  return createAutomaton(compileProgram(tree), false);
}
