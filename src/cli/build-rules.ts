/**
 * `npm run rules`: builds the rules into a module, and the static assets; or reports the rules' problems.
 *
 * Contract: after an error or a failed rule test, and with `--strict` after a warning, nothing is written and the exit code is
 * 1; it is 2 for wrong arguments.
 * A file is written only if it changed, so that file watchers don't fire.
 */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { DERIVED_FIELDS } from '../audit-log/derived-fields.ts';
import type { Routing } from '../routing/routing.ts';
import { codeOf, type ParsedRuleSet } from '../sigma/build.ts';
import { type DisabledRule, listedRules, type RuleSet } from '../sigma/index.ts';
import { jsonLine } from '../text/invisible.ts';
import { counted } from '../text/numbers.ts';
import type { RuleFiles } from '../web/pages/rule-file.ts';
import { problemText, SEVERITIES, type Severity } from '../yaml/diagnostics.ts';
import { buildAssets, isPrivateServed, KEEPS_PRIVATE, writeAssets, writeIfChanged } from './build-assets.ts';
import { CALLED_WRONGLY, FAILED, OK } from './failure.ts';
import { type BuiltRules, buildRules } from './rule-files.ts';
import { err, out, printCrashes } from './terminal.ts';

const HELP = `usage: npm run rules -- [options]

Builds the Sigma rules in rules/, with the lists in rules/lists/, rules/tuning.yml and rules/routing.yml, into
src/rules.gen.ts, and runs the rules' tests. Builds the pages' static assets into .assets/, with their names in src/assets.gen.ts.

  --check        only report problems; write nothing
  --strict       warnings are failures too
  --json         print one JSON object instead of text
  --rules DIR    the folder of rules (rules)
  --out FILE     the module to write (src/rules.gen.ts); assets.gen.ts is written beside it
  --assets DIR   the folder of assets to write (.assets)
  --help         print this
`;

const OPTIONS = {
  check: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  rules: { type: 'string', default: 'rules' },
  out: { type: 'string', default: 'src/rules.gen.ts' },
  assets: { type: 'string', default: '.assets' },
  help: { type: 'boolean', default: false },
} as const;

const CONFIG = 'wrangler.toml';

function main(args: readonly string[]): number {
  const options = readOptions(args);
  if (options === null) return CALLED_WRONGLY;
  if (options.help) {
    out(HELP);
    return OK;
  }
  if (existsSync(CONFIG) && isPrivateServed(readFileSync(CONFIG, 'utf8'))) {
    err(`${CONFIG}: anyone could read your rule files: add to [assets]: ${KEEPS_PRIVATE}\n`);
    return FAILED;
  }
  let result: BuiltRules;
  try {
    result = buildRules(options.rules);
  } catch (error) {
    err(`${options.rules}: can't be read: ${error instanceof Error ? error.message : error}\n`);
    return FAILED;
  }
  const failing: readonly Severity[] = options.strict ? ['error', 'warning'] : ['error'];
  const failed = result.problems.some(({ severity }) => failing.includes(severity));
  const written = !failed && !options.check && write(result, options);
  report(result, failed, options);
  if (written && !options.json) out(`${options.out} written\n`);
  return failed ? FAILED : OK;
}

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    err(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    return null;
  }
}

/** Whether the module of the rules changed. */
function write(build: BuiltRules, options: { out: string; assets: string }): boolean {
  const { ruleSet, routing } = build;
  const changed = writeIfChanged(options.out, rulesModule(withoutNotes(ruleSet), disabledRules(build), routing));
  writeAssets(buildAssets(ruleFiles(build)), options.assets, join(dirname(options.out), 'assets.gen.ts'));
  return changed;
}

function report(build: BuiltRules, failed: boolean, options: { json: boolean; rules: string }): void {
  const { ruleSet, routing, tests } = build;
  const folder = options.rules.endsWith('/') ? options.rules : `${options.rules}/`;
  const problems = build.problems.map((problem) => ({ ...problem, path: `${folder}${problem.path}` }));
  const ran = tests.length;
  if (options.json) {
    const { version, rules } = ruleSet;
    const receivers = routing?.receivers ?? null;
    const counts = { rules: listedRules(rules).length, ...tuningCounts(build), tests: ran };
    const summary = { ok: !failed, version, ...counts, receivers, problems };
    out(`${jsonLine(summary)}\n`);
    return;
  }
  for (const problem of problems) err(`${problemText(problem)}\n`);
  const counts = SEVERITIES.flatMap((severity) => {
    const count = problems.filter((problem) => problem.severity === severity).length;
    return count === 0 ? [] : [counted(count, severity)];
  });
  if (counts.length > 0) err(`${counts.join(', ')}\n`);
  if (failed) return;
  out(`${listedRules(ruleSet.rules).length} rules, ${ran} tests passed, version ${ruleSet.version}\n`);
  const { tuned, disabled } = tuningCounts(build);
  const changed = [...(tuned > 0 ? [`${tuned} tuned`] : []), ...(disabled > 0 ? [`${disabled} disabled`] : [])];
  if (changed.length > 0) out(`by tuning.yml: ${changed.join(', ')}\n`);
  if (routing !== null) out(`${receiversText(routing)}\n`);
}

