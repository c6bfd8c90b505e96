/**
 * Generates the rules as careful hand-written code, against which the engine is measured. Pure.
 *
 * Contract: each field is read and folded once; tests shared by several rules run once; in each rule cheap tests come first
 * and regular expressions last; a long list is a set, parts of a text are one alternation. The module exports
 * `matched(entry)`, the ids of the matching rules.
 */
import type { DetectionRule } from '../../../src/sigma/rule.ts';
import { type Condition, conditionOf, type FieldTest, textSource } from './condition.ts';

/** Shorter lists are compared one by one. */
const SET_FROM = 4;
/** Cheap tests that at least this many rules share run first. */
const SHARED_FROM = 3;
const CHEAP = 2;

/** Rules per function: longer ones are compiled slowly. */
const PART = 50;

/** The module's source. `prepared`: the path of prepared.ts, for addresses; `log`: what the rules are about. */
export function handWritten(rules: readonly DetectionRule[], prepared: string, log: Log = 'audit'): string {
  const { before, fields } = LOGS[log];
  const constants = createConstants();
  const parts: string[][] = [];
  for (let from = 0; from < rules.length; from += PART)
    parts.push(partOf(rules.slice(from, from + PART), constants.name));
  const names = fields.map(([name]) => name).join(', ');
  return [
    `import { addressOf } from ${JSON.stringify(prepared)};`,
    ...constants.lines,
    ...parts.flatMap((lines, i) => [`function part${i + 1}({ ${names} }, matched) {`, ...lines, '}']),
    'export function matched(entry) {',
    '  const matched = [];',
    ...before,
    ...fields.map(([name, source]) => `  const ${name} = ${source};`),
    `  const fields = { ${names} };`,
    ...parts.map((_, i) => `  part${i + 1}(fields, matched);`),
    '  return matched;',
    '}',
    '',
  ].join('\n');
}

type NameOf = (prefix: string, value: string) => string;

/** Constants of the module: one for each value. */
function createConstants(): { readonly lines: readonly string[]; readonly name: NameOf } {
  const lines: string[] = [];
  const names = new Map<string, string>();
  const name: NameOf = (prefix, value) => {
    const known = names.get(value) ?? `${prefix}${names.size + 1}`;
    if (!names.has(value)) lines.push(`const ${known} = ${value};`);
    names.set(value, known);
    return known;
  };
  return { lines, name };
}

/** The lines that push the ids of matching rules. */
function partOf(rules: readonly DetectionRule[], constant: NameOf): string[] {
  const conditions = rules.map((rule) => sorted(conditionOf(rule.expression)));
  const shared = sharedTests(conditions);
  const write = (condition: Condition): string => {
    const known = shared.get(JSON.stringify(condition));
    if (known !== undefined) return known.name;
    if (condition.kind === 'not') return `!(${write(condition.of)})`;
    if (condition.kind === 'and') return condition.of.map((child) => inParentheses(child, write(child))).join(' && ');
    if (condition.kind === 'or') return condition.of.map((child) => inParentheses(child, write(child))).join(' || ');
    return testSource(condition, constant);
  };
  return [
    ...[...shared].map(([, { name, test }]) => `  const ${name} = ${testSource(test, constant)};`),
    ...rules.flatMap(({ id, title }, i) => [
      `  // ${title.replace(/\s+/g, ' ')}`,
      `  if (${write(conditions[i] as Condition)}) matched.push(${JSON.stringify(id)});`,
    ]),
  ];
}

/** What rules and entries are about: the audit log, or the creation of processes. */
export type Log = 'audit' | 'process';

/** Name → expression of `entry`. */
type Fields = readonly (readonly [name: string, source: string])[];

const AUDIT: Fields = [
  ['action', 'entry.action.toLowerCase()'],
  ['actor_id', 'actor === null ? null : actor.id.toLowerCase()'],
  ['actor_name', "actor === null ? '' : actor.name.toLowerCase()"],
  ['actor_type', "actor === null ? '' : actor.type.toLowerCase()"],
  ['client_ip_number', 'addressOf(entry.client_ip)'],
  ['method', 'entry.method.toLowerCase()'],
  ['path', 'entry.path.toLowerCase()'],
  ['path_raw', 'entry.path'],
  ['status_code', 'entry.status_code'],
  ['user_agent', 'entry.user_agent.toLowerCase()'],
  ['target_id', 'target === null ? null : target.id.toLowerCase()'],
  ['target_type', "target === null ? '' : target.type.toLowerCase()"],
];

