/** A regular expression, prepared and ready. */

import { type Automaton, createAutomaton } from '../../../src/sigma/regex/automaton.ts';
import type { Node } from '../../../src/sigma/regex/node.ts';
import { prepareRegex } from '../../../src/sigma/regex/prepared.ts';
import { compileProgram } from '../../../src/sigma/regex/program.ts';

export type Regex =
  | {
      readonly ok: true;
      readonly test: (text: string) => boolean;
      readonly cells: number;
      readonly automaton: Automaton;
    }
  | { readonly ok: false; readonly problem: string; readonly hint?: string };

export function createRegex(source: string, flags: string): Regex {
  const regex = prepareRegex(source, flags);
  if (!regex.ok) return regex;
  // As the Worker gets it: what cannot be written as JSON is lost.
  const prepared = JSON.parse(JSON.stringify(regex.prepared));
  const automaton = createAutomaton(prepared.program);
  return { ok: true, test: automaton.run, cells: prepared.size.cells, automaton };
}

/** The search for a tree as it is: what the others are measured by. */
export function createPlainMatcher(tree: Node): Automaton {
  return createAutomaton(compileProgram(tree));
}
