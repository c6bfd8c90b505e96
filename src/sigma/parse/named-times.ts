/**
 * Reads `during` and `outside` of `tocsin:`: named times in which the rule matches, or outside of which.
 *
 * Contract: their ranges become a part of what is evaluated, so that a rule's meaning changes with them, and not with their
 * names. What is wrong is reported and left out. Pure.
 */
import type { TimeRange } from '../../text/time-ranges.ts';
import { nearestHint, truncate } from '../../yaml/diagnostics.ts';
import { attributesOf, readMap, readTexts } from '../../yaml/fields.ts';
import type { MapNode } from '../../yaml/yaml.ts';
import { LOCAL_TIME } from '../rule.ts';
import type { ParseContext } from './context.ts';
import type { ParsedCondition, ParsedLeaf } from './parsed-condition.ts';

/** The keys under `tocsin:`. */
export const TIME_KEYS = ['during', 'outside'] as const;

/** A comparison with the entry's time for each key that the document has. */
export function readNamedTimes(document: MapNode, { report, times, usedTimes }: ParseContext): readonly ParsedLeaf[] {
  const tocsin = attributesOf(document).get('tocsin');
  const attributes = attributesOf(tocsin?.value.kind === 'map' ? readMap(tocsin, report) : null);
  return TIME_KEYS.flatMap((key): readonly ParsedLeaf[] => {
    const entry = attributes.get(key);
    if (entry === undefined) return [];
    const errors = report.errors();
    const names = readTexts(entry, report);
    if (names.length === 0 && report.errors() === errors)
      report.error(entry.value.place, `"${key}" names no times`, `such as "${key}: business_hours"`);
    for (const { text, place } of names) {
      usedTimes.add(text);
      if (times?.ranges.has(text)) continue;
      const message = `there are no times "${truncate(text)}"`;
      const known = [...(times?.ranges.keys() ?? [])];
      const add = times === null ? 'give them to parseRules as "times"' : `add them to ${times.where}`;
      report.error(place, message, known.length === 0 ? add : nearestHint(text, known));
    }
    const ranges = names.flatMap(({ text }) => times?.ranges.get(text) ?? []);
    const selection = `${key} ${names.map(({ text }) => text).join(', ')}`;
    return [{ kind: 'leaf', selection, field: LOCAL_TIME, test: duringTest(key === 'outside', ranges) }];
  });
}

/** A filter that applies only at these times: at others, its condition need not hold. */
export function filterOnlyAt(condition: ParsedCondition, times: readonly ParsedLeaf[]): ParsedCondition {
  return times.length === 0 ? condition : { kind: 'or', of: [condition, ...times.map(otherwise)] };
}

/** At all other times. */
function otherwise(leaf: ParsedLeaf): ParsedLeaf {
  const { selection, test } = leaf;
  if (test.op !== 'during') return leaf;
  const [key = '', ...names] = selection.split(' ');
  const other = key === 'outside' ? 'during' : 'outside';
  return { ...leaf, selection: [other, ...names].join(' '), test: { ...test, outside: !test.outside } };
}

/** The same for the same ranges, in whatever order they are written. */
function duringTest(outside: boolean, ranges: readonly TimeRange[]): ParsedLeaf['test'] {
  const byText = new Map(ranges.map((range) => [JSON.stringify(range), range]));
  return { op: 'during', outside, ranges: [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, range]) => range) };
}
