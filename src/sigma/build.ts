/**
 * Sigma at build time: rules are parsed from YAML, tested, and written as JavaScript.
 *
 * Contract: rules are parsed once, and every problem is reported with its place; a rule set with an error among its
 * problems is not to be used. Never imported by the Worker: it brings the YAML parser along.
 */

export { type Problem, problemText } from '../yaml/diagnostics.ts';
export type { SourceFile } from '../yaml/yaml.ts';
export { codeOf } from './codegen/code.ts';
export { type Parsed, type ParseOptions, parseRules } from './parse-rules.ts';
export { type FailedTest, type RuleTest, runTests, testProblem } from './rule-tests.ts';
