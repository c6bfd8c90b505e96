/**
 * How long rules may be once they are written out: each name as what it stands for, each filter with each of its rules.
 *
 * Contract: takes time in proportion to what was read, not to what it comes to. Pure.
 */

import { type ParsedCondition, sumOfLeaves } from '../parse/parsed-condition.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';

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
