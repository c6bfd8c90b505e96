/** Regular expressions as tasks by name: the engine and the number of the case. */

import { createAutomaton } from '../../../src/sigma/regex/automaton.ts';
import { prepareRegex } from '../../../src/sigma/regex/prepared.ts';
import type { Task } from '../rules/serve.ts';
import { REGEX_CASES, type RegexCase } from './cases.ts';

export type Tester = (text: string) => boolean;
export type MakeTester = (source: string, flags: string) => Tester;

export function tocsin(source: string, flags: string): Tester {
  const regex = prepareRegex(source, flags);
  if (!regex.ok) throw new Error(`${source}: ${regex.problem}`);
  return createAutomaton(regex.prepared.program).run;
}

export function native(source: string, flags: string): Tester {
  const regex = new RegExp(source, flags);
  return (text) => regex.test(text);
}

/** Two tasks per case: testing, and compiling and testing once. */
export function regexTasks(engines: { readonly [name: string]: MakeTester }): { readonly [name: string]: () => Task } {
  const tasks: Record<string, () => Task> = {};
  for (const [name, make] of Object.entries(engines)) {
    for (const [i, one] of REGEX_CASES.entries()) {
      tasks[`${name} ${i}`] = () => testing(make(one.source, one.flags), one);
      tasks[`${name} ${i} made`] = () => making(make, one);
    }
  }
  return tasks;
}

function testing(test: Tester, { texts }: RegexCase): Task {
  return (count) => {
    let matches = 0;
    for (let i = 0; i < count; i++) if (test(texts[i % texts.length] as string)) matches++;
    return matches;
  };
}

/** Compiles the expression each time, for its first text. */
function making(make: MakeTester, { source, flags, texts }: RegexCase): Task {
  return (count) => {
    let matches = 0;
    for (let i = 0; i < count; i++) if (make(source, flags)(texts[0] as string)) matches++;
    return matches;
  };
}
