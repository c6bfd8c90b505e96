/**
 * Reads the tests in a rule's file, under `tocsin: tests:`.
 *
 * Contract: what is wrong is reported; don't run the tests then. Pure.
 */
import type { Report } from '../../yaml/diagnostics.ts';
import { type Attributes, attributesOf, readFlag, readText, rejectUnknown } from '../../yaml/fields.ts';
import { kindName, type MapNode, type Node } from '../../yaml/yaml.ts';
import type { ParseContext } from '../parse/context.ts';
import { type DefaultEntry, readDefaults, readEntries } from './entries.ts';
import { readExpected } from './expected.ts';
import type { RuleTest } from './rule-test.ts';

/** The rule that tests are about. */
type Tested = Pick<RuleTest, 'kind' | 'rule' | 'isShipped'>;

/** Reads the tests of a document. */
export function readTests(
  document: MapNode,
  tested: Tested,
  base: DefaultEntry,
  context: ParseContext,
): readonly RuleTest[] {
  const { report } = context;
  const tocsin = attributesOf(document).get('tocsin')?.value;
  const attributes = attributesOf(tocsin?.kind === 'map' ? tocsin : null);
  const defaults = readDefaults(attributes.get('defaults'), base, context);
  const entry = attributes.get('tests');
  if (entry === undefined) return [];
  if (entry.value.kind !== 'list') {
    report.error(entry.value.place, `"tests" must be a list, not ${kindName(entry.value)}`);
    return [];
  }
  return entry.value.items.flatMap((node) => readTest(node, tested, defaults, context) ?? []);
}

const SUBJECT_KEYS = ['name', 'entry', 'entries'] as const;
/** The keys of a test of a rule, and of one of a filter. */
export const TEST_KEYS = [...SUBJECT_KEYS, 'match', 'expect'] as const;
export const FILTER_TEST_KEYS = [...SUBJECT_KEYS, 'excluded'] as const;

/** What is asked of rules, not of filters. */
const FILTER_HINTS = new Map(
  ['match', 'expect'].map((key) => [key, 'a filter is tested by "excluded: true" or "excluded: false"']),
);

/** Reads a test; null if it is not a map, which is reported. */
function readTest(node: Node, tested: Tested, base: DefaultEntry, context: ParseContext): RuleTest | null {
  const { report } = context;
  if (node.kind !== 'map') {
    const hint = 'such as {name: …, entry: {…}, match: true}';
    report.error(node.place, `a test must be a map, not ${kindName(node)}`, hint);
    return null;
  }
  const isFilter = tested.kind === 'filter';
  rejectUnknown(node, isFilter ? FILTER_TEST_KEYS : TEST_KEYS, report, isFilter ? FILTER_HINTS : undefined);
  const attributes = attributesOf(node);
  const name = readText(attributes.get('name'), report) ?? 'unnamed';
  const nodes = readSubject(node, attributes, tested.kind, report);
  const entries = readEntries(nodes, base, context);
  const common = { ...tested, name, path: report.path, place: node.place, entries };
  if (isFilter) {
    const excluded = readFlag(attributes.get('excluded'), report) ?? false;
    if (!attributes.has('excluded') && !attributes.has('match'))
      report.error(node.place, 'the test has no "excluded"', 'write "excluded: true" or "excluded: false"');
    return { ...common, match: !excluded, expect: null };
  }
  const match = readFlag(attributes.get('match'), report) ?? false;
  const given = attributes.get('expect');
  const expect = given === undefined ? null : readExpected(given, entries[0]?.at ?? base.at, report);
  if (attributes.has('match') === (expect !== null)) {
    const message = expect === null ? 'the test has no "match"' : 'the test has both "match" and "expect"';
    const hint =
      expect === null ? 'write "match: true", "match: false", or "expect:" and a list of alerts' : 'remove one of them';
    report.error(node.place, message, hint);
  }
  const should = expect === null ? match : expect.length > 0;
  return { ...common, match: should, expect };
}

/** The nodes of a test's entries. */
function readSubject(test: MapNode, attributes: Attributes, kind: RuleTest['kind'], report: Report): readonly Node[] {
  const one = attributes.get('entry');
  const many = attributes.get('entries');
  if (one !== undefined && (many !== undefined || kind === 'correlation')) {
    const message = many === undefined ? 'a correlation has no "entry"' : 'the test has both "entry" and "entries"';
    report.error(one.keyPlace, message, many === undefined ? 'write "entries:" and a list' : 'remove one of them');
    return [];
  }
  if (one !== undefined) return [one.value];
  if (many === undefined) {
    report.error(test.place, `the test has no "${kind === 'correlation' ? 'entries' : 'entry'}"`);
    return [];
  }
  const { value } = many;
  if (value.kind === 'list' && value.items.length > 0) return value.items;
  const what = value.kind === 'list' ? 'an empty list' : kindName(value);
  report.error(value.place, `"entries" must be a list of entries, not ${what}`);
  return [];
}
