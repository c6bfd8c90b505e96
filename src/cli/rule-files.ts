/**
 * Reads the folder of rules, and builds what is in it: the rules, the routing, and every problem of both.
 *
 * Contract: writes nothing. Throws only if the folder can't be read.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_ENTRY } from '../audit-log/default-entry.ts';
import { DERIVED_FIELDS } from '../audit-log/derived-fields.ts';
import { AUDIT_LOG, ENTRY_FIELDS } from '../audit-log/entry-fields.ts';
import { OBSERVED_FILE, withObserved } from '../audit-log/observed-fields.ts';
import { testRules } from '../backtest/rule-tests.ts';
import { reservedNames } from '../config/config.ts';
import { RECEIVER_TYPES } from '../notify/registry.ts';
import { DEFAULT_MIN_LEVEL, type Routing } from '../routing/routing.ts';
import { parseRouting, timesOf } from '../routing/routing-file.ts';
import {
  type FailedTest,
  type FieldCatalogue,
  filterProblems,
  type Parsed,
  type ParseOptions,
  parseRules,
  type RuleTest,
  testProblem,
} from '../sigma/build.ts';
import { isAbove, listedRules } from '../sigma/index.ts';
import { createReport, nearestHint, type Problem } from '../yaml/diagnostics.ts';
import type { SourceFile } from '../yaml/yaml.ts';

/** How the rules of Tocsin are parsed, lists apart. */
export const TOCSIN = {
  logsource: AUDIT_LOG,
  fields: ENTRY_FIELDS,
  defaultEntry: DEFAULT_ENTRY,
  folder: 'rules/',
  isOwn: (path) => path.startsWith('local/'),
  expects: ['id', 'tests'],
} as const satisfies ParseOptions;

/** The rules of a folder, parsed. */
export interface ParsedFolder extends Parsed {
  /** The files of the rules. */
  readonly files: readonly SourceFile[];
  /** What entries have. */
  readonly fields: FieldCatalogue;
}

/** What a folder of rules holds. */
export interface BuiltRules extends ParsedFolder {
  /** Null: no routing file. */
  readonly routing: Routing | null;
}

/**
 * Reads the rules of a folder, and what they are parsed with: its lists, its tuning, what entries were observed to have and the
 * times of its routing. Throws if it can't be read.
 */
export function readRuleFolder(folder: string): {
  readonly files: readonly SourceFile[];
  readonly options: ParseOptions & Pick<ParsedFolder, 'fields'>;
  readonly problems: readonly Problem[];
} {
  const { rules: files, observed, problems: unread, ...others } = readRuleFiles(folder);
  const { fields, problems } = withObserved(ENTRY_FIELDS, observed);
  const times = { ranges: timesOf(readRoutingFiles(folder)), where: '"times:" in rules/routing.yml' };
  return { files, options: { ...TOCSIN, fields, ...others, times }, problems: [...unread, ...problems] };
}

/** Parses the rules of a folder. Throws if it can't be read. */
export function parseFolder(folder: string): ParsedFolder {
  const { files, options, problems } = readRuleFolder(folder);
  const parsed = parseRules(files, options);
  return { ...parsed, problems: [...problems, ...parsed.problems], files, fields: options.fields };
}

/** Runs some of the tests of a folder's rules, which have no errors; returns those that fail. */
export function runRuleTests(parsed: ParsedFolder, tests: readonly RuleTest[]): readonly FailedTest[] {
  return testRules({ ...parsed, tests }, { derived: DERIVED_FIELDS });
}

/** Builds the rules and the routing of a folder. `runsTests`: those of the rules. */
export function buildRules(folder: string, runsTests = true): BuiltRules {
  const parsed = parseFolder(folder);
  const broken = parsed.problems.some(({ severity }) => severity === 'error');
  const disabled = parsed.tunings.flatMap(({ rule, isEnabled }) => (isEnabled ? [] : [rule]));
  const { routing, problems: routingProblems } = parseRouting(
    readRoutingFiles(folder),
    RECEIVER_TYPES,
    reservedNames(RECEIVER_TYPES),
    // A route may name a rule that is disabled.
    broken
      ? null
      : [...listedRules(parsed.ruleSet.rules), ...parsed.shipped.rules.filter(({ id }) => disabled.includes(id))],
    parsed.times,
    parsed.fields,
  );
  const failures = broken || !runsTests ? [] : failuresOf(parsed);
  const hasErrors = routingProblems.some(({ severity }) => severity === 'error');
  const tuning = hasErrors ? [] : receiverProblems(parsed, routing);
  const none = broken || parsed.ruleSet.rules.length > 0 ? [] : [NO_RULES];
  return { ...parsed, routing, problems: [...none, ...parsed.problems, ...tuning, ...failures, ...routingProblems] };
}

