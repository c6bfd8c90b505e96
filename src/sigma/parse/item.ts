/**
 * Reads one item of a selection, `field|modifiers: values`, as an expression.
 *
 * Contract: a list means any of its values, with `all` all of them; `neq` negates the whole. A value that stands for
 * several (a placeholder, the shifts of Base64) means any of those. Values of the wrong type, or that never match, are
 * reported and left out. Pure.
 */

import { createReport, type Report } from '../../yaml/diagnostics.ts';
import { kindName, type Node, type ScalarNode } from '../../yaml/yaml.ts';
import { createBudget, type ParseContext } from './context.ts';
import type { FieldSpec } from './field-spec.ts';
import { join, type ParsedCondition, type ParsedTest } from './parsed-condition.ts';
import { hasPlaceholder, placeholderOf } from './placeholders.ts';
import { readTests } from './test-of-value.ts';

/** Reads the values of an item. */
export function readItem(spec: FieldSpec, node: Node, selection: string, context: ParseContext): ParsedCondition {
  const { report, budget } = context;
  const alternatives: ParsedCondition[] = [];
  for (const value of valuesOf(spec, node, report)) {
    if (budget.exhausted) {
      report.errorElsewhere();
      break;
    }
    const tests = readTests(spec, value, context);
    checkValue(spec, value, tests, context);
    const isWithinBudget = tests.every((test) => budget.spend(value.place, charactersOf(test), report));
    if (!isWithinBudget) break;
    const leaves = tests.map((test): ParsedCondition => ({ kind: 'leaf', selection, field: spec.field, test }));
    alternatives.push(...(spec.all ? [join('or', leaves)] : leaves));
  }
  const joined = join(spec.all ? 'and' : 'or', alternatives);
  return spec.neq ? { kind: 'not', of: joined } : joined;
}

/** Checks what a value can match. The values of a list that stands alone are checked each, where the list is. */
function checkValue(spec: FieldSpec, value: ScalarNode, tests: readonly ParsedTest[], context: ParseContext): void {
  const { checks, lists, report } = context;
  const name = spec.expand ? placeholderOf(value.value) : null;
  if (name === null) {
    checks.value(spec, value, tests, report);
    return;
  }
  const list = lists.open(name);
  const silent = { ...context, report: createReport(report.path, []), budget: createBudget() };
  for (const one of list?.values ?? []) {
    checks.value(spec, one, readTests({ ...spec, expand: false }, one, silent), list?.report ?? report);
  }
}

/** The cost of a program's instruction, in characters. */
const INSTRUCTION = 8;

/** The size of a test, roughly. */
function charactersOf(test: ParsedTest): number {
  switch (test.op) {
    case 'pattern':
      return test.parts.reduce((sum, part) => sum + ('text' in part ? part.text.length : 8), 0);
    case 'equals':
      return typeof test.value === 'string' ? test.value.length : 8;
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return test.exact?.length ?? 8;
    case 're':
      return test.regex.source.length + test.regex.program.ops.length * INSTRUCTION;
    default:
      return 8;
  }
}

function valuesOf(spec: FieldSpec, node: Node, report: Report): readonly ScalarNode[] {
  const errors = report.errors();
  const values = scalarsOf(node, report);
  if (report.errors() > errors) return [];
  if (node.kind === 'list' && spec.comparison.kind === 'exists') {
    report.error(node.place, '"exists" takes one value', 'true or false');
    return [];
  }
  if (spec.all && values.length === 1) {
    report.notice(node.place, '"all" needs a list of several values', 'remove "all"');
  }
  if (spec.expand && !values.some(({ value }) => hasPlaceholder(value))) {
    report.notice(node.place, '"expand" without a placeholder', 'such as %name%');
  }
  const isPlain = spec.field !== null && spec.comparison.kind === 'text' && spec.comparison.steps.length === 0;
  const nulls = node.kind === 'list' && isPlain ? values.filter(({ value }) => value === null) : [];
  for (const { place } of nulls) {
    report.notice(place, 'Sigma has no null in lists', 'use a selection of its own');
  }
  return values;
}

/** The values of an item as scalars; others are reported. */
export function scalarsOf(node: Node, report: Report): readonly ScalarNode[] {
  switch (node.kind) {
    case 'scalar':
      return [node];
    case 'map':
      report.error(
        node.place,
        'a field is compared with a value or a list of values, not a map',
        'write "a.b" for b in a',
      );
      return [];
    case 'list':
      if (node.items.length === 0) report.error(node.place, 'an empty list never matches');
      for (const item of node.items) {
        if (item.kind !== 'scalar') report.error(item.place, `a value must be text or a number, not ${kindName(item)}`);
      }
      return node.items.filter((item) => item.kind === 'scalar');
  }
}
