/**
 * Sigma at build time: parses rules from YAML, runs their tests, and writes them as JavaScript.
 *
 * Contract: all problems are returned with their place; don't use a rule set that has an error. The Worker never imports
 * this: it includes the YAML parser.
 */

export { type Problem, problemText } from '../yaml/diagnostics.ts';
export type { SourceFile } from '../yaml/yaml.ts';
export { type FieldCatalogue, type KnownField, valuesOf } from './catalogue.ts';
export { codeOf } from './codegen/generate.ts';
export { namedValues } from './named-values.ts';
export { type Parsed, type ParsedRuleSet, type ParseOptions, parseRules } from './parse-rules.ts';
export type { ParsedFilter } from './resolve/filters.ts';
export { formatAt } from './rule-tests/entries.ts';
export { filterProblems, runFilterTests } from './rule-tests/filters.ts';
export type { ExpectedAlert, RuleTest } from './rule-tests/rule-test.ts';
export { type FailedTest, failureText, runTests, testProblem } from './rule-tests/run.ts';
export type { RuleTuning, TunedValue } from './tuning/tune.ts';
export * as vocabulary from './vocabulary.ts';
