/**
 * Reads the folder of rules, and builds what is in it: the rules, the routing, and every problem of both.
 *
 * Contract: writes nothing. Throws only if the folder can't be read.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reservedNames } from '../config/config.ts';
import { RECEIVER_TYPES } from '../notify/registry.ts';
import type { Routing } from '../routing/routing.ts';
import { parseRouting } from '../routing/routing-file.ts';
import { type ParsedRuleSet, parseRules, type RuleTest, runTests, testProblem } from '../sigma/build.ts';
import { compile } from '../sigma/index.ts';
import type { Problem } from '../yaml/diagnostics.ts';
import type { SourceFile } from '../yaml/yaml.ts';

/** What a folder of rules holds. */
export interface BuiltRules {
  readonly ruleSet: ParsedRuleSet;
  /** Null: no routing file. */
  readonly routing: Routing | null;
  readonly problems: readonly Problem[];
  readonly tests: readonly RuleTest[];
  readonly files: readonly SourceFile[];
}

/** Builds the rules and the routing of a folder, and runs the rules' tests. */
export function buildRules(folder: string): BuiltRules {
  const files = readRuleFiles(folder);
  const { ruleSet, problems, tests } = parseRules(files);
  const broken = problems.some(({ severity }) => severity === 'error');
  const { routing, problems: routingProblems } = parseRouting(
    readRoutingFiles(folder),
    RECEIVER_TYPES,
    reservedNames(RECEIVER_TYPES),
    broken ? null : ruleSet.rules,
  );
  const failures = broken ? [] : runTests(compile(ruleSet), tests).map(testProblem);
  return { ruleSet, routing, problems: [...problems, ...failures, ...routingProblems], tests, files };
}

const ROUTING = ['routing.yml', 'routing.yaml'] as const;

/**
 * Every `.yml` and `.yaml` below the folder but the routing: the rules and, below `lists/`, the values of placeholders.
 * Sorted by path, with `/` as separator. Throws if the folder can't be read.
 */
export function readRuleFiles(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.ya?ml$/.test(path) && !isRouting(path))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
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
