/**
 * Checks the fields and values of rules against what is known of entries.
 *
 * Contract: a field that no entry has, and a value that its field never has, are warnings: more may exist than is known. A
 * value that nobody has seen is a notice, once per file and field. Pure.
 */
import { type Hint, type Report, truncate } from '../../yaml/diagnostics.ts';
import type { ScalarNode } from '../../yaml/yaml.ts';
import type { FieldCatalogue, KnownField } from '../catalogue.ts';
import type { EntryChecks } from '../parse/context.ts';
import { type FieldSpec, KEYWORD } from '../parse/field-spec.ts';
import type { End } from '../parse/modifiers.ts';
import type { ParsedTest } from '../parse/parsed-condition.ts';
import type { Order } from '../rule.ts';
import { neverHolds } from './contradiction.ts';
import { createKnownNames, eitherOf, type KnownNames } from './names.ts';
import { misspelled, neverHint, unseenHint } from './value-hints.ts';
import { createJudge, type Judge, type Verdict } from './values.ts';

/** Creates the checks of a rule set. `folder`: that of its files, where fields can be declared; empty if there is no folder. */
export function createEntryChecks(catalogue: FieldCatalogue, folder: string): EntryChecks {
  const known = createKnownNames(catalogue);
  const judge = createJudge(catalogue);
  const reported = new Set<string>();
  const isNew = (...parts: readonly (string | number)[]): boolean => {
    const { size } = reported;
    return reported.add(JSON.stringify(parts)).size > size;
  };
  const checkField: EntryChecks['field'] = (name, place, report, use) => {
    if (known.get(name) !== undefined) return;
    isNew(report.path, name);
    const inside = known.inside(name);
    if (inside.length === 0)
      report.warning(place, `entries have no field "${truncate(name)}"`, () => nameHint(name, known, folder));
    else if (use !== 'presence')
      report.warning(place, `"${name}" is an object`, `write one of its fields: ${inside.join(', ')}`);
  };
  const reportNever = (spec: FieldSpec, field: KnownField, node: ScalarNode, report: Report): void => {
    const { line, column } = node.place;
    if (isNew(report.path, field.name, line, column))
      report.warning(node.place, neverText(spec, field, node), neverHint(spec, field, node));
  };
  const reportUnseen = (spec: FieldSpec, field: KnownField, node: ScalarNode, hint: Hint, report: Report): void => {
    if (isNew(report.path, field.name, String(node.value).toLowerCase()))
      report.notice(node.place, unseenText(spec, field, node), hint);
  };
  return {
    field: checkField,
    number(name, place, report) {
      const field = known.get(name);
      if (field === undefined || field.type === 'number' || field.type === 'any') return;
      report.warning(place, `"${name}" is never a number`, 'sums, averages and the like need a field with numbers');
    },
    entryValue(name, keyPlace, node, report) {
      const isEmpty = node.kind === 'scalar' && node.value === null;
      // A name that the rule has too is reported there.
      if (known.get(name) === undefined && isNew(report.path, name))
        checkField(name, keyPlace, report, isEmpty ? 'presence' : undefined);
      const field = known.get(name);
      // The time is read by who runs the tests.
      if (field === undefined || field.format === 'time' || node.kind !== 'scalar' || isEmpty) return;
      const text = (node.source ?? String(node.value)).replaceAll('<n>', '1');
      if (field.type === 'number' && typeof node.value === 'string' && /^\d+$/.test(node.value)) {
        if (node.source === null) report.warning(node.place, `"${name}" is a number in entries`, 'remove the quotes');
        return;
      }
      const verdict = judge({ op: 'equals', value: text, cased: false }, field);
      if (verdict === 'never') reportNever(KEYWORD, field, node, report);
      // A test may be about what nobody has seen, but not by a slip.
      const meant = verdict === 'unseen' ? misspelled(field, text) : null;
      if (meant !== null) reportUnseen(KEYWORD, field, node, `did you mean "${meant}"?`, report);
    },
    value(spec, node, tests, report) {
      if (tests.length === 0) return;
      const { place, value } = node;
      if (spec.comparison.kind === 'fieldref') checkField(String(value).trim(), place, report);
      const field = known.get(spec.field ?? '');
      if (field === undefined) return;
      const template = catalogue.find(({ format }) => format === 'template')?.name;
      if (template !== undefined && isTemplate(spec, field, node)) {
        const written = `${template}: ${truncate(String(value))}`;
        report.warning(place, `"${field.name}" has ids, and no {…} in their place`, `write ${written}`);
        return;
      }
      if (isQuery(spec, field, node)) {
        const written = truncate(String(value).replace(QUERY, '\\?'));
        report.warning(place, '"?" is any one character', `write "\\?" for a question mark: '${written}'`);
        return;
      }
      const verdict = verdictOf(tests, field, judge);
      if (verdict === 'never') reportNever(spec, field, node, report);
      if (verdict === 'unseen')
        reportUnseen(spec, field, node, () => unseenHint(field, node) ?? pullHint(folder), report);
    },
    mayHold(condition) {
      return !neverHolds(condition, (name) => (known.get(name)?.type ?? 'any') !== 'any');
    },
  };
}

