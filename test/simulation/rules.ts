/** Two versions of a small set of rules, so that a run can change its rules in the middle. */
import type { CorrelationRule, DetectionRule, Level, RuleSet, Test } from '../../src/sigma/rule.ts';

const COMMON = {
  name: null,
  status: null,
  description: null,
  author: null,
  references: [],
  tags: [],
  falsepositives: [],
  fields: [],
  path: 'simulated.yml',
};

function detection(id: string, level: Level, field: string, test: Test, alerts: boolean): DetectionRule {
  return {
    ...COMMON,
    kind: 'detection',
    id,
    title: id,
    level,
    alerts,
    tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: null },
    expression: { kind: 'leaf', selection: 'selection', field, test },
  };
}

function correlation(
  id: string,
  of: string,
  by: string,
  timespanMs: number,
  least: number,
  dedupPeriodMs: number | null,
): CorrelationRule {
  return {
    ...COMMON,
    kind: 'correlation',
    type: 'event_count',
    id,
    title: id,
    level: 'medium',
    alerts: true,
    tocsin: { runbook: null, dedupBy: null, dedupPeriodMs },
    rules: [of],
    groupBy: [by],
    aliases: {},
    timespanMs,
    condition: [{ op: 'gte', value: least }],
    fields: [],
    percentile: null,
    expression: null,
  };
}

const equals = (value: string): Test => ({ op: 'equals', value, cased: false });
const MINUTE = 60_000;

const deleted = detection('vm deleted', 'low', 'action', equals('vm.deleted'), false);
const failed = detection('failed', 'low', 'status_code', { op: 'gte', value: 400 }, false);
const read = detection('vm read', 'informational', 'action', equals('vm.read'), true);
const created = detection('vm created', 'low', 'action', equals('vm.created'), true);
const keyDeleted = detection('key deleted', 'high', 'action', equals('api_key.deleted'), true);
const fails = correlation('many failures', failed.id, 'client_ip', 5 * MINUTE, 5, 10 * MINUTE);

export const RULE_SETS: readonly [RuleSet, RuleSet] = [
  {
    version: 'one',
    rules: [
      deleted,
      failed,
      read,
      created,
      keyDeleted,
      fails,
      correlation('many deleted', deleted.id, 'actor.id', MINUTE, 3, null),
    ],
  },
  {
    version: 'two',
    rules: [
      deleted,
      failed,
      created,
      { ...keyDeleted, tocsin: { ...keyDeleted.tocsin, dedupPeriodMs: 20 * MINUTE } },
      fails,
      correlation('many deleted', deleted.id, 'actor.id', 2 * MINUTE, 2, null),
    ],
  },
];
