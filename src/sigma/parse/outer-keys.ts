/**
 * Reads the keys under `tocsin:` that make more of a detection: `first_seen` and `absence`.
 *
 * Contract: pure. A document has at most one of them, and is a detection; else that is reported.
 */
import { attributesOf } from '../../yaml/fields.ts';
import type { MapEntry, MapNode } from '../../yaml/yaml.ts';
import { readAbsence } from './absence.ts';
import type { ParseContext } from './context.ts';
import { readFirstSeen } from './first-seen.ts';
import type { OuterCorrelation } from './outer.ts';

const READERS: { readonly [key: string]: (entry: MapEntry, context: ParseContext) => OuterCorrelation | null } = {
  first_seen: readFirstSeen,
  absence: readAbsence,
};

/** The keys, as they are written. */
export const OUTER_KEYS: readonly string[] = Object.keys(READERS);

/** The correlation that a document becomes; null without such a key, or with an error. */
export function readOuter(document: MapNode, isDetection: boolean, context: ParseContext): OuterCorrelation | null {
  const { report } = context;
  const tocsin = attributesOf(document).get('tocsin')?.value;
  const attributes = attributesOf(tocsin?.kind === 'map' ? tocsin : null);
  const [entry, second] = OUTER_KEYS.flatMap((key) => attributes.get(key) ?? []);
  if (entry === undefined) return null;
  if (!isDetection) {
    const hint = 'write it in a detection of its own, and refer to that one by its name';
    report.error(entry.keyPlace, `"${entry.key}" is for detections`, entry.key === 'absence' ? undefined : hint);
    return null;
  }
  if (second !== undefined) {
    report.error(second.keyPlace, `a rule can't have both "${entry.key}" and "${second.key}"`, 'write two rules');
    return null;
  }
  return READERS[entry.key]?.(entry, context) ?? null;
}