function tuningCounts({ tunings }: BuiltRules): { readonly tuned: number; readonly disabled: number } {
  const enabled = tunings.filter(({ isEnabled }) => isEnabled);
  return { tuned: enabled.length, disabled: tunings.length - enabled.length };
}

/** `2 receivers: oncall (slack, min_level high), log (webhook, min_level low)` */
function receiversText({ receivers, route, fallback }: Routing): string {
  const each = receivers.map(({ name, type, minLevel }) => `${name} (${type}, min_level ${minLevel})`);
  const list = `${counted(receivers.length, 'receiver')}: ${each.join(', ')}`;
  if (route === undefined && fallback === undefined) return list;
  return `${list}\nwith routes: "npm run tocsin -- route ENTRY.json" shows where the alerts of an entry would go`;
}

/** What messages show and the engine needs. */
function withoutNotes({ version, rules }: ParsedRuleSet): RuleSet {
  return { version, rules: rules.map(({ author, references, noise, ...rule }) => rule) };
}

/** The rules that the tuning disables. */
function disabledRules({ shipped, tunings }: BuiltRules): readonly DisabledRule[] {
  return tunings.flatMap(({ rule, isEnabled, why }) => {
    const found = isEnabled ? undefined : shipped.rules.find(({ id }) => id === rule);
    if (found === undefined) return [];
    const { id, title, level, description, path } = found;
    return [{ id, title, level, description, path, why }];
  });
}

/** A file without the comment for editors. */
function withoutSchema(text: string): string {
  return text.replace(/^# yaml-language-server:.*\n/, '');
}

/** What only the pages of rules show. */
function ruleFiles(build: BuiltRules): RuleFiles {
  const { filters, tunings, files } = build;
  const { rules } = build.ruleSet;
  const used = new Set([...rules, ...disabledRules(build)].map((rule) => rule.path));
  const filtersOf = Map.groupBy(
    filters.flatMap(({ title, path, rules: filtered }) => filtered.map(({ id }) => ({ id, title, path }))),
    ({ id }) => id,
  );
  return {
    references: rules.flatMap(({ id, references }) => (references.length === 0 ? [] : [[id, references]])),
    tunings: tunings.flatMap(({ rule, why, isEnabled, changes }) => (isEnabled ? [[rule, { why, changes }]] : [])),
    filters: [...filtersOf].map(([id, of]) => [id, of.map(({ title, path }) => ({ title, path }))]),
    files: files.filter(({ path }) => used.has(path)).map(({ path, text }) => [path, withoutSchema(text)]),
  };
}

/**
 * The source of the generated module. The rules are one JSON string, which a Worker parses faster than source, and only
 * on first use.
 */
export function rulesModule(ruleSet: RuleSet, disabled: readonly DisabledRule[], routing: Routing | null): string {
  const json = JSON.stringify(JSON.stringify(ruleSet.rules));
  return `// @ts-nocheck
// Generated from rules/ by "npm run rules". Changes here are lost.
import type { Routing } from './routing/routing.ts';
import type { DisabledRule, RuleCode, RuleSet } from './sigma/index.ts';

const json = ${json};
let rules: RuleSet['rules'] | null = null;
export const ruleSet: RuleSet = {
  version: ${JSON.stringify(ruleSet.version)},
  get rules() {
    rules ??= JSON.parse(json) as RuleSet['rules'];
    return rules;
  },
};
/** The same rules as code. */
export const ruleCode: RuleCode = ${codeOf(ruleSet, DERIVED_FIELDS)};
export const disabled: readonly DisabledRule[] = ${JSON.stringify(disabled)};
export const routing: Routing | null = ${JSON.stringify(routing)};
`;
}

if (import.meta.main) {
  printCrashes();
  process.exitCode = main(process.argv.slice(2));
}
