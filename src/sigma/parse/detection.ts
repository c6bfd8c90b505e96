/**
 * Reads the search of a detection or filter: its selections, joined by its condition.
 *
 * Contract: the result has no names left and is bounded in size. A selection is a map (all of its items), a list (any of
 * its members) or a text (a keyword). What has an error is reported and left out: don't use a search with errors. Pure.
 */

import { isTypo } from '../../text/nearest.ts';
import { type Report, truncate } from '../../yaml/diagnostics.ts';
import { type Attributes, attributesOf, isNull, type PlacedText, readTexts } from '../../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode, type Node } from '../../yaml/yaml.ts';
import { type ConditionText, readFormula } from './condition.ts';
import type { ParseContext } from './context.ts';
import { KEYWORD, readFieldSpec } from './field-spec.ts';
import { readItem, scalarsOf } from './item.ts';
import { homeOf } from './misplaced.ts';
import { join, type ParsedCondition, sumOfLeaves } from './parsed-condition.ts';

/** Comparisons per rule, with names resolved. The largest published rules have some thousands. */
const LEAVES_MAX = 20_000;

/** Bounds what patterns in a condition can expand to. */
const SELECTIONS_MAX = 500;
const CONDITION_MAX = 100;
const NAME_MAX = 256;

/** Reads the map under `detection` or `filter`. Its keys are selections, except `condition` and those in `others`. */
export function readSearch(map: MapNode, others: readonly string[], context: ParseContext): ParsedCondition {
  const { report } = context;
  const attributes = attributesOf(map);
  const condition = findKey('condition', attributes, report);
  const keys = [condition, ...others.map((key) => findKey(key, attributes, report))].flatMap(
    (entry) => entry?.key ?? [],
  );
  const selections = readSelections(map, keys, context);
  if (selections.size === 0) report.error(map.place, 'there are no selections');
  const conditions = readConditions(map, condition, report);
  const used = new Set<string>();
  const expressions: ParsedCondition[] = [];
  let leaves = 0;
  const errors = report.errors();
  for (const text of conditions) {
    const expression = readFormula(text, { noun: 'selection', known: selections }, used, report);
    expressions.push(expression);
    leaves += sumOfLeaves(expression, () => 1);
    if (leaves <= LEAVES_MAX) continue;
    report.error(map.place, `the rule has more than ${LEAVES_MAX} comparisons with its names resolved`);
    break;
  }
  // A condition with an error may have meant to name any selection.
  if (conditions.length > 0 && report.errors() === errors) reportUnused(attributes, selections, used, report);
  return join('or', expressions);
}

/** The entry of a key that is not a selection; if it is missing, one that is probably a typo of it, which is reported. */
function findKey(known: string, attributes: Attributes, report: Report): MapEntry | undefined {
  const entry = attributes.get(known);
  if (entry !== undefined) return entry;
  const near = [...attributes.values()].find(({ key }) => isTypo(key, known));
  if (near === undefined) return undefined;
  report.error(near.keyPlace, `the key "${truncate(near.key)}" looks like a typo`, `did you mean "${known}"?`);
  return near;
}

function readSelections(
  map: MapNode,
  others: readonly string[],
  context: ParseContext,
): ReadonlyMap<string, ParsedCondition> {
  const { report } = context;
  const selections = new Map<string, ParsedCondition>();
  for (const { key, keyPlace, value } of map.entries) {
    if (others.includes(key)) continue;
    if (key === 'timeframe') {
      // In Sigma 1 it was only for aggregations. A condition with an aggregation is an error.
      report.notice(keyPlace, '"timeframe" is not part of Sigma 2', 'write a correlation rule with a timespan');
    } else if (selections.size === SELECTIONS_MAX) {
      report.error(
        keyPlace,
        `there are more than ${SELECTIONS_MAX} selections`,
        'use lists of values, or several rules',
      );
      break;
    } else {
      if (key.length > NAME_MAX) {
        report.error(keyPlace, `the selection's name is longer than ${NAME_MAX} characters`);
      } else if (!/^[^\s()|*]+$/.test(key)) {
        const message = `a condition can't name the selection "${truncate(key)}"`;
        report.notice(keyPlace, message, 'use letters, digits, "_" and "-"');
      }
      selections.set(key, readSelection(key, value, context));
    }
  }
  return selections;
}

