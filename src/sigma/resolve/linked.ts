/**
 * A correlation whose references are found: its rules, aliases and condition by ids and places instead of names.
 *
 * Contract: every reference that leads nowhere, or where it should not, is reported at its place. Pure.
 */

import { nearestHint, truncate } from '../../yaml/diagnostics.ts';
import type { PlacedText } from '../../yaml/fields.ts';
import { isSatisfiable } from '../correlate/window/conditions.ts';
import { readFormula } from '../parse/condition.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import type { CorrelationRule, Formula, RuleLeaf } from '../rule.ts';
import type { References } from './references.ts';

/** What a correlation refers to. */
export type Linked = Pick<CorrelationRule, 'rules' | 'aliases' | 'expression'>;

/** What became of the correlations referred to: linked, left out with a notice, or reported. */
export type LinkResult = Linked | 'elsewhere' | 'broken';

type Correlation = UnresolvedRuleOf<'correlation'>;

/** Finds what a correlation refers to; `fateOf` tells what became of the correlations among it. */
export function link(
  draft: Correlation,
  references: References,
  fateOf: (target: UnresolvedRule) => LinkResult | undefined,
): LinkResult {
  const { correlation, report } = draft;
  const errors = report.errors();
  const found = findRules(draft, references, fateOf);
  const aliases = linkAliases(draft, found.rules, references);
  const expression = correlation.expression === null ? null : linkExpression(draft, found.rules, references);
  if (report.errors() > errors || found.broken) return 'broken';
  const [first] = found.elsewhere;
  if (first === undefined) {
    return { rules: found.rules.map(({ draft: rule }) => rule.header.id), aliases, expression };
  }
  if (found.rules.length > 0) {
    const hint = 'it could never see it: leave it out';
    report.error(first.place, `the rule "${truncate(first.text)}" is for another log source`, hint);
    return 'broken';
  }
  report.notice(first.place, 'the rules it refers to are for another log source: left out');
  return 'elsewhere';
}

interface FoundRules {
  /** Each once, in the order of the references. */
  readonly rules: readonly FoundRule[];
  readonly elsewhere: readonly PlacedText[];
  /** Whether one has errors of its own. */
  readonly broken: boolean;
}

function findRules(
  { correlation, report }: Correlation,
  references: References,
  fateOf: (target: UnresolvedRule) => LinkResult | undefined,
): FoundRules {
  const rules = new Map<UnresolvedRule, FoundRule>();
  const elsewhere: PlacedText[] = [];
  let broken = false;
  const add = (draft: UnresolvedRule, reference: PlacedText) => {
    const first = rules.get(draft);
    if (first === undefined) {
      rules.set(draft, { draft, reference });
      return;
    }
    const message = `the rule "${truncate(reference.text)}" is named twice`;
    const before = first.reference.text;
    const hint = before === reference.text ? 'leave one out' : `it is "${truncate(before)}": leave one out`;
    if (correlation.type === 'temporal' || correlation.type === 'temporal_ordered') {
      report.error(reference.place, `${message}, and counts once`, hint);
    } else {
      report.notice(reference.place, message, hint);
    }
  };
  for (const reference of correlation.rules) {
    const target = references.get(reference.text);
    if (target === undefined) {
      references.reportUnknown(reference.text, reference.place, report);
      continue;
    }
    switch (target.kind) {
      case 'detection':
        add(target, reference);
        break;
      case 'correlation': {
        const fate = fateOf(target);
        if (fate === 'elsewhere') elsewhere.push(reference);
        else if (fate === 'broken' || fate === undefined) broken = true;
        else add(target, reference);
        break;
      }
      case 'filter':
        report.error(
          reference.place,
          `"${truncate(reference.text)}" is a filter`,
          'a correlation refers to detections and correlations',
        );
        break;
      case 'elsewhere':
        elsewhere.push(reference);
        break;
      case 'broken':
        broken = true;
        break;
    }
  }
  return { rules: [...rules.values()], elsewhere, broken };
}

