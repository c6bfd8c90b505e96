/**
 * From drafts to rules: ids and names are looked up, filters joined to their rules, and it is settled which rules
 * alert.
 *
 * Contract: every reference that leads nowhere is reported at its place, and so is what would be too long. Pure.
 */

import { truncate } from '../../yaml/diagnostics.ts';
import { join } from '../parse/item.ts';
import { mayOverlap } from '../parse/logsource.ts';
import { type ParsedCondition, sumOfLeaves } from '../parse/parsed-condition.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import type { Rule } from '../rule.ts';
import { chainsOf } from './chains.ts';
import { expressionOf } from './expression.ts';
import { type Linked, type LinkResult, link } from './linked.ts';
import { createReferences, type References } from './references.ts';

/** The rules of all drafts that are sound, in their order. */
export function resolve(drafts: readonly UnresolvedRule[]): readonly Rule[] {
  const references = createReferences(drafts);
  const filters = filtersByRule(drafts, references);
  const { ordered, invalid } = chainsOf(drafts, references);
  const fates = new Map<UnresolvedRule, LinkResult>();
  for (const draft of ordered) {
    const fate = link(draft, references, (target) => fates.get(target));
    fates.set(draft, invalid.has(draft) ? 'broken' : fate);
  }
  const linkedOf = (draft: UnresolvedRule): Linked | null => {
    const fate = fates.get(draft);
    return fate === undefined || fate === 'elsewhere' || fate === 'broken' ? null : fate;
  };
  const alerts = alerting(drafts, linkedOf);

  const rulesOf = (draft: UnresolvedRule): readonly Rule[] => {
    const { header } = draft;
    switch (draft.kind) {
      case 'detection': {
        const joined = (filters.get(draft) ?? []).map((filter) => filter.expression);
        const expression = expressionOf(join('and', [draft.expression, ...joined]));
        return [{ ...header, kind: 'detection', alerts: alerts(header.id), expression }];
      }
      case 'correlation': {
        const linked = linkedOf(draft);
        if (linked === null) return [];
        const { type, groupBy, timespanMs, condition, fields, percentile } = draft.correlation;
        const { rules, aliases, expression } = linked;
        const common = { ...header, kind: 'correlation', alerts: alerts(header.id), type, rules, groupBy } as const;
        return [{ ...common, aliases, timespanMs, condition, fields, percentile, expression }];
      }
      case 'filter':
      case 'elsewhere':
      case 'broken':
        return [];
    }
  };
  return staysWithinLimit(drafts, filters) ? drafts.flatMap(rulesOf) : [];
}

/** A rule that correlations refer to alerts by itself only where one of them says `generate: true`. */
function alerting(
  drafts: readonly UnresolvedRule[],
  linkedOf: (draft: UnresolvedRule) => Linked | null,
): (id: string) => boolean {
  const referred = new Set<string>();
  const generated = new Set<string>();
  for (const draft of drafts) {
    if (draft.kind !== 'correlation') continue;
    for (const id of linkedOf(draft)?.rules ?? []) {
      referred.add(id);
      if (draft.correlation.generate) generated.add(id);
    }
  }
  return (id) => generated.has(id) || !referred.has(id);
}

/** All rules together, roughly. Three thousand as people write them come to two millions. */
const CHARACTERS = 50_000_000;

/** Whether the rules stay within the limit; the first that does not is reported. */
export function staysWithinLimit(
  drafts: readonly UnresolvedRule[],
  filters: ReadonlyMap<UnresolvedRule, readonly UnresolvedRuleOf<'filter'>[]>,
): boolean {
  const known = new Map<ParsedCondition, number>();
  let left = CHARACTERS;
  for (const draft of drafts) {
    if (draft.kind !== 'detection') continue;
    for (const each of [draft, ...(filters.get(draft) ?? [])]) {
      left -= lengthOf(each.expression, known);
      if (left >= 0) continue;
      const message = `written out, the rules have more than ${CHARACTERS} characters, with this one`;
      each.report.error(each.idPlace, message, 'fewer names in conditions, or filters for fewer rules');
      return false;
    }
  }
  return true;
}

function lengthOf(written: ParsedCondition, known: Map<ParsedCondition, number>): number {
  return sumOfLeaves(written, (leaf) => JSON.stringify(leaf).length, known);
}

/**
 * The filters of each detection, in their order; what a filter names and is no detection is reported. A filter is for
 * its own log source only.
 */
export function filtersByRule(
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
    for (const { text, place } of filter.targets) {
      const target = references.get(text);
      if (target === undefined) {
        references.reportUnknown(text, place, filter.report);
        continue;
      }
      switch (target.kind) {
        case 'detection':
          if (mayOverlap(target.source, filter.source)) add(target, filter);
          else filter.report.notice(place, `the rule "${truncate(text)}" is for another log source: not filtered`);
          break;
        case 'elsewhere':
          filter.report.notice(place, `the rule "${truncate(text)}" is for another log source: not filtered`);
          break;
        case 'correlation':
        case 'filter':
          filter.report.error(place, `"${truncate(text)}" is a ${target.kind}`, 'a filter is for detections');
          break;
        case 'broken':
          break;
      }
    }
  }
  return filters;
}
