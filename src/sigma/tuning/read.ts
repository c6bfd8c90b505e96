/**
 * Reads the tuning file: what the owner of a Tocsin changes in rules that come with it, by id or name.
 *
 * Contract: what is wrong is reported at its place, and its rule is not tuned. Which values a rule takes is decided where the
 * rule is tuned (tune.ts). Pure.
 */
import { createReport, type Problem, type Report, truncate } from '../../yaml/diagnostics.ts';
import {
  type Attributes,
  attributesOf,
  type PlacedText,
  readFlag,
  readText,
  rejectUnknown,
} from '../../yaml/fields.ts';
import { kindName, type MapEntry, readDocuments, type SourceFile } from '../../yaml/yaml.ts';

/** What a tuning changes in a rule's document. */
export const CHANGED_KEYS = ['level', 'threshold', 'timespan', 'dedup', 'tags', 'receivers'] as const;
/** The keys of a tuning. */
export const TUNING_KEYS = ['why', 'enabled', ...CHANGED_KEYS, 'was', 'tests'] as const;

/** What other notations call the keys. */
const OTHER_NAMES = new Map([
  ...['reason', 'because', 'comment', 'description', 'note'].map((key) => [key, 'it is "why"'] as const),
  ...['disabled', 'disable', 'muted', 'off'].map((key) => [key, 'it is "enabled: false"'] as const),
  ...['severity', 'priority'].map((key) => [key, 'it is "level"'] as const),
  ...['window', 'timeframe', 'within'].map((key) => [key, 'it is "timespan"'] as const),
  ...['gte', 'gt', 'count', 'condition', 'limit'].map((key) => [key, 'it is "threshold: 50"'] as const),
  ...['receiver', 'route', 'to', 'notify'].map((key) => [key, 'it is "receivers: [oncall]"'] as const),
  ...['filter', 'exclude', 'except', 'not'].map(
    (key) => [key, 'entries are excluded by a filter, in rules/local/'] as const,
  ),
]);

const DOCUMENT = { noun: 'the tuning', hint: 'such as "rule_name: {why: …, threshold: 50}"' };
const START = { line: 1, column: 1 };

/** What is changed in one rule. */
export interface Tuning {
  /** Its id or name. */
  readonly rule: PlacedText;
  readonly why: string;
  readonly isEnabled: boolean;
  /** What is given, by key. */
  readonly given: Attributes;
  readonly report: Report;
}

/** Reads the tuning files, at most one of which may exist. */
export function readTunings(files: readonly SourceFile[], folder: string, problems: Problem[]): readonly Tuning[] {
  const [file, second] = files;
  if (file === undefined) return [];
  const report = createReport(file.path, problems);
  if (second !== undefined) {
    createReport(second.path, problems).error(START, `${folder}${file.path} exists too`, 'delete one of them');
    return [];
  }
  const [document, another] = readDocuments(file, report, DOCUMENT);
  if (another !== undefined) report.error(another.place, 'the tuning is one document', 'delete the "---"');
  return (document?.entries ?? []).flatMap((entry) => readTuning(entry, report) ?? []);
}

function readTuning({ key, keyPlace, value }: MapEntry, report: Report): Tuning | null {
  if (value.kind !== 'map') {
    const hint = `such as "${truncate(key)}: {why: …, threshold: 50}"`;
    report.error(value.place, `what is tuned must be a map of keys, not ${kindName(value)}`, hint);
    return null;
  }
  const errors = report.errors();
  rejectUnknown(value, TUNING_KEYS, report, OTHER_NAMES);
  const given = attributesOf(value);
  const why = readText(given.get('why'), report)?.trim() ?? '';
  if (why === '' && report.errors() === errors) {
    const hint = 'who tunes it next must know: "why: our exporters retry on Mondays"';
    report.error(given.get('why')?.value.place ?? keyPlace, 'the tuning has no "why"', hint);
  }
  const enabled = given.get('enabled');
  const flag = readFlag(enabled, report);
  const isEnabled = flag ?? true;
  if (enabled !== undefined && flag === true) report.warning(enabled.keyPlace, 'a rule is enabled anyway', 'remove it');
  const [changed] = CHANGED_KEYS.flatMap((name) => given.get(name) ?? []);
  const [useless] = isEnabled ? [] : [changed, given.get('was'), given.get('tests')].flatMap((entry) => entry ?? []);
  if (useless !== undefined)
    report.warning(useless.keyPlace, `a disabled rule has no use for "${useless.key}"`, 'remove it');
  if (enabled === undefined && changed === undefined && report.errors() === errors)
    report.warning(keyPlace, 'nothing is tuned', `add one of: enabled, ${CHANGED_KEYS.join(', ')}`);
  return report.errors() > errors ? null : { rule: { text: key, place: keyPlace }, why, isEnabled, given, report };
}
