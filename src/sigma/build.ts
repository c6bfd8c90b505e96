/**
 * Sigma at build time: parses rules from YAML, runs their tests, and writes them as JavaScript.
 *
 * Contract: all problems are returned with their place; don't use a rule set that has an error. The Worker never imports
 * this: it includes the YAML parser.
 */

export { type Problem, problemText } from '../yaml/diagnostics.ts';
export type { SourceFile } from '../yaml/yaml.ts';
export { codeOf } from './codegen/generate.ts';
export { type Parsed, type ParsedRuleSet, type ParseOptions, parseRules } from './parse-rules.ts';
export { type FailedTest, type RuleTest, runTests, testProblem } from './rule-tests.ts';
