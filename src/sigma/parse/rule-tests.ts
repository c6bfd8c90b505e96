/**
 * The tests that stand in a rule's own file, under `tocsin: tests:`.
 *
 * Contract: data and a pure function that runs the tests of detections. The tests of correlations need windows:
 * whoever owns those runs them.
 */

import type { Engine } from '../match/compile.ts';
import type { EntryBody } from '../rule.ts';
import { attributesOf, readFlag, readMap, readText, refuseUnknown } from './attributes.ts';
import type { Place, Report } from './problem.ts';
import { type ListNode, type MapEntry, type MapNode, type Node, nounOf } from './yaml.ts';

interface TestBase {
  /** The id of the rule it is about. */
  readonly rule: string;
  readonly name: string;
  readonly path: string;
  readonly place: Place;
  /** Whether the rule should match. */
  readonly match: boolean;
}

/** One entry, and whether the detection matches it. */
export interface DetectionTest extends TestBase {
  readonly kind: 'detection';
  readonly entry: EntryBody;
}

/** Entries in their order, and whether the correlation fires at any of them. */
export interface CorrelationTest extends TestBase {
  readonly kind: 'correlation';
  readonly entries: readonly EntryBody[];
}

export type RuleTest = DetectionTest | CorrelationTest;

/** A test that did not come out as it says. */
export interface FailedTest {
  readonly test: DetectionTest;
  readonly matched: boolean;
}

/** Runs the tests of detections; what comes back failed. */
export function runDetectionTests(engine: Engine, tests: readonly RuleTest[]): readonly FailedTest[] {
  return tests.flatMap((test) => {
    if (test.kind !== 'detection') return [];
    const matched = engine.evaluate(test.entry).some(({ rule }) => rule.id === test.rule);
    return matched === test.match ? [] : [{ test, matched }];
  });
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
    report.error(entry.value.place, `"tests" is a list, not ${nounOf(entry.value)}`);
    return [];
  }
  return entry.value.items.flatMap((node) => {
    const test = readTest(node, kind, rule, report);
    return test === null ? [] : [test];
  });
}

function readTest(node: Node, kind: RuleTest['kind'], rule: string, report: Report): RuleTest | null {
  if (node.kind !== 'map') {
    report.error(node.place, `a test is a map, not ${nounOf(node)}`, '{name: …, entry: {…}, match: true}');
    return null;
  }
  const subject = kind === 'detection' ? 'entry' : 'entries';
  refuseUnknown(node, ['name', subject, 'match'], report);
  const attributes = attributesOf(node);
  const name = readText(attributes.get('name'), report) ?? 'a test without a name';
  const match = readFlag(attributes.get('match'), report);
  const given = attributes.get(subject);
  if (given === undefined) report.error(node.place, `the test has no "${subject}"`);
  if (!attributes.has('match'))
    report.error(node.place, 'the test does not say what it expects', 'match: true or false');
  if (given === undefined || match === null) return null;
  const base = { rule, name, path: report.path, place: node.place, match };
  if (kind === 'correlation') {
    const entries = readEntries(given, report);
    return entries === null ? null : { kind, ...base, entries };
  }
  const map = readMap(given, report);
  return map === null ? null : { kind, ...base, entry: bodyOf(map) };
}

function readEntries(given: MapEntry, report: Report): readonly EntryBody[] | null {
  if (given.value.kind !== 'list') {
    report.error(given.value.place, `"entries" is a list, not ${nounOf(given.value)}`);
    return null;
  }
  const list: ListNode = given.value;
  const maps = list.items.filter((item) => item.kind === 'map');
  for (const item of list.items) {
    if (item.kind !== 'map') report.error(item.place, `an entry is a map, not ${nounOf(item)}`);
  }
  return maps.length < list.items.length ? null : maps.map(bodyOf);
}

function bodyOf(map: MapNode): EntryBody {
  return Object.fromEntries(map.entries.map(({ key, value }) => [key, jsonOf(value)]));
}

function jsonOf(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(jsonOf);
    case 'map':
      return bodyOf(node);
  }
}
