/**
 * Reads the alerts that a test expects.
 *
 * Contract: each says as much as its author cares about. `at: +50s` is a time after the test's first entry. Pure.
 */
import type { Report } from '../../yaml/diagnostics.ts';
import { attributesOf, readChoice, readMap, rejectUnknown } from '../../yaml/fields.ts';
import { kindName, type MapEntry, type Node } from '../../yaml/yaml.ts';
import { numberIn } from '../parse/number.ts';
import { LEVELS } from '../rule.ts';
import { readAt } from './entries.ts';
import { jsonOf } from './entry-change.ts';
import type { ExpectedAlert } from './rule-test.ts';

export const EXPECTED_KEYS = ['key', 'matches', 'notifications', 'level', 'at'] as const;
const EXAMPLE = 'such as [{key: {actor.id: u-1}, matches: 2}], or [] if none should open';

/** Reads a list of expected alerts. `beganAt`: the time of the test's first entry. */
export function readExpected({ value }: MapEntry, beganAt: number, report: Report): readonly ExpectedAlert[] {
  if (value.kind === 'list') return value.items.flatMap((item) => readAlert(item, beganAt, report) ?? []);
  report.error(value.place, `"expect" must be a list of alerts, not ${kindName(value)}`, EXAMPLE);
  return [];
}

function readAlert(node: Node, beganAt: number, report: Report): ExpectedAlert | null {
  if (node.kind !== 'map') {
    report.error(node.place, `an expected alert must be a map, not ${kindName(node)}`, EXAMPLE);
    return null;
  }
  rejectUnknown(node, EXPECTED_KEYS, report);
  const attributes = attributesOf(node);
  const at = attributes.get('at');
  return {
    key: readKey(attributes.get('key'), report),
    matches: readCount(attributes.get('matches'), 1, report),
    notifications: readCount(attributes.get('notifications'), 0, report),
    level: readChoice(attributes.get('level'), LEVELS, report),
    at: at === undefined ? null : readAt(at, beganAt, 'the first entry', report),
  };
}

function readKey(entry: MapEntry | undefined, report: Report): ExpectedAlert['key'] {
  const map = readMap(entry, report, 'the fields of the dedup key, such as {actor.id: u-1}');
  return map?.entries.map(({ key, value }) => ({ field: key, value: jsonOf(value) })) ?? null;
}

function readCount(entry: MapEntry | undefined, least: number, report: Report): number | null {
  if (entry === undefined) return null;
  const { key, value } = entry;
  const count = value.kind === 'scalar' ? numberIn(value) : null;
  if (count !== null && Number.isInteger(count) && count >= least) return count;
  report.error(value.place, `"${key}" must be a whole number from ${least}`);
  return null;
}
