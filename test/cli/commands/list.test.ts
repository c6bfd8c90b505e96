/** `tocsin list`: over folders of rules made for it, with and without a Tocsin to ask. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ruleSet } from '../../../src/rules.gen.ts';
import { listedRules } from '../../../src/sigma/index.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../local-tocsin.ts';
import { runTocsin } from '../run-command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-list-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const LOGSOURCE = 'logsource: { product: nirvana, service: audit }';
const rule = (name: string, detection: string, more: string) =>
  `title: The ${name}\nid: ${name}-id\nname: ${name}\n${LOGSOURCE}\ndetection: { ${detection} }\n${more}`;
const DELETED = rule(
  'deletion',
  'action: { action: vm.deleted }, path: { path: /v1/vms/*, method: DELETE }, condition: action or path',
  'tags: [attack.impact, attack.t1485]\nlevel: high\nstatus: test\ntocsin: { tests: [{ name: it, entry: { action: vm.deleted }, match: true }] }\n',
);
const REFUSED = rule('refusal', 'it: { status_code: 403 }, condition: it', 'level: informational\n');
const BURST = `title: Burst
id: burst-id
name: burst
tags: [attack.credential-access]
correlation: { type: event_count, rules: [refusal], timespan: 5m, condition: { gte: 20 } }
level: medium
`;
const OFF = rule('noise', "it: { action: 'volume.*', method: GET }, condition: it", 'level: low\n');

const run = (...args: readonly string[]) => runTocsin(['list', ...args, '--rules', folder], {});

describe('rules of a folder', () => {
  beforeEach(() => {
    write('vms/deletion.yml', DELETED);
    write('access/refusals.yml', [REFUSED, BURST].join('---\n'));
    write('noise.yml', OFF);
    write('routing.yml', 'receivers: [{ name: oncall, type: slack, min_level: high }, { name: log, type: webhook }]\n');
    write(
      'tuning.yml',
      'burst: { why: Retries., threshold: 50, receivers: [log] }\nnoise: { why: Nobody cares., enabled: false }\n',
    );
    write(
      'local/ci.yml',
      `title: CI deletes\nid: ci-id\n${LOGSOURCE}\nfilter: { rules: [deletion], ci: { actor.name: ci }, condition: not ci }\n`,
    );
  });

  test('by topic: what changes them, and where their alerts go', async () => {
    expect(await run()).toEqual({
      code: 0,
      err: '',
      out: `3 rules: 2 alert, 1 only counted; 1 tuned, 1 filtered, 1 disabled; 1 test

access
  medium         Burst         credential-access        0 tests  to log
    tuned: threshold 20 → 50; receivers log; why: Retries.
  informational  The refusal   –                        0 tests  only counted

in no folder
  low            The noise     –                        0 tests  disabled
    why: Nobody cares.

vms
  high           The deletion  impact             test  1 test   to oncall, log
    filtered by CI deletes (rules/local/ci.yml)
`,
    });
  });

  test('by level', async () => {
    const { out } = await run('--by', 'level');
    expect(out.split('\n').filter((line) => /^\w/.test(line))).toEqual([
      expect.stringMatching(/^3 rules/),
      ...['high', 'medium', 'low', 'informational'],
    ]);
  });

  test('by tactic: those of rules that alert, and which have none', async () => {
    const { out } = await run('--by', 'tactic');
    expect(out).toContain('\n\ncredential-access\n  medium  Burst ');
    expect(out).toContain('\n\nimpact\n  high    The deletion');
    expect(out).toContain('\n\nno tactic\n  low     The noise');
    expect(out).not.toContain('The refusal');
    expect(out).toMatch(
      /\n\nNo rule that alerts is for these tactics: reconnaissance, .*, discovery, .*, command-and-control\n$/,
    );
  });

  test('by action: those that a rule names, or what it counts does', async () => {
    const { out } = await run('--by', 'action');
    expect(out).toContain('\n\nvm.deleted\n  high    The deletion\n');
    expect(out).toContain('\n\nvolume.created\n  low     The noise\n');
    expect(out).toContain('\n\nany action\n  medium  Burst\n');
    // A disabled rule is not evaluated.
    expect(out).toMatch(/\n\nNo rule that alerts is for these known actions: .*\bvm\.created, .*\bvolume\.created, /);
    expect(out).not.toMatch(/known actions: .*vm\.deleted/);
  });

  test('as JSON', async () => {
    const { out } = await run('--json', '--by', 'tactic');
    const { rules, without } = JSON.parse(out) as { rules: { name: string }[]; without: string[] };
    expect(rules.map(({ name }) => name)).toEqual(['deletion', 'burst', 'noise', 'refusal']);
    expect(rules[0]).toEqual({
      ...{ id: 'deletion-id', name: 'deletion', title: 'The deletion', level: 'high', status: 'test' },
      ...{ path: 'vms/deletion.yml', topic: 'vms', tactics: ['impact'], techniques: ['T1485'] },
      ...{ actions: ['vm.deleted'], enabled: true, alerts: true, tuning: null, tests: 1 },
      filters: [{ title: 'CI deletes', path: 'local/ci.yml' }],
      receivers: { always: ['oncall', 'log'], sometimes: [] },
    });
    expect(rules[1]).toMatchObject({
      actions: null,
      tuning: {
        why: 'Retries.',
        changes: [
          { key: 'threshold', from: '20', to: '50' },
          { key: 'receivers', from: null, to: 'log' },
        ],
      },
      receivers: { always: ['log'], sometimes: [] },
    });
    expect(rules[2]).toMatchObject({ enabled: false, tuning: { why: 'Nobody cares.', changes: [] } });
    expect(without).toContain('discovery');
    expect(without).not.toContain('impact');
  });

  test('a rule that depends on the entry, and one that notifies nobody', async () => {
    write(
      'routing.yml',
      'receivers: [{ name: oncall, type: slack }, { name: log, type: webhook }]\nroute: { receivers: [log], routes: [{ match: { min_level: high, actor.type: user }, receiver: oncall }] }\n',
    );
    write('access/refusals.yml', [REFUSED, BURST.replace('level: medium', 'level: informational')].join('---\n'));
    write('tuning.yml', '');
    const { out } = await run();
    expect(out).toMatch(/The deletion .* to oncall at times, log at times\n/);
    expect(out).toMatch(/Burst .* to nobody\n/);
  });
});

test('without routing, receivers are not known', async () => {
  write('vms/deletion.yml', DELETED);
  expect((await run()).out).toBe('1 rule: 1 alert; 1 test\n\nvms\n  high  The deletion  impact  test  1 test\n');
});

test('a folder without rules', async () => {
  write('routing.yml', 'receivers: [{ name: log, type: webhook }]\n');
  expect(await run()).toEqual({ code: 0, out: 'There are no rules.\n', err: '' });
});

test('rules with errors are not listed', async () => {
  write('wrong.yml', DELETED.replace('condition: action or path', 'condition: acton'));
  const { code, out, err } = await run();
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain('unknown selection "acton"');
});

test('an unknown group', async () => {
  expect(await run('--by', 'color')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--by must be topic, tactic, action, level, not "color"'),
  });
});

describe('with a Tocsin', () => {
  let local: LocalTocsin;
  beforeAll(async () => {
    local = await startLocalTocsin();
  });
  afterAll(() => local.stop());

  test('says when each rule has matched', async () => {
    const ask = (args: readonly string[], env: NodeJS.Dict<string>) =>
      runTocsin(['list', '--rules', 'test/support/pack', ...args], { LINK_SECRET, ...env });
    for (const { code, out } of [await ask(['--url', local.url], {}), await ask([], { TOCSIN_URL: local.url })]) {
      expect(code).toBe(0);
      expect(out).toMatch(/ API key deleted .* matched \d+ times?, last 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\n/);
      expect(out).toMatch(/ never matched\n/);
    }
    const { rules } = JSON.parse((await ask(['--json', '--url', local.url], {})).out);
    expect(rules).toHaveLength(listedRules(ruleSet.rules).length);
    expect(rules).toContainEqual(expect.objectContaining({ title: 'API key deleted', matched: 1 }));
    expect(rules).toContainEqual(expect.objectContaining({ matched: 0, lastAt: null }));
  });

  test('fails where it can’t be asked', async () => {
    expect((await runTocsin(['list', '--url', local.url], {})).code).toBe(2);
  });
});
