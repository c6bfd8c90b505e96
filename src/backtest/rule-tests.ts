/**
 * Runs the tests of rules: what matches, and what a ledger with only the tested rule, and those it refers to, would have
 * alerted about.
 *
 * Contract: each test is run by itself, so no other rule changes its result. The alerts are those that the ledger's own code
 * opens (backtest.ts), on virtual time, with one receiver that is notified of `low` and above; a read a minute finds the entries.
 */
import { shownKey } from '../alert/key.ts';
import type { EntryBody } from '../audit-log/entry.ts';
import type { MarkFinding } from '../ledger/model.ts';
import { nodeStore } from '../ledger/store/node-store.ts';
import { migrate } from '../ledger/store/schema.ts';
import type { Store } from '../ledger/store/store.ts';
import {
  type ExpectedAlert,
  type FailedTest,
  formatAt,
  type Parsed,
  type RuleTest,
  runFilterTests,
  runTests,
} from '../sigma/build.ts';
import { type CompileOptions, compile, type Engine, fieldValue, type Rule, withRulesBelow } from '../sigma/index.ts';
import { canonicalJson } from '../text/canonical-json.ts';
import { counted } from '../text/numbers.ts';
import { createBacktest, type PastAlert } from './backtest.ts';
import type { PastEntry } from './past-entry.ts';

/** The fields that an expected alert may give. */
type Shown = { readonly [field in keyof ExpectedAlert]: NonNullable<ExpectedAlert[field]> };

/** Runs the tests of rules, each on the rules that it is about; returns those that fail, in their order. */
export function testRules(
  { ruleSet, shipped, filters, tests }: Pick<Parsed, 'ruleSet' | 'shipped' | 'filters' | 'tests'>,
  options: Pick<CompileOptions, 'derived'>,
): readonly FailedTest[] {
  const failed = new Map<RuleTest, FailedTest>();
  let ledger: TestLedger | null = null;
  const isOfFilter = ({ kind }: RuleTest): boolean => kind === 'filter';
  for (const each of runFilterTests(filters, tests.filter(isOfFilter), options)) failed.set(each.test, each);
  const ofRules = tests.filter((test) => !isOfFilter(test));
  for (const own of Map.groupBy(ofRules, ({ rule, isShipped }) => `${isShipped} ${rule}`).values()) {
    const [{ rule = '', isShipped = false } = {}] = own;
    const { version, rules } = isShipped ? shipped : ruleSet;
    const engine = compile({ version, rules: ownRules(rules, rule) }, options);
    for (const each of runTests(
      engine,
      own.filter(({ expect }) => expect === null),
    ))
      failed.set(each.test, each);
    for (const test of own) {
      if (test.expect === null) continue;
      ledger ??= openTestLedger();
      const found = engine.rules.get(rule)?.alerts
        ? differences(test, test.expect, ledger.alertsOf(engine, test))
        : 'the rule opens no alerts: only correlations count its matches';
      if (found !== null) failed.set(test, { test, matched: !test.match, found });
    }
  }
  ledger?.close();
  return tests.flatMap((test) => failed.get(test) ?? []);
}

/** A rule, and those it refers to, directly or through others; in the order of `rules`. */
function ownRules(rules: readonly Rule[], id: string): readonly Rule[] {
  const own = withRulesBelow(
    rules.filter((rule) => rule.id === id),
    new Map(rules.map((rule) => [rule.id, rule])),
  );
  return rules.filter((rule) => own.has(rule));
}

interface TestLedger {
  /** The alerts of the tested rule, in the order in which they opened. */
  alertsOf(engine: Engine, test: RuleTest): readonly Shown[];
  close(): void;
}

/** One database for all tests: making its tables takes longer than most of them. */
function openTestLedger(): TestLedger {
  const store = nodeStore();
  migrate(store);
  const tables = store
    .all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_migrations'")
    .map(({ name }) => name);
  return {
    alertsOf: (engine, test) => {
      clear(store, tables);
      const run = createBacktest({ engine, store });
      run.add(pastEntries(test));
      return run.end().alerts.flatMap((alert) => (alert.rule === test.rule ? [shown(alert)] : []));
    },
    close: () => store.close(),
  };
}

