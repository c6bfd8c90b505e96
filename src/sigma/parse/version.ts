/**
 * The version of a set of rules: a hash of what they mean.
 *
 * Contract: it changes when a rule decides otherwise than before, and only then: not with comments, titles, texts for
 * people, the order of keys, values or files. For telling apart, not for secrecy. Pure.
 */

import type { Expression, Rule } from '../rule.ts';
import { hash } from './hash.ts';

/** The version of a set of rules. */
export function versionOf(rules: readonly Rule[]): string {
  return hash(JSON.stringify(rules.map((rule) => canonical(meaningOf(rule))).sort()));
}

function meaningOf(rule: Rule): unknown {
  const { id, level, alerts } = rule;
  const { dedupBy, dedupPeriodMs } = rule.tocsin;
  const common = { id, level, alerts, dedupBy, dedupPeriodMs };
  switch (rule.kind) {
    case 'detection':
      return { ...common, expression: meaningOfExpression(rule.expression) };
    case 'correlation': {
      const { type, rules, groupBy, aliases, timespanMs, condition } = rule;
      return { ...common, type, rules: rules.toSorted(), groupBy, aliases, timespanMs, condition };
    }
  }
}

/** As text, in which children that may be swapped stand in one order, whatever order they were written in. */
function meaningOfExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'leaf':
      return canonical({ field: expression.field, test: expression.test });
    case 'not':
      return `not(${meaningOfExpression(expression.of)})`;
    case 'and':
    case 'or':
      return `${expression.kind}(${expression.of.map(meaningOfExpression).sort().join()})`;
  }
}

/** JSON with the keys of every object in one order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
