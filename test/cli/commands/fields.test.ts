import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ENTRY_FIELDS } from '../../../src/audit-log/entry-fields.ts';
import { fieldsMarkdown } from '../../../src/cli/fields/fields-text.ts';
import { buildRules } from '../../../src/cli/rule-files.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../local-tocsin.ts';
import { runTocsin } from '../run-command.ts';

let folder: string;
let rules: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  rules = join(folder, 'rules');
  mkdirSync(rules);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const observed = (): string => readFileSync(join(rules, 'observed.yml'), 'utf8');
const run = (...args: readonly string[]) => runTocsin(['fields', ...args, '--rules', rules], {});
const entry = (more: object = {}, n = 1) => ({
  id: `e-${n}`,
  created_at: '2026-01-05T12:00:00Z',
  action: 'vm.created',
  actor: { id: 'u-1', name: 'Ada', type: 'user' },
  method: 'POST',
  path: '/v1/compute/vms',
  status_code: 201,
  target: { id: 'v-1', type: 'vm' },
  ...more,
});
const pull = async (entries: readonly object[], ...args: readonly string[]) => {
  writeFileSync(join(folder, 'log.ndjson'), entries.map((each) => JSON.stringify(each)).join('\n'));
  return run('pull', '--file', join(folder, 'log.ndjson'), ...args);
};

describe('fields', () => {
  test('prints every field that rules can use', async () => {
    const { code, out } = await run();
    expect(code).toBe(0);
    for (const { name, certainty } of ENTRY_FIELDS) expect(out).toMatch(new RegExp(`^${name} .*${certainty}`, 'm'));
  });

  test('and those that rules/observed.yml adds', async () => {
    writeFileSync(join(rules, 'observed.yml'), 'region: [eu, us]\nactor.type: [service_account]\n');
    expect((await run()).out).toMatch(/^region +text +observed +Declared in rules\/observed.yml. Known: eu, us.$/m);
    expect((await run('actor.type')).out).toBe(`actor.type: text, documented. What the actor is.

Documented (2)
  user
  api_key

Observed (1)
  service_account
`);
  });

  test('as JSON', async () => {
    const { out } = await run('method', '--json');
    expect(JSON.parse(out)).toEqual(ENTRY_FIELDS.find(({ name }) => name === 'method'));
  });

  test('that are misspelled have a hint', async () => {
    expect(await run('acton')).toMatchObject({ code: 2, err: expect.stringContaining('Is it "action"?') });
  });

  test('a wrong file is reported', async () => {
    writeFileSync(join(rules, 'observed.yml'), 'region: txt\n');
    const { code, err } = await run();
    expect(code).toBe(1);
    expect(err).toContain('rules/observed.yml:1:9: error: "region" must have a type or values');
  });
});

