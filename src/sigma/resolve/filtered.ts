/** Which filters are joined to which detections. Pure. */
import { shown } from '../../yaml/diagnostics.ts';
import type { Draft, DraftOf } from '../parse/draft.ts';
import { mayBeOne } from '../parse/logsource.ts';
import type { References } from './references.ts';

/**
 * The filters of each detection, in their order; what a filter names and is no detection is reported. A filter is for
 * its own log source only.
 */
export function filtersByRule(
  drafts: readonly Draft[],
  references: References,
): ReadonlyMap<Draft, readonly DraftOf<'filter'>[]> {
  const filters = new Map<Draft, DraftOf<'filter'>[]>();
  const add = (target: Draft, filter: DraftOf<'filter'>) => {
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
        references.tellUnknown(text, place, filter.report);
        continue;
      }
      switch (target.kind) {
        case 'detection':
          if (mayBeOne(target.source, filter.source)) add(target, filter);
          else filter.report.notice(place, `the rule "${shown(text)}" is for another log source: not filtered`);
          break;
        case 'elsewhere':
          filter.report.notice(place, `the rule "${shown(text)}" is for another log source: not filtered`);
          break;
        case 'correlation':
        case 'filter':
          filter.report.error(place, `"${shown(text)}" is a ${target.kind}`, 'a filter is for detections');
          break;
        case 'broken':
          break;
      }
    }
  }
  return filters;
}
