/** docs/sigma.md: every rule in it is sound and does what its text says, every output is the real one. And README.md's. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRuleFiles } from '../../../src/cli/rule-files.ts';
import { parseRules, problemText, runTests } from '../../../src/sigma/build.ts';
import { compile, createSequence, type EntryBody } from '../../../src/sigma/index.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/sigma.md'), 'utf8');

interface Block {
  readonly language: string;
  readonly text: string;
  /** The file named in its first line. */
  readonly path: string | null;
  readonly isWrong: boolean;
}

const blocks: readonly Block[] = [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => {
  const [, wrong, path] = /^# (wrong: )?rules\/(\S+)\n/.exec(text) ?? [];
  return { language, text, path: path ?? null, isWrong: wrong !== undefined };
});
const sound = blocks.filter(({ language, isWrong }) => language === 'yaml' && !isWrong);

/** The block that follows the first one of which `of` holds. */
function blockAfter(of: (block: Block) => boolean): string {
  return blocks[blocks.findIndex(of) + 1]?.text ?? '';
}

// Filters and lists of the page may be about each other, and about the rules that come with Tocsin.
const pack = readRuleFiles(join(ROOT, 'rules')).filter(({ path }) => !path.startsWith('lists/'));
const { ruleSet, problems, tests } = parseRules([
  ...pack,
  ...sound.map(({ path, text }) => ({ path: path ?? '', text })),
]);

describe('the page', () => {
  test.each(sound.map(({ text, path }) => [path ?? text]))('%s is sound', (path) => {
    expect(path).toMatch(/^(local|lists)\/[a-z0-9_]+\.yml$/);
    expect(problems.filter((problem) => problem.path === path).map((problem) => problemText(problem))).toEqual([]);
  });

  test('causes no problems in the rules that come with Tocsin', () => {
    expect(problems).toEqual([]);
  });

  test('its rules’ own tests pass', () => {
    expect(tests.filter(({ path }) => path.startsWith('local/')).length).toBeGreaterThan(3);
    expect(runTests(compile(ruleSet), tests)).toEqual([]);
  });

  test('the problems of the wrong rule are those on the page', () => {
    const wrong = blocks.find(({ isWrong }) => isWrong);
    const lists = sound.filter(({ path }) => path?.startsWith('lists/'));
    const said = parseRules(
      [...lists, ...(wrong === undefined ? [] : [wrong])].map((block) => ({
        path: block.path ?? '',
        text: block.text,
      })),
    ).problems.filter(({ path }) => path === wrong?.path);
    const lines = said.map((problem) => problemText(problem, 'rules/')).join('\n');
    expect(blockAfter(({ isWrong }) => isWrong).trim()).toBe(lines);
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

describe('the rules of README.md', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const rules = [...readme.matchAll(/^```yaml\n(title:.*?)^```$/gms)].map(([, text = '']) => [text] as const);

  test.each(rules)('%s', (text) => {
    const { problems } = parseRules([...pack, { path: 'local/readme.yml', text }]);
    expect(problems.map((problem) => problemText(problem))).toEqual([]);
  });

  test('are there', () => {
    expect(rules.length).toBeGreaterThan(1);
  });
});

/** The indexes of the entries, each `stepMs` after the one before, at which a rule matches. */
function matchIndexes(title: string, entries: readonly EntryBody[], stepMs = 1_000): readonly number[] {
  const sequence = createSequence(compile(ruleSet));
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
    [
      'what is rare',
      'An action unusual for this actor',
      [...times(99, answered(200, { action: 'vm.read' })), answered(200, { action: 'vm.deleted' })],
      [99],
    ],
    [
      'what is not',
      'An action unusual for this actor',
      [...times(50, answered(200, { action: 'vm.read' })), answered(200, { action: 'vm.deleted' })],
      [],
    ],
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
