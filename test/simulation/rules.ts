/**
 * Three versions of a small set of rules, so that a run can change its rules in the middle, or their levels alone; and what
 * the detections mean, written down a second time. At every level there is a rule; correlations count detections that alert
 * by themselves, at levels above and not above theirs.
 */
import type { CorrelationRule, DetectionRule, Level, RuleSet, Test } from '../../src/sigma/index.ts';
import { absence, correlation, detection, firstSeen } from '../support/rules.ts';

/** A rule with one test of one field. */
function leaf(id: string, level: Level, field: string, test: Test, alerts: boolean): DetectionRule {
  return detection(id, { level, alerts, expression: { kind: 'leaf', selection: 'selection', field, test } });
}

function counting(
  id: string,
  rules: readonly string[],
  by: string,
  timespanMs: number,
  least: number,
  more: Partial<CorrelationRule> = {},
): CorrelationRule {
  const condition = [{ op: 'gte', value: least }] as const;
  return correlation(id, rules, { level: 'medium', groupBy: [by], timespanMs, condition, ...more });
}

const equals = (value: string): Test => ({ op: 'equals', values: [value], cased: false });
const MINUTE = 60_000;

const deleted = leaf('vm deleted', 'medium', 'action', equals('vm.deleted'), true);
const failed = leaf('failed', 'low', 'status_code', { op: 'gte', value: 400 }, false);
const read = leaf('vm read', 'informational', 'action', equals('vm.read'), true);
const created = leaf('vm created', 'low', 'action', equals('vm.created'), true);
const keyDeleted = leaf('key deleted', 'high', 'action', equals('api_key.deleted'), true);
const fails = counting('many failures', [failed.id], 'client_ip', 5 * MINUTE, 5, {
  level: 'high',
  tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: 10 * MINUTE, dedupReopenMs: null },
});
/** Opens no alerts of its own. */
const few = counting('some failures', [failed.id], 'client_ip', 2 * MINUTE, 3, { alerts: false });
const addresses = counting('deleted from many addresses', [deleted.id], 'actor.id', 2 * MINUTE, 3, {
  level: 'critical',
  type: 'value_count',
  fields: ['client_ip'],
});
const codes = counting('a sum of failures', [failed.id], 'client_ip', 4 * MINUTE, 7 * 403, {
  type: 'value_sum',
  fields: ['status_code'],
});
const steps = counting('created, read, deleted', [created.id, failed.id, deleted.id], 'actor.id', 4 * MINUTE, 3, {
  type: 'temporal_ordered',
});
const chain = counting('failures, then a deletion', [few.id, deleted.id], 'client_ip', 3 * MINUTE, 2, {
  level: 'high',
  type: 'temporal_ordered',
});
const manyDeleted = counting('many deleted', [deleted.id], 'actor.id', MINUTE, 3);
/** Starts with a new window when the rule it counts changes. */
const again = counting('many deleted, again', [manyDeleted.id], 'actor.id', 20 * MINUTE, 4, { level: 'critical' });

// A correlation may stand before what it refers to.
const FIRST = [
  ...[chain, deleted, failed, read, created, keyDeleted, fails, few, addresses, codes, steps, manyDeleted, again],
] as const;
/** Some are raised, and some lowered. */
const OTHER_LEVELS: { readonly [rule: string]: Level } = {
  [deleted.id]: 'high',
  [keyDeleted.id]: 'critical',
  [fails.id]: 'medium',
  [addresses.id]: 'high',
  [manyDeleted.id]: 'high',
  [steps.id]: 'critical',
};

/** The rules; others; those of the first at other levels. */
export const RULE_SETS: readonly [RuleSet, RuleSet, RuleSet] = [
  { version: 'one', rules: FIRST },
  {
    version: 'two',
    rules: [
      ...[chain, deleted, failed, { ...created, level: 'high' }],
      { ...keyDeleted, level: 'critical', tocsin: { ...keyDeleted.tocsin, dedupPeriodMs: 20 * MINUTE } },
      ...[
        fails,
        few,
        { ...addresses, level: 'low' },
        { ...codes, fields: ['status_code'], condition: [{ op: 'gte', value: 6 * 403 }] },
        steps,
      ],
      counting('many deleted', [deleted.id], 'actor.id', 2 * MINUTE, 2),
      again,
    ] as const,
  },
  { version: 'three', rules: FIRST.map((rule) => ({ ...rule, level: OTHER_LEVELS[rule.id] ?? rule.level })) },
];

