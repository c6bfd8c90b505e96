/**
 * Adds a rule file of the owner's to a folder of rules.
 *
 * Contract: the file is written only if it is sound among the others and its tests pass, and never over one that exists. What is
 * wrong with other files does not matter.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DERIVED_FIELDS } from '../audit-log/derived-fields.ts';
import { testRules } from '../backtest/rule-tests.ts';
import { type Parsed, type ParseOptions, parseRules, testProblem } from '../sigma/build.ts';
import type { Problem } from '../yaml/diagnostics.ts';
import type { SourceFile } from '../yaml/yaml.ts';
import { cannotRead } from './cannot-read.ts';
import { Failure } from './failure.ts';
import { readRuleFolder } from './rule-files.ts';
import { safe } from './terminal.ts';

/** A folder of rules that files are added to. */
export interface OpenFolder {
  readonly files: readonly SourceFile[];
  readonly options: ParseOptions;
}

/** Reads one. Throws a `Failure`. */
export function openRuleFolder(folder: string): OpenFolder {
  try {
    return readRuleFolder(folder);
  } catch (error) {
    throw cannotRead(folder, error, 'Name the folder of rules: --rules DIR');
  }
}

/** What the problems of a file would be, with its tests and their number. */
export function tryFile(
  { files, options }: OpenFolder,
  file: SourceFile,
): { readonly problems: readonly Problem[]; readonly tests: number } {
  const isUsable = (of: Parsed): boolean =>
    of.problems.every((each) => each.severity !== 'error' || each.path === file.path);
  const among = parseRules([...files, file], options);
  const parsed = isUsable(among) ? among : parseRules([file], options);
  const problems = parsed.problems.filter(({ path }) => path === file.path);
  const tests = parsed.tests.filter(({ path }) => path === file.path);
  const failed = isSound(problems) ? testRules({ ...parsed, tests }, { derived: DERIVED_FIELDS }) : [];
  return { problems: [...problems, ...failed.map(testProblem)], tests: tests.length };
}

/** Whether a deploy takes it. */
export function isSound(problems: readonly Problem[]): boolean {
  return problems.every(({ severity }) => severity === 'notice');
}

/** Writes a file that is new. Throws a `Failure`; `hint`: how to name another one. */
export function writeNewFile(folder: string, { path, text }: SourceFile, hint: string): void {
  const file = join(folder, path);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    if (existsSync(file)) throw new Failure(`${safe(file)} exists, and is left as it is`, hint);
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(`${safe(file)} can't be written: ${safe(why)}`, hint);
  }
}
