/**
 * `npm run release`: makes a release, checks one, or prints its notes.
 *
 * Contract: works on the git repository of the current directory and needs only git. It finds every problem before it
 * changes anything, and names each with its remedy. It never pushes. Exit codes: 0, all is well; 1, it is not; 2, the
 * command line is wrong.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { err, out, printCrashes } from '../src/cli/terminal.ts';

const HELP = `usage: npm run release -- VERSION
       npm run release -- --check VERSION
       npm run release -- --notes VERSION

VERSION is three numbers, for example 0.2.0. The first form makes a release: it sets the version in package.json and
package-lock.json, moves what CHANGELOG.md lists under Unreleased below the version and today's date (UTC), commits, and
tags the commit v0.2.0. It never pushes, and prints the command that does.

  --check   only check that the current commit is that release: nothing is left to commit, the versions are equal, and
            CHANGELOG.md has a dated section for it and nothing under Unreleased
  --notes   print the section of CHANGELOG.md, as the text of a GitHub release
  --help    print this

Exit codes: 0, all is well; 1, it is not; 2, the command line is wrong.
`;

const FILES = ['package.json', 'package-lock.json', 'CHANGELOG.md'] as const;

interface Problem {
  readonly problem: string;
  readonly remedy: string;
}

class Failure extends Error {
  readonly problems: readonly Problem[];
  readonly code: 1 | 2;

  constructor(problems: readonly Problem[], code: 1 | 2 = 1) {
    super(problems.map(({ problem }) => problem).join('; '));
    this.name = 'Failure';
    this.problems = problems;
    this.code = code;
  }
}

type Command = { readonly kind: 'help' } | { readonly kind: 'release' | 'check' | 'notes'; readonly version: string };

function readCommand(args: readonly string[]): Command {
  const wrong = (problem: string) =>
    new Failure([{ problem, remedy: '`npm run release -- --help` shows how to call it.' }], 2);
  const options = { check: { type: 'boolean' }, notes: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  const { check, notes, help } = parsed.values;
  if (help) return { kind: 'help' };
  if (check && notes) throw wrong('--check and --notes exclude each other');
  const [version, ...more] = parsed.positionals;
  if (version === undefined) throw wrong('the version is missing');
  if (more.length > 0) throw wrong(`one version only, not also ${more.join(' ')}`);
  if (!/^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){2}$/.test(version))
    throw wrong(`“${version}” is not a version: write three numbers, for example 0.2.0`);
  return { kind: check ? 'check' : notes ? 'notes' : 'release', version };
}

interface Repository {
  readonly root: string;
  /** What git prints, or null where it fails. */
  readonly ask: (...args: readonly string[]) => string | null;
  /** What git prints, or a `Failure` with git's own words. */
  readonly run: (...args: readonly string[]) => string;
}

function openRepository(directory: string): Repository {
  const top = git(directory, ['rev-parse', '--show-toplevel']);
  if (top.status !== 0)
    throw new Failure([
      { problem: `${directory} is not in a git repository`, remedy: 'Run this in a clone of Tocsin.' },
    ]);
  const root = top.stdout.trim();
  return {
    root,
    ask: (...args) => {
      const { status, stdout } = git(root, args);
      return status === 0 ? stdout.trim() : null;
    },
    run: (...args) => {
      const { status, stdout, stderr } = git(root, args);
      if (status === 0) return stdout.trim();
      throw new Failure([{ problem: `git ${args[0]} failed`, remedy: `git says: ${stderr.trim() || stdout.trim()}` }]);
    },
  };
}

function git(directory: string, args: readonly string[]) {
  const ended = spawnSync('git', args, { cwd: directory, encoding: 'utf8' });
  if (ended.error) throw new Failure([{ problem: `git does not run: ${ended.error.message}`, remedy: 'Install git.' }]);
  return ended;
}

interface Manifest {
  readonly version: string;
  readonly withVersion: (version: string) => string;
}

/** package.json, or package-lock.json, which holds the version twice. Both are written as npm writes them. */
function readManifest(root: string, name: 'package.json' | 'package-lock.json'): Manifest {
  const remedy = `Restore it: git checkout HEAD -- ${name}`;
  let json: unknown;
  try {
    json = JSON.parse(readText(root, name));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure([{ problem: `${name} is not JSON`, remedy }]);
  }
  const holders = [json, ...(name === 'package-lock.json' ? [at(at(json, 'packages'), '')] : [])];
  const versions = holders.map((holder) => at(holder, 'version'));
  if (!versions.every((version) => typeof version === 'string'))
    throw new Failure([{ problem: `${name} has no version`, remedy }]);
  return {
    version: [...new Set(versions)].join(' and '),
    withVersion: (version) => {
      for (const holder of holders) Object.assign(holder as object, { version });
      return `${JSON.stringify(json, null, 2)}\n`;
    },
  };
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as { [key: string]: unknown })[key] : undefined;
}

