/** The snippets of VS Code: what they insert is sound, and its tests pass. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DERIVED_FIELDS } from '../src/audit-log/derived-fields.ts';
import { testRules } from '../src/backtest/rule-tests.ts';
import { readRuleFiles, TOCSIN } from '../src/cli/rule-files.ts';
import { schemaComment } from '../src/cli/schemas/schemas.ts';
import { parseRules, problemText, testProblem } from '../src/sigma/build.ts';

const TOP = join(import.meta.dirname, '..');
const SNIPPETS = JSON.parse(readFileSync(join(TOP, '.vscode/rules.code-snippets'), 'utf8')) as {
  readonly [name: string]: { readonly prefix: string; readonly body: readonly string[] };
};

/** What is inserted where nothing is typed. */
function inserted(body: readonly string[]): string {
  return body
    .join('\n')
    .replace(/\$\{UUID\}/g, () => randomUUID())
    .replace(/\$\{\d+:([^}]*)\}/g, '$1')
    .replace(/\$\{\d+\|([^,|]*)[^}]*\|\}/g, '$1')
    .replace(/\$0$/, '')
    .replaceAll('\\$', '$');
}

describe('the snippet', () => {
  const { rules: pack } = readRuleFiles(join(TOP, 'rules'));

  test.each(Object.values(SNIPPETS).map(({ prefix, body }) => [prefix, inserted(body)] as const))(
    '%s',
    (prefix, text) => {
      const isTuning = prefix === 'tuning';
      if (!isTuning) expect(text.split('\n')[0]).toBe(schemaComment('local/mine.yml', 'rule'));
      const files = isTuning ? pack : [...pack, { path: 'local/mine.yml', text }];
      const parsed = parseRules(files, { ...TOCSIN, tuning: isTuning ? [{ path: 'tuning.yml', text }] : [] });
      expect(parsed.problems.map((problem) => problemText(problem))).toEqual([]);
      expect(testRules(parsed, { derived: DERIVED_FIELDS }).map((failed) => problemText(testProblem(failed)))).toEqual(
        [],
      );
      if (!isTuning)
        expect(parsed.tests.filter(({ path }) => path === 'local/mine.yml').map(({ match }) => match)).toEqual(
          prefix === 'rule filter' ? [false, true] : [true, false],
        );
    },
  );
});
