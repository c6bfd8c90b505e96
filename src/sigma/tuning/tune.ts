/**
 * Tunes rules: parses their documents again, with the values of the tuning, and says what that changes.
 *
 * Contract: what only the tuned document has is a problem of the tuning, at the value's place. A tuning that changes nothing,
 * or that was made for other values than the rule has now, is a warning. Pure.
 */
import { formatDuration, parseTimespan } from '../../text/duration.ts';
import { type Hint, nearestHint, type Place, type Report, type Severity, truncate } from '../../yaml/diagnostics.ts';
import { type Attributes, attributesOf, isGiven, type PlacedText, readTexts } from '../../yaml/fields.ts';
import type { MapEntry, MapNode, Node } from '../../yaml/yaml.ts';
import type { UnresolvedRule } from '../parse/unresolved.ts';
import { LEVELS } from '../rule.ts';
import { tunedDocument } from './document.ts';
import type { Tuning } from './read.ts';

/** What is changed in a rule, for people. */
export interface RuleTuning {
  /** The rule's id. */
  readonly rule: string;
  readonly why: string;
  readonly isEnabled: boolean;
  readonly changes: readonly TunedValue[];
  /** Whom its alerts go to, whatever the routes say; empty: the routes decide. */
  readonly receivers: readonly PlacedText[];
  readonly path: string;
  readonly place: Place;
}

export interface TunedValue {
  /** `level`, `threshold`, `timespan`, `dedup.by`, `dedup.period`, `dedup.reopen`, `tags` or `receivers`. */
  readonly key: string;
  /** What the rule comes with; null: nothing, or what holds by default. */
  readonly from: string | null;
  readonly to: string;
}

/** A rule as it is deployed. */
export interface Tuned {
  readonly draft: UnresolvedRule;
  /** Null: the tuning has an error. */
  readonly tuning: RuleTuning | null;
  /** A document with the tests of the tuning, and the defaults of the rule's. */
  readonly tests: MapNode;
  readonly report: Report;
}

/** Parses a document of the rule's file. */
export type Parse = (document: MapNode, report: Report) => UnresolvedRule;

export interface Tuner {
  /** Tunes a rule; null: no tuning names it. `document`: null if the owner wrote it, who can change it there. */
  tune(draft: UnresolvedRule, document: MapNode | null, parse: Parse): Tuned | null;
  /** Reports the tunings of rules that are not there. To be called when all rules have been tuned. */
  reportUnused(drafts: readonly UnresolvedRule[]): void;
}

/** Creates the tuner of some tunings. `folder`: where the files are, for messages. */
export function createTuner(tunings: readonly Tuning[], folder: string): Tuner {
  const byReference = new Map(tunings.map((tuning) => [tuning.rule.text, tuning]));
  const used = new Map<string, Tuning>();
  return {
    tune: (draft, document, parse) => {
      const { id, name } = draft.header;
      const [tuning, second] = [id, name].flatMap((key) => byReference.get(key ?? '') ?? []);
      if (tuning === undefined) return null;
      for (const each of [tuning, second]) if (each !== undefined) used.set(each.rule.text, each);
      if (second !== undefined) {
        const hint = `as "${truncate(tuning.rule.text)}", in line ${tuning.rule.place.line}`;
        second.report.error(second.rule.place, `"${truncate(second.rule.text)}" is tuned already`, hint);
      }
      return tuneRule(draft, document, parse, tuning, folder);
    },
    reportUnused: (drafts) => {
      const names = drafts.flatMap(({ header }) => header.name ?? []);
      for (const { rule, report } of tunings) {
        if (used.has(rule.text)) continue;
        const titled = drafts.find(({ header }) => [header.title, header.path].includes(rule.text))?.header;
        const hint = titled === undefined ? nearestHint(rule.text, names) : `write "${titled.name ?? titled.id}"`;
        report.warning(rule.place, `no rule has the id or name "${truncate(rule.text)}": nothing is tuned`, hint);
      }
    },
  };
}

