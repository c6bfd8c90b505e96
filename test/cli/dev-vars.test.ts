import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addToDevVars, parseDevVars, readDevVars } from '../../src/cli/dev-vars.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  file = join(folder, '.dev.vars');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mode = () => statSync(file).mode & 0o777;

test('a new file is its owner’s alone, whatever the umask', () => {
  const before = process.umask(0);
  try {
    addToDevVars(file, 'A=1');
  } finally {
    process.umask(before);
  }
  expect([mode(), readFileSync(file, 'utf8')]).toEqual([0o600, '\nA=1\n']);
});

test.each([0o644, 0o664, 0o604, 0o660, 0o666, 0o777])(
  'one with mode %o is restricted before a secret is added',
  (given) => {
    writeFileSync(file, 'A=1');
    chmodSync(file, given);
    addToDevVars(file, 'B=2');
    expect([mode(), parseDevVars(readFileSync(file, 'utf8'))]).toEqual([0o600, { A: '1', B: '2' }]);
  },
);

test('what others could read is reported once', () => {
  writeFileSync(file, 'A=1');
  chmodSync(file, 0o640);
  expect([readDevVars(file), mode(), readDevVars(file)]).toEqual([
    { vars: { A: '1' }, openMode: 0o640 },
    0o600,
    { vars: { A: '1' }, openMode: null },
  ]);
});

test('without a file the result is null', () => {
  expect(readDevVars(file)).toBeNull();
});

test('a line that can’t be added because its folder is missing is an error', () => {
  expect(() => addToDevVars(join(folder, 'missing/.dev.vars'), 'A=1')).toThrow('ENOENT');
});

test('a pipe is opened once: it gives its text only once', async () => {
  execFileSync('mkfifo', ['-m', '644', file]);
  const writer = spawn('sh', ['-c', 'printf "A=1\\n" > "$0"', file]);
  const ended = new Promise((resolve) => writer.once('exit', resolve));
  expect(readDevVars(file)).toEqual({ vars: { A: '1' }, openMode: 0o644 });
  await ended;
});

test('nothing is added to a pipe', () => {
  execFileSync('mkfifo', [file]);
  expect(() => addToDevVars(file, 'A=1')).toThrow('.dev.vars is not a file');
});

test('a folder and a device are refused as they are', () => {
  mkdirSync(file, { mode: 0o755 });
  expect(() => readDevVars(file)).toThrow('.dev.vars is not a file');
  expect(() => addToDevVars(file, 'A=1')).toThrow('.dev.vars is not a file');
  expect(mode()).toBe(0o755);
  rmSync(file, { recursive: true });
  symlinkSync('/dev/null', file);
  const before = mode();
  expect(() => readDevVars(file)).toThrow('.dev.vars is not a file');
  expect(mode()).toBe(before);
});

// Its mode can't be changed by anyone, root included, like that of somebody else's file.
test.runIf(process.platform === 'linux')('a file whose mode can’t be changed is reported in words', () => {
  symlinkSync('/proc/self/status', file);
  expect(() => readDevVars(file)).toThrow('.dev.vars belongs to somebody else, or is protected');
});

test.each([
  ['assignments and comments', '# a\n\nA=1\n export B = 2 # b\r\nC=\n', { A: '1', B: '2', C: '' }],
  ['a value of several lines', 'A="1\nKEY: 2\nno more"\nB=3', { A: '1\nKEY: 2\nno more', B: '3' }],
  ['a quote that never ends', 'A="1\nB=2', { A: '"1', B: '2' }],
  ['names with dots and dashes', 'a.b-c=1', { 'a.b-c': '1' }],
  ['a byte order mark', '\uFEFFA=1\nB=2', { A: '1', B: '2' }],
  ['lines that end with CR LF', '# a\r\nA=1\r\n\r\nB="1\r\n2"\r\n', { A: '1', B: '1\n2' }],
])('reads %s', (_, text, expected) => {
  expect(parseDevVars(text)).toEqual(expected);
});

test.each([
  ['YAML', 'A=1\n\nLINK_SECRET: hush\n', 3, 'Write NAME=value, with = and not with a colon.'],
  ['YAML without a space', 'LINK_SECRET:hush', 1, 'Write NAME=value, with = and not with a colon.'],
  ['YAML in quotes, after a value of several lines', 'A="1\n2"\nB: "hush"', 3, 'Write NAME=value, with = and not'],
  ['a value alone', '# key\nhush\n', 2, 'Write NAME=value.'],
  ['a blank that Node takes for a part of the name', 'A=1\n\u00A0B=hush', 2, 'Write NAME=value.'],
  ['a byte order mark in the middle', 'A=1\n\uFEFFB=hush', 2, 'Write NAME=value.'],
  ['lines that end with CR alone', 'A=1\rB=hush', 1, 'Write NAME=value.'],
  ['JSON', '{"A":"hush"}', 1, 'Write NAME=value, with = and not with a colon.'],
])('refuses %s, by file and line, without the value', (_, text, line, hint) => {
  try {
    parseDevVars(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      message: `.dev.vars:${line} is not NAME=value`,
      hint: expect.stringContaining(hint),
      code: 2,
    });
    expect(JSON.stringify(error) + String(error)).not.toContain('hush');
  }
});