/** Whether a value for a path is a template: with a name in braces in place of an id. */
function isTemplate({ comparison }: FieldSpec, { format }: KnownField, { value }: ScalarNode): boolean {
  return format === 'path' && comparison.kind === 'text' && typeof value === 'string' && /\{\w+\}/.test(value);
}

/** One that can match is enough. */
function verdictOf(tests: readonly ParsedTest[], field: KnownField, judge: Judge): Verdict {
  const verdicts = new Set(tests.map((test) => judge(test, field)));
  return (['possible', 'unseen', 'never'] as const).find((verdict) => verdicts.has(verdict)) ?? 'possible';
}

/** A `?` that begins the query of a path: it is not followed by a further part, and not one of several. */
const QUERY = /(?<![\\?])\?(?=[^/?]*$)/;

/** Whether a value for a path has a `?` that is meant as a question mark. */
function isQuery({ comparison }: FieldSpec, { format }: KnownField, { value }: ScalarNode): boolean {
  return format === 'path' && comparison.kind === 'text' && typeof value === 'string' && QUERY.test(value);
}

function nameHint(name: string, known: KnownNames, folder: string): string {
  const meant = known.meantBy(name);
  if (meant.length > 0) return `did you mean ${eitherOf(meant)}?`;
  const declare = folder === '' ? '' : `if they have it, declare it in ${folder}observed.yml; `;
  return `${declare}known: ${known.names.join(', ')}`;
}

function pullHint(folder: string): string {
  return folder === '' ? 'nobody has seen it' : '"npm run tocsin -- fields pull" adds what the log has shown';
}

const ENDS: { readonly [end in End]: readonly [is: string, never: string] } = {
  contains: ['contains', 'never contains'],
  startswith: ['begins with', 'never begins with'],
  endswith: ['ends with', 'never ends with'],
};
const ORDERS: { readonly [op in Order]: string } = { lt: 'below', lte: 'at most', gt: 'above', gte: 'at least' };

/** How a value is compared, in words: `is "x"`, or `is never "x"`. */
function comparisonText({ comparison }: FieldSpec, node: ScalarNode, isNever: boolean): string {
  const text = node.source ?? String(node.value);
  const shown = typeof node.value === 'string' && node.source === null ? `"${truncate(text)}"` : truncate(text);
  const is = isNever ? 'is never' : 'is';
  switch (comparison.kind) {
    case 'text': {
      const end = comparison.steps.find((step): step is End => step in ENDS);
      if (end !== undefined) return `${ENDS[end][isNever ? 1 : 0]} ${shown}`;
      return `${is} ${/[*?]/.test(text) ? 'like ' : ''}${shown}`;
    }
    case 're':
      return isNever ? 'never matches this expression' : 'matches this expression';
    case 'order':
      return `${is} ${ORDERS[comparison.op]} ${shown}`;
    default:
      return `${is} ${shown}`;
  }
}

function neverText(spec: FieldSpec, { name, type }: KnownField, node: ScalarNode): string {
  switch (spec.comparison.kind) {
    case 'exists':
      return `"${name}" is never missing`;
    case 'cidr':
      return `"${name}" is not an address`;
    case 'time':
      return `"${name}" is not a time`;
    case 'order':
      if (type !== 'number') return `"${name}" is not a number`;
  }
  return `"${name}" ${comparisonText(spec, node, true)}`;
}

function unseenText(spec: FieldSpec, { name }: KnownField, node: ScalarNode): string {
  return `no known "${name}" ${comparisonText(spec, node, false)}`;
}
