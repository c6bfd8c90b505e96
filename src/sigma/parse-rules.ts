/**
 * Parses rule files into a rule set.
 *
 * Contract: build time only. Never throws, whatever the files contain. All problems are returned with their place. If one
 * is an error, don't use the rules. Pure.
 */

import { counted } from '../text/numbers.ts';
import { createReport, type Problem, type Report } from '../yaml/diagnostics.ts';
import { attributesOf, readMap } from '../yaml/fields.ts';
import { type MapEntry, type MapNode, readDocuments, type SourceFile } from '../yaml/yaml.ts';
import type { FieldCatalogue } from './catalogue.ts';
import { leavesIn } from './formula.ts';
import { createEntryChecks } from './known/entry-checks.ts';
import { createBudget, type NamedTimes, NO_CHECKS, type ParseContext } from './parse/context.ts';
import { readCorrelation } from './parse/correlation.ts';
import { readFilterTargets, readSearch } from './parse/detection.ts';
import { readHeader, SECTIONS } from './parse/header.ts';
import { readLists } from './parse/lists.ts';
import { isForLog, logSourceHint, type OwnLog, readLogSource } from './parse/logsource.ts';
import { reportMisplaced } from './parse/misplaced.ts';
import { filterOnlyAt, readNamedTimes } from './parse/named-times.ts';
import type { OuterCorrelation } from './parse/outer.ts';
import { readOuter } from './parse/outer-keys.ts';
import { join } from './parse/parsed-condition.ts';
import type { UnresolvedRule, UnresolvedRuleBase } from './parse/unresolved.ts';
import type { ParsedFilter } from './resolve/filters.ts';
import { resolve } from './resolve/resolve.ts';
import type { EntryBody, ParsedRule, RuleSet } from './rule.ts';
import { type DefaultEntry, defaultEntry } from './rule-tests/entries.ts';
import { readTests } from './rule-tests/read.ts';
import type { RuleTest } from './rule-tests/rule-test.ts';
import { readTunings } from './tuning/read.ts';
import { createTuner, type RuleTuning } from './tuning/tune.ts';
import { versionOf } from './version.ts';

/** The rules, with their notes. */
export interface ParsedRuleSet extends RuleSet {
  readonly rules: readonly ParsedRule[];
}

export interface Parsed {
  /** Tuned and filtered. */
  readonly ruleSet: ParsedRuleSet;
  /** The rules that are not the owner's, without what the owner's filters and tunings change. */
  readonly shipped: ParsedRuleSet;
  /** In order of the files. */
  readonly filters: readonly ParsedFilter[];
  /** What is tuned, in order of the tuning file. */
  readonly tunings: readonly RuleTuning[];
  /** In order of the files, lists and tuning first, and places. */
  readonly problems: readonly Problem[];
  /** The tests in the rules' files and the tuning. */
  readonly tests: readonly RuleTest[];
  /** The names of times that the rules use. */
  readonly times: ReadonlySet<string>;
}

export interface ParseOptions {
  /** The log whose rules are used: others are skipped with a notice. By default all are used. */
  readonly logsource?: OwnLog;
  /** What its entries look like: fields and values that none has are reported. By default nothing is known of them. */
  readonly fields?: FieldCatalogue;
  /** Which files the owner has written; by default none. The others are tested without the owner's filters and tuning. */
  readonly isOwn?: (path: string) => boolean;
  /** What is changed in rules of others: at most one file. */
  readonly tuning?: readonly SourceFile[];
  /** Files with the values of placeholders. */
  readonly lists?: readonly SourceFile[];
  /** What `during` and `outside` can name. */
  readonly times?: NamedTimes;
  /** The folder of the files, for messages that name another one in it: `rules/`. */
  readonly folder?: string;
  /** What rules that alert should have, though Sigma does not demand it: without it there is a notice. */
  readonly expects?: readonly Expected[];
  /** The entry that those of tests differ from; by default one without fields. */
  readonly defaultEntry?: EntryBody;
}

/** An id of its own; tests. */
export type Expected = 'id' | 'tests';

