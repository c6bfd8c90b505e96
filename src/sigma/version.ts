/**
 * The version of a set of rules: a hash of their meaning.
 *
 * Contract: it changes if and only if a rule decides differently: not with comments, titles, texts for people, or the order
 * of keys, values or files. The order of a correlation's rules counts where windows distinguish rules. Not cryptographic.
 * Pure.
 */

import { contentVersion } from '../text/content-version.ts';
import type { CorrelationRule, Formula, Leaf, Rule, Test } from './rule.ts';

/** The version of a set of rules. */
export function versionOf(rules: readonly Rule[]): string {
  return contentVersion(JSON.stringify(rules.map((rule) => canonical(meaningOf(rule))).sort()));
}

function meaningOf(rule: Rule): unknown {
  const { id, level, alerts } = rule;
  const { dedupBy, dedupPeriodMs, dedupReopenMs } = rule.tocsin;
  // A key that older versions did not have counts where it is set.
  const reopen = dedupReopenMs === null ? {} : { dedupReopenMs };
  const common = { id, level, alerts, dedupBy, dedupPeriodMs, ...reopen };
  switch (rule.kind) {
    case 'detection':
      return { ...common, expression: meaningOfFormula(rule.expression, meaningsOfLeaf) };
    case 'correlation':
      return { ...common, ...meaningOfCorrelation(rule) };
  }
}

/** A leaf with several values counts as that many alternatives, and its selection's name does not count. */
function meaningsOfLeaf({ field, test }: Leaf): readonly string[] {
  if (!('values' in test)) return [JSON.stringify({ kind: 'leaf', meaning: { field, test } })];
  const cased = 'cased' in test && test.cased;
  return meaningsOfValues(test).map((value: unknown) =>
    JSON.stringify({ kind: 'leaf', meaning: { field, op: test.op, cased, value } }),
  );
}

/** Of a regular expression or pattern its meaning, not how it is searched. */
function meaningsOfValues(test: Extract<Test, { readonly values: unknown }>): readonly unknown[] {
  if (test.op === 're') return test.values.map(({ source, flags }) => ({ source, flags: [...flags].sort() }));
  return test.op === 'pattern' ? test.values.map(({ parts }) => parts) : test.values;
}

function meaningOfCorrelation(rule: CorrelationRule): object {
  const { type, rules, groupBy, aliases, timespanMs, fields, percentile, expression, filter } = rule;
  // Windows distinguish rules by their places; with aliases, the first rule provides the value.
  const ordered =
    type === 'temporal' || type === 'temporal_ordered' || (fields.length > 0 && Object.keys(aliases).length > 0);
  return {
    ...{ type, groupBy, aliases, timespanMs },
    rules: ordered ? rules : rules.toSorted(),
    condition: rule.condition.map(({ op, value }) => `${op} ${value}`).sort(),
    fields,
    percentile,
    expression: expression === null ? null : meaningOfFormula(expression, ({ rule }) => [String(rule)]),
    ...(filter === undefined ? {} : { filter: meaningOfFormula(filter, meaningsOfLeaf) }),
  };
}

/** A formula as text, with the children of `and` and `or` sorted. */
function meaningOfFormula<L extends { readonly kind: 'leaf' }>(
  formula: Formula<L>,
  ofLeaf: (leaf: L) => readonly string[],
): string {
  const all = alternativesOf(formula, ofLeaf);
  return all.length === 1 && all[0] !== undefined ? all[0] : `or(${all.toSorted().join()})`;
}

function alternativesOf<L extends { readonly kind: 'leaf' }>(
  formula: Formula<L>,
  ofLeaf: (leaf: L) => readonly string[],
): readonly string[] {
  switch (formula.kind) {
    case 'leaf':
      return ofLeaf(formula);
    case 'not':
      return [`not(${meaningOfFormula(formula.of, ofLeaf)})`];
    case 'or':
      return formula.of.flatMap((child) => alternativesOf(child, ofLeaf));
    case 'and': {
      const all = formula.of.map((child) => meaningOfFormula(child, ofLeaf));
      return [`and(${all.sort().join()})`];
    }
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
