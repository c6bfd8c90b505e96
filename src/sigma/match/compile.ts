/**
 * From rules to the engine that evaluates entries: closures over fields that are read once.
 *
 * Contract: evaluation never throws, whatever the entry; it runs in time linear in the entry's size. What makes a
 * rule match is told as evidence. Pure.
 */
import type { CorrelationRule, DetectionRule, EntryBody, Match, Rule, RuleSet } from '../rule.ts';
import { createExplanation } from './evidence.ts';
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

/** Fewer are sooner asked one by one. */
const MASKS_FROM = 200;
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
  const detections = ruleSet.rules
    .filter((rule): rule is DetectionRule => rule.kind === 'detection')
    .map((rule) => ({
      rule,
      plan: createPlan(rule.expression, table),
      explain: createExplanation(rule.expression),
    }));
  const plans = detections.map(({ plan }) => plan);
  let seen = 0;
  let candidates: Candidates | null = null;
  return {
    version: ruleSet.version,
    rules: new Map(ruleSet.rules.map((rule) => [rule.id, rule])),
    correlations: ruleSet.rules.filter((rule): rule is CorrelationRule => rule.kind === 'correlation'),
    evaluate: (body) => {
      const entry = table.load(body);
      const matches: Match[] = [];
      if (candidates === null && plans.length >= masksFrom && seen++ >= masksAfter)
        candidates = createCandidates(plans);
      if (candidates === null) {
        for (const { rule, plan, explain } of detections) {
          if (plan.test(entry)) matches.push({ rule, evidence: explain(body) });
        }
      } else {
        candidates(entry, (number) => {
          const { rule, plan, explain } = detections[number] as (typeof detections)[number];
          if (plan.test(entry)) matches.push({ rule, evidence: explain(body) });
        });
      }
      return matches;
    },
  };
}
