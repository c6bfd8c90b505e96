/**
 * What `list` shows of the rules of a folder: where each belongs, what changes it, and where its alerts go.
 *
 * Contract: pure. Rules that are disabled are among them, as they are shipped.
 */
import { TACTICS, tacticOf, techniqueOf } from '../alert/attack.ts';
import { declaredName } from '../routing/routes.ts';
import type { RoutedReceiver, Routing } from '../routing/routing.ts';
import { ruleRoutes } from '../routing/rule-routes.ts';
import { namedValues, type ParsedFilter, type TunedValue, valuesOf } from '../sigma/build.ts';
import { LEVELS, type Level, listedRules, type Rule } from '../sigma/index.ts';
import type { BuiltRules } from './rule-files.ts';

/** A rule of the list. */
export interface ListedRule {
  readonly id: string;
  readonly name: string | null;
  readonly title: string;
  readonly level: Level;
  readonly status: string | null;
  /** Below the folder of rules. */
  readonly path: string;
  /** The first folder of its path; empty: it is in none. */
  readonly topic: string;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  /** The actions that it, or what it counts, names; null: it is about any. */
  readonly actions: readonly string[] | null;
  /** Whether it is evaluated. */
  readonly enabled: boolean;
  /** Else its matches are only counted by correlations. */
  readonly alerts: boolean;
  /** Why and how rules/tuning.yml changes it; null: it does not. */
  readonly tuning: { readonly why: string; readonly changes: readonly TunedValue[] } | null;
  readonly filters: readonly Pick<ParsedFilter, 'title' | 'path'>[];
  /** The receivers that are notified of its alerts, always or in some cases; null: those whose secrets are set. */
  readonly receivers: { readonly always: readonly string[]; readonly sometimes: readonly string[] } | null;
  readonly tests: number;
}

/** How the list can be grouped. */
export const GROUPINGS = ['topic', 'tactic', 'action', 'level'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** A part of the list. */
export interface RuleGroup {
  readonly title: string;
  readonly rules: readonly ListedRule[];
}

/** The rules of a folder, the most severe first. */
export function listRules(built: BuiltRules): readonly ListedRule[] {
  const { ruleSet, shipped, tunings, filters, routing, tests, fields } = built;
  const disabled = new Set(tunings.flatMap(({ rule, isEnabled }) => (isEnabled ? [] : [rule])));
  const all: readonly Rule[] = [...ruleSet.rules, ...shipped.rules.filter(({ id }) => disabled.has(id))];
  const byId = new Map(all.map((rule) => [rule.id, rule]));
  const actions = actionsOf(fields);
  const receivers = routing === null ? null : declaredReceivers(routing);
  return listedRules(all)
    .map((rule): ListedRule => {
      const { id, name, title, level, status, path, tags, alerts } = rule;
      const tuning = tunings.find((each) => each.rule === id);
      const its = tags.map((tag) => [tacticOf(tag), techniqueOf(tag)]);
      return {
        ...{ id, name, title, level, status, path, alerts },
        topic: path.includes('/') ? (path.split('/')[0] ?? '') : '',
        tactics: its.flatMap(([tactic]) => tactic ?? []),
        techniques: its.flatMap(([, technique]) => technique ?? []),
        actions: namedValues(rule, byId, 'action', actions),
        enabled: !disabled.has(id),
        tuning: tuning === undefined ? null : { why: tuning.why, changes: tuning.changes },
        filters: filters
          .filter(({ rules }) => rules.some((each) => each.id === id))
          .map((filter) => ({ title: filter.title, path: filter.path })),
        receivers: receivers === null ? null : routesTo(rule, receivers, routing),
        tests: tests.filter((test) => test.rule === id).length,
      };
    })
    .sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || (a.title < b.title ? -1 : 1));
}

/** The actions that are known, by the catalogue of fields. */
export function actionsOf(fields: BuiltRules['fields']): readonly string[] {
  return fields.flatMap((field) => (field.name === 'action' ? valuesOf(field) : [])).sort();
}

/** The receivers that a routing declares. */
export function declaredReceivers({ receivers }: Routing): readonly RoutedReceiver[] {
  return receivers.map(({ name, minLevel }) => ({ name, minLevel, problem: null }));
}

function routesTo(
  { id, level, tags, alerts, tocsin }: Rule,
  receivers: readonly RoutedReceiver[],
  routing: Routing | null,
): ListedRule['receivers'] {
  if (!alerts) return { always: [], sometimes: [] };
  const { to } = ruleRoutes(routing, receivers, { rule: id, level, tags, receivers: tocsin.receivers });
  const names = (often: (typeof to)[number]['often']) => [
    ...new Set(to.filter((each) => each.often === often).map(({ receiver }) => declaredName(receiver.name))),
  ];
  return { always: names('always'), sometimes: names('in some cases') };
}

export interface GroupedRules {
  readonly groups: readonly RuleGroup[];
  /** Tactics, or known actions, without a rule that alerts. */
  readonly without: readonly string[];
}

/** The rules in groups. `actions`: the known ones. */
export function groupRules(rules: readonly ListedRule[], by: Grouping, actions: readonly string[]): GroupedRules {
  const [known, keysOf] = GROUPS[by](actions);
  const byKey = new Map<string, ListedRule[]>();
  for (const rule of rules) {
    for (const key of keysOf(rule)) {
      const list = byKey.get(key) ?? [];
      byKey.set(key, list);
      list.push(rule);
    }
  }
  const others = [...byKey.keys()].filter((key) => !known.includes(key)).sort();
  const groups = [...known, ...others].flatMap((title) => {
    const its = byKey.get(title);
    return its === undefined ? [] : [{ title, rules: its }];
  });
  const covered = new Set(rules.filter(({ enabled }) => enabled).flatMap(keysOf));
  return { groups, without: by === 'tactic' || by === 'action' ? known.filter((key) => !covered.has(key)) : [] };
}

/** A rule whose matches are only counted covers nothing itself: what counts it does. */
const alertingOnly =
  (keysOf: (rule: ListedRule) => readonly string[]) =>
  (rule: ListedRule): readonly string[] =>
    rule.alerts ? keysOf(rule) : [];

/** The groups that are there anyway, in order, and those of a rule. */
const GROUPS: {
  readonly [by in Grouping]: (
    actions: readonly string[],
  ) => readonly [known: readonly string[], keysOf: (rule: ListedRule) => readonly string[]];
} = {
  topic: () => [[], ({ topic }) => [topic === '' ? 'in no folder' : topic]],
  level: () => [LEVELS.toReversed(), ({ level }) => [level]],
  tactic: () => [
    Object.keys(TACTICS),
    alertingOnly(({ tactics }) => (tactics.length === 0 ? ['no tactic'] : [...new Set(tactics)])),
  ],
  action: (actions) => [actions, alertingOnly(({ actions: its }) => its ?? ['any action'])],
};
