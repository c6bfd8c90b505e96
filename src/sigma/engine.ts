/**
 * Evaluates rules on entries.
 *
 * Contract: evaluation never throws, whatever the entry, and takes time linear in its size. Generated code
 * (codegen/generate.ts) decides, and only for the rules that the index leaves as candidates. The interpreter decides what
 * code leaves undecided, and all rules if there is no code. Matches have evidence. Pure.
 */

import { once } from '../text/once.ts';
import { Candidates } from './codegen/candidates.ts';
import { Fields } from './codegen/fields.ts';
import { leavesOf, type RuleCode } from './codegen/rule-code.ts';
import { createReadField, type DerivedFields, type ReadField } from './evaluate/field.ts';
import { explain, holds } from './evaluate/interpreter.ts';
import { failedOf, type NearMiss, nearMiss } from './evaluate/near.ts';
import { Values } from './evaluate/values.ts';
import type { CorrelationRule, DetectionRule, EntryBody, Evidence, Match, Rule, RuleSet } from './rule.ts';

/** Rules that can be evaluated. */
export interface Engine {
  readonly version: string;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly correlations: readonly CorrelationRule[];
  /** Reads a field of an entry as the rules see it: derived fields too. */
  readonly readField: ReadField;
  /**
   * The detections that an entry satisfies, in the rules' order, with their evidence. `at`: when it occurred, in ms since the
   * epoch; by default its own time (`created_at`, `timestamp` …).
   */
  evaluate(body: EntryBody, at?: number): Match[];
  /** The detections that an entry nearly satisfies, the nearest first. Interpreted: for one entry that people look at. */
  nearMisses(body: EntryBody, at?: number): (NearMiss & { readonly rule: DetectionRule })[];
  /** By what the filters of a correlation exclude an entry; empty where they don't. Interpreted, as above. */
  exclusions(rule: CorrelationRule, body: EntryBody, at?: number): NearMiss['failed'];
}

export interface CompileOptions {
  /** The generated code of the same rules. Without it, rules are interpreted, which is slow. */
  readonly code?: RuleCode | undefined;
  /** Fields that are computed from an entry when a rule reads them: those that the code was made with. */
  readonly derived?: DerivedFields;
}

/**
 * Makes rules ready. Throws only if a rule has something that `parseRules` would have rejected, or the code was made with
 * derived fields that are not given.
 */
export function compile(ruleSet: RuleSet, { code, derived = new Map() }: CompileOptions = {}): Engine {
  const missing = code?.derived.find((field) => !derived.has(field));
  if (missing !== undefined)
    throw new Error(`the rules' code is made with the derived field "${missing}": give it to compile, too`);
  const readField = createReadField(derived);
  // Reading the rules takes time, and may never be needed.
  const rules = once(() => new Map(ruleSet.rules.map((rule) => [rule.id, rule])));
  const detections = once(() => ruleSet.rules.filter((rule) => rule.kind === 'detection'));
  const correlations = once(() => ruleSet.rules.filter((rule) => rule.kind === 'correlation'));
  return {
    version: ruleSet.version,
    get rules() {
      return rules();
    },
    get correlations() {
      return correlations();
    },
    readField,
    evaluate: code === undefined ? interpretAll(detections, readField) : runCode(code, detections, readField),
    nearMisses: (body, at) => {
      const entry = new Values(body, readField, at);
      const near = detections().flatMap((rule) => {
        const miss = nearMiss(rule.expression, entry);
        return miss === null ? [] : [{ rule, ...miss }];
      });
      return near.sort((a, b) => a.failed.length - b.failed.length || b.held.length - a.held.length);
    },
    exclusions: ({ filter }, body, at) =>
      filter === undefined ? [] : failedOf(filter, new Values(body, readField, at)),
  };
}

function interpretAll(detections: () => readonly DetectionRule[], readField: ReadField): Engine['evaluate'] {
  return (body, at) => {
    const entry = new Values(body, readField, at);
    return detections().flatMap((rule) => (holds(rule.expression, entry) ? [new LazyMatch(rule, () => entry)] : []));
  };
}

function runCode(
  { read, index, rules }: RuleCode,
  detections: () => readonly DetectionRule[],
  readField: ReadField,
): Engine['evaluate'] {
  const leaves = once(() => leavesOf(detections()));
  const fields = new Fields(read, index.fields.length, leaves, readField);
  const candidates = new Candidates(index, rules.length);
  return (body, at) => {
    fields.load(body, at);
    let entry: (() => Values) | null = null;
    const matches: Match[] = [];
    const words = candidates.find(fields);
    for (let word = 0; word < words.length; word++) {
      for (let bits = words[word] as number; bits !== 0; bits &= bits - 1) {
        // The lowest bit, which is then cleared.
        const rule = word * 32 + 31 - Math.clz32(bits & -bits);
        fields.undecided = false;
        let isMatch = (rules[rule] as RuleCode['rules'][number])(fields);
        if (!isMatch && !fields.undecided) continue;
        entry ??= once(() => new Values(body, readField, at));
        if (fields.undecided) isMatch = holds((detections()[rule] as DetectionRule).expression, entry());
        if (isMatch) matches.push(new LazyMatch(detections()[rule] as DetectionRule, entry));
      }
    }
    return matches;
  };
}

/** The evidence is computed on access: many matches are only counted. */
class LazyMatch implements Match {
  readonly rule: DetectionRule;
  readonly #entry: () => Values;
  #evidence: readonly Evidence[] | null = null;

  constructor(rule: DetectionRule, entry: () => Values) {
    this.rule = rule;
    this.#entry = entry;
  }

  get evidence(): readonly Evidence[] {
    this.#evidence ??= explain(this.rule.expression, this.#entry());
    return this.#evidence;
  }
}
