/**
 * Reads the entries of tests: each says only what differs from a default entry (entry-change.ts), and when it happens.
 *
 * Contract: `at` (`+30s` after the entry before, or a date) or the field with the time dates an entry; without either it
 * happens with the entry before, the first one with the default entry. `repeat: 20, every: 1s` makes twenty, with their number
 * for `<n>` in texts. If the default entry has an `id`, each entry has its own, made from that. Pure.
 */
import { formatDuration, parseDuration } from '../../text/duration.ts';
import { isObject } from '../../text/json.ts';
import type { Report } from '../../yaml/diagnostics.ts';
import { type Attributes, attributesOf } from '../../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode, type Node } from '../../yaml/yaml.ts';
import { entryTime, TIME_FIELDS } from '../evaluate/entry-time.ts';
import type { ParseContext } from '../parse/context.ts';
import { numberIn } from '../parse/number.ts';
import type { EntryBody } from '../rule.ts';
import { jsonOf, readChange } from './entry-change.ts';
import type { TestEntry } from './rule-test.ts';

/** Of a test: twice the largest count of a correlation. */
const ENTRIES_MAX = 20_000;
/** The time of a default entry without one: a Monday, at noon. */
const START = '2026-01-05T12:00:00Z';
const NUMBER = '<n>';

/** What the entries of tests have beside fields. */
export const TEST_ENTRY_KEYS = ['at', 'repeat', 'every', 'without'] as const;
const OWN_KEYS: readonly string[] = TEST_ENTRY_KEYS;

/** An entry that others differ from. */
export interface DefaultEntry extends TestEntry {
  /** The field with the time; null if it has none. */
  readonly timeField: string | null;
}

/** The default entry with this body. */
export function defaultEntry(body: EntryBody): DefaultEntry {
  const timeField = TIME_FIELDS.find((field) => Object.hasOwn(body, field)) ?? null;
  return { body, at: entryTime(body) ?? Date.parse(START), timeField };
}

/** The default entry with what `tocsin: defaults:` changes. */
export function readDefaults(entry: MapEntry | undefined, base: DefaultEntry, context: ParseContext): DefaultEntry {
  const { report } = context;
  if (entry === undefined) return base;
  const { value } = entry;
  if (value.kind !== 'map') {
    const hint = 'the fields in which its tests’ entries differ from the default one';
    report.error(value.place, `"defaults" must be a map, not ${kindName(value)}`, hint);
    return base;
  }
  for (const { key, keyPlace } of value.entries) {
    if (key !== 'without' && OWN_KEYS.includes(key))
      report.error(keyPlace, `"defaults" can't have "${key}"`, 'it is for the entries of a test');
  }
  const body = readChange(value, base.body, OWN_KEYS, context).apply(base.body);
  const time = timeEntryOf(value, base);
  return { ...base, body, at: (time && readTime(time, report)) ?? base.at };
}

/** Reads the entries of a test, in their order. */
export function readEntries(nodes: readonly Node[], base: DefaultEntry, context: ParseContext): readonly TestEntry[] {
  const { report, budget } = context;
  const entries: TestEntry[] = [];
  for (const node of nodes) {
    if (node.kind !== 'map') {
      report.error(node.place, `an entry must be a map, not ${kindName(node)}`);
      continue;
    }
    const attributes = attributesOf(node);
    const time = timeEntryOf(node, base);
    const change = readChange(node, base.body, OWN_KEYS, context);
    const first = readFirst(attributes.get('at'), time, entries.at(-1)?.at ?? base.at, report);
    const count = readRepeat(attributes.get('repeat'), report);
    const everyMs = readEvery(attributes, report);
    if (entries.length + count > ENTRIES_MAX) {
      report.error(node.place, `a test can have ${ENTRIES_MAX} entries`);
      break;
    }
    if (first === null || !budget.spendTestFields(node.place, count * change.size, report)) continue;
    for (let i = 0; i < count; i++) {
      const at = first + i * everyMs;
      const changed = change.apply(withOwnId(dated(base.body, base.timeField, at), entries.length + 1));
      // The first keeps its time as it is written.
      const body = time === undefined || i === 0 ? changed : dated(changed, time.key, at);
      entries.push({ body: attributes.has('repeat') ? (numbered(body, i + 1) as EntryBody) : body, at });
    }
  }
  return entries;
}

