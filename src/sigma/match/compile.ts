/**
 * From rules to the engine that evaluates entries: closures over fields that are read once.
 *
 * Contract: evaluation never throws, whatever the entry; it runs in time linear in the entry's size. What makes a
 * rule match is told as evidence. Pure.
 */
import type { CorrelationRule, DetectionRule, EntryBody, Evidence, Match, Rule, RuleSet } from '../rule.ts';
import { explain } from './evidence.ts';
import type { EntryTest } from './leaf.ts';
import { createFieldTable } from './loaded.ts';
import { type Candidates, createCandidates } from './masks.ts';
import { createPlan } from './plan.ts';

/** Rules made ready. */
export interface Engine {
  readonly version: string;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly correlations: readonly CorrelationRule[];
  /** The detections an entry satisfies, in the rules' order, each with its evidence. */
  evaluate(body: EntryBody): Match[];
}

export interface CompileOptions {
  /** From so many detections on, what entries' values rule out is remembered. */
  readonly masksFrom?: number;
  /** But not before so many entries: a short life is better without. */
  readonly masksAfter?: number;
}

/** Many a match is only counted: what it says is put together when it is asked for. */
function createMatch(rule: DetectionRule, body: EntryBody): Match {
  let evidence: readonly Evidence[] | null = null;
  return {
    rule,
    get evidence() {
      evidence ??= explain(rule.expression, body);
      return evidence;
    },
  };
}

/** Fewer are sooner asked one by one. */
const MASKS_FROM = 16;
const MASKS_AFTER = 500;

/**
 * Compiles a set of rules. Throws only where a rule holds what `parseRules` would have refused, and for a regular
 * expression, which is made when it is first asked, at its first evaluation.
 */
export function compile(
  ruleSet: RuleSet,
  { masksFrom = MASKS_FROM, masksAfter = MASKS_AFTER }: CompileOptions = {},
): Engine {
  const table = createFieldTable();
  const detections = ruleSet.rules.filter((rule) => rule.kind === 'detection');
  const plans = detections.map((rule) => createPlan(rule.expression, table));
  const tests = plans.map((plan) => plan.test);
  const chosen = new Int32Array(detections.length);
  let seen = 0;
  let candidates: Candidates | null = null;
  return {
    version: ruleSet.version,
    rules: new Map(ruleSet.rules.map((rule) => [rule.id, rule])),
    correlations: ruleSet.rules.filter((rule) => rule.kind === 'correlation'),
    evaluate: (body) => {
      const entry = table.load(body);
      const matches: Match[] = [];
      if (candidates === null && detections.length >= masksFrom && seen++ >= masksAfter) {
        candidates = createCandidates(plans);
      }
      const count = candidates === null ? detections.length : candidates(entry, chosen);
      for (let i = 0; i < count; i++) {
        const number = candidates === null ? i : (chosen[i] as number);
        if ((tests[number] as EntryTest)(entry)) matches.push(createMatch(detections[number] as DetectionRule, body));
      }
      return matches;
    },
  };
}
