/**
 * From rule files to a set of rules: every document read, references resolved, every problem told.
 *
 * Contract: build time only. Never throws, whatever the files hold; what is wrong is a problem with its place, and all
 * of them are told at once. With an error among the problems, the rules are not to be used. Pure.
 */

import { createReport, type Problem } from '../yaml/diagnostics.ts';
import { attributesOf, readMap } from '../yaml/fields.ts';
import { type MapNode, readDocuments, type SourceFile } from '../yaml/yaml.ts';
import { createBudget, type ParseContext } from './parse/context.ts';
import { readCorrelation } from './parse/correlation.ts';
import { readFilterTargets, readSearch } from './parse/detection.ts';
import { readHeader, SECTIONS } from './parse/header.ts';
import { isListFile, readLists } from './parse/lists.ts';
import { type Accepts, isAuditLog, type LogSource, OUR_LOG_SOURCE, readLogSource } from './parse/logsource.ts';
import type { UnresolvedRule } from './parse/unresolved.ts';
import { resolve } from './resolve/resolve.ts';
import type { RuleSet } from './rule.ts';
import { type RuleTest, readTests } from './rule-tests.ts';
import { versionOf } from './version.ts';

export interface Parsed {
  readonly ruleSet: RuleSet;
  /** In the order of the files and of their places. */
  readonly problems: readonly Problem[];
  /** What the rules' own tests say; not part of the rules. */
  readonly tests: readonly RuleTest[];
}

export interface ParseOptions {
  /** Whose log sources are ours; by default the audit log of Nirvana Labs. */
  readonly accepts?: Accepts;
}

/** Parses rule files, in their order; those below `lists/` hold the values of placeholders. */
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
    const reading: ParseContext = { report, lists, budget: createBudget() };
    for (const [i, document] of readDocuments(file, report).entries()) {
      drafts.push(readDraft(document, `${file.path}#${i + 1}`, accepts, reading, tests));
    }
  }
  lists.reportUnused();
  const rules = resolve(drafts);
  const order = new Map(files.map((file, i) => [file.path, i]));
  problems.sort(
    (a, b) => (order.get(a.path) ?? 0) - (order.get(b.path) ?? 0) || a.line - b.line || a.column - b.column,
  );
  const kept = new Set(rules.map((rule) => rule.id));
  return {
    ruleSet: { version: versionOf(rules), rules },
    problems,
    tests: tests.filter((test) => kept.has(test.rule)),
  };
}

/** Of a document without a readable one, which is broken. */
const NOWHERE: LogSource = { category: null, product: null, service: null };

function readDraft(
  document: MapNode,
  fallbackId: string,
  accepts: Accepts,
  reading: ParseContext,
  tests: RuleTest[],
): UnresolvedRule {
  const { report } = reading;
  const attributes = attributesOf(document);
  const idPlace = attributes.get('id')?.value.place ?? document.place;
  const namePlace = attributes.get('name')?.value.place ?? document.place;
  const about = attributes.get('logsource');
  // What is wrong with a document that says, readably, that it is about another log is not our business.
  const untold: Problem[] = [];
  const source = readLogSource(document, createReport(report.path, untold));
  if (about !== undefined && source !== null && !accepts(source)) {
    report.notice(about.keyPlace, 'for another log source: left out', OUR_LOG_SOURCE);
    return {
      header: readHeader(document, fallbackId, createReport(report.path, [])),
      report,
      idPlace,
      namePlace,
      kind: 'elsewhere',
    };
  }

  const errors = report.errors();
  const header = readHeader(document, fallbackId, report);
  const base = { header, report, idPlace, namePlace };
  const sections = SECTIONS.filter((section) => attributes.has(section));
  const [section] = sections;
  if (section === undefined && report.errors() === errors) {
    // Sigma 1 had documents that were joined to those after them: "action: global".
    const hint = attributes.has('action')
      ? '"action" is not part of Sigma 2: write out in each rule what it shares'
      : 'it has a "detection", a "correlation" or a "filter"';
    report.error(document.place, 'the document is no rule', hint);
  }
  if (sections.length > 1) {
    report.error(document.place, `one document cannot have a ${sections.join(' and a ')}`, 'separate them by "---"');
  }
  const map = section === undefined || sections.length > 1 ? null : readMap(attributes.get(section), report);
  if (section === undefined || map === null) return { ...base, kind: 'broken' };
  if (section !== 'correlation' && untold.length > 0) readLogSource(document, report);
  const draft = readSection(section, map, document, base, source ?? NOWHERE, reading);
  if (section !== 'filter') tests.push(...readTests(document, section, header.id, report));
  if (report.errors() > errors) return { ...base, kind: 'broken' };
  return draft;
}

function readSection(
  section: (typeof SECTIONS)[number],
  map: MapNode,
  document: MapNode,
  base: Pick<UnresolvedRule, 'header' | 'report' | 'idPlace' | 'namePlace'>,
  source: LogSource,
  reading: ParseContext,
): UnresolvedRule {
  const { report } = base;
  switch (section) {
    case 'detection': {
      const expression = readSearch(map, [], reading);
      return expression === null ? { ...base, kind: 'broken' } : { ...base, kind: 'detection', source, expression };
    }
    case 'filter': {
      const targets = readFilterTargets(map, report);
      const expression = readSearch(map, ['rules'], reading);
      if (expression === null || targets === null) return { ...base, kind: 'broken' };
      return { ...base, kind: 'filter', source, targets, expression };
    }
    case 'correlation': {
      const correlation = readCorrelation(map, attributesOf(document).get('generate'), report);
      return correlation === null ? { ...base, kind: 'broken' } : { ...base, kind: 'correlation', correlation };
    }
  }
}
