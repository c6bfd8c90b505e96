/**
 * A condition over rules whose names are found.
 *
 * Contract: what it names and the correlation does not refer to is an error, and so is what can never be met. Bounded.
 * Pure.
 */
import { truncate } from '../../yaml/diagnostics.ts';
import type { PlacedText } from '../../yaml/fields.ts';
import { readFormula } from '../parse/condition.ts';
import { satisfiable } from '../parse/reach.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import type { Formula, RuleLeaf } from '../rule.ts';
import type { References } from './references.ts';

/** A condition over rules, its patterns resolved, names no more. */
const LEAF_LIMIT = 10_000;
/** Of so many rules, every way they can happen is tried. */
const TRIED_MOST = 8;

type Correlation = UnresolvedRuleOf<'correlation'>;

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
  if (rules.length <= TRIED_MOST && !satisfiable(formula, rules.length)) {
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
