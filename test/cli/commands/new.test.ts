/** `tocsin new`: every rule that it writes is sound, with tests that pass, and finds what was asked for. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../src/access/seal.ts';
import { makeToken, TOKEN_BYTES } from '../../../src/access/viewer.ts';
import { buildRules } from '../../../src/cli/rule-files.ts';
import { main } from '../../../src/cli/tocsin.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../local-tocsin.ts';
import { runTocsin } from '../run-command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: readonly string[]) => runTocsin(['new', ...args, '--rules', folder], {});
const textOf = (name: string) => readFileSync(join(folder, 'local', `${name}.yml`), 'utf8');
/** What a deploy would stop at. */
const unsound = () => buildRules(folder).problems.filter(({ severity }) => severity !== 'notice');

test('by options: the file, what it holds, and what to do next', async () => {
  const { code, out, err } = await run('--action', 'vm.deleted', '--by', 'api_key', '--level', 'high');
  expect([code, err]).toEqual([0, '']);
  expect(
    out.replaceAll(folder, 'rules'),
  ).toBe(`rules/local/vm_deleted_by_an_api_key.yml written: vm.deleted by an API key (high), 4 tests passed

Look at it, then try it:
  npm run tocsin -- test rules/local/vm_deleted_by_an_api_key.yml --rules rules
  npm run tocsin -- backtest vm_deleted_by_an_api_key --since 30d --rules rules
  npm run deploy
`);
  expect(
    textOf('vm_deleted_by_an_api_key').replace(/^id: [0-9a-f-]{36}$/m, 'id: <uuid>'),
  ).toBe(`# yaml-language-server: $schema=../../docs/schemas/rule.schema.json
title: vm.deleted by an API key
id: <uuid>
name: vm_deleted_by_an_api_key
status: experimental
logsource: { product: nirvana, service: audit }
detection:
  found:
    action: vm.deleted
  by:
    actor.type: api_key
  succeeded:
    status_code|lt: 400
  condition: found and by and succeeded
level: high
tocsin:
  runbook: Ask the actor whether they meant to. # Say what to do, for whom it wakes.
  tests:
    - name: it is found
      entry: { action: vm.deleted, actor.type: api_key }
      match: true
    - name: not something else
      entry: { actor.type: api_key, action: vm.read }
      match: false
    - name: not by another
      entry: { action: vm.deleted, actor.type: user }
      match: false
    - name: not refused
      entry: { action: vm.deleted, actor.type: api_key, status_code: 403 }
      match: false
`);
  expect(unsound()).toEqual([]);
  expect((await runTocsin(['test', '--rules', folder], {})).out).toBe('4 tests of 1 rule passed\n');
});

test.each<readonly [name: string, args: readonly string[], tests: number]>([
  ['vm_read', ['--action', 'vm.read'], 3],
  ['rule', ['--action', '*'], 2],
  ['everything', ['--action', '*.deleted', '--answers', 'any', '--title', 'Everything!'], 2],
  ['x', ['--method', 'get', '--title', 'x'], 3],
  ['by_method', ['--method', 'DELETE', '--title', 'by method', '--by', 'user'], 4],
  ['refused', ['--path', '/v1/nks/clusters/{id}/kubeconfig', '--answers', 'refused', '--title', 'refused'], 3],
  ['a_new_path', ['--path', '/v2/things/{id}', '--title', 'A new: path', '--answers', 'failed'], 3],
  ['by_pattern', ['--path', '/v1/*/vms*', '--title', 'by pattern'], 3],
  ['by_name', ['--action', 'vm.deleted', '--by', 'Eve *\\ "E"', '--title', 'by name'], 4],
  ['many', ['--action', 'vm.deleted', '--count', '5', '--within', '10m', '--title', 'many'], 5],
  ['very_many', ['--action', 'vm.deleted', '--count', '1000', '--within', '1m', '--title', 'very many'], 5],
  ['by_address', ['--action', 'vm.deleted', '--count', '2', '--group-by', 'client_ip', '--title', 'by address'], 5],
])('%s: sound, and its tests pass', async (name, args, tests) => {
  const { code, out, err } = await run(...args);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain(`/local/${name}.yml written`);
  expect(unsound()).toEqual([]);
  expect(buildRules(folder).tests).toHaveLength(tests);
});

