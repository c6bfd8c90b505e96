/**
 * Reads and runs the tests in a rule's file, under `tocsin: tests:`.
 *
 * Contract: each test is run by itself, with empty windows. What is wrong is reported; don't run the tests then. Pure.
 */

import type { Place, Problem, Report } from '../yaml/diagnostics.ts';
import { attributesOf, readFlag, readMap, readText, rejectUnknown } from '../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode, type Node } from '../yaml/yaml.ts';
import { createCorrelator } from './correlate/correlator.ts';
import { entryTime, TIME_FIELDS } from './correlate/entry-time.ts';
import { createSequence } from './correlate/sequence.ts';
import type { Engine } from './engine.ts';
import { numberIn } from './parse/number.ts';
import type { EntryBody } from './rule.ts';

/** A test of a rule: a detection should match its entry, or a correlation at one of its entries; or not. */
export interface RuleTest {
  readonly kind: 'detection' | 'correlation';
  /** The id of the tested rule. */
  readonly rule: string;
  readonly name: string;
  readonly path: string;
  readonly place: Place;
  /** Whether the rule should match. */
  readonly match: boolean;
  /** In order. */
  readonly entries: readonly TestEntry[];
}

/** An entry and its time; without a time of its own, that of the entry before it. */
interface TestEntry {
  readonly body: EntryBody;
  readonly at: number;
}

/** A failed test. */
export interface FailedTest {
  readonly test: RuleTest;
  readonly matched: boolean;
  /** What happened instead, as a sentence. */
  readonly found: string;
}

/** Runs tests; returns those that fail. The engine needs all rules: a correlation may refer to rules of other files. */
export function runTests(engine: Engine, tests: readonly RuleTest[]): readonly FailedTest[] {
  return tests.flatMap((test) => {
    const { matched, found } = test.kind === 'detection' ? runDetection(engine, test) : runCorrelation(engine, test);
    return matched === test.match ? [] : [{ test, matched, found }];
  });
}

/** A failed test as a problem of its rule. */
export function testProblem({ test, found }: FailedTest): Problem {
  const hint = `expected ${test.match ? 'a match' : 'no match'}`;
  const message = `the test "${test.name}" fails: ${found}`;
  return { path: test.path, ...test.place, severity: 'error', message, hint };
}

type Result = Omit<FailedTest, 'test'>;

function runDetection(engine: Engine, test: RuleTest): Result {
  const matched = test.entries.some(({ body }) => engine.evaluate(body).some(({ rule }) => rule.id === test.rule));
  return { matched, found: `the rule ${matched ? 'matches' : 'does not match'}` };
}

function runCorrelation(engine: Engine, test: RuleTest): Result {
  const rule = engine.rules.get(test.rule);
  const detections =
    rule?.kind === 'correlation' ? createCorrelator([...engine.rules.values()]).detectionsOf(rule) : null;
  const sequence = createSequence(engine, { latenessMs: Number.POSITIVE_INFINITY });
  let satisfied = 0;
  for (const [i, { body, at }] of test.entries.entries()) {
    const { matches, correlationMatches } = sequence.add(body, at);
    const correlationMatch = correlationMatches.find((each) => each.rule.id === test.rule);
    if (correlationMatch !== undefined) {
      const entry = `entry ${i + 1} of ${test.entries.length}`;
      return {
        matched: true,
        found: `it matches at ${entry}, at ${new Date(correlationMatch.window.at).toISOString()}`,
      };
    }
    if (matches.some((match) => detections?.has(match.rule.id))) satisfied++;
  }
  const count = `${satisfied} of ${test.entries.length} entries`;
  return { matched: false, found: `it does not match; ${count} satisfy the rules it refers to` };
}

/** Reads the tests of a document. */
export function readTests(
  document: MapNode,
  kind: RuleTest['kind'],
  rule: string,
  report: Report,
): readonly RuleTest[] {
  const tocsin = attributesOf(document).get('tocsin')?.value;
  const entry = tocsin?.kind === 'map' ? attributesOf(tocsin).get('tests') : undefined;
  if (entry === undefined) return [];
  if (entry.value.kind !== 'list') {
    report.error(entry.value.place, `"tests" must be a list, not ${kindName(entry.value)}`);
    return [];
  }
  return entry.value.items.flatMap((node) => readTest(node, kind, rule, report) ?? []);
}

/** Reads a test; null if it is not a map, which is reported. */
function readTest(node: Node, kind: RuleTest['kind'], rule: string, report: Report): RuleTest | null {
  if (node.kind !== 'map') {
    const hint = 'such as {name: …, entry: {…}, match: true}';
    report.error(node.place, `a test must be a map, not ${kindName(node)}`, hint);
    return null;
  }
  const subject = kind === 'detection' ? 'entry' : 'entries';
  rejectUnknown(node, ['name', subject, 'match'], report);
  const attributes = attributesOf(node);
  const name = readText(attributes.get('name'), report) ?? 'unnamed';
  const match = readFlag(attributes.get('match'), report) ?? false;
  const given = attributes.get(subject);
  if (given === undefined) report.error(node.place, `the test has no "${subject}"`);
  if (!attributes.has('match'))
    report.error(node.place, 'the test has no "match"', 'write "match: true" or "match: false"');
  const entries = kind === 'detection' ? readEntry(given, report) : readEntries(given, report);
  return { kind, rule, name, path: report.path, place: node.place, match, entries };
}

function readEntry(given: MapEntry | undefined, report: Report): readonly TestEntry[] {
  const map = readMap(given, report);
  return map === null ? [] : [{ body: bodyOf(map), at: 0 }];
}

function readEntries(given: MapEntry | undefined, report: Report): readonly TestEntry[] {
  if (given === undefined) return [];
  const { value } = given;
  if (value.kind !== 'list' || value.items.length === 0) {
    const what = value.kind === 'list' ? 'an empty list' : kindName(value);
    report.error(value.place, `"entries" must be a list of entries, not ${what}`);
    return [];
  }
  const entries: TestEntry[] = [];
  for (const item of value.items) {
    if (item.kind !== 'map') {
      report.error(item.place, `an entry must be a map, not ${kindName(item)}`);
      continue;
    }
    const body = bodyOf(item);
    const timeEntry = item.entries.find(({ key }) => TIME_FIELDS.some((field) => field === key));
    const at = timeEntry === undefined ? (entries.at(-1)?.at ?? 0) : entryTime(body);
    if (at === null) {
      const hint = 'such as "2026-01-05T12:00:00Z"';
      report.error(timeEntry?.value.place ?? item.place, `"${timeEntry?.key}" is not a valid time`, hint);
    } else {
      entries.push({ body, at });
    }
  }
  return entries;
}

function bodyOf(map: MapNode): EntryBody {
  return Object.fromEntries(map.entries.map(({ key, value }) => [key, jsonOf(value)]));
}

function jsonOf(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return numberIn(node) ?? node.value;
    case 'list':
      return node.items.map(jsonOf);
    case 'map':
      return bodyOf(node);
  }
}
