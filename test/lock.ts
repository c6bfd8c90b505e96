/**
 * Checks that every byte that runs comes from package-lock.json, with its hash: `npm run lock` (part of `npm run check`).
 *
 * Contract: `lockProblems` is pure, over the texts of the files. Each problem is one line. The rules:
 *
 * 1. Each package in the lock file has a SHA-512, from which npm knows that it got what was locked. None comes from anywhere
 *    but a registry: an entry that does has `resolved`, since registries' addresses are left out.
 * 2. No package runs a script while it is installed: such a script can download anything. What was needed for that, the
 *    packages' programs for each platform, are packages of their own, with their hash.
 * 3. Node itself is such a package, one for each platform, in one version.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface LockFiles {
  /** package-lock.json */
  readonly lock: string;
  /** package.json */
  readonly manifest: string;
  /** .npmrc */
  readonly settings: string;
}

/** Of .npmrc. https://docs.npmjs.com/cli/v11/using-npm/config */
const SETTINGS: readonly (readonly [line: string, why: string])[] = [
  ['ignore-scripts=true', 'a package could run a script while it is installed'],
  ['omit-lockfile-registry-resolved=true', 'the lock file would name a registry'],
];

const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win-x64'];

interface Locked {
  readonly integrity?: unknown;
  readonly resolved?: unknown;
  readonly link?: unknown;
}

/** The problems, sorted as they are in the files. */
export function lockProblems({ lock, manifest, settings }: LockFiles): readonly string[] {
  const { lockfileVersion, packages } = JSON.parse(lock) as {
    readonly lockfileVersion: unknown;
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const entries = Object.entries(packages).filter(([path]) => path !== '');
  const lines = settings.split('\n');
  return [
    ...(lockfileVersion === 3 ? [] : ['package-lock.json: its version is not 3']),
    ...entries.flatMap(([path, locked]) =>
      entryProblems(locked).map((problem) => `package-lock.json: ${path} ${problem}`),
    ),
    ...SETTINGS.flatMap(([line, why]) => (lines.includes(line) ? [] : [`.npmrc: ${line} is missing: ${why}`])),
    ...manifestProblems(JSON.parse(manifest)),
  ];
}

/** 64 bytes in base64: one hash, and not the best of several. */
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;

function entryProblems({ integrity, resolved, link }: Locked): readonly string[] {
  if (link !== undefined) return ['is a link'];
  return [
    ...(typeof integrity === 'string' && SHA512.test(integrity) ? [] : ['has no SHA-512']),
    ...(resolved === undefined ? [] : ['does not come from a registry']),
  ];
}

function manifestProblems({
  allowScripts,
  optionalDependencies = {},
}: {
  readonly allowScripts?: unknown;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}): readonly string[] {
  const nodes = PLATFORMS.map((platform) => {
    return Object.entries(optionalDependencies).find(([name]) => name.startsWith('node-') && name.endsWith(platform));
  });
  const versions = new Set(nodes.flatMap((node) => (node === undefined ? [] : [node[1]])));
  return [
    ...(allowScripts === undefined
      ? []
      : ['package.json: allowScripts lets packages run scripts while they are installed']),
    ...PLATFORMS.flatMap((name, i) => (nodes[i] === undefined ? [`package.json: there is no Node for ${name}`] : [])),
    ...(versions.size > 1 ? [`package.json: Node has several versions: ${[...versions].join(', ')}`] : []),
  ];
}

/** The files of this repository. */
export function readLockFiles(): LockFiles {
  const read = (name: string) => readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url).href), 'utf8');
  return { lock: read('package-lock.json'), manifest: read('package.json'), settings: read('.npmrc') };
}

if (import.meta.main) {
  const problems = lockProblems(readLockFiles());
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
