/**
 * A detection that is the inner part of a correlation, since a key under `tocsin:` makes more of it: what these keys share.
 *
 * Contract: pure. What is wrong is reported.
 */
import { parseTimespan, TIMESPAN_HINT, timespanHint } from '../../text/duration.ts';
import { type Report, truncate } from '../../yaml/diagnostics.ts';
import { isGiven, readTexts } from '../../yaml/fields.ts';
import type { MapEntry } from '../../yaml/yaml.ts';
import type { CorrelationRule } from '../rule.ts';
import type { ParseContext } from './context.ts';

/** The correlation, without what it refers to. */
export type OuterCorrelation = Pick<
  CorrelationRule,
  'type' | 'groupBy' | 'aliases' | 'timespanMs' | 'condition' | 'fields' | 'percentile' | 'expression'
>;

const FIELDS_MAX = 32;

/** Reads a list of fields, or one. */
export function readFields(entry: MapEntry | undefined, { report, checks }: ParseContext): readonly string[] {
  const fields = new Set<string>();
  for (const { text, place } of readTexts(entry, report)) {
    if (text === '') report.error(place, `empty field name in "${entry?.key}"`);
    else if (fields.has(text)) report.notice(place, `duplicate field "${truncate(text)}"`, 'remove one');
    if (fields.size === FIELDS_MAX && !fields.has(text)) {
      report.error(place, `"${entry?.key}" has more than ${FIELDS_MAX} fields`);
      break;
    }
    if (text !== '' && !fields.has(text)) checks.field(text, place, report);
    fields.add(text);
  }
  return [...fields];
}

/** Reads a duration; null if it is not valid, which is reported. */
export function readDuration(entry: MapEntry | undefined, fallback: number, report: Report): number | null {
  if (!isGiven(entry)) return fallback;
  const { key, value } = entry;
  const text = value.kind === 'scalar' ? String(value.value) : '';
  const ms = parseTimespan(text);
  if (ms === null) {
    report.error(
      value.place,
      `"${key}" must be a duration`,
      value.kind === 'scalar' ? timespanHint(text) : TIMESPAN_HINT,
    );
  }
  return ms;
}
