/** Runs prepared regular expressions. Pure except for the automaton. */
import { type Automaton, createAutomaton } from './automaton.ts';
import type { PreparedRegex } from './prepared.ts';
import type { Program } from './program.ts';

/**
 * Creates a test of whether a regular expression matches anywhere in a text.
 *
 * @example
 * const regex = prepareRegex(String.raw`^/v1/\w+\.php$`, 'i');
 * if (regex.ok) createRegexMatcher(regex.prepared)('/V1/index.php'); // true
 */
export function createRegexMatcher({ program }: PreparedRegex): (text: string) => boolean {
  return createMatcher(() => program);
}

/** Creates a test of whether a program matches; its automaton is created when the first text needs it. */
export function createMatcher(programOf: () => Program): (text: string) => boolean {
  let automaton: Automaton | null = null;
  return (text) => {
    automaton ??= createAutomaton(programOf());
    return automaton.run(text);
  };
}
