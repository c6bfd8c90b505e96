/** `test`: runs the tests of rules, all or some, once or whenever a file changes. */
import { isAbsolute, relative } from 'node:path';
import { type FailedTest, failureText, type RuleTest, testProblem } from '../../sigma/build.ts';
import { listedRules, type Rule } from '../../sigma/index.ts';
import { jsonLine } from '../../text/invisible.ts';
import { nearest } from '../../text/nearest.ts';
import { counted } from '../../text/numbers.ts';
import { type Problem, problemText } from '../../yaml/diagnostics.ts';
import { cannotRead } from '../cannot-read.ts';
import { FAILED, Failure, OK } from '../failure.ts';
import { junitXml } from '../junit.ts';
import { parseFolder, runRuleTests } from '../rule-files.ts';
import { safe, utc } from '../terminal.ts';
import { watchFolder } from '../watch-folder.ts';
import { type CliContext, defineCommand, FLAG, TEXT, UsageError } from './command.ts';
import { rulesFolder } from './rules-folder.ts';

/** A rule or a filter. */
type Tested = Pick<Rule, 'id' | 'name' | 'title' | 'path'> & { readonly kind: Rule['kind'] | 'filter' };

/** What running tests came to; if the rules have errors, nothing was run. */
interface TestRun {
  readonly errors: readonly Problem[];
  /** The chosen rules and filters. */
  readonly rules: readonly Tested[];
  /** Their tests. */
  readonly tests: readonly RuleTest[];
  readonly failed: readonly FailedTest[];
}

export const test = defineCommand({
  summary: 'run the tests of rules',
  usage: `usage: npm run tocsin -- test [RULE or PATH …] [--watch] [--json | --junit] [--rules DIR]

Runs the tests in the files of rules: of all rules and filters, of some by their name or id, or of those in a file or folder,
such as rules/local. Rules that come with Tocsin are tested as they are shipped; the tests in rules/tuning.yml, and those of your
own rules and filters, as they are deployed. A failed test is shown with its place, and with what its entries lack or have.
The exit code is 1 if a test fails or the rules have errors.

  --watch       run them again whenever a file changes
  --json        print one JSON object
  --junit       print the results as JUnit XML
  --rules DIR   the folder of rules (default: rules)
`,
  options: { watch: FLAG, json: FLAG, junit: FLAG, rules: TEXT },
  allowPositionals: true,
  async run({ watch, json, junit, rules: given }, context, chosen) {
    if (json && junit) throw new UsageError('give --json or --junit, not both');
    if (watch && (json || junit)) throw new UsageError('--watch prints text: leave out --json and --junit');
    const { folder, shown } = rulesFolder(given);
    if (watch) return watching(folder, shown, chosen, context);
    const format = json ? 'json' : junit ? 'junit' : 'text';
    return runOnce(folder, shown, chosen, format, context);
  },
});

/** Runs the tests, prints the result, and returns the exit code. */
function runOnce(
  folder: string,
  shown: string,
  chosen: readonly string[],
  format: 'text' | 'json' | 'junit',
  { out, err }: CliContext,
): number {
  const run = runTests(folder, shown, chosen);
  const { errors, failed, rules } = run;
  if (format === 'json') out(`${jsonLine(jsonOf(run, shown))}\n`);
  else if (errors.length > 0) {
    for (const error of errors) err(`${problemText(error, shown)}\n`);
    err(`no test was run: fix ${errors.length === 1 ? 'this error' : 'these errors'} first\n`);
  } else if (format === 'junit') out(junitXml(suitesOf(run, shown)));
  else for (const line of linesOf(run, shown)) out(`${line}\n`);
  return errors.length === 0 && failed.length === 0 && rules.length > 0 ? OK : FAILED;
}

/** Runs the tests at each change; ends with the process. */
function watching(folder: string, shown: string, chosen: readonly string[], context: CliContext): Promise<number> {
  const { out, err } = context;
  const again = (): void => {
    try {
      runOnce(folder, shown, chosen, 'text', context);
    } catch (error) {
      // Files change while one types: what can't be read or found now may be there at the next change.
      if (!(error instanceof Failure || error instanceof UsageError)) throw error;
      err(`${error.message}\n`);
    }
    out(`${utc(context.now())}  waiting for changes in ${safe(shown)}, Ctrl+C ends\n`);
  };
  runOnce(folder, shown, chosen, 'text', context);
  watchFolder(folder, again);
  out(`waiting for changes in ${safe(shown)}, Ctrl+C ends\n`);
  return new Promise(() => {});
}