/** For worlds with routes. Tags are in messages, and a message's length decides when a storage is full. */
const TAGS: { readonly [rule: string]: readonly string[] } = {
  [deleted.id]: ['attack.impact'],
  [keyDeleted.id]: ['attack.t1098', 'attack.persistence.keys'],
  [addresses.id]: ['attack.persistence'],
};
/** The same with tags. */
export const TAGGED_RULE_SETS: readonly RuleSet[] = RULE_SETS.map(({ version, rules }) => ({
  version,
  rules: rules.map((rule) => ({ ...rule, tags: TAGS[rule.id] ?? [] })),
}));

/** For worlds that learn: an address that is new for its actor, and an actor whose requests never failed before. */
const newAddress = firstSeen('new address', created, {
  ...{ learnMs: 10 * MINUTE, timespanMs: 25 * MINUTE, groupBy: ['actor.id'], level: 'medium' },
});
const newlyFailing = firstSeen('failing for the first time', failed, {
  ...{ learnMs: 20 * MINUTE, timespanMs: 30 * MINUTE, fields: ['actor.id'], level: 'high' },
});
const newThenDeleted = counting(
  'a new address, then a deletion',
  ['new address', deleted.id],
  'actor.id',
  6 * MINUTE,
  2,
  {
    level: 'critical',
    type: 'temporal_ordered',
  },
);
/** The second set learns sooner. */
const newSooner = firstSeen('new address', created, {
  ...{ learnMs: 6 * MINUTE, timespanMs: 25 * MINUTE, groupBy: ['actor.id'], level: 'medium' },
});
/** What is missed of an actor; of the second set, sooner. */
const noDeletion = absence('no deletion', deleted, { timespanMs: 9 * MINUTE, groupBy: ['actor.id'], level: 'high' });
const noDeletionSooner = absence('no deletion', deleted, {
  timespanMs: 7 * MINUTE,
  groupBy: ['actor.id'],
  level: 'high',
});
const noRead = absence('no read', read, { timespanMs: 20 * MINUTE, groupBy: ['client_ip'], level: 'medium' });
/** The same rules, and those that learn and miss. */
export const LEARNING_RULE_SETS: readonly RuleSet[] = RULE_SETS.map(({ version, rules }, i) => ({
  version,
  rules: [
    ...[...rules, newThenDeleted, ...(i === 1 ? newSooner : newAddress), ...newlyFailing],
    ...[...(i === 1 ? noDeletionSooner : noDeletion), ...noRead],
  ],
}));

type Body = { readonly [field: string]: unknown };

function isAction(name: string): (body: Body) => boolean {
  return ({ action }) => typeof action === 'string' && action.toLowerCase() === name;
}

function isFailure({ status_code: status }: Body): boolean {
  return (typeof status === 'number' || typeof status === 'string') && Number(status) >= 400;
}

const MEANINGS: readonly (readonly [id: string, meaning: (body: Body) => boolean])[] = [
  [deleted.id, isAction('vm.deleted')],
  [failed.id, isFailure],
  [read.id, isAction('vm.read')],
  [created.id, isAction('vm.created')],
  [keyDeleted.id, isAction('api_key.deleted')],
  [newAddress[0].id, isAction('vm.created')],
  [newlyFailing[0].id, isFailure],
  [noDeletion[0].id, isAction('vm.deleted')],
  [noRead[0].id, isAction('vm.read')],
];

/** The ids of the detections that an entry satisfies, by what they mean. */
export function satisfiedDetections(body: Body): ReadonlySet<string> {
  return new Set(MEANINGS.filter(([, meaning]) => meaning(body)).map(([id]) => id));
}
