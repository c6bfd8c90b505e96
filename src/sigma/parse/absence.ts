/**
 * Reads `tocsin: absence`: a detection with it matches where no entry has matched for so long.
 *
 * Contract: pure. What is wrong is reported. The detection becomes the inner part of a correlation (`CorrelationRule`,
 * `ABSENCE`).
 */
import type { Place, Report } from '../../yaml/diagnostics.ts';
import { attributesOf, readMap, rejectUnknown } from '../../yaml/fields.ts';
import type { MapEntry } from '../../yaml/yaml.ts';
import { ABSENCE } from '../rule.ts';
import type { ParseContext } from './context.ts';
import { type OuterCorrelation, readDuration, readFields } from './outer.ts';

export const ABSENCE_KEYS = ['after', 'group-by'] as const;
const MISPLACED = new Map([
  ['timespan', 'it is called "after": after: 25h'],
  ['timeframe', 'it is called "after": after: 25h'],
  ['field', 'an absence has no field: "group-by" says of whom each is missed'],
]);
const EXAMPLE = 'such as {after: 25h, group-by: [actor.id]}';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The log is read once a minute. */
const AFTER_MIN_MS = MINUTE_MS;
const AFTER_MAX_DAYS = 366;
/** The default retention of entries. */
const RETENTION_DAYS = 30;

/** Reads the key; null with an error. */
export function readAbsence(entry: MapEntry, context: ParseContext): OuterCorrelation | null {
  const { report } = context;
  const map = readMap(entry, report, EXAMPLE);
  if (map === null) return null;
  const errors = report.errors();
  rejectUnknown(map, ABSENCE_KEYS, report, MISPLACED);
  const attributes = attributesOf(map);
  const given = attributes.get('after');
  const groupBy = readFields(attributes.get('group-by'), context);
  const after = readDuration(given, 0, report);
  if (report.errors() > errors || after === null) return null;
  if (after === 0) report.error(map.place, '"absence" does not say after how long', EXAMPLE);
  else reportAfter(after, given?.value.place ?? map.place, report);
  if (report.errors() > errors) return null;
  return {
    ...{ type: ABSENCE, groupBy, aliases: {}, timespanMs: after, condition: [] },
    ...{ fields: [], percentile: null, expression: null },
  };
}

function reportAfter(ms: number, place: Place, report: Report): void {
  if (ms < AFTER_MIN_MS) report.error(place, '"after" is too short', 'at least 1m: the log is read once a minute');
  else if (ms > AFTER_MAX_DAYS * DAY_MS) report.error(place, '"after" is too long', `at most ${AFTER_MAX_DAYS}d`);
  else if (ms > RETENTION_DAYS * DAY_MS) {
    const message = `"after" is longer than the default retention of ${RETENTION_DAYS} days`;
    report.notice(place, message, 'it still alerts, but the last entry may no longer be shown');
  }
}
