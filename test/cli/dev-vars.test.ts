import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addToDevVars, parseDevVars, restrictToOwner } from '../../src/cli/dev-vars.ts';

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
  expect([restrictToOwner(file), mode(), restrictToOwner(file)]).toEqual([0o640, 0o600, null]);
});

test.each([
  ['assignments and comments', '# a\n\nA=1\n export B = 2 # b\r\nC=\n', { A: '1', B: '2', C: '' }],
  ['a value of several lines', 'A="1\nKEY: 2\nno more"\nB=3', { A: '1\nKEY: 2\nno more', B: '3' }],
  ['a quote that never ends', 'A="1\nB=2', { A: '"1', B: '2' }],
  ['names with dots and dashes', 'a.b-c=1', { 'a.b-c': '1' }],
])('reads %s', (_, text, expected) => {
  expect(parseDevVars(text)).toEqual(expected);
});

test.each([
  ['YAML', 'A=1\n\nLINK_SECRET: hush\n', 3, 'Write NAME=value, with = and not with a colon.'],
  ['YAML without a space', 'LINK_SECRET:hush', 1, 'Write NAME=value, with = and not with a colon.'],
  ['YAML in quotes, after a value of several lines', 'A="1\n2"\nB: "hush"', 3, 'Write NAME=value, with = and not'],
  ['a value alone', '# key\nhush\n', 2, 'Write NAME=value.'],
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
