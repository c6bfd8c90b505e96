/**
 * Random rule sets with entries made for them: pairs of rule and entry, millions of them in a minute.
 *
 * Contract: the same batch for the same seed. Rules are what parsing can result in, entries what `JSON.parse` can return.
 */
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { expressionOf } from '../../../src/sigma/resolve/expression.ts';
import type { DetectionRule, EntryBody, Expression, RuleSet } from '../../../src/sigma/rule.ts';
import { createRandom } from '../../sandbox/random.ts';
import { type ConditionOptions, createConditions } from './pairs/conditions.ts';
import { createEntries } from './pairs/entries.ts';
import { createRegexes, type SampledRegex } from './pairs/regexes.ts';
import { createWords } from './pairs/words.ts';
import { createFiles } from './pairs/yaml.ts';

/** Each of its rules and each of its entries is a pair. */
export interface Batch {
  readonly seed: number;
  readonly ruleSet: RuleSet;
  readonly rules: readonly DetectionRule[];
  readonly entries: readonly EntryBody[];
  /** Whether the rules were parsed from files. */
  readonly fromFiles: boolean;
}

const FIELDS = [
  ...['a', 'a', 'b', 'c', 'a.b', 'b.c', 'a.b.c', 'a.c', '__proto__', 'constructor', 'a.__proto__', 'length'],
  ...['toString', 'b.length', 'constructor.name'],
];
/** Few rules leave a field with literals of one place only; more than 32 need more than one word of bits. */
const RULES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 40];
const ENTRIES = 8;
const FILES_SHARE = 0.1;

export function createBatch(seed: number): Batch {
  const random = createRandom(seed);
  const words = createWords(random);
  const samples = new Map<string, () => string>();
  const createRegex = createRegexes(random, words);
  const regex = (): SampledRegex => {
    const created = createRegex();
    samples.set(keyOf(created), created.sample);
    return created;
  };
  const fields = Array.from({ length: 2 + random.below(5) }, () => random.pick(FIELDS));
  const options: ConditionOptions = { random, words, fields, regex };
  const fromFiles = random.chance(FILES_SHARE);
  const ruleSet = fromFiles ? parsedRules(options) : ruleSetOf(expressions(options));
  const rules = ruleSet.rules.filter((rule) => rule.kind === 'detection');
  const createEntry = createEntries({
    ...{ random, words, fields, expressions: rules.map(({ expression }) => expression) },
    sampleOf: (one) => samples.get(keyOf(one))?.() ?? words.text(),
  });
  return { seed, ruleSet, rules, entries: Array.from({ length: ENTRIES }, createEntry), fromFiles };
}

function keyOf({ source, flags }: { readonly source: string; readonly flags: string }): string {
  return `${flags}/${source}`;
}

function expressions(options: ConditionOptions): readonly Expression[] {
  const createCondition = createConditions(options);
  return Array.from({ length: options.random.pick(RULES) }, () => expressionOf(createCondition()));
}

/** Rules from files, without those that are refused. */
function parsedRules(options: ConditionOptions): RuleSet {
  const createFile = createFiles(options);
  const files = Array.from({ length: 12 }, (_, i) => createFile(i));
  const { ruleSet, problems } = parseRules(files);
  const refused = new Set(problems.filter(({ severity }) => severity === 'error').map(({ path }) => path));
  if (refused.size === 0) return ruleSet;
  const valid = files.filter(({ path }) => !refused.has(path));
  return valid.length === 0 ? ruleSetOf([{ kind: 'and', of: [] }]) : parseRules(valid).ruleSet;
}

/** A rule set of these expressions. */
export function ruleSetOf(expressions: readonly Expression[]): RuleSet {
  return { version: '1', rules: expressions.map((expression, i) => ({ ...ANY_RULE, id: String(i), expression })) };
}

const ANY_RULE: DetectionRule = {
  ...{ kind: 'detection', id: '', name: null, title: 'A rule', level: 'low', status: null, description: null },
  ...{ tags: [], falsepositives: [], fields: [], path: 'x.yml', alerts: true },
  ...{
    tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: null, dedupReopenMs: null },
    expression: { kind: 'and', of: [] },
  },
};
