/** The checked cases of three open evaluators, where they lie beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EntryBody } from '../../src/audit-log/entry.ts';
import { compile } from '../../src/sigma/match/compile.ts';
import { parseRules } from '../../src/sigma/parse/parse.ts';

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

/** What a case needs that is not evaluated yet: it must be an error, never a wrong answer. */
const UNSUPPORTED = /\|(windash|fieldref|expand)\b/;

describe.skipIf(cases.length === 0)('the cases of other evaluators', () => {
  test('as many are answered as are supported', () => {
    expect(cases.length).toBe(132);
    expect(cases.filter((one) => !UNSUPPORTED.test(one.rule_yaml)).length).toBe(115);
  });

  test.each(cases.map((one, i) => ({ ...one, i })))('$i $suite $test: $expect_match', (one) => {
    const { ruleSet, problems } = parseRules([{ path: 'x.yml', text: one.rule_yaml }], { accepts: () => true });
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (UNSUPPORTED.test(one.rule_yaml)) {
      expect(errors.map(({ message }) => message).join()).toContain('not supported yet');
    } else {
      expect(errors).toEqual([]);
      expect(compile(ruleSet).evaluate(one.event).length > 0).toBe(one.expect_match);
    }
  });
});
