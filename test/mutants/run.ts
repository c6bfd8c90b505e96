/**
 * Mutates the rules of a pack, one change at a time, and says which changes the rules' own tests notice.
 *
 * Contract: the tests of a document are its own, and those of correlations in its file that refer to it. A change that is no
 * sound rule, or that decides the same (by `versionOf`) as the rule or as an earlier change, is no mutant. Throws if the tests
 * fail without a change.
 */
import { type Document, parseAllDocuments } from 'yaml';
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import { testRules } from '../../src/backtest/rule-tests.ts';
import { readRuleFolder } from '../../src/cli/rule-files.ts';
import {
  type Parsed,
  type ParseOptions,
  parseRules,
  problemText,
  type RuleTest,
  type SourceFile,
  testProblem,
} from '../../src/sigma/build.ts';
import { listedRules, type Rule } from '../../src/sigma/index.ts';
import { type Mutation, mutationsOf } from './mutations.ts';

/** The share of mutants that the tests of the pack must catch. */
export const SHARE_MIN = 0.97;

export interface Mutant {
  readonly path: string;
  readonly rule: Pick<Rule, 'id' | 'name' | 'title'>;
  /** What was changed. */
  readonly what: string;
  readonly isCaught: boolean;
}

export interface Pack {
  readonly rules: readonly SourceFile[];
  /** What they are parsed with. */
  readonly options: ParseOptions;
}

/** The rules of a folder that come with Tocsin. */
export function readPack(folder: string): Pack {
  const { files, options } = readRuleFolder(folder);
  return { rules: files.filter(({ path }) => !path.startsWith('local/')), options: { ...options, tuning: [] } };
}

/** All mutants of a pack, file by file. `isChosen`: whether a rule is mutated. */
export function* mutantsOf(pack: Pack, isChosen: (rule: Rule) => boolean = () => true): Iterable<Mutant> {
  const all = parse(pack.rules, pack);
  const fileOf = new Map(pack.rules.map((file) => [file.path, file]));
  for (const file of pack.rules) {
    const own = listedRules(all.ruleSet.rules).filter(({ path }) => path === file.path);
    if (!own.some(isChosen)) continue;
    const others = [...pathsBelow(own, all.ruleSet.rules)].flatMap((path) => fileOf.get(path) ?? []);
    yield* mutantsInFile(
      file,
      others.filter((other) => other !== file),
      pack,
      isChosen,
    );
  }
}

/** The files of these rules and of those they refer to. */
function pathsBelow(rules: readonly Rule[], all: readonly Rule[]): ReadonlySet<string> {
  const byId = new Map(all.map((rule) => [rule.id, rule]));
  const found = new Set(rules);
  // The loop adds to the set it iterates.
  for (const rule of found) {
    for (const id of rule.kind === 'correlation' ? rule.rules : []) {
      const below = byId.get(id);
      if (below !== undefined) found.add(below);
    }
  }
  return new Set([...found].map(({ path }) => path));
}

function* mutantsInFile(
  file: SourceFile,
  others: readonly SourceFile[],
  pack: Pack,
  isChosen: (rule: Rule) => boolean,
): Iterable<Mutant> {
  const documents = parseAllDocuments(file.text) as readonly Document[];
  const parsedWith = (changed: readonly Document[]): Parsed => {
    const text = changed.map((document) => document.toString({ lineWidth: 0 })).join('---\n');
    return parse([{ path: file.path, text }, ...others], pack);
  };
  const original = parsedWith(documents);
  const rules = listedRules(original.ruleSet.rules).filter(({ path }) => path === file.path);
  for (const problem of failuresOf(
    original,
    original.tests.filter(({ path }) => path === file.path),
    Number.POSITIVE_INFINITY,
  ))
    throw new Error(problem);
  for (const [i, document] of documents.entries()) {
    const rule = rules.find(({ id, title }) => id === document.get('id') || title === document.get('title'));
    if (rule === undefined || !isChosen(rule)) continue;
    const ids = new Set(rules.filter((each) => pathsTo(rule, each, original.ruleSet.rules)).map(({ id }) => id));
    const versions = new Set([original.ruleSet.version]);
    for (const mutation of mutationsOf(document)) {
      const mutated = parsedWith(documents.with(i, changed(document, mutation)));
      if (mutated.problems.some(({ severity }) => severity === 'error')) continue;
      if (versions.has(mutated.ruleSet.version)) continue;
      versions.add(mutated.ruleSet.version);
      const tests = mutated.tests.filter((test) => ids.has(test.rule));
      const isCaught = failuresOf(mutated, tests, 1).length > 0;
      yield { path: file.path, rule, what: mutation.what, isCaught };
    }
  }
}

/** Whether a rule is another, or is below it. */
function pathsTo(rule: Rule, from: Rule, all: readonly Rule[]): boolean {
  const below = from.kind === 'correlation' ? all.filter(({ id }) => from.rules.includes(id)) : [];
  return from.id === rule.id || below.some((each) => pathsTo(rule, each, all));
}

function changed(document: Document, { apply }: Mutation): Document {
  const copy = document.clone() as Document;
  apply(copy);
  return copy;
}

function parse(files: readonly SourceFile[], { options }: Pack): Parsed {
  return parseRules(files, options);
}

/** What fails of tests, up to `most`; those that need no ledger first. */
function failuresOf(parsed: Parsed, tests: readonly RuleTest[], most: number): readonly string[] {
  const failures: string[] = [];
  for (const test of tests.toSorted((a, b) => Number(a.expect !== null) - Number(b.expect !== null))) {
    const failed = testRules({ ...parsed, tests: [test] }, { derived: DERIVED_FIELDS });
    failures.push(...failed.map((each) => problemText(testProblem(each))));
    if (failures.length >= most) break;
  }
  return failures;
}
