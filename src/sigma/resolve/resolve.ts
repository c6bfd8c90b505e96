/**
 * Turns parsed documents into rules: resolves references, adds filters to their rules, and decides which rules alert.
 *
 * Contract: unknown references, and rules that would be too large, are reported at their place: at the filter, if the rule
 * alone is not too large. Pure.
 */

import { truncate } from '../../yaml/diagnostics.ts';
import { COPIES_MAX, createLayers } from '../correlate/layers.ts';
import type { EntryChecks } from '../parse/context.ts';
import type { Header } from '../parse/header.ts';
import type { OuterCorrelation } from '../parse/outer.ts';
import { type ParsedCondition, sumOfLeaves } from '../parse/parsed-condition.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import type { Expression, ParsedRule } from '../rule.ts';
import { correlationsInOrder } from './chains.ts';
import { allOf, expressionOf } from './expression.ts';
import { type FiltersOfRules, filtersByRule, filtersOf, type ParsedFilter } from './filters.ts';
import { type LinkResult, link } from './linked.ts';
import { problemOfPasses } from './passes.ts';
import { createReferences } from './references.ts';

/** What documents come to, each in their order: the valid rules, and the filters. */
export interface Resolved {
  readonly rules: readonly ParsedRule[];
  readonly filters: readonly ParsedFilter[];
}

/** Resolves documents. `folder`: where the files are, for messages. */
export function resolve(drafts: readonly UnresolvedRule[], folder: string, mayHold: EntryChecks['mayHold']): Resolved {
  const references = createReferences(drafts, folder);
  const results = new Map<UnresolvedRuleOf<'correlation'>, LinkResult>();
  for (const draft of correlationsInOrder(drafts, references)) results.set(draft, link(draft, references, results));
  const filters = filtersByRule(drafts, references, results, mayHold);
  const alerts = alerting(results);

  const rulesOf = (draft: UnresolvedRule): readonly ParsedRule[] => {
    const { header } = draft;
    switch (draft.kind) {
      case 'detection': {
        const expression = withFilters(draft, [expressionOf(draft.expression)], filters, folder);
        if (expression === null) return [];
        if (draft.outer !== null) return withinOuter(header, expression, draft.outer, alerts(header));
        return [{ ...header, kind: 'detection', alerts: alerts(header), expression }];
      }
      case 'correlation': {
        const result = results.get(draft);
        if (typeof result !== 'object') return [];
        const { generate, ...correlation } = draft.correlation;
        const { rules, aliases, expression } = result;
        const common = { ...header, kind: 'correlation', alerts: alerts(header) } as const;
        const rule: ParsedRule = { ...common, ...correlation, rules, aliases, expression };
        if (!filters.has(draft) && draft.times.length === 0) return [rule];
        const filter = withFilters(
          draft,
          draft.times.map((leaf) => expressionOf(leaf)),
          filters,
          folder,
        );
        return filter === null ? [] : [{ ...rule, filter }];
      }
      case 'filter':
      case 'disabled':
      case 'other-log':
      case 'invalid':
        return [];
    }
  };
  if (!staysWithinLimit(drafts, filters)) return { rules: [], filters: [] };
  const rules = drafts.flatMap(rulesOf);
  if (reportCopies(rules, drafts, filters)) return { rules: [], filters: [] };
  return { rules, filters: filtersOf(drafts, references, results, filters) };
}

/** An expression and the filters of its rule, joined; null if that is too large, which is reported. */
function withFilters(
  draft: UnresolvedRule,
  own: readonly Expression[],
  filters: FiltersOfRules,
  folder: string,
): Expression | null {
  const joined = filters.get(draft) ?? [];
  const added = joined.map(({ header, expression }) =>
    expressionOf(expression, (selection) => `${selection} of the filter "${header.title}"`),
  );
  const all = allOf([...own, ...added]);
  if (problemOfPasses(all) === null) return all;
  // The first that is one too many.
  for (let count = 0; count <= added.length; count++) {
    const problem = problemOfPasses(allOf([...own, ...added.slice(0, count)]));
    if (problem === null) continue;
    const { report, idPlace } = joined[count - 1] ?? draft;
    const rule = `"${truncate(draft.header.title)}" (${folder}${draft.header.path})`;
    const message =
      count === 0 ? problem.message : `with this filter, the rule ${rule} is too large: ${problem.message}`;
    report.error(idPlace, message, problem.hint);
    break;
  }
  return null;
}

/** Whether filters and times of chains of correlations would make too many copies (correlate/layers.ts), which is reported. */
function reportCopies(
  rules: readonly ParsedRule[],
  drafts: readonly UnresolvedRule[],
  filters: FiltersOfRules,
): boolean {
  const ofFilter = [...filters].findLast(([draft]) => draft.kind === 'correlation')?.[1].at(-1);
  const ofTimes = drafts.findLast((draft) => draft.kind === 'correlation' && draft.times.length > 0);
  const last = ofFilter ?? ofTimes;
  if (last === undefined || createLayers(rules).copies.size < COPIES_MAX) return false;
  const [what, hint] =
    ofFilter === undefined
      ? ['times', 'give them to the detections']
      : ['filters', 'filter fewer correlations of one chain, or their detections'];
  last.report.error(last.idPlace, `there are too many ${what} on correlations of correlations`, hint);
  return true;
}

/** What an inner part leaves to its rule. */
const NOTHING_MORE: Partial<Header> = {
  ...{ name: null, level: 'informational', status: null, description: null, author: null },
  ...{ tags: [], falsepositives: [], fields: [], references: [], noise: null },
  tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: null, dedupReopenMs: null },
} as const;

/** The rule that people know, and before it the detection that is its inner part. */
function withinOuter(
  header: Header,
  expression: Expression,
  outer: OuterCorrelation,
  alerts: boolean,
): readonly ParsedRule[] {
  const inner = `${header.id}#inner`;
  return [
    { ...header, ...NOTHING_MORE, kind: 'detection', id: inner, alerts: false, partOf: header.id, expression },
    { ...header, kind: 'correlation', alerts, ...outer, rules: [inner] },
  ];
}

/**
 * A rule that correlations refer to alerts by itself only if one of them says `generate: true`. At the level informational it
 * never does: the specification wants no alert from such rules.
 */
function alerting(
  results: ReadonlyMap<UnresolvedRuleOf<'correlation'>, LinkResult>,
): (header: Pick<Header, 'id' | 'level'>) => boolean {
  const referred = new Set<string>();
  const generated = new Set<string>();
  for (const [{ correlation }, result] of results) {
    for (const id of typeof result === 'object' ? result.rules : []) {
      referred.add(id);
      if (correlation.generate) generated.add(id);
    }
  }
  return ({ id, level }) => !referred.has(id) || (generated.has(id) && level !== 'informational');
}

/** All rules together, roughly. Three thousand typical rules have about two million. */
const CHARACTERS_MAX = 50_000_000;

/** Whether the rules stay within the limit; the first that exceeds it is reported. Takes time proportional to the input. */
function staysWithinLimit(drafts: readonly UnresolvedRule[], filters: FiltersOfRules): boolean {
  const known = new Map<ParsedCondition, number>();
  let left = CHARACTERS_MAX;
  for (const draft of drafts) {
    for (const each of [...(draft.kind === 'detection' ? [draft] : []), ...(filters.get(draft) ?? [])]) {
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
