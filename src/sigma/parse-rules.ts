/**
 * Parses rule files into a rule set.
 *
 * Contract: build time only. Never throws, whatever the files contain. All problems are returned with their place. If one
 * is an error, don't use the rules. Pure.
 */

import { createReport, type Problem, type Report } from '../yaml/diagnostics.ts';
import { attributesOf, readMap } from '../yaml/fields.ts';
import { type MapNode, readDocuments, type SourceFile } from '../yaml/yaml.ts';
import { createBudget, type ParseContext } from './parse/context.ts';
import { readCorrelation } from './parse/correlation.ts';
import { readFilterTargets, readSearch } from './parse/detection.ts';
import { readHeader, SECTIONS } from './parse/header.ts';
import { isListFile, readLists } from './parse/lists.ts';
import { type Accepts, isAuditLog, logSourceHint, readLogSource } from './parse/logsource.ts';
import type { UnresolvedRule, UnresolvedRuleBase } from './parse/unresolved.ts';
import { resolve } from './resolve/resolve.ts';
import type { ParsedRule, RuleSet } from './rule.ts';
import { type RuleTest, readTests } from './rule-tests.ts';
import { versionOf } from './version.ts';

/** The rules, with their notes. */
export interface ParsedRuleSet extends RuleSet {
  readonly rules: readonly ParsedRule[];
}

export interface Parsed {
  readonly ruleSet: ParsedRuleSet;
  /** In order of the files and places. */
  readonly problems: readonly Problem[];
  /** The tests in the rules' files. */
  readonly tests: readonly RuleTest[];
}

export interface ParseOptions {
  /** Which log sources are used; by default the audit log of Nirvana Labs. */
  readonly accepts?: Accepts;
}

/** Parses rule files in order. Files below `lists/` have the values of placeholders. */
export function parseRules(files: readonly SourceFile[], options: ParseOptions = {}): Parsed {
  const accepts = options.accepts ?? isAuditLog;
  const problems: Problem[] = [];
  const tests: RuleTest[] = [];
  const drafts: UnresolvedRule[] = [];
  const lists = readLists(
    files.filter(isListFile).map((file) => ({ file, report: createReport(file.path, problems) })),
  );
  for (const file of files) {
    if (isListFile(file)) continue;
    const report = createReport(file.path, problems);
    const budget = createBudget();
    let inherits = false;
    let isForeign = false;
    for (const [i, document] of readDocuments(file, report).entries()) {
      const silent = createReport(file.path, []);
      const source = readLogSource(document, accepts, silent);
      // Without a log source, a part of a Sigma 1 rule has that of the document before it.
      const hasSource = attributesOf(document).has('logsource');
      if (hasSource) isForeign = silent.errors() === 0 && !accepts(source);
      // Problems of a document for another log source are not reported.
      const action = reportAction(document, isForeign ? silent : report);
      if (action === 'global' || action === 'reset') inherits = action === 'global';
      const isSkipped = isForeign && hasSource;
      // What else is wrong with a part of a Sigma 1 rule follows from that.
      const own = (action !== null || inherits) && !isSkipped ? silent : report;
      const context = { report: own, lists, budget };
      drafts.push(readDraft(document, `${file.path}#${i + 1}`, isSkipped, accepts, context, tests));
    }
  }
  lists.reportUnused();
  const rules = resolve(drafts);
  const order = new Map(files.map((file, i) => [file.path, i]));
  problems.sort(
    (a, b) => (order.get(a.path) ?? 0) - (order.get(b.path) ?? 0) || a.line - b.line || a.column - b.column,
  );
  const ids = new Set(rules.map((rule) => rule.id));
  return {
    ruleSet: { version: versionOf(rules), rules },
    problems,
    tests: tests.filter((test) => ids.has(test.rule)),
  };
}

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
  accepts: Accepts,
  context: ParseContext,
  tests: RuleTest[],
): UnresolvedRule {
  const { report } = context;
  const attributes = attributesOf(document);
  const errors = report.errors();
  const header = readHeader(document, fallbackId, isSkipped ? createReport(report.path, []) : report);
  const idPlace = attributes.get('id')?.value.place ?? document.place;
  const namePlace = attributes.get('name')?.value.place ?? document.place;
  const base = { header, report, idPlace, namePlace };
  if (isSkipped) {
    const place = attributes.get('logsource')?.keyPlace ?? document.place;
    report.notice(place, 'skipped: this rule is for another log source', logSourceHint(accepts));
    return { ...base, kind: 'other-log' };
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
  if (section === undefined || map === null) return { ...base, kind: 'invalid' };
  const draft = readSection(section, map, document, base, accepts, context);
  if (section !== 'filter') tests.push(...readTests(document, section, header.id, report));
  return report.errors() > errors ? { ...base, kind: 'invalid' } : draft;
}

function readSection(
  section: (typeof SECTIONS)[number],
  map: MapNode,
  document: MapNode,
  base: UnresolvedRuleBase,
  accepts: Accepts,
  context: ParseContext,
): UnresolvedRule {
  const { report } = base;
  if (section === 'correlation') {
    const correlation = readCorrelation(map, attributesOf(document).get('generate'), report);
    return correlation === null ? { ...base, kind: 'invalid' } : { ...base, kind: section, correlation };
  }
  const source = readLogSource(document, accepts, report);
  if (section === 'detection') return { ...base, kind: section, source, expression: readSearch(map, [], context) };
  const targets = readFilterTargets(map, report);
  return { ...base, kind: section, source, targets, expression: readSearch(map, ['rules'], context) };
}
