/** `npm run release`, run as a separate process in a real, temporary git repository. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const SCRIPT = join(ROOT, '.github/release.ts');

/** Without the user's git settings, and without the variables that git sets for hooks. */
const ENV = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CEILING_DIRECTORIES: tmpdir(),
};

const CHANGELOG = `# Changelog

Every notable change.

## Unreleased

### Added

- A new thing, described in a line that
  wraps.
- Another one:

  \`\`\`sh
  npm run one
  npm run two
  \`\`\`

### Fixed

A paragraph
of two lines.

## 0.9.0 – 2026-01-31

- The first release.
`;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tocsin-release-'));
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.name', 'Mallory Reed');
  git('config', 'user.email', 'mallory@example.com');
  // The project's own files: a release must not reformat them.
  write('package.json', withVersion('package.json', '0.9.0'));
  write('package-lock.json', withVersion('package-lock.json', '0.9.0'));
  write('CHANGELOG.md', CHANGELOG);
  commit();
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function withVersion(name: string, version: string): string {
  const { version: current } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const text = readFileSync(join(ROOT, name), 'utf8');
  const limit = name === 'package.json' ? 1 : 2;
  const parts = text.split(`"version": "${current}"`);
  return [parts.slice(0, limit + 1).join(`"version": "${version}"`), ...parts.slice(limit + 1)].join(
    `"version": "${current}"`,
  );
}

function git(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: directory, encoding: 'utf8', env: ENV });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

function commit(): void {
  git('add', '--all');
  git('commit', '--quiet', '--message', 'a commit');
}

function write(name: string, text: string): void {
  writeFileSync(join(directory, name), text);
}

function read(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

function change(name: string, from: string, to: string): void {
  const text = read(name);
  expect(text).toContain(from);
  write(name, text.replace(from, to));
}

function release(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], {
    cwd: directory,
    encoding: 'utf8',
    env: ENV,
  });
  return { code: status, out: stdout, err: stderr };
}

/** What a release may change: the files, the commits, the tags. */
function state() {
  return {
    head: git('rev-parse', 'HEAD'),
    tags: git('tag'),
    changes: git('status', '--porcelain'),
    changelog: read('CHANGELOG.md'),
  };
}

test('a release sets the versions, dates the changelog, commits and tags, and passes its own check', () => {
  const day = new Date().toISOString().slice(0, 10);
  const before = git('rev-parse', 'HEAD');
  const { code, out, err } = release('1.10.0');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('git push --atomic origin main v1.10.0');

  expect(read('package.json')).toBe(withVersion('package.json', '1.10.0'));
  expect(read('package-lock.json')).toBe(withVersion('package-lock.json', '1.10.0'));
  const [, date] = /^## 1\.10\.0 – (\S+)$/m.exec(read('CHANGELOG.md')) ?? [];
  expect([day, new Date().toISOString().slice(0, 10)]).toContain(date);
  expect(read('CHANGELOG.md')).toBe(CHANGELOG.replace('## Unreleased\n', `## Unreleased\n\n## 1.10.0 – ${date}\n`));

  expect(git('log', '-1', '--format=%s %P')).toBe(`chore: release 1.10.0 ${before}`);
  expect(git('show', '--format=', '--name-only').split('\n').toSorted()).toEqual([
    'CHANGELOG.md',
    'package-lock.json',
    'package.json',
  ]);
  expect(git('rev-parse', 'v1.10.0^{commit}')).toBe(git('rev-parse', 'HEAD'));
  expect(git('status', '--porcelain')).toBe('');
  expect(release('--check', '1.10.0')).toEqual({
    code: 0,
    out: 'This is 1.10.0, and it can be released.\n',
    err: '',
  });
});

test('what it prints to undo a release undoes it', () => {
  const before = state();
  const [, tag = '', commit = ''] = /git tag -d (\S+) && git reset --keep (\S+)/.exec(release('1.0.0').out) ?? [];
  git('tag', '-d', tag);
  git('reset', '--quiet', '--keep', commit);
  expect(state()).toEqual(before);
});

test('the version that package.json has already can be released', () => {
  change('CHANGELOG.md', '0.9.0', '0.8.0');
  commit();
  expect(release('0.9.0').code).toBe(0);
  expect(release('--check', '0.9.0').code).toBe(0);
});

