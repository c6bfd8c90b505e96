/**
 * From rules to the engine that evaluates entries: closures over fields that are read once.
 *
 * Contract: evaluation never throws, whatever the entry; it runs in time linear in the entry's size. What makes a
 * rule match is told as evidence. Pure.
 */
import type { CorrelationRule, DetectionRule, EntryBody, Match, Rule, RuleSet } from '../rule.ts';
import { createExplanation } from './evidence.ts';
import { createFieldTable } from './loaded.ts';
import { createPlan } from './plan.ts';

/** Rules made ready. */
export interface Engine {
  readonly version: string;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly correlations: readonly CorrelationRule[];
  /** The detections an entry satisfies, in the rules' order, each with its evidence. */
  evaluate(body: EntryBody): Match[];
}

/** Compiles a set of rules. Throws only where a rule holds what `parseRules` would have refused. */
export function compile(ruleSet: RuleSet): Engine {
  const table = createFieldTable();
  const detections = ruleSet.rules
    .filter((rule): rule is DetectionRule => rule.kind === 'detection')
    .map((rule) => ({
      rule,
      test: createPlan(rule.expression, table).test,
      explain: createExplanation(rule.expression),
    }));
  return {
    version: ruleSet.version,
    rules: new Map(ruleSet.rules.map((rule) => [rule.id, rule])),
    correlations: ruleSet.rules.filter((rule): rule is CorrelationRule => rule.kind === 'correlation'),
    evaluate: (body) => {
      const entry = table.load(body);
      const matches: Match[] = [];
      for (const { rule, test, explain } of detections) {
        if (test(entry)) matches.push({ rule, evidence: explain(body) });
      }
      return matches;
    },
  };
}
