/** docs/sigma.md: every rule in it is sound and does what its text says, every output is the real one. And README.md's. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_ENTRY } from '../../../src/audit-log/default-entry.ts';
import { DERIVED_FIELDS } from '../../../src/audit-log/derived-fields.ts';
import { ENTRY_FIELDS } from '../../../src/audit-log/entry-fields.ts';
import { withObserved } from '../../../src/audit-log/observed-fields.ts';
import { testRules } from '../../../src/backtest/rule-tests.ts';
import { readRuleFiles, TOCSIN } from '../../../src/cli/rule-files.ts';
import { parseRouting, timesOf } from '../../../src/routing/routing-file.ts';
import { parseRules, problemText, testProblem } from '../../../src/sigma/build.ts';
import { compile, createSequence, type EntryBody } from '../../../src/sigma/index.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/sigma.md'), 'utf8');

interface Block {
  readonly language: string;
  readonly text: string;
  /** The file named in its first line. */
  readonly path: string | null;
  readonly isWrong: boolean;
  /** Its tests fail. */
  readonly fails: boolean;
}

const blocks: readonly Block[] = [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => {
  const [, marked, path] = /^# (wrong: |failing: )?rules\/(\S+)\n/.exec(text) ?? [];
  return { language, text, path: path ?? null, isWrong: marked === 'wrong: ', fails: marked === 'failing: ' };
});
const yaml = blocks.filter(({ language, isWrong, fails }) => language === 'yaml' && !isWrong && !fails);
const [routing = [], sound = []] = [true, false].map((is) =>
  yaml.filter(({ path }) => (path === 'routing.yml') === is),
);

/** The block that follows the first one of which `of` holds. */
function blockAfter(of: (block: Block) => boolean): string {
  return blocks[blocks.findIndex(of) + 1]?.text ?? '';
}

// Filters and lists of the page may be about each other, and about the rules that come with Tocsin.
const pack = readRuleFiles(join(ROOT, 'rules')).rules;
const isList = ({ path }: Block): boolean => path?.startsWith('lists/') === true;
const isObserved = ({ path }: Block): boolean => path === 'observed.yml';
const filesOf = (those: readonly Block[]) => those.map(({ path, text }) => ({ path: path ?? '', text }));
const isTuning = ({ path }: Block): boolean => path === 'tuning.yml';
const isRule = (block: Block): boolean => !isList(block) && !isTuning(block) && !isObserved(block);
const observed = withObserved(ENTRY_FIELDS, filesOf(sound.filter(isObserved))[0] ?? null);
const named = { ranges: timesOf(filesOf(routing)), where: '' };
// Its rules show one thing each, not all that a rule should have.
const options = { ...TOCSIN, expects: [], fields: observed.fields, lists: filesOf(sound.filter(isList)), times: named };
const parsed = parseRules([...pack, ...filesOf(sound.filter(isRule))], {
  ...options,
  tuning: filesOf(sound.filter(isTuning)),
});
const { ruleSet, problems, tests, times: usedTimes } = parsed;

