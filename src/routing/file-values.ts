/**
 * Reads the values of `rules/routing.yml`.
 *
 * Contract: build time only. People paste secrets where a name belongs: what may be a secret is in no problem. A missing key or
 * null gives null; so does what is wrong, which is reported. Pure.
 */
import { parseTimespan, TIMESPAN_HINT, timespanHint } from '../text/duration.ts';
import { nearest } from '../text/nearest.ts';
import type { Hint, Report } from '../yaml/diagnostics.ts';
import { type PlacedText, readChoice, readText, rejectUnknown } from '../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode, type Node } from '../yaml/yaml.ts';

/** The name of a receiver. Without a slash: `NAME/2` is a receiver at the second address of a secret. */
export const NAME = /^[a-z0-9-]{1,40}$/;
/** The same in words. */
export const NAME_FORM = '1 to 40 characters of a-z, 0-9 and "-"';

/** Keys that people know from elsewhere or from before, and what to write instead. */
export type ForeignKeys = { readonly [key: string]: string };

/** Reports the keys that are not known; returns the known ones that were probably meant. */
export function refuseKeys(
  map: MapNode,
  known: readonly string[],
  report: Report,
  foreign: ForeignKeys = {},
): ReadonlySet<string> {
  for (const entry of map.entries) {
    const { key, keyPlace } = entry;
    if (known.includes(key)) continue;
    if (Object.hasOwn(foreign, key)) report.error(keyPlace, `"${key}" is not a key here`, foreign[key]);
    else if (isMaybeSecret(key)) {
      const problem = 'this is not a key; it is not shown, since it may be a secret';
      report.error(keyPlace, problem, `known: ${known.join(', ')}`);
    } else rejectUnknown({ ...map, entries: [entry] }, known, report);
  }
  return new Set(map.entries.flatMap(({ key }) => (known.includes(key) ? [] : (nearest(key, known) ?? []))));
}

/** One of a few words. */
export function readWord<T extends string>(entry: MapEntry | undefined, words: readonly T[], report: Report): T | null {
  if (entry?.value.kind === 'scalar' && isMaybeSecret(String(entry.value.value))) {
    const problem = `this is not a ${entry.key}; it is not shown, since it may be a secret`;
    report.error(entry.value.place, problem, `known: ${words.join(', ')}`);
    return null;
  }
  return readChoice(entry, words, report);
}

/** Whether it may be an address, a key, or anything else that is not a short word. */
export function isMaybeSecret(text: string): boolean {
  return !/^[A-Za-z_-]{1,20}$/.test(text) || /^whsec_|^whsk_/.test(text);
}

/** A hint with the nearest known name; where none is near, with the known ones. What was given is not in it. */
export function nameHint(name: string, known: Iterable<string>, otherwise?: string): Hint {
  return () => {
    const all = [...new Set(known)];
    const near = nearest(name, all);
    if (near !== null) return `did you mean "${near}"?`;
    if (otherwise !== undefined) return otherwise;
    const few = all.slice(0, 20);
    return `known: ${few.join(', ')}${few.length < all.length ? ', …' : ''}`;
  };
}

/** Values of one key. More of them are a list that nobody reviews. */
const VALUES_MAX = 100;
const VALUE_LENGTH_MAX = 256;

/**
 * Reads a list of values, or one: texts, and numbers, true and false as text. Null where the key is missing or a value is
 * wrong.
 */
export function readValues(
  entry: MapEntry | undefined,
  report: Report,
  valuesMax = VALUES_MAX,
): readonly PlacedText[] | null {
  if (entry === undefined) return null;
  const { key, value } = entry;
  const items = value.kind === 'list' ? value.items : [value];
  const isWrong = (place: Node['place'], problem: string, hint?: string): null => {
    report.error(place, problem, hint);
    return null;
  };
  const what = isMaybeSecret(key) ? 'this' : `"${key}"`;
  if (items.length === 0) return isWrong(value.place, `${what} has no value`, 'add one, or remove the key');
  if (items.length > valuesMax) return isWrong(value.place, `${what} has more than ${valuesMax} values`);
  const values: PlacedText[] = [];
  for (const item of items) {
    if (item.kind !== 'scalar' || item.value === null)
      return isWrong(item.place, `${what} must be a value or a list of values, not ${kindName(item)}`);
    const text = item.source ?? String(item.value);
    if (text.length > VALUE_LENGTH_MAX)
      return isWrong(item.place, `${what} is longer than ${VALUE_LENGTH_MAX} characters`);
    if (values.some((other) => other.text === text))
      return isWrong(item.place, `${what} has this value twice`, 'remove it');
    values.push({ text, place: item.place });
  }
  return values;
}

/** A duration as the rules have them, in ms, between two bounds. */
export function readDuration(
  entry: MapEntry | undefined,
  report: Report,
  [least, most]: readonly [least: string, most: string],
): number | null {
  const text = readText(entry, report);
  if (text === null || entry === undefined) return null;
  const { key, value } = entry;
  const ms = parseTimespan(text);
  if (ms === null) {
    report.error(value.place, `"${key}" must be a duration`, text.length <= 20 ? timespanHint(text) : TIMESPAN_HINT);
    return null;
  }
  if (ms >= (parseTimespan(least) ?? 0) && ms <= (parseTimespan(most) ?? 0)) return ms;
  report.error(value.place, `"${key}" must be between ${least} and ${most}`);
  return null;
}
