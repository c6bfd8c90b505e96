/** `npm run rules`, as a process. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const SCRIPT = resolve(import.meta.dirname, '../../src/cli/build-rules.ts');
const RULE = `title: A rule
id: r-1
author: Ada
references: [https://example.com]
logsource: {product: nirvana}
detection:
  sel: {status_code: 403}
  condition: sel
tocsin:
  tests:
    - {name: it matches, entry: {status_code: 403}, match: true}
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rules-'));
  mkdirSync(join(folder, 'rules/topic'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (path: string, text: string) => writeFileSync(join(folder, 'rules', path), text);
const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [SCRIPT, '--rules', 'rules', '--out', 'out.gen.ts', ...args],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
};
const written = () => readFileSync(join(folder, 'out.gen.ts'), 'utf8');

describe('npm run rules', () => {
  test('writes the module, without the tests, and only if it changed', () => {
    put('topic/a_rule.yml', RULE);
    expect(run()).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^1 rules, 1 tests passed, version \w+\nout\.gen\.ts written\n$/),
    });
    expect(written()).toContain('r-1');
    expect(written()).not.toContain('it matches');
    expect(written()).not.toContain('Ada');
    const before = statSync(join(folder, 'out.gen.ts')).mtimeMs;
    expect(run().stdout).not.toContain('written');
    expect(statSync(join(folder, 'out.gen.ts')).mtimeMs).toBe(before);
  });

  test('writes the assets, and only what changed', () => {
    put('topic/a_rule.yml', RULE);
    run();
    const names = readdirSync(join(folder, '.assets/assets'));
    expect(names.map((name) => name.replace(/[0-9a-z]{11}/, '…')).sort()).toEqual([
      'tocsin.….css',
      'tocsin.….js',
      'tocsin.….svg',
    ]);
    const style = names.find((name) => name.endsWith('.css')) ?? '';
    expect(readFileSync(join(folder, 'assets.gen.ts'), 'utf8')).toContain(`"style":"/assets/${style}"`);
    const files = JSON.parse(readFileSync(join(folder, '.assets/private/rules.json'), 'utf8'));
    expect(files).toEqual({
      ...{ references: [['r-1', ['https://example.com']]], tunings: [], filters: [] },
      files: [['topic/a_rule.yml', RULE]],
    });
    const before = statSync(join(folder, '.assets/assets', style)).mtimeMs;
    // Of an earlier build; of somebody else.
    writeFileSync(join(folder, '.assets/assets/tocsin.00000000000.css'), '');
    writeFileSync(join(folder, '.assets/assets/logo.svg'), '');
    run();
    expect(readdirSync(join(folder, '.assets/assets'))).toHaveLength(4);
    expect(readdirSync(join(folder, '.assets/assets'))).toContain('logo.svg');
    expect(statSync(join(folder, '.assets/assets', style)).mtimeMs).toBe(before);
  });

  test('writes what is tuned, disabled and filtered', () => {
    const off = RULE.replace('r-1', 'r-2').replace('A rule', 'Off');
    put('topic/a_rule.yml', RULE);
    put('topic/off.yml', off);
    mkdirSync(join(folder, 'rules/local'));
    const filter = 'filter: {rules: [r-1], us: {actor.name: us}, condition: not us}';
    put('local/us.yml', `title: Us\nid: f-1\nlogsource: {product: nirvana}\n${filter}\n`);
    put('tuning.yml', 'r-1: {why: quiet, level: low}\nr-2: {why: noise, enabled: false}\n');
    expect(run()).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^1 rules, 2 tests passed, version \w+\nby tuning\.yml: 1 tuned, 1 disabled\nout\.gen\.ts written\n$/,
      ),
    });
    const about = { title: 'Off', level: 'medium', description: null, path: 'topic/off.yml', why: 'noise' };
    expect(written()).toContain(`disabled: readonly DisabledRule[] = ${JSON.stringify([{ id: 'r-2', ...about }])}`);
    expect(JSON.parse(readFileSync(join(folder, '.assets/private/rules.json'), 'utf8'))).toMatchObject({
      tunings: [['r-1', { why: 'quiet', changes: [{ key: 'level', from: 'medium', to: 'low' }] }]],
      filters: [['r-1', [{ title: 'Us', path: 'local/us.yml' }]]],
      files: [
        ['topic/a_rule.yml', RULE],
        ['topic/off.yml', off],
      ],
    });
    const { stdout } = run('--check', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, rules: 1, tuned: 1, disabled: 1, problems: [] });
  });

  test('checks the receivers of what is tuned', () => {
    put('topic/a_rule.yml', RULE);
    put('tuning.yml', 'r-1: {why: x, receivers: [oncal, log]}\n');
    expect(run().stderr).toContain(
      'rules/tuning.yml:1:27: error: no receiver has a name: rules/routing.yml declares none (declare it there)\n1 error',
    );
    put('routing.yml', 'receivers: [{name: oncall, type: slack}, {name: log, type: webhook, min_level: high}]\n');
    const { status, stderr } = run();
    expect([status, stderr.split('\n').slice(0, 2)]).toEqual([
      1,
      [
        'rules/tuning.yml:1:27: error: no receiver has this name in rules/routing.yml (did you mean "oncall"?)',
        'rules/tuning.yml:1:34: warning: log is not notified of it: the rule is medium, and its min_level is high (raise the level of the rule, or name another receiver)',
      ],
    ]);
  });

  test('reports a problem with its place, writes nothing, and fails', () => {
    put('topic/a_rule.yml', RULE.replace('sel: {', 'sel: {action|contians: x, '));
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain(
      'rules/topic/a_rule.yml:7:9: error: unknown modifier "contians" (did you mean "contains"?)\n',
    );
    expect(written).toThrow();
  });

  test('fails if a test of a rule fails', () => {
    put('topic/a_rule.yml', RULE.replace('match: true', 'match: false'));
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain(
      'rules/topic/a_rule.yml:11:7: error: the test "it matches" fails: the rule matches: `sel` finds status_code 403 (expected no match)',
    );
  });

  test('a warning stops nothing, but what is strict', () => {
    put(
      'topic/a_rule.yml',
      RULE.replace('sel: {', 'sel: {actor.type: apikey, ').replace('match: true', 'match: false'),
    );
    const warning =
      'rules/topic/a_rule.yml:7:21: warning: "actor.type" is never "apikey" (did you mean "api_key"? known: user, api_key)\n1 warning\n';
    expect(run('--strict')).toMatchObject({ status: 1, stderr: warning });
    expect(written).toThrow();
    expect(run()).toMatchObject({ status: 0, stderr: warning });
    expect(written()).toContain('apikey');
  });

  test('a notice stops nothing at all', () => {
    put(
      'topic/a_rule.yml',
      RULE.replace('sel: {', 'sel: {action: vm.destroyd, ').replace('match: true', 'match: false'),
    );
    expect(run('--strict')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining(
        'notice: no known "action" is "vm.destroyd" (did you mean "vm.deleted"?)\n1 notice\n',
      ),
    });
  });

  test('what rules/observed.yml declares is known', () => {
    const rule = RULE.replace('sel: {', 'sel: {actor.type: service_account, action: vm.destroyd, region: eu, ');
    put('topic/a_rule.yml', rule.replace('match: true', 'match: false'));
    put('observed.yml', 'actor.type: [service_account]\naction: [vm.destroyd]\nregion: text\n');
    expect(run('--strict')).toMatchObject({ status: 0, stderr: '' });
    put('observed.yml', 'actor.type: service_account\n');
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain(
      'rules/observed.yml:1:13: error: "actor.type" must have a type or values (its type (text, number, boolean, any), or a list of its values)\n',
    );
  });

  test('a file whose name ends in capitals is not read', () => {
    put('topic/a_rule.yml', RULE);
    put('topic/another.YML', RULE);
    expect(run()).toMatchObject({
      status: 1,
      stderr:
        'rules/topic/another.YML:1:1: error: this file is not read: its name must end in ".yml" or ".yaml", in small letters (rename it to another.yml)\n1 error\n',
    });
  });

  test('a folder without rules is a warning', () => {
    expect(run()).toMatchObject({
      status: 0,
      stderr:
        'rules/:1:1: warning: there are no rules: nothing would alert (put a rule below this folder, such as local/my_rule.yml)\n1 warning\n',
    });
  });

  test('ignores other files', () => {
    put('topic/a_rule.yaml', RULE);
    put('README.md', 'no rule');
    expect(run()).toMatchObject({ status: 0, stderr: '' });
  });

  test('replaces placeholders with the lists, and reports problems in them', () => {
    mkdirSync(join(folder, 'rules/lists'));
    put('topic/a_rule.yml', RULE.replace('sel: {', "sel: {actor.name|expand|neq: '%admins%', "));
    put('lists/admins.yml', 'admins: [ada, grace]');
    expect(run()).toMatchObject({ status: 0, stderr: '' });
    expect(written()).toContain('grace');
    put('lists/admins.yml', '- ada');
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain('rules/lists/admins.yml:1:1: error: a file of lists must be a map of keys, not a list');
    expect(stderr).toContain('rules/topic/a_rule.yml:7:32: error: there is no list for the placeholder "%admins%"');
  });

  test('compiles the routing, and prints its receivers', () => {
    put('topic/a_rule.yml', RULE);
    put('routing.yaml', 'receivers: [{name: oncall, type: slack, min_level: high}, {name: log, type: webhook}]');
    expect(run()).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('\n2 receivers: oncall (slack, min_level high), log (webhook, min_level low)\n'),
    });
    expect(written()).toContain('"name":"oncall","type":"slack","secret":"SLACK_WEBHOOK_URL"');
    expect(JSON.parse(run('--json').stdout)).toMatchObject({
      ok: true,
      receivers: [{ name: 'oncall' }, { name: 'log' }],
    });
  });

  test('compiles routes, and checks what they name against the rules', () => {
    const routing = (rule: string) =>
      `receivers: [{name: oncall, type: slack}, {name: log, type: webhook}]\nroute:\n  receiver: log\n  routes: [{match: {rule: ${rule}}, receiver: oncall}]\n`;
    put('topic/a_rule.yml', RULE);
    put('routing.yml', routing('a_rule'));
    expect(run()).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('with routes: "npm run tocsin -- route'),
    });
    expect(written()).toContain('"match":{"rules":["r-1"]},"receivers":["oncall"]');
    put('routing.yml', routing('a_rul'));
    const unknown = 'rules/routing.yml:4:27: error: no rule is named so (did you mean "a_rule"?)\n1 error\n';
    expect(run()).toMatchObject({ status: 1, stderr: unknown });
  });

  test('checks no names of rules where the rules have errors', () => {
    put('topic/a_rule.yml', RULE.replace('title:', 'titel:'));
    put('routing.yml', 'receivers: [{name: a, type: slack}]\nroute: {receiver: a, routes: [{match: {rule: any}}]}\n');
    expect(run().stderr).not.toContain('routing.yml');
  });

  test('has the times that a rule names, which may be all that the routing file has', () => {
    const rule =
      'title: Late\nid: r-1\nlogsource: {product: nirvana}\ndetection: {s: {action: vm.deleted}, condition: s}\n';
    put('late.yml', `${rule}tocsin: {during: nigt}\n`);
    put('routing.yml', 'times: {night: {from: 22:00, to: 06:00, time_zone: Europe/Berlin}}\n');
    expect(run().stderr).toContain('rules/late.yml:5:18: error: there are no times "nigt" (did you mean "night"?)\n');
    put('late.yml', `${rule}tocsin: {during: night}\n`);
    expect(run().stderr).not.toContain('routing.yml');
    expect(written()).toContain('Europe/Berlin');
    expect(written()).toContain('routing: Routing | null = null');
  });

  test('has no routing without a routing file', () => {
    put('topic/a_rule.yml', RULE);
    expect(JSON.parse(run('--json').stdout)).toMatchObject({ ok: true, receivers: null });
    expect(written()).toContain('routing: Routing | null = null');
  });

  test('a wrong routing stops the build, and is reported beside problems in the rules', () => {
    put('topic/a_rule.yml', RULE.replace('title', 'tilte'));
    put('routing.yml', 'receivers:\n  - {name: oncall, type: slak}\n  - {name: a, type: email, secret: LINK_SECRET}\n');
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain('rules/topic/a_rule.yml:1:1: error: ');
    expect(stderr).toContain('rules/routing.yml:2:26: error: "slak" is not a valid type (did you mean "slack"?)\n');
    expect(stderr).toContain(
      "rules/routing.yml:3:36: error: LINK_SECRET is not a receiver's setting but one of Tocsin's own",
    );
    expect(stderr).toContain('3 errors\n');
    expect(written).toThrow();
  });

  test('a secret in the routing is refused, and never printed', () => {
    put('topic/a_rule.yml', RULE);
    put('routing.yml', 'receivers: [{name: a, type: slack, secret: https://hooks.slack.com/services/T/B/s3cr3t}]');
    for (const { status, stdout, stderr } of [run(), run('--json')]) {
      expect(status).toBe(1);
      expect(stdout + stderr).not.toContain('s3cr3t');
    }
    expect(written).toThrow();
  });

  test('--check writes nothing', () => {
    put('topic/a_rule.yml', RULE);
    expect(run('--check').status).toBe(0);
    expect(written).toThrow();
  });

  test('--json prints one object', () => {
    put('topic/a_rule.yml', RULE.replace('title', 'tilte'));
    const { status, stdout, stderr } = run('--json');
    expect(status).toBe(1);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: [
        { path: 'rules/topic/a_rule.yml', line: 1, column: 1, severity: 'error', hint: 'did you mean "title"?' },
      ],
    });
  });

  test('nothing in a file, its name or an argument commands the terminal', () => {
    const hostile = '\u001b]0;title\u0007\u009b2J\u202e\u007f';
    const keys = '"a\\e[2J\\u009b\\u202E\\nrules/x.yml:1:1: error: forged": 1';
    put(`topic/${hostile}.yml`, RULE.replace('logsource:', `${keys}\nlogsource:`));
    put('topic/tests.yml', RULE.replace('r-1', 'r-2').replace('it matches', `"\\e[2J${'\u202e'}"`));
    put('routing.yml', `receivers: [{name: "\\e[2J\\u2028x", type: "\\e]0;t\\a"}]`);
    for (const { status, stdout, stderr } of [run(), run('--json'), run('--out', `missing/${hostile}/x`)]) {
      expect(status).toBe(1);
      const lines = `${stdout}${stderr}`.split('\n');
      expect(lines.filter((line) => /[\p{Cc}\p{Cf}\u2028]/u.test(line))).toEqual([]);
      expect(lines.filter((line) => line.startsWith('rules/x.yml'))).toEqual([]);
    }
  });

  test('an error that nobody expected commands the terminal no more', () => {
    put('topic/a_rule.yml', RULE);
    const { status, stderr } = run('--out', 'missing/\u001b[2J/x');
    expect(status).toBe(1);
    expect(stderr).toContain('missing/\\u001b[2J/x');
    expect(stderr).not.toContain('\u001b');
  });

  test('a missing folder is reported', () => {
    rmSync(join(folder, 'rules'), { recursive: true });
    expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining("rules: can't be read") });
  });

  test('an unknown option is reported', () => {
    expect(run('--chekc')).toMatchObject({ status: 2, stderr: expect.stringContaining('--chekc') });
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('usage') });
  });
});

describe('a wrangler.toml', () => {
  const ASSETS = '[assets]\ndirectory = ".assets"\n';
  test.each([
    ['that keeps /private', `${ASSETS}run_worker_first = ["/private/*"]\n\n[vars]\n`, 0],
    ['that keeps it among others', `${ASSETS}run_worker_first = ["/a", "/private/*"]\n`, 0],
    ['that runs the Worker first for everything', `${ASSETS}run_worker_first = true\n`, 0],
    ['without assets', '[vars]\n', 0],
    ['that has it in a comment', `${ASSETS}# run_worker_first = ["/private/*"]\n[vars]\n`, 1],
    ['that has it in another table', `${ASSETS}[vars]\nrun_worker_first = ["/private/*"]\n`, 1],
    ['that keeps something else', `${ASSETS}run_worker_first = ["/priv/*"]\n`, 1],
    ['without it', ASSETS, 1],
  ])('%s', (_, toml, status) => {
    put('topic/a.yml', RULE);
    writeFileSync(join(folder, 'wrangler.toml'), toml);
    const result = run();
    expect([result.status, result.stderr.includes('add to [assets]: run_worker_first = ["/private/*"]')]).toEqual([
      status,
      status === 1,
    ]);
  });
});