/** Parses rule files, in order. */
export function parseRules(files: readonly SourceFile[], options: ParseOptions = {}): Parsed {
  const { lists: listFiles = [], tuning: tuningFiles = [], folder = '', isOwn = () => false } = options;
  const log = options.logsource ?? null;
  const base = defaultEntry(options.defaultEntry ?? {});
  const problems: Problem[] = [];
  const tests: RuleTest[] = [];
  const drafts: UnresolvedRule[] = [];
  const shippedDrafts: UnresolvedRule[] = [];
  const tunings: RuleTuning[] = [];
  const tuner = createTuner(readTunings(tuningFiles, folder, problems), folder);
  const usedTimes = new Set<string>();
  const lists = readLists(
    listFiles.map((file) => ({ file, report: createReport(file.path, problems) })),
    folder,
  );
  const checks = options.fields === undefined ? NO_CHECKS : createEntryChecks(options.fields, folder);
  const shared = { lists, times: options.times ?? null, usedTimes, checks };
  for (const file of files) {
    const report = createReport(file.path, problems);
    const budget = createBudget();
    let inherits = false;
    let isForeign = false;
    const documents = readDocuments(file, report);
    if (documents.length === 0 && report.errors() === 0)
      report.notice({ line: 1, column: 1 }, 'the file has no rule', 'write one, or delete the file');
    for (const [i, document] of documents.entries()) {
      const silent = createReport(file.path, []);
      const source = readLogSource(document, log, silent);
      // Without a log source, a part of a Sigma 1 rule has that of the document before it.
      const hasSource = attributesOf(document).has('logsource');
      if (hasSource) isForeign = silent.errors() === 0 && !isForLog(source, log);
      // Problems of a document for another log source are not reported.
      const action = reportAction(document, isForeign ? silent : report);
      if (action === 'global' || action === 'reset') inherits = action === 'global';
      const isSkipped = isForeign && hasSource;
      // What else is wrong with a part of a Sigma 1 rule follows from that.
      const own = (action !== null || inherits) && !isSkipped ? silent : report;
      const isShipped = !isOwn(file.path);
      const read = (of: MapNode, context: ParseContext, found: RuleTest[]) =>
        readDraft(of, `${file.path}#${i + 1}`, isSkipped, log, context, { base, isShipped, found });
      const draft = read(document, { ...shared, report: own, budget }, tests);
      if (isShipped) shippedDrafts.push({ ...draft, report: createReport(file.path, []) });
      const tuned = tuner.tune(draft, isShipped ? document : null, (of, to) =>
        read(of, { ...shared, report: to, budget: createBudget() }, []),
      );
      drafts.push(tuned?.draft ?? draft);
      if (tuned === null || tuned.tuning === null) continue;
      tunings.push(tuned.tuning);
      if (tuned.draft.kind !== 'detection' && tuned.draft.kind !== 'correlation') continue;
      const { kind, header } = tuned.draft;
      const isCorrelation = kind === 'correlation' || tuned.draft.outer !== null;
      const tested = { kind: isCorrelation ? 'correlation' : kind, rule: header.id, isShipped: false } as const;
      const context = { ...shared, report: tuned.report, budget: createBudget() };
      tests.push(...readTests(tuned.tests, tested, base, context));
    }
  }
  tuner.reportUnused(drafts);
  lists.reportUnused();
  const { rules, filters } = resolve(drafts, folder, checks.mayHold);
  const isAsShipped = shippedDrafts.length === drafts.length && tunings.length === 0;
  const shipped = isAsShipped ? rules : resolve(shippedDrafts, folder, checks.mayHold).rules;
  const expects = options.expects ?? [];
  // After an error it is not known which rules alert.
  const alerting = problems.some(({ severity }) => severity === 'error') ? [] : rules.filter(({ alerts }) => alerts);
  const alertingIds = new Set(alerting.map(({ id }) => id));
  const tested = new Set(tests.map(({ rule }) => rule));
  for (const draft of drafts) if (alertingIds.has(draft.header.id)) reportLacking(draft, tested, expects);
  const order = new Map([...listFiles, ...tuningFiles, ...files].map((file, i) => [file.path, i]));
  problems.sort(
    (a, b) => (order.get(a.path) ?? 0) - (order.get(b.path) ?? 0) || a.line - b.line || a.column - b.column,
  );
  const idsOf = (of: readonly { readonly id: string }[]) => new Set(of.map(({ id }) => id));
  const ids = { deployed: idsOf([...rules, ...filters]), shipped: idsOf(shipped) };
  const ruleSet = { version: versionOf(rules), rules };
  return {
    ruleSet,
    shipped: isAsShipped ? ruleSet : { version: versionOf(shipped), rules: shipped },
    filters,
    tunings: tunings.toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column),
    problems,
    tests: tests.flatMap((test) => {
      // A rule that others wrote may need one of the owner's.
      const isShipped = test.isShipped && ids.shipped.has(test.rule);
      return isShipped || ids.deployed.has(test.rule) ? [{ ...test, isShipped }] : [];
    }),
    times: usedTimes,
  };
}