function readText(root: string, name: string): string {
  try {
    return readFileSync(join(root, name), 'utf8');
  } catch {
    throw new Failure([{ problem: `${name} can't be read`, remedy: `Restore it: git checkout HEAD -- ${name}` }]);
  }
}

interface Section {
  /** The heading's line. */
  readonly heading: string;
  /** A version, or “Unreleased”. */
  readonly name: string;
  readonly date: string | null;
  /** Empty where it lists nothing: headings and link definitions alone do not count. */
  readonly text: string;
}

/** The sections `## Unreleased` and `## 0.2.0 – 2026-12-31`; the names may have brackets, the dash may be a hyphen. */
function readChangelog(changelog: string): readonly Section[] {
  return changelog
    .split(/^(?=## )/m)
    .filter((part) => part.startsWith('## '))
    .map((part) => {
      const [heading = '', ...lines] = part.trimEnd().split('\n');
      const [, name = '', date = null] = /^## \[?([^\]\s]+)\]?(?: [–-] (\S+))?/.exec(heading) ?? [];
      const content = lines.filter((line) => !/^\[[^\]]+\]: \S+$/.test(line));
      const empty = content.every((line) => line.trim() === '' || line.startsWith('#'));
      return { heading, name, date, text: empty ? '' : content.join('\n').trim() };
    });
}

function unreleased(sections: readonly Section[]): Section | undefined {
  return sections.find(({ name }) => name.toLowerCase() === 'unreleased');
}

/** Why the current commit is not the release `version`. */
function checkProblems(repository: Repository, version: string): Problem[] {
  const { root } = repository;
  const problems = changesProblems(repository);
  for (const name of ['package.json', 'package-lock.json'] as const) {
    const found = readManifest(root, name).version;
    if (found !== version)
      problems.push({
        problem: `${name} has version ${found}, not ${version}`,
        remedy: `\`npm run release -- ${version}\` sets it, commits and tags. Push that commit and that tag.`,
      });
  }
  const sections = readChangelog(readText(root, 'CHANGELOG.md'));
  const section = sections.find(({ name }) => name === version);
  if (!section)
    problems.push({
      problem: `CHANGELOG.md has no section ${version}`,
      remedy: `\`npm run release -- ${version}\` makes it from the changes under Unreleased.`,
    });
  if (section && !isDate(section.date))
    problems.push({
      problem: `CHANGELOG.md has no date for ${version}: “${section.heading}”`,
      remedy: `Write “## ${version} – ${today()}”, with the day of the release.`,
    });
  if (section && section.text === '')
    problems.push({
      problem: `CHANGELOG.md lists nothing under ${version}`,
      remedy: 'List what users will notice.',
    });
  if (unreleased(sections)?.text)
    problems.push({
      problem: 'CHANGELOG.md still lists changes under Unreleased',
      remedy: `Move them to ${version} if they are part of it. If not, release a commit without them.`,
    });
  const tagged = repository.ask('rev-parse', '--verify', '--quiet', `refs/tags/v${version}^{commit}`);
  if (tagged !== null && tagged !== repository.ask('rev-parse', 'HEAD'))
    problems.push({
      problem: `the tag v${version} is on another commit, ${tagged.slice(0, 10)}`,
      remedy: `Check that commit: git checkout v${version}`,
    });
  return problems;
}

/** Why the current commit can't be released as `version`. */
function releaseProblems(repository: Repository, version: string): Problem[] {
  const { root } = repository;
  const problems = changesProblems(repository);
  if (repository.ask('symbolic-ref', '--quiet', 'HEAD') === null)
    problems.push({ problem: 'no branch is checked out', remedy: 'Check out the branch to release: git switch main' });
  if (repository.ask('var', 'GIT_COMMITTER_IDENT') === null || repository.ask('var', 'GIT_AUTHOR_IDENT') === null)
    problems.push({
      problem: 'git does not know who you are',
      remedy: 'Set git config user.name and git config user.email.',
    });
  const current = readManifest(root, 'package.json').version;
  readManifest(root, 'package-lock.json');
  if (isBelow(version, current))
    problems.push({
      problem: `${version} is below ${current}, the version in package.json`,
      remedy: `Choose ${current} or a later version.`,
    });
  if (repository.ask('rev-parse', '--verify', '--quiet', `refs/tags/v${version}`) !== null)
    problems.push({
      problem: `the tag v${version} exists already`,
      remedy: `Choose a later version. If nobody has that tag yet, delete it: git tag -d v${version}`,
    });
  const sections = readChangelog(readText(root, 'CHANGELOG.md'));
  if (sections.some(({ name }) => name === version))
    problems.push({
      problem: `CHANGELOG.md has a section ${version} already`,
      remedy: 'Choose a later version, or move its lines back under Unreleased and delete its heading.',
    });
  if (!unreleased(sections)?.text)
    problems.push({
      problem: 'CHANGELOG.md lists nothing under Unreleased',
      remedy: 'List there what users will notice, below the heading “## Unreleased”, and commit it.',
    });
  return problems;
}

function changesProblems({ run }: Repository): Problem[] {
  const changes = run('status', '--porcelain')
    .split('\n')
    .filter((line) => line !== '');
  if (changes.length === 0) return [];
  const files = changes.map((line) => line.trim().replace(/^\S+\s+/, ''));
  const shown = files.length > 5 ? [...files.slice(0, 5), `and ${files.length - 5} more`] : files;
  return [
    {
      problem: `the working tree has changes: ${shown.join(', ')}`,
      remedy: 'Commit them, or set them aside: git stash --include-untracked',
    },
  ];
}

function isDate(date: string | null): boolean {
  if (date === null || !/^\d{4}-\d\d-\d\d$/.test(date)) return false;
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

function isBelow(version: string, other: string): boolean {
  const others = other.split('.').map(Number.parseFloat);
  const steps = version.split('.').map((part, i) => Number.parseFloat(part) - (others[i] ?? 0));
  return (steps.find((step) => step !== 0) ?? 0) < 0;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Commits and tags, and returns what to do next. Undoes its changes where git refuses them. */
function release(repository: Repository, version: string): string {
  const { root, run, ask } = repository;
  const changelog = readText(root, 'CHANGELOG.md');
  const { heading } = unreleased(readChangelog(changelog)) as Section;
  const lines = changelog.split('\n');
  const name = heading.includes('[') ? `[${version}]` : version;
  const texts: { readonly [name in (typeof FILES)[number]]: string } = {
    'package.json': readManifest(root, 'package.json').withVersion(version),
    'package-lock.json': readManifest(root, 'package-lock.json').withVersion(version),
    'CHANGELOG.md': lines.toSpliced(lines.indexOf(heading) + 1, 0, '', `## ${name} – ${today()}`).join('\n'),
  };
  const before = run('rev-parse', 'HEAD');
  try {
    for (const file of FILES) writeFileSync(join(root, file), texts[file]);
    run('add', '--', ...FILES);
    run('commit', '--quiet', '--message', `chore: release ${version}`);
    run('tag', '--annotate', '--message', `Tocsin ${version}`, `v${version}`);
  } catch (error) {
    // Nothing is lost: the working tree was clean, and the only commit since is ours.
    ask('reset', '--quiet', '--hard', before);
    throw error;
  }
  const branch = ask('symbolic-ref', '--short', 'HEAD');
  return `Committed and tagged v${version}. Nothing is pushed yet.

Look at it:  git show v${version}
Push it:     git push --atomic origin ${branch} v${version}
Undo it:     git tag -d v${version} && git reset --keep ${before.slice(0, 10)}
`;
}

/**
 * The section as GitHub shows it: in a release, GitHub turns every line break into a new line, so lines that only wrap
 * are joined.
 */
function notesOf(section: Section): string {
  let code = false;
  const lines: string[] = [];
  for (const line of section.text.split('\n')) {
    const last = lines.at(-1) ?? '';
    const fence = /^\s*(```|~~~)/.test(line);
    const begins = code || fence || line.trim() === '' || /^\s*([-*+>|#]|\d+\.)/.test(line);
    const joins = lines.length > 0 && !begins && last.trim() !== '' && !/^\s*(#|```|~~~|\|)/.test(last);
    if (joins) lines[lines.length - 1] = `${last} ${line.trim()}`;
    else lines.push(line);
    if (fence) code = !code;
  }
  return lines.join('\n');
}

/** Returns what to print; throws a `Failure`. */
function execute(command: Command, directory: string): string {
  if (command.kind === 'help') return HELP;
  const { kind, version } = command;
  const repository = openRepository(directory);
  switch (kind) {
    case 'check': {
      const problems = checkProblems(repository, version);
      if (problems.length > 0) throw new Failure(problems);
      return `This is ${version}, and it can be released.\n`;
    }
    case 'notes': {
      const section = readChangelog(readText(repository.root, 'CHANGELOG.md')).find(({ name }) => name === version);
      if (section?.text) return `${notesOf(section)}\n`;
      throw new Failure([
        {
          problem: `CHANGELOG.md lists nothing for ${version}`,
          remedy: `\`npm run release -- ${version}\` makes its section.`,
        },
      ]);
    }
    case 'release': {
      const problems = releaseProblems(repository, version);
      if (problems.length > 0) throw new Failure(problems);
      return release(repository, version);
    }
  }
}

printCrashes();
try {
  out(execute(readCommand(process.argv.slice(2)), process.cwd()));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  for (const { problem, remedy } of error.problems) err(`error: ${problem}\n  ${remedy}\n`);
  process.exitCode = error.code;
}
