/**
 * Reading the section `correlation`.
 *
 * Contract: the rules it refers to are names still; `parse.ts` knows which there are. Types that cannot be evaluated
 * yet are errors. Pure.
 */

import type { Comparison, CorrelationRule } from '../rule.ts';
import { attributesOf, type PlacedText, readFlag, readText, readTexts, refuseUnknown } from './attributes.ts';
import { readTimespan } from './header.ts';
import { nearestHint } from './nearest.ts';
import type { Report } from './problem.ts';
import { type MapEntry, type MapNode, nounOf, shown } from './yaml.ts';

const KEYS = ['type', 'rules', 'aliases', 'group-by', 'timespan', 'condition', 'generate'];
const UNSUPPORTED_TYPES = [
  ...['value_count', 'temporal', 'temporal_ordered', 'value_sum', 'value_avg', 'value_percentile', 'value_median'],
];
const COMPARISONS: readonly Comparison[] = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'];

/** A correlation whose rules are not yet found. */
export interface CorrelationDraft extends Pick<CorrelationRule, 'type' | 'groupBy' | 'timespanMs' | 'condition'> {
  /** Ids or names. */
  readonly rules: readonly PlacedText[];
  readonly aliases: readonly AliasDraft[];
  /** Whether the rules it refers to alert by themselves as well. */
  readonly generate: boolean;
}

export interface AliasDraft {
  readonly alias: string;
  readonly rule: PlacedText;
  readonly field: string;
}

/** Reads a correlation; null where it has an error, which is reported. `rootGenerate` is the document's own key. */
export function readCorrelation(
  map: MapNode,
  rootGenerate: MapEntry | undefined,
  report: Report,
): CorrelationDraft | null {
  const errors = report.errors();
  refuseUnknown(map, KEYS, report);
  const attributes = attributesOf(map);
  if (!readType(map, attributes.get('type'), report)) return null;
  const rules = readTexts(attributes.get('rules'), report);
  if (rules.length === 0)
    report.error(map.place, 'the correlation refers to no rules', '"rules:" lists their ids or names');
  const timespanMs = readTimespan(attributes.get('timespan'), report);
  if (!attributes.has('timespan')) report.error(map.place, 'the correlation has no timespan', 'such as "timespan: 5m"');
  const condition = readCondition(map, attributes.get('condition'), report);
  const groupBy = readTexts(attributes.get('group-by'), report).map(({ text }) => text);
  const aliases = readAliases(attributes.get('aliases'), report);
  for (const { alias } of aliases) {
    if (!groupBy.includes(alias)) report.notice(map.place, `the alias "${shown(alias)}" is not in "group-by"`);
  }
  const generate = [rootGenerate, attributes.get('generate')].map((entry) => readFlag(entry, report)).includes(true);
  if (report.errors() > errors || timespanMs === null) return null;
  return { type: 'event_count', rules, groupBy, aliases, timespanMs, condition, generate };
}

/** Whether the type is one that can be evaluated; reports where it is not. */
function readType(map: MapNode, entry: MapEntry | undefined, report: Report): boolean {
  if (entry === undefined) report.error(map.place, 'the correlation has no type', 'such as "type: event_count"');
  const type = readText(entry, report);
  if (type === null || entry === undefined) return false;
  if (type === 'event_count') return true;
  const { place } = entry.value;
  if (UNSUPPORTED_TYPES.includes(type)) report.error(place, `the correlation type "${type}" is not supported yet`);
  else
    report.error(
      place,
      `there is no correlation type "${shown(type)}"`,
      nearestHint(type, ['event_count', ...UNSUPPORTED_TYPES]),
    );
  return false;
}

/** A window keeps about twice as many times as its condition asks for, in one row; ten thousand are about 100 KB. */
const COUNT_MOST = 10_000;

function readCondition(map: MapNode, entry: MapEntry | undefined, report: Report): CorrelationRule['condition'] {
  if (entry === undefined)
    report.error(map.place, 'the correlation has no condition', 'such as "condition: {gte: 10}"');
  if (entry === undefined) return [];
  if (entry.value.kind !== 'map' || entry.value.entries.length === 0) {
    report.error(
      entry.value.place,
      `the condition is a map of comparisons, not ${nounOf(entry.value)}`,
      'such as {gte: 10}',
    );
    return [];
  }
  return entry.value.entries.flatMap(({ key, keyPlace, value }) => {
    const op = COMPARISONS.find((comparison) => comparison === key);
    if (op === undefined) {
      report.error(keyPlace, `there is no comparison "${shown(key)}" of a count`, nearestHint(key, COMPARISONS));
      return [];
    }
    const count = value.kind === 'scalar' ? value.value : null;
    if (typeof count === 'number' && count > COUNT_MOST) {
      report.error(value.place, `"${op}" asks for more than can be kept in a window`, `at most ${COUNT_MOST}`);
      return [];
    }
    if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return [{ op, value: count }];
    report.error(value.place, `"${op}" compares the count with a whole number, not ${nounOf(value)}`);
    return [];
  });
}

function readAliases(entry: MapEntry | undefined, report: Report): readonly AliasDraft[] {
  if (entry === undefined) return [];
  if (entry.value.kind !== 'map') {
    report.error(entry.value.place, `"aliases" is a map, not ${nounOf(entry.value)}`, 'alias: {rule: field}');
    return [];
  }
  return entry.value.entries.flatMap(({ key: alias, value }) => {
    if (value.kind !== 'map') {
      report.error(value.place, `the alias "${shown(alias)}" is a map, not ${nounOf(value)}`, '{rule: field}');
      return [];
    }
    return value.entries.flatMap((pair): AliasDraft[] => {
      const field = readText(pair, report);
      return field === null ? [] : [{ alias, rule: { text: pair.key, place: pair.keyPlace }, field }];
    });
  });
}
