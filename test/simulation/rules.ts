/** Two versions of a small set of rules, so that a run can change its rules in the middle. */
import type { CorrelationRule, DetectionRule, Level, RuleSet, Test } from '../../src/sigma/index.ts';

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
  of: readonly string[],
  by: string,
  timespanMs: number,
  least: number,
  more: Partial<CorrelationRule> = {},
): CorrelationRule {
  return {
    ...COMMON,
    kind: 'correlation',
    type: 'event_count',
    id,
    title: id,
    level: 'medium',
    alerts: true,
    tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: null },
    rules: of,
    groupBy: [by],
    aliases: {},
    timespanMs,
    condition: [{ op: 'gte', value: least }],
    fields: [],
    percentile: null,
    expression: null,
    ...more,
  };
}

const equals = (value: string): Test => ({ op: 'equals', values: [value], cased: false });
const MINUTE = 60_000;

const deleted = detection('vm deleted', 'low', 'action', equals('vm.deleted'), false);
const failed = detection('failed', 'low', 'status_code', { op: 'gte', value: 400 }, false);
const read = detection('vm read', 'informational', 'action', equals('vm.read'), true);
const created = detection('vm created', 'low', 'action', equals('vm.created'), true);
const keyDeleted = detection('key deleted', 'high', 'action', equals('api_key.deleted'), true);
const fails = correlation('many failures', [failed.id], 'client_ip', 5 * MINUTE, 5, {
  tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: 10 * MINUTE },
});
/** Opens no alerts of its own. */
const few = correlation('some failures', [failed.id], 'client_ip', 2 * MINUTE, 3, { alerts: false });
const addresses = correlation('deleted from many addresses', [deleted.id], 'actor.id', 2 * MINUTE, 3, {
  type: 'value_count',
  fields: ['client_ip'],
});
const codes = correlation('a sum of failures', [failed.id], 'client_ip', 4 * MINUTE, 7 * 403, {
  type: 'value_sum',
  fields: ['status_code'],
});
const story = correlation('created, read, deleted', [created.id, failed.id, deleted.id], 'actor.id', 4 * MINUTE, 3, {
  type: 'temporal_ordered',
});
const chain = correlation('failures, then a deletion', [few.id, deleted.id], 'client_ip', 3 * MINUTE, 2, {
  type: 'temporal_ordered',
});
const manyDeleted = correlation('many deleted', [deleted.id], 'actor.id', MINUTE, 3);
/** Starts with a new window when the rule it counts changes. */
const again = correlation('many deleted, again', [manyDeleted.id], 'actor.id', 20 * MINUTE, 4);

export const RULE_SETS: readonly [RuleSet, RuleSet] = [
  {
    version: 'one',
    // A correlation may stand before what it refers to.
    rules: [chain, deleted, failed, read, created, keyDeleted, fails, few, addresses, codes, story, manyDeleted, again],
  },
  {
    version: 'two',
    rules: [
      ...[chain, deleted, failed, created],
      { ...keyDeleted, tocsin: { ...keyDeleted.tocsin, dedupPeriodMs: 20 * MINUTE } },
      ...[
        fails,
        few,
        addresses,
        { ...codes, fields: ['status_code'], condition: [{ op: 'gte', value: 6 * 403 }] },
        story,
      ],
      correlation('many deleted', [deleted.id], 'actor.id', 2 * MINUTE, 2),
      again,
    ] as const,
  },
];
