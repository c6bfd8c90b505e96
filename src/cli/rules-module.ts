/** The generated module that holds the rules. Pure. */
import type { Routing } from '../routing/routing.ts';
import { codeOf } from '../sigma/build.ts';
import type { RuleSet } from '../sigma/index.ts';
import type { SourceFile } from '../yaml/yaml.ts';

/**
 * Its source. The rules are one string of JSON, which a Worker reads faster than as much source, and only when somebody
 * asks for them; their files are there to be shown.
 */
export function rulesModule(ruleSet: RuleSet, routing: Routing | null, files: readonly SourceFile[]): string {
  const json = JSON.stringify(JSON.stringify(ruleSet.rules));
  const used = new Set(ruleSet.rules.map((rule) => rule.path));
  const sources = Object.fromEntries(files.filter(({ path }) => used.has(path)).map(({ path, text }) => [path, text]));
  return `// @ts-nocheck
// Made from rules/ by "npm run rules". Changes here are lost.
import type { Routing } from './routing/routing.ts';
import type { RuleCode } from './sigma/index.ts';
import type { RuleSet } from './sigma/index.ts';

const json = ${json};
let rules: RuleSet['rules'] | null = null;
export const ruleSet: RuleSet = {
  version: ${JSON.stringify(ruleSet.version)},
  get rules() {
    rules ??= JSON.parse(json) as RuleSet['rules'];
    return rules;
  },
};
/** The same as code. */
export const ruleCode: RuleCode = ${codeOf(ruleSet)};
export const routing: Routing | null = ${JSON.stringify(routing)};
/** The rules' files by their path below rules/, as they were written. */
export const ruleSources: { readonly [path: string]: string } = ${JSON.stringify(sources)};
`;
}