function runTests(folder: string, shown: string, chosen: readonly string[]): TestRun {
  const parsed = readFolder(folder, shown);
  const errors = parsed.problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return { errors, rules: [], tests: [], failed: [] };
  const { ruleSet, shipped, filters } = parsed;
  const tuned = new Set(ruleSet.rules.map(({ id }) => id));
  // Tests of shipped rules run whether a tuning disables the rule or not.
  const rulesOfBoth = listedRules([...ruleSet.rules, ...shipped.rules.filter(({ id }) => !tuned.has(id))]);
  const all = [...rulesOfBoth, ...filters];
  const rules = chosen.length === 0 ? all : chooseRules(all, chosen, folder, shown);
  const ids = new Set(rules.map(({ id }) => id));
  const tests = parsed.tests.filter((each) => ids.has(each.rule));
  return { errors, rules, tests, failed: runRuleTests(parsed, tests) };
}

function readFolder(folder: string, shown: string) {
  try {
    return parseFolder(folder);
  } catch (error) {
    throw cannotRead(shown, error, '--rules DIR names the folder of rules');
  }
}

/** The rules that words name: by name or id, or by a file or folder that they are in. */
function chooseRules(
  rules: readonly Tested[],
  chosen: readonly string[],
  folder: string,
  shown: string,
): readonly Tested[] {
  const found = new Set<Tested>();
  for (const word of chosen) {
    const path = pathOf(word, folder, shown);
    const here = rules.filter((rule) => rule.id === word || rule.name === word || path === '' || isIn(rule.path, path));
    if (here.length === 0) throw new UsageError(unknownText(word, path, rules, shown));
    for (const rule of here) found.add(rule);
  }
  return rules.filter((rule) => found.has(rule));
}

/** A word as a path below the folder of rules, which may be written with or without that folder. */
function pathOf(word: string, folder: string, shown: string): string {
  const path = (isAbsolute(word) ? relative(folder, word) : word).replaceAll('\\', '/').replace(/^\.\//, '');
  const below = `${path}/`.startsWith(shown) ? path.slice(shown.length) : path;
  return below.replace(/\/+$/, '');
}

function isIn(path: string, of: string): boolean {
  return path === of || path.startsWith(`${of}/`);
}

function unknownText(word: string, path: string, rules: readonly Tested[], shown: string): string {
  const folders = rules.flatMap((rule) => rule.path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/')));
  const near =
    nearest(
      word,
      rules.flatMap(({ name }) => name ?? []),
    ) ?? nearest(path, folders);
  const hint =
    near === null ? `name a rule, or a file or folder in ${shown} with rules` : `did you mean "${safe(near)}"?`;
  return `no rule "${safe(word)}" (${hint})`;
}

function untested({ rules, tests }: TestRun): readonly Tested[] {
  const tested = new Set(tests.map(({ rule }) => rule));
  return rules.filter(({ id }) => !tested.has(id));
}

function linesOf(run: TestRun, shown: string): readonly string[] {
  const { rules, tests, failed } = run;
  const without = untested(run);
  const filters = rules.filter(({ kind }) => kind === 'filter').length;
  const of = `${counted(rules.length - filters, 'rule')}${filters === 0 ? '' : ` and ${counted(filters, 'filter')}`}`;
  const summary =
    failed.length === 0
      ? `${counted(tests.length, 'test')} of ${of} passed`
      : `${failed.length} of ${counted(tests.length, 'test')} failed`;
  return [
    ...failed.map((each) => problemText(testProblem(each), shown)),
    ...without.map(({ path, title }) => `${safe(shown + path)}: no tests: ${safe(title)}`),
    rules.length === 0 ? `no rules in ${safe(shown)}` : summary,
  ];
}

function jsonOf(run: TestRun, shown: string): unknown {
  const { errors, rules, tests, failed } = run;
  const path = (of: { readonly path: string }) => shown + of.path;
  return {
    ok: errors.length === 0 && failed.length === 0 && rules.length > 0,
    problems: errors.map((problem) => ({ ...problem, path: path(problem) })),
    rules: rules.length,
    tests: tests.length,
    failed: failed.map(({ test: each, found }) => ({
      ...{ path: path(each), ...each.place, rule: each.rule, name: each.name, found },
      expected: each.kind === 'filter' ? { excluded: !each.match } : (each.expect ?? each.match),
    })),
    untested: untested(run).map((rule) => ({ path: path(rule), rule: rule.id, title: rule.title })),
  };
}

function suitesOf({ rules, tests, failed }: TestRun, shown: string) {
  const failures = new Map(failed.map((each) => [each.test, failureText(each)]));
  return rules.map((rule) => ({
    name: rule.title,
    file: shown + rule.path,
    cases: tests
      .filter((each) => each.rule === rule.id)
      .map((each) => ({ name: each.name, line: each.place.line, failure: failures.get(each) ?? null })),
  }));
}