function tuneRule(
  draft: UnresolvedRule,
  document: MapNode | null,
  parse: Parse,
  tuning: Tuning,
  folder: string,
): Tuned {
  const { report, rule, why, isEnabled, given } = tuning;
  const tests = testsDocument(document, given, rule.place);
  const unchanged: Tuned = { draft, tuning: null, tests, report };
  const shown = `"${truncate(rule.text)}"`;
  if (document === null) {
    const hint = `change it in ${folder}${draft.header.path}`;
    report.error(rule.place, `${shown} is your own rule`, hint);
    return unchanged;
  }
  if (draft.kind === 'filter') report.error(rule.place, `${shown} is a filter`, 'rules are tuned: change its file');
  if (draft.kind === 'other-log') report.notice(rule.place, `${shown} is for another log source: not tuned`);
  if (draft.kind !== 'detection' && draft.kind !== 'correlation') return unchanged;
  const about = { rule: draft.header.id, why, isEnabled, path: report.path, place: rule.place };
  if (!isEnabled) {
    const { header, report: own, hasId, hasMisplacedTests, idPlace, namePlace } = draft;
    const disabledAt = { report, place: given.get('enabled')?.keyPlace ?? rule.place };
    const has = { hasId, hasMisplacedTests };
    const disabled = { header, report: own, ...has, idPlace, namePlace, kind: 'disabled', disabledAt } as const;
    return { draft: disabled, tuning: { ...about, changes: [], receivers: [] }, tests, report };
  }
  const errors = report.errors();
  const changed = tunedDocument(document, tuning);
  if (changed === null) return unchanged;
  const parsed = parseTuned(document, changed, parse, draft.report.path, tuning);
  const receivers = readTexts(given.get('receivers'), report);
  if (isGiven(given.get('receivers')) && receivers.length === 0 && report.errors() === errors) {
    const hint = 'name one; with "level: informational" nobody is notified by default';
    report.error(given.get('receivers')?.value.place ?? rule.place, '"receivers" is an empty list', hint);
  }
  if (report.errors() > errors || parsed.kind !== draft.kind) return unchanged;
  const changes = changesOf(draft, parsed, tuning);
  const own = receivers.map(({ text }) => text);
  const tocsin = own.length === 0 ? parsed.header.tocsin : { ...parsed.header.tocsin, receivers: own };
  const to = own.length === 0 ? [] : [{ key: 'receivers', from: null, to: own.join(', ') }];
  return {
    draft: { ...parsed, report: draft.report, header: { ...parsed.header, tocsin } },
    tuning: { ...about, changes: [...changes, ...to], receivers },
    ...{ tests, report },
  };
}

function testsDocument(document: MapNode | null, given: Attributes, place: Place): MapNode {
  const tocsin = attributesOf(document).get('tocsin')?.value;
  const defaults = attributesOf(tocsin?.kind === 'map' ? tocsin : null).get('defaults');
  const entries = [defaults, given.get('tests')].flatMap((entry) => entry ?? []);
  return { kind: 'map', place, entries: [{ key: 'tocsin', keyPlace: place, value: { kind: 'map', place, entries } }] };
}

/** Parses the tuned document of a file; problems that the shipped one does not have are the tuning's. */
function parseTuned(
  document: MapNode,
  changed: MapNode,
  parse: Parse,
  path: string,
  { given, report, rule }: Tuning,
): UnresolvedRule {
  const before = createCollector(path);
  parse(document, before.report);
  const known = new Set(before.problems.map(({ place, message }) => `${place.line}:${place.column} ${message}`));
  const after = createCollector(path);
  const parsed = parse(changed, after.report);
  const places = new Set([...given.values()].flatMap(placesIn));
  for (const { severity, place, message, hint } of after.problems) {
    if (known.has(`${place.line}:${place.column} ${message}`) && !places.has(place)) continue;
    report[severity](places.has(place) ? place : rule.place, message, hint);
  }
  return parsed;
}

interface Found {
  readonly severity: Severity;
  readonly place: Place;
  readonly message: string;
  readonly hint: Hint | undefined;
}

/** A report that keeps the places as they are, so that they can be compared. */
function createCollector(path: string): { readonly report: Report; readonly problems: readonly Found[] } {
  const problems: Found[] = [];
  const add =
    (severity: Severity): Report['error'] =>
    (place, message, hint) => {
      problems.push({ severity, place, message, hint });
    };
  let elsewhere = 0;
  const report: Report = {
    path,
    error: add('error'),
    warning: add('warning'),
    notice: add('notice'),
    errorElsewhere: () => {
      elsewhere++;
    },
    errors: () => problems.filter(({ severity }) => severity === 'error').length + elsewhere,
  };
  return { report, problems };
}

function placesIn({ keyPlace, value }: MapEntry): readonly Place[] {
  const inside = (node: Node): readonly Place[] => {
    switch (node.kind) {
      case 'scalar':
        return node.textPlace === null ? [node.place] : [node.place, node.textPlace];
      case 'list':
        return [node.place, ...node.items.flatMap(inside)];
      case 'map':
        return [node.place, ...node.entries.flatMap(placesIn)];
    }
  };
  return [keyPlace, ...inside(value)];
}