function readConditions(map: MapNode, entry: MapEntry | undefined, report: Report): readonly ConditionText[] {
  if (entry === undefined) {
    report.error(map.place, 'there is no condition', 'such as "condition: selection"');
    return [];
  }
  const { value } = entry;
  const nodes = value.kind === 'list' ? value.items : [value];
  if (nodes.length === 0) report.error(value.place, 'the list of conditions is empty');
  if (nodes.length > CONDITION_MAX) {
    report.error(value.place, `there are more than ${CONDITION_MAX} conditions`, 'join them, or use several rules');
    return [];
  }
  return nodes.flatMap((node) => {
    if (node.kind === 'scalar' && typeof node.value === 'string') return [{ ...node, value: node.value }];
    report.error(node.place, `a condition must be text, not ${kindName(node)}`);
    return [];
  });
}

function reportUnused(
  attributes: Attributes,
  selections: ReadonlyMap<string, unknown>,
  used: ReadonlySet<string>,
  report: Report,
): void {
  for (const name of selections.keys()) {
    const entry = attributes.get(name);
    if (entry === undefined || used.has(name)) continue;
    const hint = homeOf(name) ?? 'name it in the condition, or remove it';
    report.warning(entry.keyPlace, `the selection "${truncate(name)}" is not used`, hint);
  }
}

/** Every rule, or those named by id or name. */
export type FilterTargets = 'any' | readonly PlacedText[];

/** Reads `rules` of a filter. */
export function readFilterTargets(map: MapNode, report: Report): FilterTargets {
  const entry = attributesOf(map).get('rules');
  const errors = report.errors();
  const rules = readTexts(entry, report);
  if (rules.length === 0 && report.errors() === errors) {
    report.error(
      entry?.value.place ?? map.place,
      'the filter names no rules',
      'list their ids or names under "rules:", or write "any"',
    );
  }
  return rules.length === 1 && rules[0]?.text === 'any' ? 'any' : rules;
}

function readSelection(name: string, node: Node, context: ParseContext): ParsedCondition {
  // The specification's schema only has lists and maps, but a single keyword is just as clear.
  if (node.kind !== 'list')
    return readMember(name, isNull(node) ? { ...node, kind: 'map', entries: [] } : node, context);
  if (node.items.length === 0) {
    context.report.error(node.place, `the selection "${truncate(name)}" is an empty list`, 'it would never match');
  }
  const members = node.items.map((item) => readMember(name, item, context));
  return join('or', members);
}

function readMember(name: string, node: Node, context: ParseContext): ParsedCondition {
  const { report, checks } = context;
  const items: ParsedCondition[] = [];
  switch (node.kind) {
    case 'scalar':
      return readItem(KEYWORD, node, name, context);
    case 'list':
      report.error(node.place, `a member of "${truncate(name)}" must be text or a map, not a list`);
      break;
    case 'map':
      if (node.entries.length === 0) {
        const hint = 'it needs fields, or a list of keywords';
        report.error(node.place, `the selection "${truncate(name)}" is empty`, hint);
      }
      for (const { key, keyPlace, value } of node.entries) {
        const spec = readFieldSpec(key, keyPlace, report);
        if (spec !== null) {
          const isPresence = spec.comparison.kind === 'exists' || isNull(value);
          if (spec.field !== null) checks.field(spec.field, keyPlace, report, isPresence ? 'presence' : undefined);
          items.push(readItem(spec, value, name, context));
        }
        // Reports problems of the values.
        else scalarsOf(value, report);
      }
  }
  return join('and', items);
}
