/**
 * Resolves the references of a correlation: in its rules, its aliases and its condition over rules.
 *
 * Contract: unknown references, and references to what a correlation can't use, are reported at their place. Pure.
 */

import { nearestHint, type Report, truncate } from '../../yaml/diagnostics.ts';
import type { PlacedText } from '../../yaml/fields.ts';
import { isSatisfiable } from '../correlate/window/conditions.ts';
import { readFormula } from '../parse/condition.ts';
import { sumOfLeaves } from '../parse/parsed-condition.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import { ABSENCE, type CorrelationRule, type CorrelationType, type Formula, type RuleLeaf } from '../rule.ts';
import type { References } from './references.ts';

/** Names in a condition over rules, with patterns resolved. */
const LEAVES_MAX = 10_000;

/** With up to this many rules, all combinations are tried. */
const TRIED_RULES_MAX = 8;

/** Correlations in one chain. */
const DEPTH_MAX = 16;

/** The resolved references of a correlation. */
export interface Linked extends Pick<CorrelationRule, 'rules' | 'aliases' | 'expression'> {
  /** The correlations of its longest chain. */
  readonly depth: number;
}

/** The result for a correlation: resolved, skipped with a notice, or invalid, which is reported. */
export type LinkResult = Linked | 'other-log' | 'invalid';

type Correlation = UnresolvedRuleOf<'correlation'>;

/** Resolves the references of a correlation, given the results of those it refers to; without a result, it is invalid. */
export function link(
  draft: Correlation,
  references: References,
  results: ReadonlyMap<Correlation, LinkResult>,
): LinkResult {
  const { report } = draft;
  const errors = report.errors();
  const { rules, otherLog, hasInvalid, depth } = findRules(draft, references, results);
  const aliases = linkAliases(draft, rules, references);
  const expression = linkExpression(draft, rules, references);
  if (report.errors() > errors || hasInvalid) return 'invalid';
  const [first] = otherLog;
  if (first === undefined) return { rules: rules.map(({ draft: rule }) => rule.header.id), aliases, expression, depth };
  if (rules.length > 0) {
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
  readonly hasInvalid: boolean;
  readonly depth: number;
}

function findRules(
  { correlation, header, report }: Correlation,
  references: References,
  results: ReadonlyMap<Correlation, LinkResult>,
): FoundRules {
  const rules = new Map<UnresolvedRule, FoundRule>();
  const otherLog: PlacedText[] = [];
  let hasInvalid = false;
  let depth = 1;
  for (const reference of correlation.rules) {
    const target = references.find(reference, report);
    const result = target?.kind === 'correlation' ? results.get(target) : target?.kind;
    if (result === 'filter') {
      const hint = 'a correlation can refer to detections and correlations';
      report.error(reference.place, `"${truncate(reference.text)}" is a filter`, hint);
    } else if (target?.kind === 'disabled') {
      hasInvalid = true;
      const message = `the correlation "${truncate(header.title)}" counts this rule`;
      const hint = 'disable that too; or write "level: informational", and nobody is notified of this one by default';
      target.disabledAt.report.error(target.disabledAt.place, message, hint);
    } else if (target?.kind === 'detection' && target.outer?.type === ABSENCE) {
      const hint = 'refer to a detection of what comes, without "absence"';
      report.error(reference.place, `"${truncate(reference.text)}" matches where nothing comes`, hint);
    } else if (result === 'other-log') {
      otherLog.push(reference);
    } else if (target === undefined || result === undefined || result === 'invalid') {
      hasInvalid = true;
    } else {
      if (typeof result === 'object') depth = Math.max(depth, result.depth + 1);
      const first = rules.get(target);
      if (first === undefined) rules.set(target, { draft: target, reference });
      else reportDuplicate(reference, first.reference, correlation.type, report);
    }
  }
  const [first] = correlation.rules;
  // One report per chain: what refers to an invalid correlation is left out anyway.
  if (depth > DEPTH_MAX && first !== undefined) {
    report.error(first.place, `a chain of more than ${DEPTH_MAX} correlations`, 'make it shorter');
  }
  return { rules: [...rules.values()], otherLog, hasInvalid, depth };
}

function reportDuplicate(reference: PlacedText, first: PlacedText, type: CorrelationType, report: Report): void {
  const message = `duplicate rule "${truncate(reference.text)}"`;
  const hint = first.text === reference.text ? 'remove one' : `it is also "${truncate(first.text)}": remove one`;
  if (type === 'temporal' || type === 'temporal_ordered') {
    report.error(reference.place, `${message} counts only once`, hint);
  } else {
    report.notice(reference.place, message, hint);
  }
}

function linkAliases(
  { correlation, report }: Correlation,
  rules: readonly FoundRule[],
  references: References,
): Linked['aliases'] {
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
    const missing = rules.filter(({ draft }) => !fields.has(draft.header.id));
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

/** Resolves the condition over rules of a correlation; null if it has none. */
function linkExpression(
  { correlation, report }: Correlation,
  rules: readonly FoundRule[],
  references: References,
): Formula<RuleLeaf> | null {
  const text = correlation.expression;
  if (text === null) return null;
  const known = new Map<string, Formula<RuleLeaf>>();
  // Rules for another log source, and invalid ones, are known names too.
  const missing: Formula<RuleLeaf> = { kind: 'or', of: [] };
  for (const { text: name } of correlation.rules) {
    const target = references.get(name);
    for (const other of [target?.header.id, target?.header.name]) known.set(other ?? name, missing);
  }
  for (const [rule, { draft }] of rules.entries()) {
    const leaf: RuleLeaf = { kind: 'leaf', rule };
    for (const name of [draft.header.id, draft.header.name]) if (name !== null) known.set(name, leaf);
  }
  const nameOf = ({ draft }: FoundRule): string => draft.header.name ?? draft.header.id;
  const used = new Set<string>();
  const errors = report.errors();
  const formula = readFormula(text, { noun: 'rule', known, listed: rules.map(nameOf) }, used, report);
  if (report.errors() > errors || [...used].some((name) => known.get(name) === missing)) return formula;
  if (sumOfLeaves(formula, () => 1) > LEAVES_MAX) {
    report.error(text.place, `the condition names more than ${LEAVES_MAX} rules with its patterns resolved`);
    return formula;
  }
  for (const rule of rules) {
    const { id, name } = rule.draft.header;
    if (used.has(id) || (name !== null && used.has(name))) continue;
    const { place, text: shownName } = rule.reference;
    report.notice(place, `the condition does not name "${truncate(shownName)}"`, 'name it there, or remove it here');
  }
  if (rules.length <= TRIED_RULES_MAX && !isSatisfiable(formula, rules.length)) {
    const hint = 'at least one of the rules is satisfied when it is evaluated';
    report.error(text.place, 'the condition can never be met', hint);
  }
  return formula;
}
