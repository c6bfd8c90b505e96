/**
 * Reading the keys of a map as what they should be.
 *
 * Contract: what is absent or null is null or empty; what is of the wrong type is reported, and null or empty too.
 * Pure.
 */

import { isTypo, nearest } from '../text/nearest.ts';
import { nearestHint, type Place, type Report, truncate } from './diagnostics.ts';
import { kindName, type MapEntry, type MapNode, type Node } from './yaml.ts';

/** A map's entries by their keys. */
export type Attributes = ReadonlyMap<string, MapEntry>;

export function attributesOf(map: MapNode): Attributes {
  return new Map(map.entries.map((entry) => [entry.key, entry]));
}

/** The value of a key that holds a map; null where it is absent or none. */
export function readMap(entry: MapEntry | undefined, report: Report): MapNode | null {
  if (entry === undefined) return null;
  if (entry.value.kind === 'map') return entry.value;
  report.error(entry.value.place, `"${entry.key}" is a map, not ${kindName(entry.value)}`);
  return null;
}

/** The text of a key; null where it is absent or none. */
export function readText(entry: MapEntry | undefined, report: Report, limit = 65_535): string | null {
  if (entry === undefined || isNull(entry.value)) return null;
  const { key, value } = entry;
  if (value.kind !== 'scalar' || typeof value.value !== 'string') {
    report.error(
      value.place,
      `"${key}" is text, not ${kindName(value)}`,
      value.kind === 'scalar' ? 'put it in quotes' : undefined,
    );
    return null;
  }
  if (value.value.length <= limit) return value.value;
  report.error(value.place, `"${key}" is longer than ${limit} characters`);
  return null;
}

/** A text and where it stands. */
export interface PlacedText {
  readonly text: string;
  readonly place: Place;
}

/** The texts of a key that holds a list of them, or one. */
export function readTexts(entry: MapEntry | undefined, report: Report): readonly PlacedText[] {
  if (entry === undefined || isNull(entry.value)) return [];
  const { key, value } = entry;
  const texts: PlacedText[] = [];
  for (const item of value.kind === 'list' ? value.items : [value]) {
    if (item.kind === 'scalar' && typeof item.value === 'string') texts.push({ text: item.value, place: item.place });
    else report.error(item.place, `"${key}" is a list of texts, and this is ${kindName(item)}`);
  }
  return texts;
}

/**
 * The texts of a key that people read and nothing is decided by: numbers are text as well, null is nothing, and what
 * is neither (a sentence with a colon is a map to YAML) is told, as severely as is asked for, and left out.
 */
export function readNotes(
  entry: MapEntry | undefined,
  report: Report,
  severity: 'error' | 'notice' = 'notice',
): readonly string[] {
  if (entry === undefined || isNull(entry.value)) return [];
  const { key, value } = entry;
  const notes: string[] = [];
  for (const item of value.kind === 'list' ? value.items : [value]) {
    if (item.kind === 'scalar' && item.value !== null) notes.push(String(item.value));
    if (item.kind === 'scalar') continue;
    report[severity](item.place, `"${key}" is a list of texts, and this is ${kindName(item)}`, 'put it in quotes');
  }
  return notes;
}

/** The text of a key that is one of a few, in whatever case; null where it is absent or none. */
export function readChoice<T extends string>(
  entry: MapEntry | undefined,
  choices: readonly T[],
  report: Report,
): T | null {
  const text = readText(entry, report);
  if (text === null || entry === undefined) return null;
  const found = choices.find((choice) => choice === text.trim().toLowerCase());
  if (found !== undefined) return found;
  report.error(entry.value.place, `"${truncate(text)}" is no ${entry.key}`, nearestHint(text, choices));
  return null;
}

/** True or false; null where the key is absent or holds neither. */
export function readFlag(entry: MapEntry | undefined, report: Report): boolean | null {
  if (entry === undefined) return null;
  const { key, value } = entry;
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
  report.error(value.place, `"${key}" is true or false, not ${kindName(value)}`);
  return null;
}

/** Reports the keys that are not known, where a map has no others. */
export function refuseUnknown(map: MapNode, known: readonly string[], report: Report): void {
  for (const { key, keyPlace } of map.entries) {
    if (!known.includes(key))
      report.error(keyPlace, `there is no key "${truncate(key)}" here`, nearestHint(key, known));
  }
}

/**
 * Tells the keys that are probably misspelled, where a map may have others of its own: those near a known one that is
 * not there. An error for `severe` ones, without which the rule would mean something else; a notice for others.
 */
export function reportTypos(map: MapNode, known: readonly string[], severe: readonly string[], report: Report): void {
  const present = new Set(map.entries.map(({ key }) => key));
  const missing = known.filter((key) => !present.has(key));
  for (const { key, keyPlace } of map.entries) {
    const near = known.includes(key) ? null : nearest(key, missing);
    if (near === null) continue;
    const message = `the key "${truncate(key)}" is near a known one`;
    if (severe.includes(near) && isTypo(key, near)) report.error(keyPlace, message, `did you mean "${near}"?`);
    else report.notice(keyPlace, message, `did you mean "${near}"?`);
  }
}

function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}