const PROCESS: Fields = [
  ...['Image', 'OriginalFileName', 'CommandLine', 'ParentImage', 'ParentCommandLine', 'User', 'IntegrityLevel'],
  ...['CurrentDirectory', 'Hashes'],
].flatMap((name) => [
  [name, `entry.${name}.toLowerCase()`],
  [`${name}_raw`, `entry.${name}`],
]);

const LOGS: { readonly [L in Log]: { readonly before: readonly string[]; readonly fields: Fields } } = {
  audit: { before: ['  const { actor, target } = entry;'], fields: AUDIT },
  process: { before: [], fields: PROCESS },
};

function inParentheses(child: Condition, source: string): string {
  return child.kind === 'and' || child.kind === 'or' || / \|\| | && /.test(source) ? `(${source})` : source;
}

function testSource(test: FieldTest, constant: NameOf): string {
  const { field } = test;
  switch (test.kind) {
    case 'null':
      return `${field} === null`;
    case 'in': {
      if (test.values.length < SET_FROM)
        return test.values.map((value) => `${field} === ${JSON.stringify(value)}`).join(' || ');
      return `${constant('SET', `new Set(${JSON.stringify(test.values)})`)}.has(${field})`;
    }
    case 'text': {
      const word = test.how === 'contains' ? 'includes' : test.how;
      const isFew = test.texts.length < SET_FROM;
      if (isFew) return test.texts.map((text) => `${field}.${word}(${JSON.stringify(text)})`).join(' || ');
      return `${constant('ANY', `/${textSource(test.how, test.texts)}/`)}.test(${field})`;
    }
    case 'regex':
      return `${constant('PATTERN', `/${test.source.replace(/(?<!\\)\//g, '\\/')}/`)}.test(${field})`;
    case 'compare':
      return `${field} ${{ lt: '<', lte: '<=', gt: '>', gte: '>=' }[test.op]} ${test.value}`;
    case 'range':
      return `(${field} >= ${test.from} && ${field} <= ${test.to})`;
  }
}

/** Sorts cheap tests first, where that changes nothing. */
function sorted(condition: Condition): Condition {
  if (condition.kind === 'not') return { kind: 'not', of: sorted(condition.of) };
  if (condition.kind !== 'and' && condition.kind !== 'or') return condition;
  return { kind: condition.kind, of: condition.of.map(sorted).sort((a, b) => costOf(a) - costOf(b)) };
}

function costOf(condition: Condition): number {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.reduce((sum, child) => sum + costOf(child), 0);
    case 'not':
      return costOf(condition.of);
    case 'in':
      return condition.values.length < SET_FROM ? 1 : 2;
    case 'text':
      return (condition.how === 'contains' ? 20 : 4) * Math.min(condition.texts.length, SET_FROM);
    case 'regex':
      return 100;
    default:
      return 1;
  }
}

function sharedTests(
  conditions: readonly Condition[],
): Map<string, { readonly name: string; readonly test: FieldTest }> {
  const tests = new Map<string, { times: number; readonly test: FieldTest }>();
  const visit = (condition: Condition): void => {
    if (condition.kind === 'not') visit(condition.of);
    else if (condition.kind === 'and' || condition.kind === 'or') condition.of.forEach(visit);
    else if (costOf(condition) <= CHEAP) {
      const key = JSON.stringify(condition);
      const known = tests.get(key);
      if (known === undefined) tests.set(key, { times: 1, test: condition });
      else known.times++;
    }
  };
  conditions.forEach(visit);
  const often = [...tests].filter(([, { times }]) => times >= SHARED_FROM);
  return new Map(often.map(([key, { test }], i) => [key, { name: `${test.field}_${i + 1}`, test }]));
}
