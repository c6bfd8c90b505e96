/**
 * Finds the filters of each rule, and what each filter is for.
 *
 * Contract: a filter applies to rules of its own log source; that of a correlation is that of any detection below it. A filter
 * for `any` is one for all detections, and so for what correlations count. What is wrong is reported at its place. Pure.
 */
import { type Place, truncate } from '../../yaml/diagnostics.ts';
import type { EntryChecks } from '../parse/context.ts';
import { type LogSource, mayOverlap } from '../parse/logsource.ts';
import { join } from '../parse/parsed-condition.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import type { Expression, RuleBase } from '../rule.ts';
import { expressionOf } from './expression.ts';
import type { LinkResult } from './linked.ts';
import type { References } from './references.ts';

/** A filter, for people and for its tests. */
export interface ParsedFilter extends Pick<RuleBase, 'id' | 'name' | 'title' | 'description' | 'path'> {
  readonly kind: 'filter';
  readonly place: Place;
  /** What an entry must satisfy. */
  readonly expression: Expression;
  /** The rules that it is for, each with what the detections that it counts, or it alone, ask for without filters. */
  readonly rules: readonly {
    readonly id: string;
    readonly title: string;
    readonly detections: readonly Expression[];
  }[];
  /** Whether it is for all detections. */
  readonly isForAny: boolean;
}

/** In the order of their documents. */
export type FiltersOfRules = ReadonlyMap<UnresolvedRule, readonly UnresolvedRuleOf<'filter'>[]>;

/** The filters of each detection and correlation. `results`: the correlations in order of their references. */
export function filtersByRule(
  drafts: readonly UnresolvedRule[],
  references: References,
  results: ReadonlyMap<UnresolvedRuleOf<'correlation'>, LinkResult>,
  mayHold: EntryChecks['mayHold'],
): FiltersOfRules {
  const filters = new Map<UnresolvedRule, UnresolvedRuleOf<'filter'>[]>();
  const add = (target: UnresolvedRule, filter: UnresolvedRuleOf<'filter'>) => {
    const list = filters.get(target);
    if (list === undefined) filters.set(target, [filter]);
    else if (list.at(-1) !== filter) list.push(filter);
  };
  const sources = sourcesOf(drafts, references, results);
  const isFor = (filter: UnresolvedRuleOf<'filter'>, target: UnresolvedRule) =>
    (sources.get(target) ?? []).some((source) => mayOverlap(source, filter.source));
  for (const filter of drafts) {
    if (filter.kind !== 'filter') continue;
    if (filter.targets === 'any') {
      for (const draft of drafts) if (draft.kind === 'detection' && isFor(filter, draft)) add(draft, filter);
      continue;
    }
    for (const reference of filter.targets) {
      const { text, place } = reference;
      const target = references.find(reference, filter.report);
      if (target === undefined || target.kind === 'invalid' || target.kind === 'disabled') continue;
      if (target.kind === 'filter') {
        filter.report.error(
          place,
          `"${truncate(text)}" is a filter`,
          'a filter applies to detections and correlations',
        );
      } else if (isFor(filter, target)) {
        add(target, filter);
        const isIdle =
          target.kind === 'detection' &&
          !mayHold(join('and', [target.expression, { kind: 'not', of: filter.expression }]));
        if (isIdle)
          filter.report.warning(
            place,
            `the filter excludes nothing that "${truncate(text)}" matches`,
            'what it is about and what the rule asks for contradict each other: correct it, or remove it',
          );
      } else if (target.kind !== 'correlation' || results.get(target) !== 'invalid') {
        filter.report.notice(place, `the rule "${truncate(text)}" is for another log source: not filtered`);
      }
    }
  }
  return filters;
}

/** The log sources of detections, and of what correlations count. */
function sourcesOf(
  drafts: readonly UnresolvedRule[],
  references: References,
  results: ReadonlyMap<UnresolvedRuleOf<'correlation'>, LinkResult>,
): ReadonlyMap<UnresolvedRule, readonly LogSource[]> {
  const sources = new Map<UnresolvedRule, readonly LogSource[]>();
  for (const draft of drafts) if (draft.kind === 'detection') sources.set(draft, [draft.source]);
  for (const [draft, result] of results) {
    const below = typeof result === 'object' ? result.rules.flatMap((id) => references.get(id) ?? []) : [];
    const all = below.flatMap((each) => sources.get(each) ?? []);
    sources.set(draft, [...new Map(all.map((source) => [JSON.stringify(source), source])).values()]);
  }
  return sources;
}

/** The filters, with what they are for. */
export function filtersOf(
  drafts: readonly UnresolvedRule[],
  references: References,
  results: ReadonlyMap<UnresolvedRuleOf<'correlation'>, LinkResult>,
  byRule: FiltersOfRules,
): readonly ParsedFilter[] {
  const known = new Map<UnresolvedRule, readonly Expression[]>();
  const detectionsOf = (draft: UnresolvedRule): readonly Expression[] => {
    const before = known.get(draft);
    if (before !== undefined) return before;
    const result = draft.kind === 'correlation' ? results.get(draft) : undefined;
    const below = typeof result === 'object' ? result.rules.flatMap((id) => references.get(id) ?? []) : [];
    const found = new Set(
      draft.kind === 'detection' ? [expressionOf(draft.expression)] : below.flatMap((each) => detectionsOf(each)),
    );
    known.set(draft, [...found]);
    return [...found];
  };
  const targets = new Map<UnresolvedRule, UnresolvedRule[]>();
  for (const rule of drafts) {
    for (const filter of byRule.get(rule) ?? []) {
      const list = targets.get(filter) ?? [];
      targets.set(filter, list);
      list.push(rule);
    }
  }
  return drafts.flatMap((draft) => {
    if (draft.kind !== 'filter') return [];
    const { id, name, title, description, path } = draft.header;
    const rules = (targets.get(draft) ?? []).map((rule) => {
      const { id: ruleId, title: ruleTitle } = rule.header;
      return { id: ruleId, title: ruleTitle, detections: detectionsOf(rule) };
    });
    const about = { kind: draft.kind, id, name, title, description, path, place: draft.idPlace };
    return [{ ...about, expression: expressionOf(draft.expression), rules, isForAny: draft.targets === 'any' }];
  });
}
