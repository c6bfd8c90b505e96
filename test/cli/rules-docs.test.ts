/** docs/rules.md: its commands do what it says, with the rules on the page. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildRules } from '../../src/cli/rule-files.ts';
import { problemText } from '../../src/sigma/build.ts';
import { runTocsin } from './run-command.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/rules.md'), 'utf8');
const blocks = [...PAGE.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
const ruleBelow = (mark: string): string =>
  blocks.find(({ text }) => text.startsWith(`# ${mark}\n`))?.text.slice(mark.length + 3) ?? '';
const FILE = 'local/kubeconfig_read_with_a_script.yml';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-docs-'));
  mkdirSync(join(folder, 'local'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The words of the page's first call of a command, as a shell splits them. */
function callOf(name: string): string[] {
  const call = new RegExp(`^npm run tocsin -- (${name} .*)$`, 'm').exec(PAGE)?.[1] ?? '';
  return [...call.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

const here = (words: readonly string[]): string[] => [
  ...words.map((word) => word.replace(/^rules\//, `${folder}/`)),
  '--rules',
  folder,
];
const problems = () => buildRules(folder).problems.map((problem) => problemText(problem));

test('`new` writes the rule that is shown', async () => {
  expect(await runTocsin(here(callOf('new')), {})).toMatchObject({ code: 0, err: '' });
  expect(readdirSync(join(folder, 'local'))).toEqual([FILE.slice('local/'.length)]);
  const plain = (text: string) => text.replace(/^id: .*$/m, 'id: <uuid>');
  expect(plain(readFileSync(join(folder, FILE), 'utf8'))).toBe(plain(ruleBelow('written')));
  expect(problems()).toEqual([]);
});

test('the edited rule is sound, and its tests say what the page shows', async () => {
  writeFileSync(join(folder, FILE), ruleBelow('edited'));
  expect(problems()).toEqual([]);
  const output = blocks.find(({ language }) => language === '')?.text;
  expect(await runTocsin(here(callOf('test')), {})).toEqual({ code: 0, out: output, err: '' });
});

test('`backtest` finds what the page is about, and not what it excludes', async () => {
  writeFileSync(join(folder, FILE), ruleBelow('edited'));
  const read = (id: string, client_ip: string, user_agent: string) => ({
    ...{ id, client_ip, user_agent, created_at: '2026-01-05T12:00:00Z', action: 'nks_cluster.kubeconfig_read' },
    ...{ method: 'GET', path: '/v1/nks/clusters/c-1/kubeconfig', status_code: 200 },
    actor: { id: `u-${id}`, name: 'Ada', type: 'user' },
  });
  const log = [
    read('1', '203.0.113.9', 'curl/8.5.0'),
    read('2', '203.0.113.9', 'Mozilla/5.0'),
    read('3', '192.0.2.9', 'curl/8.5.0'),
  ];
  writeFileSync(join(folder, 'log.ndjson'), log.map((entry) => JSON.stringify(entry)).join('\n'));
  const call = callOf('backtest').slice(0, 2);
  const { code, out } = await runTocsin(here([...call, '--file', join(folder, 'log.ndjson'), '--json']), {});
  expect(code).toBe(0);
  expect(JSON.parse(out).rules).toMatchObject([{ matches: 1, alerts: 1 }]);
});
