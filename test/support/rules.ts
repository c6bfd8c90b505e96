/** Bare rules for tests, built without YAML. `more` overrides any of their keys. */
import type { CorrelationRule, DetectionRule, Match } from '../../src/sigma/index.ts';

const BARE = {
  name: null,
  level: 'high',
  status: null,
  description: null,
  tags: [],
  falsepositives: [],
  fields: [],
  path: 'test.yml',
  alerts: true,
  tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: null, dedupReopenMs: null },
} as const;

/** A detection that every entry satisfies. */
export function detection(id: string, more: Partial<DetectionRule> = {}): DetectionRule {
  return { ...BARE, kind: 'detection', id, title: id, expression: { kind: 'and', of: [] }, ...more };
}

/** A correlation that counts these rules within 10 ms, and matches at the first. */
export function correlation(
  id: string,
  rules: readonly string[],
  more: Partial<CorrelationRule> = {},
): CorrelationRule {
  return {
    ...BARE,
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

/** The two rules of a detection with `first_seen`: by default, an address that is new after a second, for a minute. */
export function firstSeen(
  id: string,
  { expression }: DetectionRule,
  more: Partial<CorrelationRule> & { readonly learnMs?: number } = {},
): readonly [DetectionRule, CorrelationRule] {
  const { learnMs = 1_000, ...rest } = more;
  const inner = detection(`${id}#inner`, { title: id, level: 'informational', alerts: false, partOf: id, expression });
  const condition = [{ op: 'gte', value: learnMs }] as const;
  const keys = { type: 'first_seen', fields: ['client_ip'], timespanMs: 60_000, condition } as const;
  return [inner, correlation(id, [inner.id], { ...keys, ...rest })];
}

/** The two rules of a detection with `absence`: by default, after a minute without any. */
export function absence(
  id: string,
  { expression }: DetectionRule,
  more: Partial<CorrelationRule> = {},
): readonly [DetectionRule, CorrelationRule] {
  const inner = detection(`${id}#inner`, { title: id, level: 'informational', alerts: false, partOf: id, expression });
  const keys = { type: 'absence', fields: [], timespanMs: 60_000, condition: [] } as const;
  return [inner, correlation(id, [inner.id], { ...keys, ...more })];
}

/** A match of a bare detection, whose evidence names it. */
export function match(id: string): Match {
  return { rule: detection(id), evidence: [{ selection: id, field: 'f', value: 'v' }] };
}
