/**
 * Compares generated code behind its index with the interpreter, on random pairs of rule and entry.
 *
 * Contract: the first difference is returned, made smaller while it stays a difference. The evidence of every match is read,
 * and must be bounded. The same result for the same seed.
 */
import type { codeOf } from '../../../src/sigma/codegen/generate.ts';
import type { RuleCode } from '../../../src/sigma/codegen/rule-code.ts';
import type { compile } from '../../../src/sigma/engine.ts';
import { holds } from '../../../src/sigma/evaluate/interpreter.ts';
import { Values } from '../../../src/sigma/evaluate/values.ts';
import type { DetectionRule, EntryBody, Expression } from '../../../src/sigma/rule.ts';
import { type Batch, createBatch, ruleSetOf } from './pairs.ts';

/** What is compared. */
export interface Implementation {
  readonly codeOf: typeof codeOf;
  readonly compile: typeof compile;
  /** Whether the interpreter says that an expression is true of an entry. */
  readonly interpret: (expression: Expression, body: EntryBody) => boolean;
}

/** The interpreter, with the given one in place of ours. */
export function interpreterOf(
  evaluate: typeof holds = holds,
  Entry: typeof Values = Values,
): Implementation['interpret'] {
  return (expression, body) => evaluate(expression, new Entry(body));
}

export interface Difference {
  /** Of the batch. */
  readonly seed: number;
  readonly rules: readonly Expression[];
  /** Which of the rules. */
  readonly rule: number;
  readonly entry: EntryBody;
  readonly byCode: boolean;
  readonly interpreted: boolean;
}

export interface Comparison {
  /** Compared, up to the first difference. */
  readonly pairs: number;
  readonly difference: Difference | null;
}

/** What was compared, for statistics. */
export interface Compared {
  readonly batch: Batch;
  readonly code: RuleCode;
  /** By rule: how many entries it matches. */
  readonly matches: Uint32Array;
}

export interface CompareOptions {
  readonly seed: number;
  readonly pairs: number;
  readonly onBatch?: (compared: Compared) => void;
}

/** Seeds of batches are this far apart for successive seeds. */
const BATCHES_MAX = 1_000_000;

export function compare(implementation: Implementation, { seed, pairs: wanted, onBatch }: CompareOptions): Comparison {
  let pairs = 0;
  for (let number = 0; pairs < wanted; number++) {
    const batch = createBatch(seed * BATCHES_MAX + number);
    const { rules, entries } = batch;
    const code = builtCode(implementation, batch.ruleSet);
    const engine = implementation.compile(batch.ruleSet, { code });
    const matches = new Uint32Array(rules.length);
    for (const entry of entries) {
      const found = engine.evaluate(entry);
      let next = 0;
      for (let rule = 0; rule < rules.length; rule++, pairs++) {
        const byCode = found[next]?.rule === rules[rule];
        if (byCode !== implementation.interpret((rules[rule] as DetectionRule).expression, entry)) {
          return { pairs: pairs + 1, difference: differenceOf(implementation, batch, rule, entry) };
        }
        if (!byCode) continue;
        checkEvidence(found[next]?.evidence ?? []);
        next++;
        matches[rule] = (matches[rule] as number) + 1;
      }
      if (next !== found.length) throw new Error('the engine returned rules that are not in order');
    }
    onBatch?.({ batch, code, matches });
  }
  return { pairs, difference: null };
}

/** What the module of the rules has, and only a build may make. */
export function builtCode({ codeOf: generate }: Pick<Implementation, 'codeOf'>, ruleSet: Batch['ruleSet']): RuleCode {
  return new Function(`return ${generate(ruleSet)}`)();
}

function checkEvidence(evidence: readonly { readonly value: string }[]): void {
  const isBounded = evidence.length <= 16 && evidence.every(({ value }) => value.length <= 256);
  if (!isBounded) throw new Error(`evidence without bounds: ${JSON.stringify(evidence)}`);
}

