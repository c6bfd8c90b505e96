/** Rules and matches for tests of correlations, made without YAML. */
import type { CorrelationRule, DetectionRule, Match } from '../../../src/sigma/rule.ts';

const COMMON = {
  name: null,
  level: 'high',
  status: null,
  description: null,
  author: null,
  references: [],
  tags: [],
  falsepositives: [],
  fields: [],
  path: 'made.yml',
  alerts: true,
  tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: null },
} as const;

/** A detection; what it detects does not matter here. */
export function detection(id: string): DetectionRule {
  return { ...COMMON, kind: 'detection', id, title: id, expression: { kind: 'and', of: [] } };
}

/** A correlation of these rules that counts, and fires at the first. */
export function correlation(
  id: string,
  rules: readonly string[],
  more: Partial<CorrelationRule> = {},
): CorrelationRule {
  return {
    ...COMMON,
    kind: 'correlation',
    id,
    title: id,
    type: 'event_count',
    rules,
    groupBy: [],
    aliases: {},
    timespanMs: 10,
    condition: [{ op: 'gte', value: 1 }],
    percentile: null,
    expression: null,
    ...more,
  };
}

/** That an entry satisfied this detection; its evidence says which. */
export function match(id: string): Match {
  return { rule: detection(id), evidence: [{ selection: id, field: 'f', value: 'v' }] };
}
