/**
 * From drafts to rules: ids and names are looked up, filters joined to their rules, and it is settled which rules
 * alert.
 *
 * Contract: every reference that leads nowhere is reported at its place. Pure.
 */

import type { CorrelationRule, Rule } from '../rule.ts';
import type { PlacedText } from './attributes.ts';
import type { CorrelationDraft } from './correlation.ts';
import type { Draft, DraftOf } from './draft.ts';
import { join } from './item.ts';
import { nearest } from './nearest.ts';
import type { Place, Report } from './problem.ts';
import { shown } from './yaml.ts';

/** The rules of all drafts that are sound, in their order. */
export function resolve(drafts: readonly Draft[]): readonly Rule[] {
  const index = createIndex(drafts);
  const filters = filtersByRule(drafts, index);
  const correlations = new Map<Draft, Found>();
  for (const draft of drafts) {
    if (draft.kind !== 'correlation') continue;
    const found = resolveCorrelation(draft, index);
    if (found !== null) correlations.set(draft, found);
  }
  tellCycles(drafts, index);
  const alerts = alerting([...correlations.values()]);

  const rulesOf = (draft: Draft): readonly Rule[] => {
    const { header } = draft;
    switch (draft.kind) {
      case 'detection': {
        const expression = join('and', [
          draft.expression,
          ...(filters.get(draft) ?? []).map((filter) => filter.expression),
        ]);
        return [{ ...header, kind: 'detection', alerts: alerts(header.id), expression }];
      }
      case 'correlation': {
        const found = correlations.get(draft);
        if (found === undefined) return [];
        const { type, groupBy, timespanMs, condition } = draft.correlation;
        const { rules, aliases } = found;
        return [
          {
            ...header,
            kind: 'correlation',
            alerts: alerts(header.id),
            type,
            rules,
            groupBy,
            aliases,
            timespanMs,
            condition,
            fields: [],
            percentile: null,
            expression: null,
          },
        ];
      }
      case 'filter':
      case 'elsewhere':
      case 'broken':
        return [];
    }
  };
  return drafts.flatMap(rulesOf);
}

/** What a correlation refers to. */
interface Found {
  readonly rules: readonly string[];
  readonly aliases: CorrelationRule['aliases'];
  readonly generate: boolean;
}

type Index = ReadonlyMap<string, Draft>;

/** Drafts by id and by name; a second of the same is reported. */
function createIndex(drafts: readonly Draft[]): Index {
  const index = new Map<string, Draft>();
  const enter = (key: string, draft: Draft, what: 'id' | 'name') => {
    const first = index.get(key);
    if (first === undefined) index.set(key, draft);
    else if (first !== draft) {
      const place = what === 'id' ? first.idPlace : first.namePlace;
      const at = what === 'id' ? draft.idPlace : draft.namePlace;
      draft.report.error(at, `the ${what} "${shown(key)}" is another rule's`, `${first.header.path}:${place.line}`);
    }
  };
  for (const draft of drafts) enter(draft.header.id, draft, 'id');
  for (const draft of drafts) if (draft.header.name !== null) enter(draft.header.name, draft, 'name');
  return index;
}

