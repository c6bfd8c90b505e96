/**
 * `npm run rules`: builds the rules into a module, or says what is wrong with them.
 *
 * Contract: with an error among the problems, or a rule's own test that fails, nothing is written and the exit code
 * is 1; 2 where it was called wrongly. The module is written only where it changes, so that who watches it may rest.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { reservedNames } from '../config/config.ts';
import { RECEIVER_TYPES } from '../notify/registry.ts';
import type { Routing } from '../routing/routing.ts';
import { parseRouting } from '../routing/routing-file.ts';
import { parseRules, type RuleTest, runTests, testProblem } from '../sigma/build.ts';
import { compile, type RuleSet } from '../sigma/index.ts';
import { type Problem, problemText } from '../yaml/diagnostics.ts';
import type { SourceFile } from '../yaml/yaml.ts';
import { readRoutingFiles, readRuleFiles } from './rules-files.ts';
import { rulesModule } from './rules-module.ts';

const HELP = `usage: npm run rules -- [options]

Builds the Sigma rules in rules/, with the lists in rules/lists/ and rules/routing.yml, into src/rules.gen.ts, and
runs the rules' own tests.

  --check        only say what is wrong; write nothing
  --json         print one JSON object instead of text
  --rules DIR    the folder of rules (rules)
  --out FILE     the module to write (src/rules.gen.ts)
  --help         print this
`;

const OPTIONS = {
  check: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  rules: { type: 'string', default: 'rules' },
  out: { type: 'string', default: 'src/rules.gen.ts' },
  help: { type: 'boolean', default: false },
} as const;

/** What building came to. */
interface Outcome {
  readonly ruleSet: RuleSet;
  /** Null: there is no such file. */
  readonly routing: Routing | null;
  readonly problems: readonly Problem[];
  readonly tests: readonly RuleTest[];
  readonly files: readonly SourceFile[];
}

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const options = readOptions(args);
  if (options === null) return 2;
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  let outcome: Outcome;
  try {
    outcome = build(options.rules);
  } catch (error) {
    process.stderr.write(`${options.rules}: cannot be read: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
  const failed = outcome.problems.some(({ severity }) => severity === 'error');
  const written =
    !failed &&
    !options.check &&
    writeIfChanged(options.out, rulesModule(outcome.ruleSet, outcome.routing, outcome.files));
  tell(outcome, failed, options);
  if (written && !options.json) process.stdout.write(`${options.out} written\n`);
  return failed ? 1 : 0;
}

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return null;
  }
}

function build(folder: string): Outcome {
  const { routing, problems: routingProblems } = parseRouting(
    readRoutingFiles(folder),
    RECEIVER_TYPES,
    reservedNames(RECEIVER_TYPES),
  );
  const files = readRuleFiles(folder);
  const { ruleSet, problems, tests } = parseRules(files);
  const broken = problems.some(({ severity }) => severity === 'error');
  const failures = broken ? [] : runTests(compile(ruleSet), tests).map(testProblem);
  return { ruleSet, routing, problems: [...problems, ...failures, ...routingProblems], tests, files };
}

function writeIfChanged(path: string, text: string): boolean {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false;
  writeFileSync(path, text);
  return true;
}

function tell(outcome: Outcome, failed: boolean, options: { json: boolean; rules: string }): void {
  const { ruleSet, routing, problems, tests } = outcome;
  const ran = tests.length;
  if (options.json) {
    const { version, rules } = ruleSet;
    const receivers = routing?.receivers ?? null;
    const summary = { ok: !failed, version, rules: rules.length, tests: ran, receivers, problems };
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  const folder = options.rules.endsWith('/') ? options.rules : `${options.rules}/`;
  for (const problem of problems) process.stderr.write(`${problemText(problem, folder)}\n`);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (failed) {
    process.stderr.write(`${errors} error${errors === 1 ? '' : 's'} in the rules\n`);
    return;
  }
  process.stdout.write(`${ruleSet.rules.length} rules, ${ran} tests passed, version ${ruleSet.version}\n`);
  if (routing !== null) process.stdout.write(`${receiversText(routing)}\n`);
}

/** `2 receivers: oncall (slack, from high), log (webhook, from low)` */
function receiversText({ receivers }: Routing): string {
  const each = receivers.map(({ name, type, minLevel: from }) => `${name} (${type}, from ${from})`);
  return `${receivers.length} receiver${receivers.length === 1 ? '' : 's'}: ${each.join(', ')}`;
}
