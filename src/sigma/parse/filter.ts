/** Which rules a filter is for. Pure. */

import type { Report } from '../../yaml/diagnostics.ts';
import { attributesOf, type PlacedText, readTexts } from '../../yaml/fields.ts';
import type { MapNode } from '../../yaml/yaml.ts';

/** Every rule, or those named by id or name. */
export type FilterTargets = 'any' | readonly PlacedText[];

/** Reads `rules` of a filter; null where it has an error, which is reported. */
export function readFilterTargets(map: MapNode, report: Report): FilterTargets | null {
  const entry = attributesOf(map).get('rules');
  const errors = report.errors();
  const rules = readTexts(entry, report);
  if (report.errors() > errors) return null;
  if (rules.length === 0) {
    report.error(
      entry?.value.place ?? map.place,
      'the filter names no rules',
      '"rules:" lists their ids or names, or is "any"',
    );
    return null;
  }
  const [only] = rules;
  return rules.length === 1 && only?.text === 'any' ? 'any' : rules;
}
