/**
 * Turns parsed documents into rules: resolves references, adds filters to their rules, and decides which rules alert.
 *
 * Contract: unknown references, and rules that would be too large, are reported at their place. Pure.
 */

import { truncate } from '../../yaml/diagnostics.ts';
import { mayOverlap } from '../parse/logsource.ts';
import { join, type ParsedCondition, sumOfLeaves } from '../parse/parsed-condition.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import type { ParsedRule } from '../rule.ts';
import { correlationsInOrder } from './chains.ts';
import { expressionOf } from './expression.ts';
import { type LinkResult, link } from './linked.ts';
import { problemOfPasses } from './passes.ts';
import { createReferences, type References } from './references.ts';

/** The valid rules, in the order of their documents. */
export function resolve(drafts: readonly UnresolvedRule[]): readonly ParsedRule[] {
  const references = createReferences(drafts);
  const filters = filtersByRule(drafts, references);
  const results = new Map<UnresolvedRuleOf<'correlation'>, LinkResult>();
  for (const draft of correlationsInOrder(drafts, references)) results.set(draft, link(draft, references, results));
  const alerts = alerting(results);

  const rulesOf = (draft: UnresolvedRule): readonly ParsedRule[] => {
    const { header } = draft;
    switch (draft.kind) {
      case 'detection': {
        const joined = (filters.get(draft) ?? []).map((filter) => filter.expression);
        const expression = expressionOf(join('and', [draft.expression, ...joined]));
        const problem = problemOfPasses(expression);
        if (problem !== null) {
          draft.report.error(draft.idPlace, problem.message, problem.hint);
          return [];
        }
        return [{ ...header, kind: 'detection', alerts: alerts(header.id), expression }];
      }
      case 'correlation': {
        const result = results.get(draft);
        if (typeof result !== 'object') return [];
        const { generate, ...correlation } = draft.correlation;
        const { rules, aliases, expression } = result;
        const common = { ...header, kind: 'correlation', alerts: alerts(header.id) } as const;
        return [{ ...common, ...correlation, rules, aliases, expression }];
      }
      case 'filter':
      case 'other-log':
      case 'invalid':
        return [];
    }
  };
  return staysWithinLimit(drafts, filters) ? drafts.flatMap(rulesOf) : [];
}

/** A rule that correlations refer to alerts by itself only if one of them says `generate: true`. */
function alerting(results: ReadonlyMap<UnresolvedRuleOf<'correlation'>, LinkResult>): (id: string) => boolean {
  const referred = new Set<string>();
  const generated = new Set<string>();
  for (const [{ correlation }, result] of results) {
    for (const id of typeof result === 'object' ? result.rules : []) {
      referred.add(id);
      if (correlation.generate) generated.add(id);
    }
  }
  return (id) => generated.has(id) || !referred.has(id);
}

/** All rules together, roughly. Three thousand typical rules have about two million. */
const CHARACTERS_MAX = 50_000_000;

/** Whether the rules stay within the limit; the first that exceeds it is reported. Takes time proportional to the input. */
function staysWithinLimit(
  drafts: readonly UnresolvedRule[],
  filters: ReadonlyMap<UnresolvedRule, readonly UnresolvedRuleOf<'filter'>[]>,
): boolean {
  const known = new Map<ParsedCondition, number>();
  let left = CHARACTERS_MAX;
  for (const draft of drafts) {
    if (draft.kind !== 'detection') continue;
    for (const each of [draft, ...(filters.get(draft) ?? [])]) {
      left -= lengthOf(each.expression, known);
      if (left >= 0) continue;
      const message = `with this one, the rules have more than ${CHARACTERS_MAX} characters with all names resolved`;
      each.report.error(each.idPlace, message, 'use fewer names in conditions, or filters for fewer rules');
      return false;
    }
  }
  return true;
}

function lengthOf(written: ParsedCondition, known: Map<ParsedCondition, number>): number {
  return sumOfLeaves(written, (leaf) => JSON.stringify(leaf).length, known);
}

/** The filters of each detection, in order. A filter applies to detections of its own log source; others are reported. */
function filtersByRule(
  drafts: readonly UnresolvedRule[],
  references: References,
): ReadonlyMap<UnresolvedRule, readonly UnresolvedRuleOf<'filter'>[]> {
  const filters = new Map<UnresolvedRule, UnresolvedRuleOf<'filter'>[]>();
  const add = (target: UnresolvedRule, filter: UnresolvedRuleOf<'filter'>) => {
    const list = filters.get(target);
    if (list === undefined) filters.set(target, [filter]);
    else if (list.at(-1) !== filter) list.push(filter);
  };
  for (const filter of drafts) {
    if (filter.kind !== 'filter') continue;
    if (filter.targets === 'any') {
      for (const draft of drafts) {
        if (draft.kind === 'detection' && mayOverlap(draft.source, filter.source)) add(draft, filter);
      }
      continue;
    }
    for (const reference of filter.targets) {
      const { text, place } = reference;
      const target = references.find(reference, filter.report);
      if (target === undefined || target.kind === 'invalid') continue;
      if (target.kind === 'correlation' || target.kind === 'filter') {
        filter.report.error(place, `"${truncate(text)}" is a ${target.kind}`, 'a filter applies to detections');
      } else if (target.kind === 'detection' && mayOverlap(target.source, filter.source)) {
        add(target, filter);
      } else {
        filter.report.notice(place, `the rule "${truncate(text)}" is for another log source: not filtered`);
      }
    }
  }
  return filters;
}
