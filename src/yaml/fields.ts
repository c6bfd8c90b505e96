/**
 * Reads the values of a map's keys as the types they should have.
 *
 * Contract: a missing key or null gives null, or an empty list. So does a value of the wrong type, which is reported.
 * Pure.
 */

import { isTypo, nearest } from '../text/nearest.ts';
import { nearestHint, type Place, type Report, truncate } from './diagnostics.ts';
import { kindName, type MapEntry, type MapNode, type Node } from './yaml.ts';

/** The entries of a map by key. */
export type Attributes = ReadonlyMap<string, MapEntry>;

/** Without a map there are none. */
export function attributesOf(map: MapNode | null): Attributes {
  return new Map(map?.entries.map((entry) => [entry.key, entry]));
}

/** Reads a map. Only a missing key is not reported: null is not a map. */
export function readMap(entry: MapEntry | undefined, report: Report, hint?: string): MapNode | null {
  if (entry === undefined) return null;
  if (entry.value.kind === 'map') return entry.value;
  report.error(entry.value.place, `"${entry.key}" must be a map, not ${kindName(entry.value)}`, hint);
  return null;
}

/** Reads a text of at most `limit` characters. */
export function readText(entry: MapEntry | undefined, report: Report, limit = 65_535): string | null {
  if (!isGiven(entry)) return null;
  const { key, value } = entry;
  if (value.kind !== 'scalar' || typeof value.value !== 'string') {
    report.error(
      value.place,
      `"${key}" must be text, not ${kindName(value)}`,
      value.kind === 'scalar' ? 'put it in quotes' : undefined,
    );
    return null;
  }
  if (value.value.length <= limit) return value.value;
  report.error(value.place, `"${key}" is longer than ${limit} characters`);
  return null;
}

/** A text and its place. */
export interface PlacedText {
  readonly text: string;
  readonly place: Place;
}

/** Reads a list of texts, or one text. */
export function readTexts(entry: MapEntry | undefined, report: Report): readonly PlacedText[] {
  if (!isGiven(entry)) return [];
  const { key, value } = entry;
  const texts: PlacedText[] = [];
  for (const item of value.kind === 'list' ? value.items : [value]) {
    if (item.kind === 'scalar' && typeof item.value === 'string') texts.push({ text: item.value, place: item.place });
    else report.error(item.place, `"${key}" must be a list of texts, not ${kindName(item)}`);
  }
  return texts;
}

/**
 * Reads texts that are only for people. Numbers are accepted as text, null is skipped. Anything else is reported with
 * `severity` and skipped: YAML takes a sentence with a colon for a map.
 */
export function readNotes(
  entry: MapEntry | undefined,
  report: Report,
  severity: 'error' | 'notice' = 'notice',
): readonly string[] {
  if (!isGiven(entry)) return [];
  const { key, value } = entry;
  const notes: string[] = [];
  for (const item of value.kind === 'list' ? value.items : [value]) {
    if (item.kind === 'scalar' && item.value !== null) notes.push(String(item.value));
    if (item.kind === 'scalar') continue;
    report[severity](item.place, `"${key}" must be a list of texts, not ${kindName(item)}`, 'put it in quotes');
  }
  return notes;
}

/** Reads a text that is one of `choices`, ignoring case. */
export function readChoice<T extends string>(
  entry: MapEntry | undefined,
  choices: readonly T[],
  report: Report,
): T | null {
  const text = readText(entry, report);
  if (text === null || entry === undefined) return null;
  const found = choices.find((choice) => choice === text.trim().toLowerCase());
  if (found !== undefined) return found;
  report.error(entry.value.place, `"${truncate(text)}" is not a valid ${entry.key}`, nearestHint(text, choices));
  return null;
}

/** Reads true or false. */
export function readFlag(entry: MapEntry | undefined, report: Report): boolean | null {
  if (entry === undefined) return null;
  const { key, value } = entry;
  if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value;
  report.error(value.place, `"${key}" must be true or false, not ${kindName(value)}`);
  return null;
}

/** Reports all unknown keys as errors, with their hint in `hints` or the nearest known key. */
export function rejectUnknown(
  map: MapNode | null,
  known: readonly string[],
  report: Report,
  hints?: ReadonlyMap<string, string>,
): void {
  for (const { key, keyPlace } of map?.entries ?? []) {
    if (known.includes(key)) continue;
    report.error(keyPlace, `unknown key "${truncate(key)}"`, hints?.get(key) ?? nearestHint(key, known));
  }
}

/**
 * Reports probable typos in a map that may have keys of its own: unknown keys near a known one that is missing. An error
 * if the known key is in `severe`, because without it the rule would mean something else; otherwise a warning.
 */
export function reportTypos(map: MapNode, known: readonly string[], severe: readonly string[], report: Report): void {
  const present = new Set(map.entries.map(({ key }) => key));
  const missing = known.filter((key) => !present.has(key));
  for (const { key, keyPlace } of map.entries) {
    const near = known.includes(key) ? null : nearest(key, missing);
    if (near === null) continue;
    const message = `the key "${truncate(key)}" looks like a typo`;
    if (severe.includes(near) && isTypo(key, near)) report.error(keyPlace, message, `did you mean "${near}"?`);
    else report.warning(keyPlace, message, `did you mean "${near}"?`);
  }
}

/** Whether a value is null: `key:`, `key: null` or `key: ~`. */
export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** Whether a key is there with a value other than null. */
export function isGiven(entry: MapEntry | undefined): entry is MapEntry {
  return entry !== undefined && !isNull(entry.value);
}
