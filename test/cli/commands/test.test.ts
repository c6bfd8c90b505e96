/** `tocsin test`: over folders of rules made for it, and once over the shipped ones. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runTocsin } from '../run-command.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const rule = (name: string, action: string, tests: string) => `title: The rule ${name}
id: ${name}-id
name: ${name}
logsource: { product: nirvana, service: audit }
detection:
  selection: { action: ${action} }
  condition: selection
${tests === '' ? '' : `tocsin:\n  tests:\n${tests}`}`;

const PASSING =
  '    - { name: it is deleted, entry: { action: vm.deleted }, match: true }\n    - { name: it is not, entry: {}, match: false }\n';
const FAILING = '    - { name: it is read, entry: {}, match: true }\n';

const run = (...args: readonly string[]) => runTocsin(['test', ...args, '--rules', folder], {});

describe('the tests of a folder', () => {
  beforeEach(() => {
    write('vms/deleted.yml', rule('vm_deleted', 'vm.deleted', PASSING));
    write('vms/sub/read.yml', rule('vm_read', 'vm.deleted', FAILING));
    write(
      'keys.yml',
      `${rule('key_made', 'api_key.created', '')}---\n${rule('key_deleted', 'api_key.deleted', '    - { name: another, entry: {}, match: false }\n')}`,
    );
  });

  test('all: those that fail with their place and why, and rules without any', async () => {
    expect(await run()).toEqual({
      code: 1,
      out: `${folder}/vms/sub/read.yml:10:7: error: the test "it is read" fails: the rule does not match: \`selection\` needs action vm.deleted, and the entry has vm.read (expected a match)
${folder}/keys.yml: no tests: The rule key_made
1 of 4 tests failed
`,
      err: '',
    });
  });

  test.each([
    ['a file', ['vms/deleted.yml'], '2 tests of 1 rule passed\n'],
    ['a rule by its name', ['vm_deleted'], '2 tests of 1 rule passed\n'],
    ['a rule by its id', ['vm_deleted-id'], '2 tests of 1 rule passed\n'],
    ['several, each once', ['key_deleted', 'vm_deleted', 'vms/deleted.yml'], '3 tests of 2 rules passed\n'],
  ])('chosen by %s', async (_, chosen, out) => {
    expect(await run(...chosen)).toEqual({ code: 0, out, err: '' });
  });

  test.each([
    ['vms', 3],
    ['vms/', 3],
    ['./vms', 3],
    ['vms/sub', 1],
  ])('of a folder: %s', async (path, tests) => {
    expect((await run(path)).out).toContain(`1 of ${tests === 1 ? '1 test' : `${tests} tests`} failed\n`);
  });

  test('by a path that begins with that of the folder', async () => {
    expect((await run(`${folder}/vms/deleted.yml`)).code).toBe(0);
    expect((await run(folder)).out).toContain('1 of 4 tests failed\n');
  });

  test('a rule without tests is named, and no failure', async () => {
    const { code, out } = await run('key_made');
    expect({ code, out }).toEqual({
      code: 0,
      out: `${folder}/keys.yml: no tests: The rule key_made\n0 tests of 1 rule passed\n`,
    });
  });

  test.each([
    ['vm_delete', 'no rule "vm_delete" (did you mean "vm_deleted"?)'],
    ['vmz', 'no rule "vmz" (did you mean "vms"?)'],
    ['vms/delted.yml', 'no rule "vms/delted.yml" (did you mean "vms/deleted.yml"?)'],
    ['somewhere/else', 'no rule "somewhere/else" (name a rule, or a file or folder in '],
  ])('a wrong name exits with 2: %s', async (name, problem) => {
    const { code, out, err } = await run(name);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(problem);
  });

  test('as JSON, on one line', async () => {
    const { code, out } = await run('--json');
    expect(code).toBe(1);
    expect(out.split('\n')).toHaveLength(2);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      problems: [],
      rules: 4,
      tests: 4,
      failed: [
        {
          path: `${folder}/vms/sub/read.yml`,
          line: 10,
          column: 7,
          rule: 'vm_read-id',
          name: 'it is read',
          found: 'the rule does not match: `selection` needs action vm.deleted, and the entry has vm.read',
          expected: true,
        },
      ],
      untested: [{ path: `${folder}/keys.yml`, rule: 'key_made-id', title: 'The rule key_made' }],
    });
    expect(JSON.parse((await run('vm_deleted', '--json')).out)).toMatchObject({ ok: true, tests: 2, failed: [] });
  });

  test('as JUnit XML', async () => {
    write('xml.yml', rule('xml', 'a', '    - { name: \'<b> & "c"\', entry: {}, match: false }\n'));
    const { code, out } = await run('vms', 'xml', '--junit');
    expect(code).toBe(1);
    expect(out).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1">
  <testsuite name="The rule vm_deleted" file="${folder}/vms/deleted.yml" tests="2" failures="0">
    <testcase name="it is deleted" classname="${folder}/vms/deleted.yml" file="${folder}/vms/deleted.yml" line="10"/>
    <testcase name="it is not" classname="${folder}/vms/deleted.yml" file="${folder}/vms/deleted.yml" line="11"/>
  </testsuite>
  <testsuite name="The rule vm_read" file="${folder}/vms/sub/read.yml" tests="1" failures="1">
    <testcase name="it is read" classname="${folder}/vms/sub/read.yml" file="${folder}/vms/sub/read.yml" line="10"><failure message="the rule does not match: \`selection\` needs action vm.deleted, and the entry has vm.read (expected a match)"/></testcase>
  </testsuite>
  <testsuite name="The rule xml" file="${folder}/xml.yml" tests="1" failures="0">
    <testcase name="&lt;b&gt; &amp; &quot;c&quot;" classname="${folder}/xml.yml" file="${folder}/xml.yml" line="10"/>
  </testsuite>
</testsuites>
`);
  });

  test('rules with errors run no tests', async () => {
    write('wrong.yml', rule('wrong', 'x', '    - { name: it, entry: {} }\n'));
    const { code, out, err } = await run('vm_deleted');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`${folder}/wrong.yml:10:7: error: the test has no "match"`);
    expect(err).toContain('\nno test was run: fix this error first\n');
    const { problems, ...rest } = JSON.parse((await run('--json')).out);
    expect(rest).toEqual({ ok: false, rules: 0, tests: 0, failed: [], untested: [] });
    expect(problems).toHaveLength(1);
  });
});

test('a folder without rules is no success', async () => {
  expect(await run()).toEqual({ code: 1, out: `no rules in ${folder}/\n`, err: '' });
});

test('a folder that is not there', async () => {
  const { code, err } = await runTocsin(['test', '--rules', join(folder, 'nowhere')], {});
  expect(code).toBe(1);
  expect(err).toMatch(/nowhere\/ can't be read: .*ENOENT.*\n--rules DIR names the folder of rules\n$/);
});

test.each([
  [['--json', '--junit'], 'give --json or --junit, not both'],
  [['--watch', '--json'], '--watch prints text: leave out --json and --junit'],
  [['--watch', 'nowhere'], 'no rule "nowhere"'],
])('a wrong call exits with 2: %s', async (args, problem) => {
  write('a.yml', rule('a', 'a', PASSING));
  const { code, err } = await run(...args);
  expect(code).toBe(2);
  expect(err).toContain(problem);
});

test('the tests of the shipped rules pass', async () => {
  const { code, out } = await runTocsin(['test'], {});
  expect(code).toBe(0);
  expect(out).toMatch(/^[\d,]+ tests of \d+ rules passed\n$/);
  expect((await runTocsin(['test', 'rules/access'], {})).code).toBe(0);
});

test('--watch runs them again when a file changes, whatever is wrong meanwhile', async () => {
  write('a.yml', rule('a', 'vm.deleted', PASSING));
  const args = ['src/cli/tocsin.ts', 'test', '--watch', '--rules', folder];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    let text = '';
    let more = (): void => {};
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        more();
      });
    const until = (what: string) =>
      new Promise<void>((done) => {
        more = () => {
          if (!text.includes(what) || !text.includes('Ctrl+C ends')) return;
          text = '';
          done();
        };
        more();
      });
    await until('2 tests of 1 rule passed');
    write('a.yml', rule('a', 'vm.created', PASSING));
    await until('1 of 2 tests failed');
    write('sub/b.yml', 'title: x\n');
    await until('no test was run: fix this error first');
    rmSync(join(folder, 'sub'), { recursive: true });
    write('a.yml', rule('a', 'vm.deleted', PASSING));
    await until('2 tests of 1 rule passed');
  } finally {
    child.kill();
  }
}, 60_000);