describe('fields pull', () => {
  test('writes what is not documented, sorted, and what rules can use then', async () => {
    const { code, out } = await pull([
      entry({ action: 'vm.suspended', region: 'eu', response_bytes: 7 }),
      entry({ action: 'vm.deleted', method: 'DELETE', target: { id: 'x', type: 'bare_metal' } }, 2),
      entry(
        { path: '/v1/compute/vms/6f0d5c0e-3c56-4a3c-8a63-0d1c2f4a9b10/suspend?x=1', actor: { id: 'b', type: 'bot' } },
        3,
      ),
    ]);
    expect(code).toBe(0);
    expect(out).toBe(
      `3 entries. Added to rules/observed.yml:
  action: vm.deleted, vm.suspended
  actor.type: bot
  path: /v1/compute/vms/{id}/suspend
  target.type: bare_metal
  region: text
  response_bytes: number
`,
    );
    expect(observed()).toBe(`# yaml-language-server: $schema=../docs/schemas/observed.schema.json
# What entries of this log have beyond what Tocsin knows: values of fields, and fields with their types. Rules may use it.
# Written by "npm run tocsin -- fields pull", and by hand.

action:
  - vm.deleted
  - vm.suspended
actor.type:
  - bot
path:
  - /v1/compute/vms/{id}/suspend
target.type:
  - bare_metal
region: text
response_bytes: number
`);
    writeFileSync(
      join(rules, 'a_rule.yml'),
      `title: A rule
id: 0b8f5a53-7a3f-4b5e-9a0e-3b7f6f0f5d21
logsource: {product: nirvana, service: audit}
detection:
  sel: {action: vm.suspended, actor.type: bot, target.type: bare_metal, region: eu, 'response_bytes|gt': 5}
  condition: sel
tocsin: {tests: [{name: no, entry: {action: vm.deleted}, match: false}]}
`,
    );
    expect(buildRules(rules).problems).toEqual([]);
  });

  test('adds to what is there, whose comments stay, and nothing twice', async () => {
    const mine = '# Ours.\naction: [vm.suspended] # by hand\nregion: [eu]\n';
    writeFileSync(join(rules, 'observed.yml'), mine);
    expect((await pull([entry({ action: 'vm.suspended', region: 'us' })])).out).toContain('region: us');
    expect(observed()).toBe('# Ours.\naction: [ vm.suspended ] # by hand\nregion: [ eu, us ]\n');
    const again = await pull([entry({ action: 'vm.suspended', region: 'us' })]);
    expect(again.out).toBe('1 entry: nothing that is not known\n');
  });

  test('--dry-run writes nothing', async () => {
    const { out } = await pull([entry({ action: 'vm.suspended' })], '--dry-run');
    expect(out).toBe('1 entry. Would be added:\n  action: vm.suspended\n');
    expect(observed).toThrow();
    expect(JSON.parse((await pull([entry({ action: 'vm.suspended' })], '--dry-run', '--json')).out)).toEqual({
      ...{ entries: 1, written: false, added: { action: ['vm.suspended'] }, leftOut: 0 },
    });
  });

  test('what attackers write is left out, or is one line', async () => {
    const { out } = await pull([
      entry({ path: '/wp-admin.php', status_code: 404 }),
      entry({ action: 'x\u001b[2J\ny: z', 'a b': 1, '<<': 2, tocsin: { mark: 'missing' }, __proto__: { x: 1 } }, 2),
      entry({ method: 'A'.repeat(101) }, 3),
    ]);
    expect(out).toBe('3 entries: nothing that is not known\n');
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i]));
    const { added, leftOut } = JSON.parse((await pull([entry(many)], '--json')).out) as Record<string, object>;
    expect([Object.keys(added as object).length, leftOut]).toEqual([100, 200]);
  });

  test.each([
    [['pull', '--file', 'x', '--stdin'], '--since, --file and --stdin exclude each other'],
    [['--since', '1d'], '--since, --file, --stdin, --dry-run and --url are for "fields pull"'],
    [['pull', 'more'], 'too many words'],
  ])('%j is wrong', async (args, problem) => {
    expect(await run(...args)).toMatchObject({ code: 2, err: expect.stringContaining(problem) });
  });

  describe('from a Tocsin', () => {
    let local: LocalTocsin;
    beforeAll(async () => {
      local = await startLocalTocsin();
    });
    afterAll(() => local.stop());

    test('reads its ledger', async () => {
      const { code, out } = await runTocsin(['fields', 'pull', '--since', '60d', '--rules', rules], {
        TOCSIN_URL: local.url,
        LINK_SECRET,
      });
      expect([code, out.split('\n')[0]]).toEqual([
        0,
        expect.stringMatching(/^[1-9]\d* entries. Added to rules\/observed.yml:$/),
      ]);
      expect(observed()).toContain('  - api_key.');
    });
  });
});

describe('docs/fields.md', () => {
  test('is current: run this test with --update', async () => {
    await expect(fieldsMarkdown(ENTRY_FIELDS)).toMatchFileSnapshot('../../../docs/fields.md');
  });
});