/** What the tests find. A filter that makes a rule's tests fail is the error, and they are not. */
function failuresOf(parsed: ParsedFolder): readonly Problem[] {
  const failed = runRuleTests(parsed, parsed.tests);
  const ofFilters = filterProblems(parsed.filters, parsed.tests, { derived: DERIVED_FIELDS });
  const isOf = (emptied: readonly string[], { test }: FailedTest): boolean =>
    test.kind !== 'filter' && test.match && emptied.includes(test.rule);
  return [
    ...failed.filter((each) => !ofFilters.some(({ emptied }) => isOf(emptied, each))).map(testProblem),
    ...ofFilters.map(({ problem, emptied }): Problem => {
      return failed.some((each) => isOf(emptied, each)) ? { ...problem, severity: 'error' } : problem;
    }),
  ];
}

/** What is wrong with the receivers that tunings name. */
function receiverProblems({ ruleSet, tunings }: Parsed, routing: Routing | null): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { rule: id, receivers: named, path } of tunings) {
    const report = createReport(path, problems);
    const level = ruleSet.rules.find((rule) => rule.id === id)?.level ?? DEFAULT_MIN_LEVEL;
    const [first] = named;
    if (routing === null && first !== undefined)
      report.error(first.place, 'no receiver has a name: rules/routing.yml declares none', 'declare it there');
    for (const { text, place } of routing === null ? [] : named) {
      const receiver = routing?.receivers.find(({ name }) => name === text);
      if (receiver === undefined) {
        const names = routing?.receivers.map(({ name }) => name) ?? [];
        report.error(place, 'no receiver has this name in rules/routing.yml', nearestHint(text, names));
      } else if (isAbove(receiver.minLevel, level)) {
        const message = `${text} is not notified of it: the rule is ${level}, and its min_level is ${receiver.minLevel}`;
        report.warning(place, message, 'raise the level of the rule, or name another receiver');
      }
    }
  }
  return problems;
}

const START = { line: 1, column: 1 };
const NO_RULES: Problem = {
  ...{ path: '', ...START, severity: 'warning', message: 'there are no rules: nothing would alert' },
  hint: 'put a rule below this folder, such as local/my_rule.yml',
};

const ROUTING = ['routing.yml', 'routing.yaml'] as const;
/** Files at the top that have no rules. */
const OWN_FILES: ReadonlyMap<string, 'tuning' | 'observed'> = new Map([
  ...(['tuning.yml', 'tuning.yaml'] as const).map((path) => [path, 'tuning'] as const),
  [OBSERVED_FILE, 'observed'],
]);

/** The files of a folder of rules but the routing, sorted by path, with `/` as separator. */
export interface RuleFolder {
  readonly rules: readonly SourceFile[];
  /** Below `lists/`: the values of placeholders. */
  readonly lists: readonly SourceFile[];
  readonly tuning: readonly SourceFile[];
  readonly observed: SourceFile | null;
  /** Files that are not read, and look as if they should be. */
  readonly problems: readonly Problem[];
}

/** Reads every `.yml` and `.yaml` below a folder but the routing. Throws if the folder can't be read. */
export function readRuleFiles(folder: string): RuleFolder {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.ya?ml$/i.test(path) && !isRouting(path))
    .sort((a, b) => (a < b ? -1 : 1));
  const isNamedWell = (path: string): boolean => /\.ya?ml$/.test(path);
  const files = paths.filter(isNamedWell).map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
  const kindOf = ({ path }: SourceFile) =>
    OWN_FILES.get(path) ?? (path.startsWith('lists/') ? ('lists' as const) : ('rules' as const));
  const { rules = [], lists = [], tuning = [], observed = [] } = Object.groupBy(files, kindOf);
  const problems = paths.filter((path) => !isNamedWell(path)).map(misnamed);
  return { rules, lists, tuning, observed: observed[0] ?? null, problems };
}

function misnamed(path: string): Problem {
  const name = (path.split('/').at(-1) ?? '').replace(/\.\w+$/, (end) => end.toLowerCase());
  const message = 'this file is not read: its name must end in ".yml" or ".yaml", in small letters';
  return { path, ...START, severity: 'error', message, hint: `rename it to ${name}` };
}

/** The folder's routing files; two are a mistake that `parseRouting` reports. */
export function readRoutingFiles(folder: string): readonly SourceFile[] {
  return ROUTING.filter((path) => existsSync(join(folder, path))).map((path) => ({
    path,
    text: readFileSync(join(folder, path), 'utf8'),
  }));
}

function isRouting(path: string): boolean {
  return (ROUTING as readonly string[]).includes(path);
}
