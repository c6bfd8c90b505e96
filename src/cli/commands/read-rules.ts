/** Reads the rules on this disk for a command that needs sound ones. */
import { counted } from '../../text/numbers.ts';
import { problemText } from '../../yaml/diagnostics.ts';
import { cannotRead } from '../cannot-read.ts';
import { Failure } from '../failure.ts';
import { type BuiltRules, buildRules } from '../rule-files.ts';
import type { CliContext } from './command.ts';

/**
 * The rules and the routing of a folder. Their problems are printed, and errors are a `Failure`. `runsTests`: those of the rules.
 */
export function readRules(folder: string, { err }: Pick<CliContext, 'err'>, runsTests = true): BuiltRules {
  let built: BuiltRules;
  try {
    built = buildRules(folder, runsTests);
  } catch (error) {
    throw cannotRead(folder, error, 'Name the folder of rules: --rules DIR');
  }
  const errors = built.problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return built;
  for (const problem of errors) err(`${problemText(problem, `${folder}/`)}\n`);
  throw new Failure(
    `the rules have ${counted(errors.length, 'error')}`,
    'Correct them, then check: npm run tocsin -- check',
  );
}
