/**
 * From drafts to rules: ids and names are looked up, filters joined to their rules, and it is settled which rules
 * alert.
 *
 * Contract: every reference that leads nowhere is reported at its place, and so is what would be too long. Pure.
 */

import { join } from '../parse/item.ts';
import type { UnresolvedRule } from '../parse/unresolved.ts';
import type { Rule } from '../rule.ts';
import { chainsOf } from './chains.ts';
import { expressionOf } from './expression.ts';
import { filtersByRule } from './filtered.ts';
import { staysWithinLimit } from './limit.ts';
import { type Linked, type LinkResult, link } from './linked.ts';
import { createReferences } from './references.ts';

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
