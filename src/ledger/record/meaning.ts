/**
 * What a rule means: all that its matches and windows depend on, and not what becomes of its matches.
 *
 * Contract: pure. Another meaning is another text; the level, texts for people and the dedup key are no part of it.
 */
import { DEFAULT_MIN_LEVEL } from '../../routing/routing.ts';
import {
  type CorrelationRule,
  type Engine,
  FIRST_SEEN,
  type Rule,
  versionOf,
  withRulesBelow,
} from '../../sigma/index.ts';

/** The meaning of a rule with those it refers to, as a short text. */
export function meaningOf(rule: Rule, engine: Engine): string {
  return versionOf([...withRulesBelow([rule], engine.rules)].map(forWindows));
}

/** The correlations among these rules. */
function correlationsIn(rules: Iterable<Rule>): readonly CorrelationRule[] {
  return [...rules].filter((rule) => rule.kind === 'correlation');
}

/**
 * How far back from an event other entries may decide what it means for a rule, ms: by its timespan, and by those of the
 * correlations below it, whose matches are its events.
 */
export function reachMs(rule: Rule, engine: Engine): number {
  // A longer way than any through them, but never a shorter one.
  return correlationsIn(withRulesBelow([rule], engine.rules)).reduce((sum, each) => sum + ownReachMs(each), 0);
}

function ownReachMs({ type, timespanMs, condition }: CorrelationRule): number {
  if (type !== FIRST_SEEN) return timespanMs;
  // A group is known by an event that is older than the time of learning; gaps may be a 64th longer than the timespan.
  return timespanMs + timespanMs / 64 + Math.max(...condition.map(({ value }) => value));
}

/** The parts of a rule that windows depend on: not what happens to its matches. */
function forWindows(rule: Rule): Rule {
  const tocsin = { ...rule.tocsin, dedupBy: null, dedupPeriodMs: null, dedupReopenMs: null };
  return { ...rule, level: DEFAULT_MIN_LEVEL, alerts: true, tocsin };
}