function filtersByRule(drafts: readonly Draft[], index: Index): ReadonlyMap<Draft, readonly DraftOf<'filter'>[]> {
  const filters = new Map<Draft, DraftOf<'filter'>[]>();
  const add = (target: Draft, filter: DraftOf<'filter'>) => {
    const list = filters.get(target);
    if (list === undefined) filters.set(target, [filter]);
    else if (!list.includes(filter)) list.push(filter);
  };
  for (const filter of drafts) {
    if (filter.kind !== 'filter') continue;
    if (filter.targets === 'any') {
      for (const draft of drafts) if (draft.kind === 'detection') add(draft, filter);
      continue;
    }
    for (const { text, place } of filter.targets) {
      const target = index.get(text);
      if (target === undefined) {
        tellUnknown(text, place, index, filter.report);
        continue;
      }
      switch (target.kind) {
        case 'detection':
          add(target, filter);
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

function resolveCorrelation({ correlation, report }: DraftOf<'correlation'>, index: Index): Found | null {
  const errors = report.errors();
  const rules: string[] = [];
  let elsewhere = 0;
  for (const { text, place } of correlation.rules) {
    const target = index.get(text);
    if (target === undefined) {
      tellUnknown(text, place, index, report);
      continue;
    }
    switch (target.kind) {
      case 'detection':
        if (!rules.includes(target.header.id)) rules.push(target.header.id);
        break;
      case 'correlation':
        report.error(place, 'correlations of correlations are not supported yet', 'name detections');
        break;
      case 'filter':
        report.error(place, `"${shown(text)}" is a filter`, 'a correlation refers to detections');
        break;
      case 'elsewhere':
        elsewhere++;
        break;
      case 'broken':
        break;
    }
  }
  const aliases = resolveAliases(correlation, report, index);
  if (report.errors() > errors) return null;
  if (elsewhere === 0) return { rules, aliases, generate: correlation.generate };
  const [first] = correlation.rules;
  if (first === undefined) return null;
  if (elsewhere === correlation.rules.length) {
    report.notice(first.place, 'the rules it refers to are for another log source: left out');
  } else {
    report.error(first.place, 'some of the rules it refers to are for another log source');
  }
  return null;
}

function resolveAliases(correlation: CorrelationDraft, report: Report, index: Index): Found['aliases'] {
  const aliases: Record<string, Record<string, string>> = {};
  for (const { alias, rule, field } of correlation.aliases) {
    const target = index.get(rule.text);
    if (target === undefined) {
      tellUnknown(rule.text, rule.place, index, report);
      continue;
    }
    const fields = Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
    aliases[alias] = { ...fields, [target.header.id]: field };
  }
  return aliases;
}

/** Tells the correlations that, by way of others, refer to themselves. */
function tellCycles(drafts: readonly Draft[], index: Index): void {
  const done = new Set<Draft>();
  for (const draft of drafts) {
    // A stack of our own: chains are as long as their authors like.
    const stack = done.has(draft) ? [] : [{ draft, references: referencesOf(draft) }];
    const open = new Set([draft]);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const reference = top.references.next().value;
      const target = reference === undefined ? undefined : index.get(reference.text);
      if (reference === undefined) {
        stack.pop();
        open.delete(top.draft);
        done.add(top.draft);
      } else if (target !== undefined && open.has(target)) {
        const message = `a cycle of correlations: "${shown(reference.text)}" refers back to this one`;
        top.draft.report.error(reference.place, message);
      } else if (target !== undefined && !done.has(target)) {
        stack.push({ draft: target, references: referencesOf(target) });
        open.add(target);
      }
    }
  }
}

function referencesOf(draft: Draft): ArrayIterator<PlacedText> {
  return (draft.kind === 'correlation' ? draft.correlation.rules : []).values();
}

/** A rule that correlations refer to alerts by itself only where one of them says `generate: true`. */
function alerting(correlations: readonly Found[]): (id: string) => boolean {
  const referred = new Set(correlations.flatMap(({ rules }) => rules));
  const generated = new Set(correlations.filter(({ generate }) => generate).flatMap(({ rules }) => rules));
  return (id) => generated.has(id) || !referred.has(id);
}

function tellUnknown(text: string, place: Place, index: Index, report: Report): void {
  // Ids are not told apart by eye: only names are hinted at.
  const names = [...index.values()].flatMap(({ header }) => (header.name === null ? [] : [header.name]));
  const near = nearest(text, names);
  const hint = near === null ? 'a rule is referred to by its id or name' : `did you mean "${near}"?`;
  report.error(place, `there is no rule "${shown(text)}"`, hint);
}
