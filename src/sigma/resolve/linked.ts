/**
 * Resolves the references of a correlation: in its rules, its aliases and its condition over rules.
 *
 * Contract: unknown references, and references to what a correlation can't use, are reported at their place. Pure.
 */

import { nearestHint, truncate } from '../../yaml/diagnostics.ts';
import type { PlacedText } from '../../yaml/fields.ts';
import { isSatisfiable } from '../correlate/window/conditions.ts';
import { readFormula } from '../parse/condition.ts';
import { sumOfLeaves } from '../parse/parsed-condition.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import type { CorrelationRule, Formula, RuleLeaf } from '../rule.ts';
import type { References } from './references.ts';

/** Names in a condition over rules, with patterns resolved. */
const LEAVES_MAX = 10_000;

/** With up to this many rules, all combinations are tried. */
const TRIED_RULES_MAX = 8;

/** The resolved references of a correlation. */
export type Linked = Pick<CorrelationRule, 'rules' | 'aliases' | 'expression'>;

/** The result for a correlation: resolved, skipped with a notice, or invalid, which is reported. */
export type LinkResult = Linked | 'other-log' | 'invalid';

type Correlation = UnresolvedRuleOf<'correlation'>;

/** Resolves the references of a correlation; `resultOf` returns the results of the correlations it refers to. */
export function link(
  draft: Correlation,
  references: References,
  resultOf: (target: UnresolvedRule) => LinkResult | undefined,
): LinkResult {
  const { report } = draft;
  const errors = report.errors();
  const found = findRules(draft, references, resultOf);
  const aliases = linkAliases(draft, found.rules, references);
  const expression = linkExpression(draft, found.rules, references);
  if (report.errors() > errors || found.hasInvalid) return 'invalid';
  const [first] = found.otherLog;
  if (first === undefined) {
    return { rules: found.rules.map(({ draft: rule }) => rule.header.id), aliases, expression };
  }
  if (found.rules.length > 0) {
    const hint = 'it can never match here: remove it';
    report.error(first.place, `the rule "${truncate(first.text)}" is for another log source`, hint);
    return 'invalid';
  }
  report.notice(first.place, 'skipped: the rules it refers to are for another log source');
  return 'other-log';
}

/** A rule and the reference to it. */
interface FoundRule {
  readonly draft: UnresolvedRule;
  readonly reference: PlacedText;
}

interface FoundRules {
  /** Each rule once, in order of the references. */
  readonly rules: readonly FoundRule[];
  readonly otherLog: readonly PlacedText[];
  /** Whether a rule is invalid. */
  readonly hasInvalid: boolean;
}

function findRules(
  { correlation, report }: Correlation,
  references: References,
  resultOf: (target: UnresolvedRule) => LinkResult | undefined,
): FoundRules {
  const rules = new Map<UnresolvedRule, FoundRule>();
  const otherLog: PlacedText[] = [];
  let hasInvalid = false;
  const add = (draft: UnresolvedRule, reference: PlacedText) => {
    const first = rules.get(draft);
    if (first === undefined) {
      rules.set(draft, { draft, reference });
      return;
    }
    const message = `duplicate rule "${truncate(reference.text)}"`;
    const before = first.reference.text;
    const hint = before === reference.text ? 'remove one' : `it is also "${truncate(before)}": remove one`;
    if (correlation.type === 'temporal' || correlation.type === 'temporal_ordered') {
      report.error(reference.place, `${message} counts only once`, hint);
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
        const result = resultOf(target);
        if (result === 'other-log') otherLog.push(reference);
        else if (result === 'invalid' || result === undefined) hasInvalid = true;
        else add(target, reference);
        break;
      }
      case 'filter':
        report.error(
          reference.place,
          `"${truncate(reference.text)}" is a filter`,
          'a correlation can refer to detections and correlations',
        );
        break;
      case 'other-log':
        otherLog.push(reference);
        break;
      case 'invalid':
        hasInvalid = true;
        break;
    }
  }
  return { rules: [...rules.values()], otherLog, hasInvalid };
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
            ? `unknown rule "${truncate(rule.text)}"`
            : `the correlation does not refer to "${truncate(rule.text)}"`;
        const known = correlation.rules.map(({ text }) => text);
        // An unknown rule in "rules" has been reported there.
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
      const message = `the alias "${truncate(alias)}" has no field for "${truncate(first.reference.text)}"${others}`;
      report.notice(place, message, `its field "${truncate(alias)}" is used`);
    }
    aliases.push([alias, Object.fromEntries(fields)]);
  }
  return Object.fromEntries(aliases);
}

/** Resolves the condition over rules of a correlation; null if it has none, or one with an error. */
function linkExpression(
  { correlation, report }: Correlation,
  rules: readonly FoundRule[],
  references: References,
): Formula<RuleLeaf> | null {
  const text = correlation.expression;
  if (text === null) return null;
  const known = new Map<string, Formula<RuleLeaf> | null>();
  // Rules for another log source, and invalid ones, are known names too.
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
  if (sumOfLeaves(formula, () => 1) > LEAVES_MAX) {
    report.error(text.place, `the condition names more than ${LEAVES_MAX} rules with its patterns resolved`);
    return null;
  }
  for (const rule of rules) {
    const { id, name } = rule.draft.header;
    if (used.has(id) || (name !== null && used.has(name))) continue;
    const { place, text: shownName } = rule.reference;
    report.notice(place, `the condition does not name "${truncate(shownName)}"`, 'name it there, or remove it here');
  }
  if (rules.length <= TRIED_RULES_MAX && !isSatisfiable(formula, rules.length)) {
    report.error(
      text.place,
      'the condition can never be met',
      'at least one of the rules is satisfied when it is evaluated',
    );
    return null;
  }
  return formula;
}
