/** What building a folder of rules finds, where the tests of rules and filters meet. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { buildRules } from '../../src/cli/rule-files.ts';
import { problemText } from '../../src/yaml/diagnostics.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function problemsOf(files: Readonly<Record<string, string>>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return buildRules(folder).problems.map((problem) => problemText(problem));
}

const RULE = `title: Deleted
id: 0b8f5a53-7a3f-4b5e-9a0e-3b7f6f0f5d21
name: deleted
logsource: {product: nirvana, service: audit}
detection: {s: {method: DELETE}, condition: s}
tocsin:
  tests:
    - {name: it is, entry: {method: DELETE}, match: true}
    - {name: it is not, entry: {method: GET}, match: false}
`;
const filter = (condition: string): string => `title: Not by CI
logsource: {product: nirvana, service: audit}
filter: {rules: [deleted], ci: {actor.type: api_key}, condition: ${condition}}
`;
const EXCLUDES =
  'the filter "Not by CI" excludes every entry with which the tests of the rule "Deleted" match (is a "not" missing in its condition? If it is right, add a test with an entry that it leaves: {entry: …, excluded: false})';

test.each([
  ['of one’s own', 'local/deleted.yml', `local/ci.yml:1:1: error: ${EXCLUDES}`],
  ['of others', 'deleted.yml', `local/ci.yml:1:1: warning: ${EXCLUDES}`],
])('a filter without "not" on a rule %s is one problem', (_, path, problem) => {
  expect(problemsOf({ [path]: RULE, 'local/ci.yml': filter('ci') })).toEqual([problem]);
  expect(problemsOf({ [path]: RULE, 'local/ci.yml': filter('not ci') })).toEqual([]);
});

test('another test that fails is a problem of its own', () => {
  const wrong = RULE.replace('entry: {method: GET}', 'entry: {method: DELETE, actor.type: api_key}');
  const problems = problemsOf({ 'local/deleted.yml': wrong, 'local/ci.yml': filter('ci') });
  expect(problems).toHaveLength(2);
  expect(problems[0]).toContain('the test "it is not" fails');
  expect(problems[1]).toContain('excludes every entry');
});