function differenceOf(implementation: Implementation, batch: Batch, rule: number, entry: EntryBody): Difference {
  const answers = (rules: readonly Expression[], at: number, body: EntryBody): readonly [boolean, boolean] => {
    const ruleSet = ruleSetOf(rules);
    const engine = implementation.compile(ruleSet, { code: builtCode(implementation, ruleSet) });
    const byCode = engine.evaluate(body).some((match) => match.rule === ruleSet.rules[at]);
    return [byCode, implementation.interpret(rules[at] as Expression, body)];
  };
  const differs = (rules: readonly Expression[], at: number, body: EntryBody): boolean => {
    const [byCode, interpreted] = answers(rules, at, body);
    return byCode !== interpreted;
  };
  let rules: readonly Expression[] = batch.rules.map(({ expression }) => expression);
  let at = rule;
  let body = entry;
  // What the engine remembers of earlier entries should not matter; if it does, nothing can be left out.
  if (differs(rules, at, body)) {
    for (let i = rules.length - 1; i >= 0; i--) {
      const less = rules.filter((_, one) => one !== i);
      const moved = i < at ? at - 1 : at;
      if (i !== at && differs(less, moved, body)) [rules, at] = [less, moved];
    }
    const smaller = smallest(rules[at] as Expression, partsOfExpression, (one) =>
      differs(rules.with(at, one), at, body),
    );
    rules = rules.with(at, smaller);
    body = smallest<unknown>(body, partsOfValue, (one) => isObject(one) && differs(rules, at, one)) as EntryBody;
  }
  const [byCode, interpreted] = answers(rules, at, body);
  return { seed: batch.seed, rules, rule: at, entry: body, byCode, interpreted };
}

/** Takes the first smaller form that still differs, as long as one does. */
function smallest<T>(from: T, smallerOf: (one: T) => readonly T[], differs: (one: T) => boolean): T {
  for (let current = from; ; ) {
    const smaller = smallerOf(current).find(differs);
    if (smaller === undefined) return current;
    current = smaller;
  }
}

function partsOfExpression(expression: Expression): readonly Expression[] {
  if (expression.kind === 'leaf') {
    const { test } = expression;
    if (!('values' in test) || test.values.length < 2) return [];
    // The element type is the test's own.
    return test.values.map((_, i) => ({
      ...expression,
      test: { ...test, values: test.values.filter((__, one) => one !== i) } as typeof test,
    }));
  }
  if (expression.kind === 'not') {
    return [expression.of, ...partsOfExpression(expression.of).map((of) => ({ ...expression, of }))];
  }
  return expression.of.flatMap((child, i) => [
    child,
    { ...expression, of: expression.of.filter((_, one) => one !== i) },
    ...partsOfExpression(child).map((one) => ({ ...expression, of: expression.of.with(i, one) })),
  ]);
}

function partsOfValue(value: unknown): readonly unknown[] {
  if (typeof value === 'string') {
    const half = value.length >> 1;
    const cuts = half > 1 ? [value.slice(0, half), value.slice(half)] : [];
    return [...cuts, ...(value === '' ? [] : [value.slice(1), value.slice(0, -1)])];
  }
  if (Array.isArray(value)) {
    return [
      ...value.map((_, i) => value.filter((__, one) => one !== i)),
      ...value.flatMap((member, i) => partsOfValue(member).map((one) => value.with(i, one))),
    ];
  }
  if (!isObject(value)) return [];
  const members = Object.entries(value);
  return [
    ...members.map((_, i) => Object.fromEntries(members.filter((__, one) => one !== i))),
    ...members.flatMap(([name, member], i) =>
      partsOfValue(member).map((one) => Object.fromEntries(members.with(i, [name, one]))),
    ),
  ];
}

function isObject(value: unknown): value is EntryBody {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A difference as text: what to report, and how to see it again. */
export function describeDifference(
  { seed, rules, rule, entry, byCode, interpreted }: Difference,
  compared = 'generated code',
): string {
  const says = (isMatch: boolean): string => (isMatch ? 'matches' : 'does not match');
  return [
    `batch ${seed}: ${compared} ${says(byCode)}, the interpreter ${says(interpreted)}`,
    `rule: ${JSON.stringify(rules[rule])}`,
    `entry: ${JSON.stringify(entry)}`,
    ...(rules.length === 1 ? [] : [`all rules, this is number ${rule}: ${JSON.stringify(rules)}`]),
  ].join('\n');
}
