/**
 * Which values of a field a rule is about, such as the actions that it names.
 *
 * Contract: build time only. A value is among them if a comparison of the rule asks for it, and the rule can match an entry with
 * it. What the rule asks for of other fields is not considered, so it may never match one. Pure.
 */
import { isLeafTrue } from './evaluate/interpreter.ts';
import { Values } from './evaluate/values.ts';
import { type Expression, type Leaf, type Rule, withRulesBelow } from './rule.ts';

/**
 * The values of a field that a rule names, or that those do which it counts; null: it names none, and is about any. `rules`: all
 * of them, by id.
 */
export function namedValues(
  rule: Rule,
  rules: ReadonlyMap<string, Rule>,
  field: string,
  values: readonly string[],
): readonly string[] | null {
  const found = new Set<string>();
  let isAboutAny = false;
  for (const each of withRulesBelow([rule], rules)) {
    if (each.kind === 'correlation') continue;
    const its = values.filter((value) => isNamed(each.expression, field, value));
    if (its.length === 0) isAboutAny = true;
    for (const value of its) found.add(value);
  }
  return found.size === 0 && isAboutAny ? null : values.filter((value) => found.has(value));
}

function isNamed(expression: Expression, field: string, value: string): boolean {
  const entry = new Values({ [field]: value });
  const test = (leaf: Leaf): boolean | null => (leaf.field === field ? isLeafTrue(leaf, expression, entry) : null);
  return asks(expression, true, test) && outcome(expression, test) !== false;
}

/** Whether a comparison that must hold does. */
function asks(node: Expression, expected: boolean, test: (leaf: Leaf) => boolean | null): boolean {
  if (node.kind === 'leaf') return expected && test(node) === true;
  return node.kind === 'not' ? asks(node.of, !expected, test) : node.of.some((child) => asks(child, expected, test));
}

/** Whether it holds; null: that depends on what is not known. */
function outcome(node: Expression, test: (leaf: Leaf) => boolean | null): boolean | null {
  switch (node.kind) {
    case 'leaf':
      return test(node);
    case 'not': {
      const inner = outcome(node.of, test);
      return inner === null ? null : !inner;
    }
    case 'and':
    case 'or': {
      const decisive = node.kind === 'or';
      const all = node.of.map((child) => outcome(child, test));
      if (all.includes(decisive)) return decisive;
      return all.includes(null) ? null : !decisive;
    }
  }
}
