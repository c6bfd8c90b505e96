/**
 * Reads the section `correlation`.
 *
 * Contract: references to rules stay names; resolve/ looks them up. Pure.
 */
import { parseTimespan, TIMESPAN_HINT, timespanHint } from '../../text/duration.ts';
import { nearestHint, type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import {
  attributesOf,
  isNull,
  type PlacedText,
  readFlag,
  readMap,
  readText,
  readTexts,
  rejectUnknown,
} from '../../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode } from '../../yaml/yaml.ts';
import { CORRELATION_TYPES, type CorrelationRule, type SigmaCorrelationType } from '../rule.ts';
import type { ConditionText } from './condition.ts';
import type { ParseContext } from './context.ts';
import { readCorrelationCondition } from './correlation-condition.ts';

export const CORRELATION_KEYS = ['type', 'rules', 'aliases', 'group-by', 'timespan', 'condition', 'generate'] as const;
/** Hints for keys that belong elsewhere or have another name. */
const MISPLACED = new Map([
  ['timeframe', 'it is called "timespan" in Sigma 2'],
  ['window', 'it is called "timespan"'],
  ['field', 'it belongs in the condition: {field: …, gte: …}'],
  ['fields', 'it is called "field" and belongs in the condition: {field: …, gte: …}'],
  ['percentile', 'it belongs in the condition: {field: …, percentile: 95, gte: …}'],
  ...['title', 'id', 'name', 'level', 'status', 'description', 'tags'].map(
    (key) => [key, 'it belongs at the root of the document'] as const,
  ),
]);

const RULES_MAX = 1_000;
const FIELDS_MAX = 32;
const DAY_MS = 86_400_000;
const TIMESPAN_MAX_DAYS = 366;
/** The default retention of entries. */
const RETENTION_DAYS = 30;

/** A correlation whose references are not yet resolved. */
export interface UnresolvedCorrelation
  extends Pick<CorrelationRule, 'type' | 'groupBy' | 'timespanMs' | 'condition' | 'fields' | 'percentile'> {
  /** Ids or names. */
  readonly rules: readonly PlacedText[];
  readonly aliases: readonly UnresolvedAlias[];
  /** A condition over rules, instead of `condition`. */
  readonly expression: ConditionText | null;
  /** Whether the rules it refers to also alert by themselves. */
  readonly generate: boolean;
}

export interface UnresolvedAlias {
  readonly alias: string;
  readonly place: Place;
  readonly fields: readonly { readonly rule: PlacedText; readonly field: string }[];
}

/**
 * Reads a correlation; null if it has an error, which is reported. `rootGenerate`: the key at the document's root. `isCounted`:
 * the rule opens no alert, others count it.
 */
export function readCorrelation(
  map: MapNode,
  rootGenerate: MapEntry | undefined,
  isCounted: boolean,
  context: ParseContext,
): UnresolvedCorrelation | null {
  const { report } = context;
  const errors = report.errors();
  rejectUnknown(map, CORRELATION_KEYS, report, MISPLACED);
  const attributes = attributesOf(map);
  const type = readType(map, attributes.get('type'), report);
  if (type === null) return null;
  const rules = readRules(map, attributes.get('rules'), report);
  const timespanMs = readTimespan(map, attributes.get('timespan'), report);
  const condition = readCorrelationCondition(type, map, attributes.get('condition'), rules.length, isCounted, report);
  const aliases = readAliases(attributes.get('aliases'), context);
  const groupBy = readGroupBy(attributes.get('group-by'), aliases, context);
  checkValueFields(type, attributes.get('condition'), aliases, context);
  for (const { alias, place } of aliases) {
    if (!groupBy.includes(alias) && condition?.fields.includes(alias) === false)
      report.notice(place, `the alias "${truncate(alias)}" is not used`, 'add it to "group-by", or remove it');
  }
  const generate = [rootGenerate, attributes.get('generate')].map((entry) => readFlag(entry, report)).includes(true);
  if (report.errors() > errors || timespanMs === null || condition === null) return null;
  return { type, rules, groupBy, aliases, timespanMs, ...condition, generate };
}

function readType(map: MapNode, entry: MapEntry | undefined, report: Report): SigmaCorrelationType | null {
  if (entry === undefined || isNull(entry.value)) {
    report.error(entry?.value.place ?? map.place, 'the correlation has no type', 'such as "type: event_count"');
    return null;
  }
  const text = readText(entry, report);
  const type = CORRELATION_TYPES.find((known) => known === text);
  if (text !== null && type === undefined) {
    const hint = nearestHint(text, CORRELATION_TYPES);
    report.error(entry.value.place, `unknown correlation type "${truncate(text)}"`, hint);
  }
  return type ?? null;
}

function readRules(map: MapNode, entry: MapEntry | undefined, report: Report): readonly PlacedText[] {
  const errors = report.errors();
  const rules = readTexts(entry, report);
  if (rules.length === 0 && report.errors() === errors)
    report.error(
      entry?.value.place ?? map.place,
      'the correlation refers to no rules',
      'list their ids or names under "rules:"',
    );
  const [first] = rules.slice(RULES_MAX);
  if (first !== undefined) report.error(first.place, `the correlation refers to more than ${RULES_MAX} rules`);
  return rules.slice(0, RULES_MAX);
}

function readTimespan(map: MapNode, entry: MapEntry | undefined, report: Report): number | null {
  const value = entry?.value;
  if (value === undefined || isNull(value)) {
    report.error(value?.place ?? map.place, 'the correlation has no timespan', 'such as "timespan: 5m"');
    return null;
  }
  const text = value.kind === 'scalar' ? String(value.value) : '';
  const ms = parseTimespan(text);
  if (ms === null) {
    const hint = value.kind === 'scalar' ? timespanHint(text) : TIMESPAN_HINT;
    report.error(value.place, '"timespan" must be a duration', hint);
  } else if (ms > TIMESPAN_MAX_DAYS * DAY_MS) {
    report.error(value.place, 'the timespan is too long', `at most ${TIMESPAN_MAX_DAYS}d`);
  } else if (ms > RETENTION_DAYS * DAY_MS) {
    report.notice(
      value.place,
      `the timespan is longer than the default retention of ${RETENTION_DAYS} days`,
      'it still matches, but the first entries it counted may no longer be shown',
    );
  }
  return ms;
}

function readGroupBy(
  entry: MapEntry | undefined,
  aliases: readonly UnresolvedAlias[],
  { report, checks }: ParseContext,
): readonly string[] {
  const fields = new Set<string>();
  for (const { text, place } of readTexts(entry, report)) {
    if (text === '')
      report.error(place, 'empty field name in "group-by"', 'remove "group-by" for one group of all entries');
    else if (fields.has(text)) report.notice(place, `duplicate field "${truncate(text)}" in "group-by"`, 'remove one');
    if (fields.size === FIELDS_MAX && !fields.has(text)) {
      report.error(place, `"group-by" has more than ${FIELDS_MAX} fields`);
      break;
    }
    if (text !== '' && !fields.has(text) && !isAlias(text, aliases)) checks.field(text, place, report);
    fields.add(text);
  }
  return [...fields];
}

/** Checks the fields whose values a window keeps; those of an alias are checked there. */
function checkValueFields(
  type: SigmaCorrelationType,
  condition: MapEntry | undefined,
  aliases: readonly UnresolvedAlias[],
  { report, checks }: ParseContext,
): void {
  const attributes = attributesOf(condition?.value.kind === 'map' ? condition.value : null);
  const field = attributes.get('field')?.value;
  // Without a percentile, the share of a value among all is counted.
  const areNumbers = type !== 'value_count' && (type !== 'value_percentile' || attributes.has('percentile'));
  for (const node of field?.kind === 'list' ? field.items : field === undefined ? [] : [field]) {
    if (node.kind !== 'scalar' || typeof node.value !== 'string' || node.value === '') continue;
    if (isAlias(node.value, aliases)) continue;
    checks.field(node.value, node.place, report);
    if (areNumbers) checks.number(node.value, node.place, report);
  }
}

function isAlias(name: string, aliases: readonly UnresolvedAlias[]): boolean {
  return aliases.some(({ alias }) => alias === name);
}

function readAliases(entry: MapEntry | undefined, { report, checks }: ParseContext): readonly UnresolvedAlias[] {
  if (entry === undefined || isNull(entry.value)) return [];
  const map = readMap(entry, report, 'such as alias: {rule: field}');
  return (map?.entries ?? []).flatMap(({ key: alias, keyPlace: place, value }) => {
    const pairs = value.kind === 'map' ? value.entries : [];
    if (pairs.length === 0) {
      const what = value.kind === 'map' ? 'an empty map' : kindName(value);
      report.error(
        value.place,
        `the alias "${truncate(alias)}" must map rules to fields, and this is ${what}`,
        'such as {rule: field}',
      );
      return [];
    }
    const fields = pairs.map((pair) => {
      const field = readText(pair, report);
      if (field === '' || isNull(pair.value))
        report.error(pair.value.place, `the alias "${truncate(alias)}" has no field for "${truncate(pair.key)}"`);
      else if (field !== null) checks.field(field, pair.value.place, report);
      return { rule: { text: pair.key, place: pair.keyPlace }, field: field ?? '' };
    });
    return [{ alias, place, fields }];
  });
}
