/**
 * The version of a set of rules: a hash of their meaning.
 *
 * Contract: it changes if and only if a rule decides differently: not with comments, titles, texts for people, or the order
 * of keys, values or files. The order of a correlation's rules counts where windows distinguish rules. Not cryptographic.
 * Pure.
 */

import { contentVersion } from '../text/content-version.ts';
import type { CorrelationRule, Expression, Formula, Leaf, Rule } from './rule.ts';

/** The version of a set of rules. */
export function versionOf(rules: readonly Rule[]): string {
  return contentVersion(JSON.stringify(rules.map((rule) => canonical(meaningOf(rule))).sort()));
}

function meaningOf(rule: Rule): unknown {
  const { id, level, alerts } = rule;
  const { dedupBy, dedupPeriodMs } = rule.tocsin;
  const common = { id, level, alerts, dedupBy, dedupPeriodMs };
  switch (rule.kind) {
    case 'detection':
      return { ...common, expression: meaningOfExpression(rule.expression) };
    case 'correlation':
      return { ...common, ...meaningOfCorrelation(rule) };
  }
}

/** A leaf with several values counts as that many alternatives, and its selection's name does not count. */
function meaningOfExpression(expression: Expression): string {
  return meaningOfFormula(eachValue(expression), JSON.stringify);
}

function eachValue(expression: Expression): Formula<{ readonly kind: 'leaf'; readonly meaning: unknown }> {
  switch (expression.kind) {
    case 'leaf': {
      const meanings = meaningsOfLeaf(expression);
      return meanings.length === 1 && meanings[0] !== undefined ? meanings[0] : { kind: 'or', of: meanings };
    }
    case 'not':
      return { kind: 'not', of: eachValue(expression.of) };
    case 'and':
      return { kind: 'and', of: expression.of.map(eachValue) };
    case 'or':
      return {
        kind: 'or',
        of: expression.of.map(eachValue).flatMap((child) => (child.kind === 'or' ? child.of : [child])),
      };
  }
}

function meaningsOfLeaf({ field, test }: Leaf): { readonly kind: 'leaf'; readonly meaning: unknown }[] {
  if (!('values' in test)) return [{ kind: 'leaf', meaning: { field, test } }];
  const cased = 'cased' in test && test.cased;
  // Of a regular expression, its meaning, not how it is searched for.
  const meanings =
    test.op === 're' ? test.values.map(({ source, flags }) => ({ source, flags: [...flags].sort() })) : test.values;
  return meanings.map((value: unknown) => ({ kind: 'leaf', meaning: { field, op: test.op, cased, value } }));
}

function meaningOfCorrelation(rule: CorrelationRule): object {
  const { type, rules, groupBy, aliases, timespanMs, fields, percentile, expression } = rule;
  // Windows distinguish rules by their places; with aliases, the first rule provides the value.
  const ordered =
    type === 'temporal' || type === 'temporal_ordered' || (fields.length > 0 && Object.keys(aliases).length > 0);
  return {
    ...{ type, groupBy, aliases, timespanMs },
    rules: ordered ? rules : rules.toSorted(),
    condition: rule.condition.map(({ op, value }) => `${op} ${value}`).sort(),
    fields,
    percentile,
    expression: expression === null ? null : meaningOfFormula(expression, (leaf) => String(leaf.rule)),
  };
}

/** A formula as text, with the children of `and` and `or` sorted. */
function meaningOfFormula<L extends { readonly kind: 'leaf' }>(
  formula: Formula<L>,
  ofLeaf: (leaf: L) => string,
): string {
  switch (formula.kind) {
    case 'leaf':
      return ofLeaf(formula);
    case 'not':
      return `not(${meaningOfFormula(formula.of, ofLeaf)})`;
    case 'and':
    case 'or':
      return `${formula.kind}(${formula.of
        .map((child) => meaningOfFormula(child, ofLeaf))
        .sort()
        .join()})`;
  }
}

/** JSON with the keys of every object sorted. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