describe('from a file', () => {
  const ENTRY = {
    id: 'e-1',
    action: 'vm.deleted',
    actor: { id: 'u-7', name: 'Ada *', type: 'user' },
    status_code: 403,
    method: 'DELETE',
    path: '/v1/compute/vms/v-77',
    user_agent: 'curl/8.5\n# x',
  };
  const from = (entry: object, ...args: readonly string[]) => {
    writeFileSync(join(folder, 'entry.json'), JSON.stringify(entry));
    return run('--file', join(folder, 'entry.json'), ...args);
  };

  test('what it did, with its answer; the rest is a comment', async () => {
    expect((await from(ENTRY)).code).toBe(0);
    const text = textOf('vm_deleted_refused');
    expect(text).toContain('    action: vm.deleted\n  refused:\n    status_code: [401, 403]\n');
    expect(text).toContain('  #   actor.name: "Ada \\\\*"\n');
    expect(text).toContain('  #   user_agent: "curl/8.5\\n# x"\n');
    expect(unsound()).toEqual([]);
  });

  test('without an action, by its request', async () => {
    const { action: _, ...entry } = ENTRY;
    expect((await from({ ...entry, status_code: 204 }, '--title', 'x')).code).toBe(0);
    expect(textOf('x')).toContain('    method: DELETE\n    tocsin.path_template: "/v1/compute/vms/{id}"\n');
    expect(textOf('x').match(/^ +entry: .*v-77/gm)).toBeNull();
    expect(unsound()).toEqual([]);
  });

  test('that has nothing to look for, or is no entry', async () => {
    expect(await from({ id: 'x' })).toMatchObject({
      code: 1,
      err: expect.stringContaining('no action, method or path'),
    });
    expect(await from([])).toMatchObject({ code: 1, err: expect.stringContaining('is a list') });
    expect(await run('--file', join(folder, 'none.json'))).toMatchObject({ code: 1 });
  });
});