/** Reports what an alerting rule lacks of what is expected. */
function reportLacking(
  { header, hasId, hasMisplacedTests, idPlace, report }: UnresolvedRule,
  tested: ReadonlySet<string>,
  expects: readonly Expected[],
): void {
  const lacks = expects.filter((each) => (each === 'id' ? !hasId : !tested.has(header.id) && !hasMisplacedTests));
  if (lacks.length === 0) return;
  const hint = lacks.map((each) => EXPECTED_HINTS[each]).join('; ');
  report.notice(idPlace, `the rule has no ${lacks.join(' and no ')}`, hint);
}

const EXPECTED_HINTS: { readonly [what in Expected]: string } = {
  id: 'add "id:" with a UUID of its own: without one, it is another rule when its file is renamed',
  tests: 'add "tests:" under "tocsin:", with an entry that matches and one that does not',
};

/** What the key `action` of a document meant in Sigma 1, and how to write that today. */
const ACTIONS: ReadonlyMap<string, readonly [meaning: string, hint: string]> = new Map([
  ['global', ['gave its keys to the rules after it', 'write them in each of these rules, and remove this document']],
  ['reset', ['ended the "action: global" before it', 'remove this document']],
  ['repeat', ['took the keys that it lacks from the rule before it', 'write them here too, and remove "action"']],
]);

/** Reports the action of a Sigma 1 document, and returns it; null if it has none. */
function reportAction(document: MapNode, report: Report): string | null {
  const entry = attributesOf(document).get('action');
  const action = entry?.value.kind === 'scalar' ? String(entry.value.value).trim().toLowerCase() : '';
  const [meaning, hint] = ACTIONS.get(action) ?? [];
  if (entry === undefined || meaning === undefined) return null;
  report.error(entry.keyPlace, `"action: ${action}" is Sigma 1: the document ${meaning}`, hint);
  return action;
}

/** Reads a document; `isSkipped` if it is for another log source. */
function readDraft(
  document: MapNode,
  fallbackId: string,
  isSkipped: boolean,
  log: OwnLog | null,
  context: ParseContext,
  tests: { readonly base: DefaultEntry; readonly isShipped: boolean; readonly found: RuleTest[] },
): UnresolvedRule {
  const { report } = context;
  const attributes = attributesOf(document);
  const errors = report.errors();
  const header = readHeader(
    document,
    fallbackId,
    isSkipped ? { ...context, report: createReport(report.path, []) } : context,
  );
  const idPlace = attributes.get('id')?.value.place ?? document.place;
  const namePlace = attributes.get('name')?.value.place ?? document.place;
  const has = { hasId: attributes.has('id'), hasMisplacedTests: attributes.has('tests') };
  const unresolved = { header, report, ...has, idPlace, namePlace };
  if (isSkipped) {
    const place = attributes.get('logsource')?.keyPlace ?? document.place;
    report.notice(place, 'skipped: this rule is for another log source', logSourceHint(log));
    return { ...unresolved, kind: 'other-log' };
  }
  const sections = SECTIONS.filter((section) => attributes.has(section));
  const [section] = sections;
  if (section === undefined && report.errors() === errors) {
    report.error(document.place, 'the document is not a rule', 'it needs a "detection", a "correlation" or a "filter"');
  }
  if (sections.length > 1) {
    const message = `a document can't have both a ${sections.join(' and a ')}`;
    report.error(document.place, message, 'separate them with "---"');
  }
  const map = section === undefined || sections.length > 1 ? null : readMap(attributes.get(section), report);
  if (section === undefined || map === null || !reportMisplaced(document, section, report))
    return { ...unresolved, kind: 'invalid' };
  const outer = readOuter(document, section === 'detection', context);
  const draft = readSection(section, map, document, unresolved, outer, log, context);
  const { base, isShipped, found } = tests;
  const kind = outer === null ? section : 'correlation';
  // What a filter excludes of a shipped rule is known only with the filter.
  const tested = { kind, rule: header.id, isShipped: isShipped && kind !== 'filter' };
  found.push(...readTests(document, tested, base, context));
  if (isAboutTimes(draft, base)) reportUndated(document, base, report);
  return report.errors() > errors ? { ...unresolved, kind: 'invalid' } : draft;
}