function linkAliases(
  { correlation, report }: Correlation,
  rules: readonly FoundRule[],
  references: References,
): Linked['aliases'] {
  const byDraft = new Map(rules.map((rule) => [rule.draft, rule]));
  const referred = new Set(correlation.rules.map(({ text }) => references.get(text)));
  const aliases: [string, Linked['aliases'][string]][] = [];
  for (const { alias, place, fields: of } of correlation.aliases) {
    const fields = new Map<string, string>();
    for (const { rule, field } of of) {
      const target = references.get(rule.text);
      if (target === undefined || !referred.has(target)) {
        const message =
          target === undefined
            ? `there is no rule "${truncate(rule.text)}"`
            : `the correlation does not refer to "${truncate(rule.text)}"`;
        const known = correlation.rules.map(({ text }) => text);
        // One that the correlation refers to and that is not there has been told at "rules".
        if (!known.includes(rule.text)) report.error(rule.place, message, nearestHint(rule.text, known));
      } else if (fields.has(target.header.id)) {
        report.error(rule.place, `the alias "${truncate(alias)}" has two fields for the rule "${truncate(rule.text)}"`);
      } else {
        fields.set(target.header.id, field);
      }
    }
    const missing = [...byDraft.values()].filter(({ draft }) => !fields.has(draft.header.id));
    const [first] = missing;
    if (first !== undefined && of.length > 0) {
      const others = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
      const what = `the alias "${truncate(alias)}" names no field for "${truncate(first.reference.text)}"${others}`;
      report.notice(place, what, `the field "${truncate(alias)}" is looked at there`);
    }
    aliases.push([alias, Object.fromEntries(fields)]);
  }
  return Object.fromEntries(aliases);
}

/** A condition over rules, its patterns resolved, names no more. */
const LEAF_LIMIT = 10_000;

/** Of so many rules, every way they can happen is tried. */
const TRIED_MOST = 8;

/** A rule that is referred to, and how. */
export interface FoundRule {
  readonly draft: UnresolvedRule;
  readonly reference: PlacedText;
}

/** The condition over rules of a correlation, its names replaced; null where it has none, or an error. */
export function linkExpression(
  { correlation, report }: Correlation,
  rules: readonly FoundRule[],
  references: References,
): Formula<RuleLeaf> | null {
  const text = correlation.expression;
  if (text === null) return null;
  const known = new Map<string, Formula<RuleLeaf> | null>();
  // What is for another log source, or has errors, has a name all the same.
  for (const { text: name } of correlation.rules) {
    const target = references.get(name);
    for (const other of [target?.header.id, target?.header.name]) known.set(other ?? name, null);
  }
  for (const [rule, { draft }] of rules.entries()) {
    const leaf: RuleLeaf = { kind: 'leaf', rule };
    for (const name of [draft.header.id, draft.header.name]) if (name !== null) known.set(name, leaf);
  }
  const nameOf = ({ draft }: FoundRule): string => draft.header.name ?? draft.header.id;
  const used = new Set<string>();
  const errors = report.errors();
  const formula = readFormula(text, { noun: 'rule', known, listed: rules.map(nameOf) }, used, report);
  if (formula === null || report.errors() > errors) return null;
  if (leavesOf(formula) > LEAF_LIMIT) {
    report.error(text.place, `the condition speaks of more than ${LEAF_LIMIT} rules, its patterns resolved`);
    return null;
  }
  for (const rule of rules) {
    const { id, name } = rule.draft.header;
    if (used.has(id) || (name !== null && used.has(name))) continue;
    const { place, text: shownName } = rule.reference;
    report.notice(
      place,
      `the condition does not speak of "${truncate(shownName)}"`,
      'name it there, or leave it out here',
    );
  }
  if (rules.length <= TRIED_MOST && !isSatisfiable(formula, rules.length)) {
    report.error(text.place, 'the condition can never be met', 'one of the rules has happened when it is looked at');
    return null;
  }
  return formula;
}

function leavesOf(formula: Formula<RuleLeaf>): number {
  switch (formula.kind) {
    case 'leaf':
      return 1;
    case 'not':
      return leavesOf(formula.of);
    case 'and':
    case 'or':
      return formula.of.reduce((sum, child) => sum + leavesOf(child), 0);
  }
}
