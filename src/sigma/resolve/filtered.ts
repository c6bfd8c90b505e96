/** Which filters are joined to which detections. Pure. */
import { truncate } from '../../yaml/diagnostics.ts';
import { mayBeOne } from '../parse/logsource.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import type { References } from './references.ts';

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
        if (draft.kind === 'detection' && mayBeOne(draft.source, filter.source)) add(draft, filter);
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
          if (mayBeOne(target.source, filter.source)) add(target, filter);
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