/** Whether a rule's matches depend on the time of day or the day. */
function isAboutTimes(draft: UnresolvedRule, { timeField }: DefaultEntry): boolean {
  if (draft.kind === 'correlation') return draft.times.length > 0;
  if (draft.kind !== 'detection') return false;
  return leavesIn(draft.expression).some(
    ({ field, test: { op } }) => op === 'during' || (op === 'time' && field === timeField),
  );
}

/** Reports tests that say no time: whether such a rule matches at that of the default entry is by chance. */
function reportUndated(document: MapNode, { timeField }: DefaultEntry, report: Report): void {
  const tocsin = mapIn(attributesOf(document).get('tocsin'));
  const isDated = (map: MapNode | null): boolean =>
    map?.entries.some(({ key }) => key === 'at' || key === timeField) === true;
  const tests = attributesOf(tocsin).get('tests')?.value;
  if (tests?.kind !== 'list' || isDated(mapIn(attributesOf(tocsin).get('defaults')))) return;
  const undated = tests.items.filter((test) => {
    const { entry, entries } = Object.fromEntries(attributesOf(test.kind === 'map' ? test : null));
    const list = entries?.value.kind === 'list' ? entries.value.items[0] : undefined;
    return !isDated(mapIn(entry)) && !isDated(list?.kind === 'map' ? list : null);
  });
  const [first] = undated;
  if (first === undefined) return;
  const which = undated.length === 1 ? 'this test says' : `${counted(undated.length, 'test')} say`;
  const hint = 'begin the first entry of each with "at:" and a date, such as "at: 2026-01-05T22:00Z"';
  report.warning(first.place, `the rule is about times, and ${which} none`, hint);
}

function mapIn(entry: MapEntry | undefined): MapNode | null {
  return entry?.value.kind === 'map' ? entry.value : null;
}

function readSection(
  section: (typeof SECTIONS)[number],
  map: MapNode,
  document: MapNode,
  base: UnresolvedRuleBase,
  outer: OuterCorrelation | null,
  log: OwnLog | null,
  context: ParseContext,
): UnresolvedRule {
  const { report } = base;
  const errors = report.errors();
  const times = readNamedTimes(document, context);
  if (section === 'correlation') {
    const generate = attributesOf(document).get('generate');
    const correlation = readCorrelation(map, generate, base.header.level === 'informational', context);
    return correlation === null ? { ...base, kind: 'invalid' } : { ...base, kind: section, correlation, times };
  }
  const source = readLogSource(document, log, report);
  if (section === 'detection') {
    const expression = join('and', [readSearch(map, [], context), ...times]);
    if (report.errors() === errors && !context.checks.mayHold(expression)) {
      const place = attributesOf(map).get('condition')?.value.place ?? map.place;
      const hint = 'it asks for what it excludes, or for two values of a field that has one: join them with "or"';
      report.warning(place, 'the condition never holds', hint);
    }
    return { ...base, kind: section, source, expression, outer };
  }
  const targets = readFilterTargets(map, report);
  const expression = filterOnlyAt(readSearch(map, ['rules'], context), times);
  return { ...base, kind: section, source, targets, expression };
}
