/** The rules that come with Tocsin. */

import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRuleFiles } from '../../src/cli/rule-files.ts';
import { compile } from '../../src/sigma/engine.ts';
import { parseRules } from '../../src/sigma/parse-rules.ts';
import { runTests } from '../../src/sigma/rule-tests.ts';

const files = readRuleFiles(resolve(import.meta.dirname, '../../rules'));
const { ruleSet, problems, tests } = parseRules(files);

describe('the pack', () => {
  test('has no problems', () => {
    expect(problems).toEqual([]);
  });

  test('its own tests pass', () => {
    expect(runTests(compile(ruleSet), tests)).toEqual([]);
  });

  test.each(files.map(({ path }) => [path]))('%s has a name as Sigma demands', (path) => {
    expect(path.split('/').at(-1)).toMatch(/^[a-z0-9_]{10,66}\.yml$/);
  });

  test.each(ruleSet.rules.map((rule) => [rule.title, rule] as const))('%s says all that a person needs', (_, rule) => {
    expect(rule.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(rule.description).not.toBe(null);
    const own = tests.filter((one) => one.rule === rule.id);
    expect(new Set(own.map(({ match }) => match)).size).toBe(2);
    if (!rule.alerts) return;
    expect(rule.tocsin.runbook).not.toBe(null);
    expect(rule.falsepositives.length).toBeGreaterThan(0);
    expect(rule.tags.some((tag) => tag.startsWith('attack.'))).toBe(true);
  });
});