test('no file is written over another, nor with --dry-run; as JSON', async () => {
  const path = join(folder, 'local/vm_deleted.yml');
  const dry = await run('--action', 'vm.deleted', '--dry-run');
  expect(dry.out).toContain('title: vm.deleted\n');
  expect(dry.out).toContain(`It would be written to ${path}.\n`);
  expect(existsSync(path)).toBe(false);
  const { code, out } = await run('--action', 'vm.deleted', '--json');
  expect(code).toBe(0);
  const text = readFileSync(path, 'utf8');
  expect(JSON.parse(out)).toMatchObject({ path, written: true, name: 'vm_deleted', tests: 3, text, problems: [] });
  expect(await run('--action', 'vm.deleted', '--level', 'low')).toEqual({
    code: 1,
    out: '',
    err: `${path} exists, and is left as it is\nGive it another title: --title TITLE\n`,
  });
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('an action that nobody has seen is written, with a notice', async () => {
  const { code, out } = await run('--action', 'vm.destroyd');
  expect(code).toBe(0);
  expect(out).toMatch(/vm_destroyd\.yml:\d+:\d+: notice: .*vm\.destroyd.*vm\.deleted/);
});

test('what is wrong with other files does not matter', async () => {
  writeFileSync(join(folder, 'wrong.yml'), 'title: x\n');
  expect(await run('--action', 'vm.deleted')).toMatchObject({
    code: 0,
    out: expect.stringContaining('3 tests passed'),
  });
});

test('what would not be sound is not written', async () => {
  const { code, err } = await run('--action', 'vm.deleted', '--count', '2', '--group-by', 'actor_id');
  expect(code).toBe(1);
  expect(err).toMatch(/warning: .*actor_id.*actor\.id/);
  expect(err).toContain('nothing was written');
  expect(existsSync(join(folder, 'local'))).toBe(false);
});

test.each<readonly [args: readonly string[], problem: string]>([
  [[], 'say what should be found: --entry, --file, --action, or --method and --path'],
  [['--action', 'a.b', '--path', '/x'], 'give one of --entry, --file, --action'],
  [['--action', '*', '--answers', 'any'], 'every entry would match'],
  [['--action', ''], '--action is empty'],
  [['--action', 'a.b', '--level', 'hihg'], '(did you mean "high"?)'],
  [['--action', 'a.b', '--answers', 'bad'], '--answers must be one of succeeded, refused, failed, any'],
  [['--action', 'a.b', '--count', '1'], '--count must be a whole number from 2'],
  [['--action', 'a.b', '--count', '2', '--within', '10'], '--within: with its unit: "10s"'],
  [['--action', 'a.b', '--within', '10m'], '--within and --group-by are for --count'],
  [['--method', 'FETCH'], '--method must be one of GET'],
  [['--path', 'v1/x'], '--path must begin with "/"'],
  [['--action', 'a.b', '--url', 'http://127.0.0.1:1'], '--url is for --entry'],
])('wrong options: %s', async (args, problem) => {
  const { code, err } = await run(...args);
  expect(code).toBe(2);
  expect(err).toContain(problem);
});

describe('three questions', () => {
  async function asked(answers: readonly (string | null)[], ...args: readonly string[]) {
    const left = [...answers];
    const text = { out: '', err: '' };
    const code = await main(['new', ...args, '--rules', folder], {
      ...{ env: {}, devVars: null, now: () => 0 },
      out: (part) => {
        text.out += part;
      },
      err: (part) => {
        text.err += part;
      },
      ask: async () => left.shift() ?? null,
    });
    return { code, ...text };
  }

  test.each<readonly [answers: readonly string[], title: string]>([
    [['vm.deleted', '', ''], 'vm.deleted (medium), 3'],
    [['vm.deleted', 'api_key, any', 'high'], 'vm.deleted by an API key, also without success (high), 3'],
    [
      ['get /v1/projects', 'Ada Lovelace', 'low, 5 in 10m'],
      'get /v1/projects by Ada Lovelace, 5 times within 10m (low), 6',
    ],
    [['*.deleted', 'refused', '20'], '*.deleted, refused, 20 times within 5m (medium), 5'],
  ])('answered: %s', async (answers, title) => {
    const { code, out, err } = await asked(answers);
    expect([code, err]).toEqual([0, '']);
    expect(out.toLowerCase()).toContain(`written: ${title} tests passed`.toLowerCase());
    expect(unsound()).toEqual([]);
  });

  test('options are not overruled', async () => {
    expect((await asked(['vm.deleted', '', 'low'], '--level', 'high')).out).toContain('(high)');
  });

  test.each<readonly [answers: readonly (string | null)[], code: number, problem: string]>([
    [['vm.deleted', null], 1, 'the questions were not answered: nothing was written'],
    [['who reads?', '', ''], 2, 'what should be found must be an action'],
    [['vm.deleted', '', 'high 5 each 10m'], 2, 'how bad it is must be a level'],
    [['vm.deleted', '', 'bad'], 2, '--level must be one of'],
  ])('not answered: %s', async (answers, wanted, problem) => {
    const { code, err } = await asked(answers);
    expect(code).toBe(wanted);
    expect(err).toContain(problem);
  });
});

describe('from an entry of a Tocsin', () => {
  let local: LocalTocsin;
  let token: string;
  beforeAll(async () => {
    const made = makeToken(new Uint8Array(TOKEN_BYTES), LINK_SECRET);
    token = made.token;
    const record = { hash: await sha256(token), name: 'Vera', createdAt: 0, expiresAt: null, role: 'viewer' };
    const stored = new Map([[`viewer:${made.id}`, JSON.stringify(record)]]);
    const get = async (keys: string | readonly string[]) =>
      typeof keys === 'string'
        ? (stored.get(keys) ?? null)
        : new Map(keys.map((key) => [key, stored.get(key) ?? null]));
    const put = async (key: string, value: string) => void stored.set(key, value);
    local = await startLocalTocsin({
      KV: { get, put, delete: async () => undefined, list: async () => ({ keys: [] }) },
    });
  });
  afterAll(() => local.stop());
  const from = (id: string, env: NodeJS.Dict<string>) =>
    runTocsin(['new', '--entry', id, '--title', 'Like it', '--rules', folder], { TOCSIN_URL: local.url, ...env });

  test('with a viewer token', async () => {
    const [row] = local.store.all("SELECT id FROM entries WHERE body LIKE '%api_key.deleted%'");
    const { code, err } = await from(String(row?.id), { TOCSIN_TOKEN: token });
    expect([code, err]).toEqual([0, '']);
    expect(textOf('like_it')).toContain('action: api_key.deleted\n');
    expect(textOf('like_it')).toContain('actor.name: Mallory Reed\n');
    expect(unsound()).toEqual([]);
  });

  test('that is not there', async () => {
    const { code, err } = await from('00000000-0000-4000-8000-000000000000', { TOCSIN_TOKEN: token });
    expect(code).toBe(1);
    expect(err).toContain('has no entry with this id');
  });

  test('not with LINK_SECRET alone', async () => {
    const { code, err } = await from('x', { LINK_SECRET });
    expect(code).toBe(1);
    expect(err).toContain('an entry is read with a viewer token\nSet TOCSIN_TOKEN');
  });
});