/** The entry with an id of its own: its number is in the last digits. */
function withOwnId(body: EntryBody, number: number): EntryBody {
  const { id } = body;
  if (typeof id !== 'string') return body;
  return { ...body, id: id.replace(/\d*$/, (digits) => String(number).padStart(digits.length, '0')) };
}

function dated(body: EntryBody, field: string | null, at: number): EntryBody {
  if (field === null || !Object.hasOwn(body, field)) return body;
  return { ...body, [field]: timeText(at) };
}

function timeText(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

/** A value with a number for each `<n>` in its texts. */
function numbered(value: unknown, number: number): unknown {
  if (typeof value === 'string') return value.replaceAll(NUMBER, String(number));
  if (Array.isArray(value)) return value.map((item) => numbered(item, number));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, numbered(inner, number)]));
}

/** The field of an entry that dates it. */
function timeEntryOf(map: MapNode, { timeField }: DefaultEntry): MapEntry | undefined {
  return map.entries.find(({ key }) =>
    timeField === null ? TIME_FIELDS.some((field) => field === key) : key === timeField,
  );
}

/** The time of the first entry that a map makes; null if it is not valid, which is reported. */
function readFirst(
  at: MapEntry | undefined,
  time: MapEntry | undefined,
  before: number,
  report: Report,
): number | null {
  if (at !== undefined && time !== undefined) {
    report.error(at.keyPlace, `the entry has both "at" and "${time.key}"`, 'remove one of them');
    return null;
  }
  if (at !== undefined) return readAt(at, before, 'the entry before', report);
  return time === undefined ? before : readTime(time, report);
}

function readTime({ key, value }: MapEntry, report: Report): number | null {
  const at = entryTime({ time: jsonOf(value) });
  if (at === null) report.error(value.place, `"${key}" is not a valid time`, `such as "${START}"`);
  else reportZone(key, value, at, report);
  return at;
}

/** A time of day without a zone. */
const UNZONED = /^\d{4}-\d\d-\d\d[T ]\d\d:[\d:.]+$/i;

/** Reports a time whose zone is not written: the writer may have meant another. */
function reportZone(key: string, value: Node, at: number, report: Report): void {
  if (value.kind === 'scalar' && typeof value.value === 'string' && UNZONED.test(value.value))
    report.warning(value.place, `"${key}" has no time zone, and is read as UTC`, `write "${timeText(at)}"`);
}

/** A time as `at` would give it: `+50s`, or a date where it is not whole seconds later. */
export function formatAt(at: number, before: number): string {
  const ms = at - before;
  return ms >= 0 && ms % 1_000 === 0 ? `+${formatDuration(ms)}` : timeText(at);
}

/** A time after `before` (which `what` names), such as `+30s`, or a date; null if it is neither, which is reported. */
export function readAt({ value }: MapEntry, before: number, what: string, report: Report): number | null {
  const text = value.kind === 'scalar' ? (value.source ?? String(value.value)) : '';
  const ms = parseDuration(text.slice(1));
  if (ms !== null && /^[+-]/.test(text)) return before + (text.startsWith('-') ? -ms : ms);
  const at = entryTime({ time: jsonOf(value) });
  if (typeof jsonOf(value) === 'string' && at !== null) {
    reportZone('at', value, at, report);
    return at;
  }
  const [, number] = /^\+?(\d+)$/.exec(text) ?? [];
  const near = parseDuration(text) === null ? number && `${number}s` : text;
  const hint = near === undefined ? `"+30s" after ${what}, or a date such as "${START}"` : `did you mean "+${near}"?`;
  report.error(value.place, '"at" is not a valid time', hint);
  return null;
}

function readRepeat(entry: MapEntry | undefined, report: Report): number {
  if (entry === undefined) return 1;
  const { value } = entry;
  const count = value.kind === 'scalar' ? numberIn(value) : null;
  if (count !== null && Number.isInteger(count) && count > 0) return count;
  report.error(value.place, `"repeat" must be a whole number of entries`, 'such as "repeat: 20"');
  return 1;
}

function readEvery(attributes: Attributes, report: Report): number {
  const entry = attributes.get('every');
  if (entry === undefined) return 0;
  const { keyPlace, value } = entry;
  const example = 'such as "repeat: 20, every: 1s"';
  if (!attributes.has('repeat')) report.error(keyPlace, '"every" needs "repeat"', example);
  const ms = value.kind === 'scalar' ? parseDuration(String(value.value)) : null;
  if (ms === null) report.error(value.place, '"every" must be a duration', example);
  return ms ?? 0;
}