function clear(store: Store, tables: readonly string[]): void {
  store.transaction(() => {
    for (const table of tables) store.run(`DELETE FROM ${table}`);
  });
}

/** A test's entries as a ledger records them: one that it has already is not, and another with the same id is a revision. */
function pastEntries({ entries }: RuleTest): readonly PastEntry[] {
  const known = new Map<string, Set<string>>();
  return entries.flatMap(({ body, at }, index): PastEntry[] => {
    const { tocsin: _, ...own } = body;
    const id = typeof own.id === 'string' ? own.id : `entry-${index + 1}`;
    const versions = known.get(id) ?? new Set();
    const revision = versions.size;
    known.set(id, versions.add(canonicalJson(own)));
    if (versions.size === revision) return [];
    return [{ id, createdAt: at, occurredAt: at, body: own, mark: markOf(body), revision }];
  });
}

function markOf(body: EntryBody): MarkFinding | null {
  const mark = fieldValue(body, 'tocsin.mark');
  return mark === 'own' || mark === 'missing' || mark === 'reused' ? mark : null;
}

function shown({ keyParts, count, notified, level, firstAt }: PastAlert): Shown {
  const notifications = Object.values(notified).reduce((sum, one) => sum + one, 0);
  return { key: keyParts, matches: count, notifications, level, at: firstAt };
}

/** How alerts differ from the expected ones; null if they don't. */
function differences(test: RuleTest, expected: readonly ExpectedAlert[], alerts: readonly Shown[]): string | null {
  const isSame =
    expected.length === alerts.length && expected.every((each, i) => wrongFields(each, alerts[i]).length === 0);
  if (isSame) return null;
  const beganAt = test.entries[0]?.at ?? 0;
  const lines = alerts.map((alert, i) => {
    const wrong = expected[i] === undefined ? null : wrongFields(expected[i], alert);
    const why = wrong === null ? 'not expected' : wrong.length === 0 ? null : `${wrong.join(' and ')} not as expected`;
    return `${alertText(alert, beganAt)}${why === null ? '' : ` (${why})`}`;
  });
  const missing = expected.slice(alerts.length).map((alert) => alertText(alert, beganAt));
  const opened = `it opens ${alerts.length === 0 ? 'no alert' : counted(alerts.length, 'alert')}`;
  return [
    `${opened}${lines.length === 0 ? '' : `: ${lines.join(', ')}`}`,
    ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
  ].join('; ');
}

function wrongFields(expected: ExpectedAlert, alert: Shown | undefined): readonly (keyof Shown)[] {
  if (alert === undefined) return [];
  const fields = Object.keys(alert) as (keyof Shown)[];
  return fields.filter((field) => expected[field] !== null && valueText(expected, field) !== valueText(alert, field));
}

/** A field to compare. Of a key, the order of its fields does not count, and values are those that people see. */
function valueText({ key, ...others }: ExpectedAlert, field: keyof Shown): string {
  if (field !== 'key') return canonicalJson(others[field]);
  return canonicalJson(Object.fromEntries(shownKey(key ?? []).map((part) => [part.field, part.value])));
}

/** An alert as one writes it in a test. */
function alertText({ key, matches, notifications, level, at }: ExpectedAlert, beganAt: number): string {
  const parts = [
    key && `key: {${key.map(({ field, value }) => `${field}: ${scalarText(value)}`).join(', ')}}`,
    matches && `matches: ${matches}`,
    notifications === null ? null : `notifications: ${notifications}`,
    level && `level: ${level}`,
    at === null ? null : `at: ${formatAt(at, beganAt)}`,
  ];
  return `{${parts.filter((part) => part !== null).join(', ')}}`;
}

/** A value as YAML in a map on one line. */
function scalarText(value: unknown): string {
  const isPlain = typeof value === 'string' && /^\w([\w./@:-]*\w)?$/.test(value) && !/^(null|true|false)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}
