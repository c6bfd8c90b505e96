/**
 * Reads `tocsin: first_seen`: a detection with it matches only where a value is new for its group.
 *
 * Contract: pure. What is wrong, and what can never match, is reported. The detection becomes the inner part of a
 * correlation (`CorrelationRule`, `FIRST_SEEN`), whose condition says how long its group must have been known.
 */
import { type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { attributesOf, readMap, rejectUnknown } from '../../yaml/fields.ts';
import type { MapEntry } from '../../yaml/yaml.ts';
import { FIRST_SEEN } from '../rule.ts';
import type { ParseContext } from './context.ts';
import { type OuterCorrelation, readDuration, readFields } from './outer.ts';

export const FIRST_SEEN_KEYS = ['field', 'group-by', 'learn', 'forget'] as const;
const MISPLACED = new Map([
  ['fields', 'it is called "field": field: client_ip, or a list'],
  ['timespan', 'it is called "forget": for how long a value is remembered'],
  ['rules', 'it is about the entries that this detection matches'],
]);
const EXAMPLE = 'such as {field: client_ip, group-by: [actor.id]}';

const DAY_MS = 86_400_000;
const LEARN_MS = 7 * DAY_MS;
/** No entry may come later than that: where a group's first one does, nothing that was new before it is missed. */
const LEARN_MIN_MS = DAY_MS / 24;
const FORGET_MS = 30 * DAY_MS;
const FORGET_MAX_DAYS = 366;
/** The default retention of entries. */
const RETENTION_DAYS = 30;

/** Reads the key; null with an error. */
export function readFirstSeen(entry: MapEntry, context: ParseContext): OuterCorrelation | null {
  const { report } = context;
  const map = readMap(entry, report, EXAMPLE);
  if (map === null) return null;
  const errors = report.errors();
  rejectUnknown(map, FIRST_SEEN_KEYS, report, MISPLACED);
  const attributes = attributesOf(map);
  const fields = readFields(attributes.get('field'), context);
  const groupBy = readFields(attributes.get('group-by'), context);
  const learn = readDuration(attributes.get('learn'), LEARN_MS, report);
  const forget = readDuration(attributes.get('forget'), FORGET_MS, report);
  if (report.errors() > errors || learn === null || forget === null) return null;
  if (fields.length === 0) report.error(map.place, '"first_seen" has no field', EXAMPLE);
  else if (fields.every((field) => groupBy.includes(field))) {
    const hint = 'remove it from "group-by": without that, it is new for all entries';
    report.error(map.place, `"${truncate(fields.join('", "'))}" is the group itself, where it is never new`, hint);
  }
  if (learn < LEARN_MIN_MS) {
    const place = attributes.get('learn')?.value.place ?? map.place;
    report.error(place, '"learn" is too short', 'at least 1h: entries may come so late');
  }
  if (learn > forget) {
    const place = attributes.get('learn')?.value.place ?? map.place;
    report.error(place, '"learn" is longer than "forget"', 'what was learned first would be forgotten before the end');
  }
  reportForget(forget, attributes.get('forget')?.value.place ?? map.place, report);
  if (report.errors() > errors) return null;
  return {
    ...{ type: FIRST_SEEN, groupBy, aliases: {}, timespanMs: forget, condition: [{ op: 'gte', value: learn }] },
    ...{ fields, percentile: null, expression: null },
  };
}

function reportForget(ms: number, place: Place, report: Report): void {
  if (ms > FORGET_MAX_DAYS * DAY_MS) report.error(place, '"forget" is too long', `at most ${FORGET_MAX_DAYS}d`);
  else if (ms > RETENTION_DAYS * DAY_MS) {
    report.notice(
      place,
      `"forget" is longer than the default retention of ${RETENTION_DAYS} days`,
      'when the rule changes, what was last seen before the oldest entry that is kept counts as new',
    );
  }
}
