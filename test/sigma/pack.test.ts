/** The rules that come with Tocsin. */

import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import { testRules } from '../../src/backtest/rule-tests.ts';
import { readRuleFiles, TOCSIN } from '../../src/cli/rule-files.ts';
import { parseRules } from '../../src/sigma/parse-rules.ts';
import { listedRules } from '../../src/sigma/rule.ts';
import { testProblem } from '../../src/sigma/rule-tests/run.ts';
import { problemText } from '../../src/yaml/diagnostics.ts';

const { rules: files, ...others } = readRuleFiles(resolve(import.meta.dirname, '../../rules'));
const { ruleSet, shipped, filters, tunings, problems, tests } = parseRules(files, { ...TOCSIN, ...others });

describe('the pack', () => {
  test('has no problems', () => {
    expect(problems).toEqual([]);
  });

  test('comes with nothing tuned', () => {
    expect(others.tuning.map(({ path }) => path)).toEqual(['tuning.yml']);
    expect(tunings).toEqual([]);
  });

  test('has a tuning file whose examples are right', () => {
    const [, ...examples] = others.tuning[0]?.text.split('#\n') ?? [];
    const text = examples.join('').replaceAll(/^# ?/gm, '');
    const { tunings: tuned, problems: found } = parseRules(files, {
      ...TOCSIN,
      tuning: [{ path: 'tuning.yml', text }],
    });
    expect(tuned.map(({ isEnabled }) => isEnabled)).toEqual([true, false]);
    expect(found.map((problem) => problemText(problem))).toEqual([]);
  });

  test('its own tests pass', () => {
    expect(
      testRules({ ruleSet, shipped, filters, tests }, { derived: DERIVED_FIELDS }).map((failed) =>
        problemText(testProblem(failed)),
      ),
    ).toEqual([]);
  });

  test.each(files.map(({ path }) => [path]))('%s has a name as Sigma demands', (path) => {
    expect(path.split('/').at(-1)).toMatch(/^[a-z0-9_]{10,66}\.yml$/);
  });

  test.each(listedRules(ruleSet.rules).map((rule) => [rule.title, rule] as const))(
    '%s says all that a person needs',
    (_, rule) => {
      expect(rule.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(rule.description).not.toBe(null);
      const own = tests.filter((one) => one.rule === rule.id);
      for (const match of [true, false]) expect(own.some((one) => one.match === match)).toBe(true);
      if (!rule.alerts) return;
      expect(rule.tocsin.runbook).not.toBe(null);
      expect(rule.noise).not.toBe(null);
      expect(rule.falsepositives.length).toBeGreaterThan(0);
      expect(rule.tags.some((tag) => tag.startsWith('attack.'))).toBe(true);
    },
  );
});