describe('the page', () => {
  test.each(sound.map(({ text, path }) => [path ?? text]))('%s is sound', (path) => {
    expect(path).toMatch(/^((local|lists)\/[a-z0-9_]+|tuning|observed)\.yml$/);
    expect(problems.filter((problem) => problem.path === path).map((problem) => problemText(problem))).toEqual([]);
  });

  test('its times are sound, and all are used', () => {
    const found = parseRouting(filesOf(routing), [], [], null, usedTimes).problems;
    expect(found.map((problem) => problemText(problem))).toEqual([]);
    expect(usedTimes.size).toBeGreaterThan(0);
  });

  test('causes no problems in the rules that come with Tocsin', () => {
    expect([...problems, ...observed.problems]).toEqual([]);
  });

  test('its rules’ own tests pass', () => {
    expect(tests.filter(({ path }) => path.startsWith('local/')).length).toBeGreaterThan(3);
    expect(testRules(parsed, { derived: DERIVED_FIELDS }).map((failed) => problemText(testProblem(failed)))).toEqual(
      [],
    );
  });

  test('the problems of the wrong rule are those on the page', () => {
    const wrong = blocks.find(({ isWrong }) => isWrong);
    const said = parseRules(filesOf(wrong === undefined ? [] : [wrong]), options).problems.filter(
      ({ path }) => path === wrong?.path,
    );
    const lines = said.map((problem) => problemText(problem, 'rules/')).join('\n');
    expect(blockAfter(({ isWrong }) => isWrong).trim()).toBe(lines);
  });

  test('a failed test says what is on the page', () => {
    const failing = blocks.find(({ fails }) => fails);
    const { problems: none, ...rest } = parseRules(filesOf(failing === undefined ? [] : [failing]), options);
    expect(none.filter(({ path }) => path === failing?.path)).toEqual([]);
    const failed = testRules(rest, { derived: DERIVED_FIELDS });
    const lines = failed.map((each) => problemText(testProblem(each), 'rules/')).join('\n');
    expect(blockAfter(({ fails }) => fails).trim()).toBe(lines);
  });

  test('its program runs, and prints what it shows', () => {
    const program = blocks.find(({ language }) => language === 'ts')?.text ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-docs-'));
    try {
      const file = join(folder, 'program.ts');
      writeFileSync(file, program.replaceAll("'./src/", `'${ROOT}/src/`));
      const output = execFileSync(process.execPath, [file], { encoding: 'utf8' });
      expect(output.trim()).toBe(blockAfter(({ language }) => language === 'ts').trim());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('the entry that those of tests differ from is the one on the page', () => {
  const shown = blocks.find(({ language, text }) => language === 'json' && text.includes('"vm.read"'));
  const first = { ...DEFAULT_ENTRY, id: String(DEFAULT_ENTRY.id).replace(/0$/, '1') };
  expect(JSON.parse(shown?.text ?? '')).toEqual(first);
});

describe('the rules of README.md', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const rules = [...readme.matchAll(/^```yaml\n(title:.*?)^```$/gms)].map(([, text = '']) => [text] as const);

  test.each(rules)('%s', (text) => {
    const { problems } = parseRules([...pack, { path: 'local/readme.yml', text }], { ...TOCSIN, expects: [] });
    expect(problems.map((problem) => problemText(problem))).toEqual([]);
  });

  test('are there', () => {
    expect(rules.length).toBeGreaterThan(1);
  });
});

/** The indexes of the entries, each `stepMs` after the one before, at which a rule matches. */
function matchIndexes(title: string, entries: readonly EntryBody[], stepMs = 1_000): readonly number[] {
  const sequence = createSequence(compile(ruleSet, { derived: DERIVED_FIELDS }));
  return entries.flatMap((entry, i) => {
    const { matches, correlationMatches } = sequence.add(entry, Date.parse('2026-01-01T00:00:00Z') + i * stepMs);
    return [...matches, ...correlationMatches].some(({ rule }) => rule.title === title) ? [i] : [];
  });
}

const times = (count: number, entry: EntryBody): EntryBody[] => Array.from({ length: count }, () => entry);
const durations = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);
const ADA = { id: 'u-1', name: 'Ada', type: 'user' };
const REFUSED = { status_code: 403, client_ip: '192.0.2.9', actor: ADA };
const KUBECONFIG = { path: '/v1/nks/clusters/c-1/kubeconfig', status_code: 200, actor: ADA };
const KEY = { action: 'api_key.created', status_code: 201, actor: ADA, target: { id: 'k-9' } };
const APPROVAL = { path: '/v1/approvals', actor: ADA };
const usedFrom = (i: number) => ({ actor: { id: 'k-1', type: 'api_key' }, client_ip: `192.0.2.${i}` });
const answered = (status_code: number, more: EntryBody = {}) => ({ status_code, actor: ADA, ...more });
const deleted = (more: EntryBody) => ({ action: 'api_key.deleted', status_code: 204, ...more });

describe('its rules', () => {
  test.each<readonly [text: string, title: string, entries: readonly EntryBody[], matchIndexes: readonly number[]]>([
    ['twenty refusals from one address', 'Many refusals from one address', times(20, REFUSED), [19]],
    [
      'not from two',
      'Many refusals from one address',
      times(20, REFUSED).map((entry, i) => ({ ...entry, client_ip: `192.0.2.${i % 2}` })),
      [],
    ],
    [
      'not those of a load test',
      'Many refusals from one address',
      [...times(20, { ...REFUSED, user_agent: 'k6/1.4.0' }), ...times(19, REFUSED)],
      [],
    ],
    ['a key from five addresses', 'One API key, many addresses', [1, 2, 3, 4, 5].map(usedFrom), [4]],
    ['not five times from four', 'One API key, many addresses', [1, 2, 3, 4, 1].map(usedFrom), []],
    ['a kubeconfig and a key', 'Kubeconfig read and API key made', [KUBECONFIG, KEY], [1]],
    ['in whatever order', 'Kubeconfig read and API key made', [KEY, KUBECONFIG], [1]],
    ['by one actor', 'Kubeconfig read and API key made', [KEY, { ...KUBECONFIG, actor: { id: 'u-2' } }], []],
    ['generate: they alert by themselves', 'A kubeconfig was read', [KUBECONFIG], [0]],
    ['without approval', 'Secrets taken without an approved change', [KUBECONFIG, KEY], [0, 1]],
    ['with it', 'Secrets taken without an approved change', [APPROVAL, KUBECONFIG, KEY], []],
    [
      'refusals and a success',
      'Many refusals, then a success',
      [...times(20, REFUSED), { ...REFUSED, status_code: 200 }],
      [20],
    ],
    ['a success alone', 'Many refusals, then a success', [...times(19, REFUSED), { ...REFUSED, status_code: 200 }], []],
    [
      'a gigabyte',
      'A gigabyte read in an hour',
      [6e8, 5e8].map((response_bytes) => answered(200, { response_bytes })),
      [1],
    ],
    [
      'an average',
      'Large responses on average',
      [1e7, 9e6, 3e7].map((response_bytes) => answered(200, { response_bytes })),
      [2],
    ],
    [
      'a median',
      'Half of all requests are slow',
      [100, 1_000, 5_000].map((duration_ms) => answered(200, { duration_ms })),
      [2],
    ],
    [
      'a percentile',
      'One request in twenty is slow',
      [...durations(18, 100), 9_000, 9_000].map((duration_ms) => answered(200, { duration_ms })),
      [19],
    ],
    ['what is rare', 'A rare status', [...times(999, answered(200)), answered(418)], [999]],
    ['what is not', 'A rare status', [...times(500, answered(200)), answered(418)], []],
    [
      'a key is used as soon as it is made',
      'A new API key is used at once',
      [KEY, { actor: { id: 'k-9', type: 'api_key' } }],
      [1],
    ],
    ['another key', 'A new API key is used at once', [KEY, { actor: { id: 'k-8', type: 'api_key' } }], []],
    [
      'the filter leaves out what its selection finds',
      'API key deleted',
      [deleted({ actor: { name: 'terraform' }, client_ip: '192.0.2.3' })],
      [],
    ],
    [
      'and nothing else',
      'API key deleted',
      [
        deleted({ actor: { name: 'terraform' }, client_ip: '203.0.113.3' }),
        deleted({ actor: ADA, client_ip: '192.0.2.3' }),
      ],
      [0, 1],
    ],
    [
      'a list',
      'Security settings changed by somebody else',
      ['eve@example.com', 'Ada@example.com', 'bob@ops.example.com'].map((name) => ({
        method: 'PATCH',
        path: '/v1/user/security',
        actor: { name },
      })),
      [0],
    ],
  ])('%s', (_, title, entries, wanted) => {
    expect(matchIndexes(title, entries)).toEqual(wanted);
  });
});
