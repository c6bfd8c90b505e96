/** The checked cases of three open evaluators, where they lie beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EntryBody } from '../../src/audit-log/entry.ts';
import { compile } from '../../src/sigma/engine.ts';
import { parseRules } from '../../src/sigma/parse-rules.ts';

const FILE = resolve(import.meta.dirname, '../../../shared/sigma/conformance.jsonl');

interface Case {
  readonly suite: string;
  readonly test: string;
  readonly rule_yaml: string;
  readonly event: EntryBody;
  readonly expect_match: boolean;
}

const cases: readonly Case[] = existsSync(FILE)
  ? readFileSync(FILE, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];

/** What the evaluators gave for the one placeholder in their cases. */
const LISTS = { path: 'lists/admins.yml', text: 'Admins_Workstations: [AdminMachine]\n' };

describe.skipIf(cases.length === 0)('the cases of other evaluators', () => {
  test('are as many as there were', () => {
    expect(cases.length).toBe(132);
  });

  test.each(cases.map((one, i) => ({ ...one, i })))('$i $suite $test: $expect_match', (one) => {
    const lists = one.rule_yaml.includes('|expand') ? [LISTS] : [];
    const { ruleSet, problems } = parseRules([{ path: 'x.yml', text: one.rule_yaml }], { lists });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(ruleSet.rules).toHaveLength(1);
    expect(compile(ruleSet).evaluate(one.event).length > 0).toBe(one.expect_match);
  });
});