test('a changelog with brackets and hyphens, as Keep a Changelog writes them, stays so', () => {
  change('CHANGELOG.md', '## Unreleased', '## [Unreleased]');
  change('CHANGELOG.md', '## 0.9.0 – 2026', '## [0.9.0] - 2026');
  commit();
  expect(release('1.0.0').code).toBe(0);
  expect(read('CHANGELOG.md')).toMatch(/^## \[Unreleased\]\n\n## \[1\.0\.0\] – \d{4}-\d\d-\d\d\n\n### Added$/m);
  expect(release('--check', '1.0.0').code).toBe(0);
  expect(release('--notes', '0.9.0').out).toBe('- The first release.\n');
});

test('the notes are the section, and its wrapped lines are joined', () => {
  release('1.0.0');
  expect(release('--notes', '1.0.0')).toEqual({
    code: 0,
    out: `### Added

- A new thing, described in a line that wraps.
- Another one:

  \`\`\`sh
  npm run one
  npm run two
  \`\`\`

### Fixed

A paragraph of two lines.
`,
    err: '',
  });
});

interface Refused {
  readonly what: string;
  readonly given: () => void;
  readonly args: readonly string[];
  readonly problem: string;
  readonly remedy: string;
}

const NOT_TO_BE_RELEASED: readonly Refused[] = [
  {
    what: 'a changed file',
    given: () => change('CHANGELOG.md', 'A new thing', 'A newer thing'),
    args: ['1.0.0'],
    problem: 'the working tree has changes: CHANGELOG.md',
    remedy: 'git stash --include-untracked',
  },
  {
    what: 'a file that git does not know',
    given: () => write('notes.txt', ''),
    args: ['1.0.0'],
    problem: 'the working tree has changes: notes.txt',
    remedy: 'Commit them',
  },
  {
    what: 'a version below the current one',
    given: () => {
      write('package.json', withVersion('package.json', '0.10.0'));
      commit();
    },
    args: ['0.9.1'],
    problem: '0.9.1 is below 0.10.0',
    remedy: 'Choose 0.10.0 or a later version',
  },
  {
    what: 'a tag that exists',
    given: () => git('tag', 'v1.0.0'),
    args: ['1.0.0'],
    problem: 'the tag v1.0.0 exists already',
    remedy: 'git tag -d v1.0.0',
  },
  {
    what: 'a section that exists',
    given: () => {},
    args: ['0.9.0'],
    problem: 'CHANGELOG.md has a section 0.9.0 already',
    remedy: 'Choose a later version',
  },
  {
    what: 'nothing unreleased but headings',
    given: () => {
      write(
        'CHANGELOG.md',
        '# Changelog\n\n## Unreleased\n\n### Added\n\n## 0.9.0 – 2026-01-31\n\n- The first release.\n',
      );
      commit();
    },
    args: ['1.0.0'],
    problem: 'CHANGELOG.md lists nothing under Unreleased',
    remedy: 'below the heading “## Unreleased”',
  },
  {
    what: 'no heading for what is unreleased',
    given: () => {
      change('CHANGELOG.md', '## Unreleased', '## Soon');
      commit();
    },
    args: ['1.0.0'],
    problem: 'CHANGELOG.md lists nothing under Unreleased',
    remedy: 'below the heading “## Unreleased”',
  },
  {
    what: 'no branch',
    given: () => git('checkout', '--quiet', '--detach'),
    args: ['1.0.0'],
    problem: 'no branch is checked out',
    remedy: 'git switch main',
  },
  {
    what: 'no name for the commit',
    given: () => {
      git('config', 'user.name', '');
      git('config', 'user.useConfigOnly', 'true');
    },
    args: ['1.0.0'],
    problem: 'git does not know who you are',
    remedy: 'git config user.name',
  },
  {
    what: 'a hook that refuses the commit',
    given: () => {
      writeFileSync(join(directory, '.git/hooks/pre-commit'), '#!/bin/sh\necho no commits on Fridays >&2\nexit 1\n', {
        mode: 0o755,
      });
    },
    args: ['1.0.0'],
    problem: 'git commit failed',
    remedy: 'git says: no commits on Fridays',
  },
  {
    what: 'a tag that git refuses, after the commit',
    given: () => git('tag', 'v1.0.0/below'),
    args: ['1.0.0'],
    problem: 'git tag failed',
    remedy: 'git says: ',
  },
  {
    what: 'a package.json that is not JSON',
    given: () => {
      write('package.json', '{');
      commit();
    },
    args: ['1.0.0'],
    problem: 'package.json is not JSON',
    remedy: 'git checkout HEAD -- package.json',
  },
  {
    what: 'no package-lock.json',
    given: () => {
      rmSync(join(directory, 'package-lock.json'));
      commit();
    },
    args: ['1.0.0'],
    problem: "package-lock.json can't be read",
    remedy: 'git checkout HEAD -- package-lock.json',
  },
  {
    what: 'a package-lock.json without the version of its root',
    given: () => {
      write('package-lock.json', '{ "version": "0.9.0", "packages": {} }');
      commit();
    },
    args: ['1.0.0'],
    problem: 'package-lock.json has no version',
    remedy: 'git checkout HEAD -- package-lock.json',
  },
];

/** Each of these is about 1.0.0, which has been released. */
const NOT_A_RELEASE: readonly Refused[] = [
  {
    what: 'a changed file',
    given: () => change('package.json', '"private": true', '"private": false'),
    args: ['--check', '1.0.0'],
    problem: 'the working tree has changes: package.json',
    remedy: 'Commit them',
  },
  {
    what: 'another version',
    given: () => {},
    args: ['--check', '1.0.1'],
    problem: 'package.json has version 1.0.0, not 1.0.1',
    remedy: 'npm run release -- 1.0.1',
  },
  {
    what: 'another version in package-lock.json',
    given: () => {
      change('package-lock.json', '"version": "1.0.0"', '"version": "0.9.0"');
      commit();
      git('tag', '--delete', 'v1.0.0');
    },
    args: ['--check', '1.0.0'],
    problem: 'package-lock.json has version 0.9.0 and 1.0.0, not 1.0.0',
    remedy: 'npm run release -- 1.0.0',
  },
  {
    what: 'no section',
    given: () => {},
    args: ['--check', '1.0.1'],
    problem: 'CHANGELOG.md has no section 1.0.1',
    remedy: 'npm run release -- 1.0.1',
  },
  ...['', ' – soon', ' – 2026-02-30', ' – 2026-1-1'].map((date) => ({
    what: `a section with this for a date: “${date}”`,
    given: () => {
      write('CHANGELOG.md', read('CHANGELOG.md').replace(/^## 1\.0\.0.*$/m, `## 1.0.0${date}`));
      commit();
    },
    args: ['--check', '1.0.0'],
    problem: `CHANGELOG.md has no date for 1.0.0: “## 1.0.0${date}”`,
    remedy: 'Write “## 1.0.0 – 2',
  })),
  {
    what: 'an empty section',
    given: () => {
      write('CHANGELOG.md', '# Changelog\n\n## 1.0.0 – 2026-02-01\n\n## 0.9.0 – 2026-01-31\n\n- The first release.\n');
      commit();
    },
    args: ['--check', '1.0.0'],
    problem: 'CHANGELOG.md lists nothing under 1.0.0',
    remedy: 'List what users will notice',
  },
  {
    what: 'unreleased changes',
    given: () => {
      change('CHANGELOG.md', '## Unreleased\n', '## Unreleased\n\n- A late one.\n');
      commit();
    },
    args: ['--check', '1.0.0'],
    problem: 'CHANGELOG.md still lists changes under Unreleased',
    remedy: 'Move them to 1.0.0',
  },
  {
    what: 'a commit after the tag',
    given: () => git('commit', '--quiet', '--allow-empty', '--message', 'later'),
    args: ['--check', '1.0.0'],
    problem: 'the tag v1.0.0 is on another commit',
    remedy: 'git checkout v1.0.0',
  },
  {
    what: 'notes of a version without a section',
    given: () => {},
    args: ['--notes', '1.0.1'],
    problem: 'CHANGELOG.md lists nothing for 1.0.1',
    remedy: 'npm run release -- 1.0.1',
  },
];

function refuses({ given, args, problem, remedy }: Refused): void {
  given();
  const before = state();
  const { code, out, err } = release(...args);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain(`error: ${problem}`);
  expect(err).toContain(remedy);
  expect(state()).toEqual(before);
}

test.each(NOT_TO_BE_RELEASED)('a release is refused, and nothing changes: $what', refuses);

test.each(NOT_A_RELEASE)('a check fails: $what', (row) => {
  release('1.0.0');
  refuses(row);
});

test('the check does not need the tag, or a heading for what is unreleased', () => {
  release('1.0.0');
  git('tag', '--delete', 'v1.0.0');
  change('CHANGELOG.md', '## Unreleased\n\n', '');
  commit();
  expect(release('--check', '1.0.0').code).toBe(0);
});

test('every problem is named at once', () => {
  write('notes.txt', '');
  git('tag', 'v0.9.0');
  const { err } = release('0.9.0');
  expect(err.match(/^error: /gm)).toHaveLength(3);
});

test('outside of a repository it says so', () => {
  rmSync(join(directory, '.git'), { recursive: true });
  const { code, err } = release('1.0.0');
  expect(code).toBe(1);
  expect(err).toContain('is not in a git repository');
});

test('--help explains the command', () => {
  const { code, out } = release('--help');
  expect(code).toBe(0);
  for (const word of ['--check', '--notes', 'Exit codes', 'never pushes']) expect(out).toContain(word);
});

test.each([
  [[], 'the version is missing'],
  [['--check'], 'the version is missing'],
  [['v1.0.0'], '“v1.0.0” is not a version: write three numbers'],
  [['1.0'], '“1.0” is not a version'],
  [['1.0.0-rc.1'], '“1.0.0-rc.1” is not a version'],
  [['1.0.0', '2.0.0'], 'one version only'],
  [['--check', '--notes', '1.0.0'], '--check and --notes exclude each other'],
  [['--push', '1.0.0'], "Unknown option '--push'"],
])('a wrong command line is refused: %j', (args, problem) => {
  const before = state();
  const { code, err } = release(...args);
  expect(code).toBe(2);
  expect(err).toContain(`error: ${problem}`);
  expect(err).toContain('npm run release -- --help');
  expect(state()).toEqual(before);
});
