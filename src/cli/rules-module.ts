/** The generated module that holds the rules. Pure. */
import type { Routing } from '../alert/routing.ts';
import type { SourceFile } from '../sigma/parse/yaml.ts';
import type { RuleSet } from '../sigma/rule.ts';

/**
 * Its source. The rules are one string of JSON, which a Worker reads faster at its start than as much source; their
 * files are there to be shown.
 */
export function rulesModule(ruleSet: RuleSet, routing: Routing | null, files: readonly SourceFile[]): string {
  const json = JSON.stringify(JSON.stringify(ruleSet));
  const used = new Set(ruleSet.rules.map((rule) => rule.path));
  const sources = Object.fromEntries(files.filter(({ path }) => used.has(path)).map(({ path, text }) => [path, text]));
  return `// Made from rules/ by "npm run rules". Changes here are lost.
import type { Routing } from './alert/routing.ts';
import type { RuleSet } from './sigma/rule.ts';

export const ruleSet: RuleSet = JSON.parse(${json});
export const routing: Routing | null = ${JSON.stringify(routing)};
/** The rules' files by their path below rules/, as they were written. */
export const ruleSources: { readonly [path: string]: string } = ${JSON.stringify(sources)};
`;
}