/** What a tuning can change: of a rule, as text; null where it is what holds by default. */
const VALUES: readonly {
  readonly key: string;
  readonly of: (draft: UnresolvedRule) => string | null;
  /** A value in `was:` as the same text. */
  readonly read?: (text: string) => string | null;
}[] = [
  {
    key: 'level',
    of: ({ header }) => header.level,
    read: (text) => LEVELS.find((level) => level === text.toLowerCase()) ?? null,
  },
  {
    key: 'threshold',
    of: (draft) => {
      const bounds = draft.kind === 'correlation' ? draft.correlation.condition : [];
      return String(bounds.find(({ op }) => op === 'gte' || op === 'gt')?.value ?? '');
    },
    read: (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? null : String(Number(text))),
  },
  {
    key: 'timespan',
    of: (draft) => (draft.kind === 'correlation' ? formatDuration(draft.correlation.timespanMs) : ''),
    read: (text) => durationText(parseTimespan(text)),
  },
  { key: 'dedup.by', of: ({ header }) => header.tocsin.dedupBy?.join(', ') ?? null },
  { key: 'dedup.period', of: ({ header }) => durationText(header.tocsin.dedupPeriodMs) },
  { key: 'dedup.reopen', of: ({ header }) => durationText(header.tocsin.dedupReopenMs) },
  { key: 'tags', of: ({ header }) => [...new Set(header.tags)].join(', ') || null },
];

function durationText(ms: number | null): string | null {
  return ms === null ? null : formatDuration(ms);
}

/** The entry of a key such as `dedup.by`. */
function entryAt(key: string, { given }: Tuning): MapEntry | undefined {
  const [name = '', inner] = key.split('.');
  const entry = given.get(name);
  if (inner === undefined || entry?.value.kind !== 'map') return inner === undefined ? entry : undefined;
  return attributesOf(entry.value).get(inner);
}

function changesOf(shipped: UnresolvedRule, tuned: UnresolvedRule, tuning: Tuning): readonly TunedValue[] {
  const { report } = tuning;
  reportOtherShipped(shipped, tuned, tuning);
  return VALUES.flatMap(({ key, of }) => {
    const entry = entryAt(key, tuning);
    if (entry === undefined) return [];
    const [from, to] = [of(shipped), of(tuned) ?? 'the default'];
    if (from !== to) return [{ key, from, to }];
    const what = key === 'tags' ? 'the shipped rule has these tags' : `the shipped ${key} is ${truncate(to)}`;
    report.warning(entry.value.place, `${what} too: nothing is tuned`, `remove "${key}"`);
    return [];
  });
}

/** Compares what the rule comes with with what `was:` says it came with when it was tuned. */
function reportOtherShipped(shipped: UnresolvedRule, tuned: UnresolvedRule, tuning: Tuning): void {
  const { given, report } = tuning;
  const was = given.get('was');
  if (!isGiven(was)) return;
  const values = VALUES.filter(({ key, read }) => read !== undefined && entryAt(key, tuning) !== undefined);
  const names = values.map(({ key }) => key);
  const textOf = (node: Node) => (node.kind === 'scalar' ? String(node.source ?? node.value) : '');
  // A level, a number and a duration are not alike: one of them says itself what it is.
  const kind = values.find(({ read }) => read?.(textOf(was.value)) != null) ?? values[0];
  if (kind === undefined) {
    report.warning(was.keyPlace, '"was" has nothing to compare', 'it is for level, threshold and timespan');
    return;
  }
  const entries = was.value.kind === 'map' ? was.value.entries : [{ ...was, key: kind.key }];
  for (const { key, keyPlace, value } of entries) {
    const known = values.find((each) => each.key === key);
    if (known === undefined) {
      report.error(keyPlace, `"was" has "${truncate(key)}", which is not tuned`, nearestHint(key, names));
      continue;
    }
    const text = textOf(value);
    const before = known.read?.(text) ?? null;
    const now = known.of(shipped);
    if (before === null) {
      report.error(value.place, `"was" must be the shipped ${key}`, `it is ${now}`);
    } else if (before !== now && now !== known.of(tuned)) {
      const message = `the shipped ${key} is ${now} now, and was ${truncate(text)}: is ${known.of(tuned)} still right?`;
      const written = was.value.kind === 'map' ? `{${key}: ${now}}` : now;
      report.warning(value.place, message, `if it is, write "was: ${written}"`);
    }
  }
}
