/** The pages for people name only files, scripts and headings that exist. The examples of docs/sigma.md have their own test. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HEALTH_KINDS, hintOf, LASTING, levelOfKind, raisedHeadline } from '../src/alert/health-words.ts';
import { runTocsin } from './cli/run-command.ts';

const TOP = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(TOP, path), 'utf8');
const list = (folder: string): string[] =>
  readdirSync(join(TOP, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`);

const SOURCES = [...list('src'), ...list('test')];
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  '.github/SECURITY.md',
  ...list('docs').filter((path) => path.endsWith('.md')),
];
const SCRIPTS = Object.keys(JSON.parse(read('package.json')).scripts);
/** Placeholders, files that users create, and what the build writes. */
const CREATED = /<|^(rules\/(local|lists)\/|rules\/(routing|observed)\.yml$|src\/(rules|assets)\.gen\.ts$)/;

function problemsOf(page: string, text: string): string[] {
  const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1] ?? '');
  const code = all(/`([^`\n]+)`/g);
  return [
    ...code
      .filter((word) => /^(src|test|docs|rules|\.github)\/[^ ]*$/.test(word) && !CREATED.test(word))
      .filter((path) => !existsSync(join(TOP, path)))
      .map((path) => `there is no ${path}`),
    ...code
      .filter((word) => /^[\w-]+\.tsx?$/.test(word) && !SOURCES.some((path) => path.endsWith(`/${word}`)))
      .map((name) => `no file is named ${name}`),
    ...all(/npm run (?:--silent )?([\w:]+)/g)
      .filter((name) => !SCRIPTS.includes(name))
      .map((name) => `there is no script ${name}`),
    ...all(/\]\(([^)\s]+)\)/g).flatMap((link) => linkProblem(page, link) ?? []),
  ];
}

function linkProblem(page: string, link: string): string | null {
  if (/^https?:/.test(link)) return null;
  const [file = '', heading] = link.split('#');
  const target = file === '' ? page : join(dirname(page), file);
  if (!existsSync(join(TOP, target))) return `the link ${link} leads nowhere`;
  return heading === undefined || headingsOf(read(target)).includes(heading)
    ? null
    : `${link}: there is no such heading`;
}

/** The headings as GitHub writes them in links. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

test.each(PAGES)('%s names only what exists', (page) => {
  expect(problemsOf(page, read(page))).toEqual([]);
});

/** The calls of `npm run tocsin` on a page, as words. */
function callsOf(text: string): string[][] {
  return [...text.matchAll(/npm run tocsin -- ([^`#\n]+)/g)].map(([, call = '']) => call.trim().split(/\s+/));
}

/** What a call names that the command's help does not have. */
async function unknownIn([name = '', ...words]: readonly string[]): Promise<string[]> {
  const { code, out } = await runTocsin([name, '--help'], {});
  if (code !== 0) return [`there is no command ${name}`];
  return words.filter((word) => word.startsWith('--') && !out.includes(word.replace(/[,.]+$/, '')));
}

test.each([
  ['docs/operations.md', 20],
  ['docs/rules.md', 8],
  ['docs/security.md', 7],
])('%s has commands only as their help has them', async (page, least) => {
  const calls = callsOf(read(page));
  expect(calls.length).toBeGreaterThan(least);
  const unknown = await Promise.all(calls.map(async (call) => [call.join(' '), await unknownIn(call)]));
  expect(unknown.filter(([, words]) => (words ?? []).length > 0)).toEqual([]);
  expect(await unknownIn(['rewind', '--at', '2h'])).toEqual(['--at']);
});

test('docs/operations.md has every health alert', () => {
  const page = read('docs/operations.md');
  expect(HEALTH_KINDS.filter((kind) => !page.includes(`\`${kind}\``))).toEqual([]);
});

/** The problems of a cell that names tests: `` `test/a.test.ts`: “name”, “name”; `test/b.test.ts`: “name” ``. */
function testProblems(cell: string): string[] {
  return cell.split(/; (?=`)/).flatMap((part) => {
    const [, file, names] = /^`(test\/[\w./-]+\.ts)`: (“.+”)$/.exec(part) ?? [];
    if (file === undefined || names === undefined) return [`not a test: ${part}`];
    if (!existsSync(join(TOP, file))) return [`there is no ${file}`];
    // The first argument, before a callback or options.
    const titles = [...read(file).matchAll(/\(\s*(['"`])(.+?)\1,\s*(?:async\b|\(|\{|\w+\))/g)].map(
      ([, , title]) => title,
    );
    const named = names.slice(1, -1).split('”, “');
    return named.filter((name) => !titles.includes(name)).map((name) => `no test in ${file} is named “${name}”`);
  });
}

test('docs/security.md names for each threat the tests that show its defence', () => {
  const rows = tableBelow('Threats', read('docs/security.md')).filter((cells) => !/^(threat|-+)$/.test(cells[0] ?? ''));
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.filter((cells) => cells.length !== 3)).toEqual([]);
  expect(
    rows.flatMap(([threat, , tests = '']) => testProblems(tests).map((problem) => `${threat}: ${problem}`)),
  ).toEqual([]);
});

test('README.md leads to every page', () => {
  const pages = readdirSync(join(TOP, 'docs')).filter((name) => name.endsWith('.md'));
  expect(pages.filter((name) => !read('README.md').includes(`](docs/${name})`))).toEqual([]);
});

/** The rows of the table below a heading: the cells of each. */
function tableBelow(heading: string, page: string): string[][] {
  const [, below = ''] = page.split(`\n## ${heading}\n`);
  const lines = (below.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
}

test.each([
  ['While they last', LASTING],
  ['Events', HEALTH_KINDS.filter((kind) => !LASTING.some((each) => each === kind))],
])('docs/health-alerts.md has every health alert, under “%s”', (heading, kinds) => {
  const rows = tableBelow(heading, read('docs/health-alerts.md'));
  const shown = kinds.map((kind) => [`${raisedHeadline(kind, null)} (\`${kind}\`)`, levelOfKind(kind), hintOf(kind)]);
  expect(rows.map(([alert, level, , hint]) => [alert, level, hint])).toEqual(
    shown.map(([alert, level, hint = '']) => [alert, level, hint.replaceAll('\n', ' ')]),
  );
  expect(rows.filter(([, , meaning = '']) => meaning.length < 20)).toEqual([]);
});

test.each([
  ['`test/docs.test.ts`: “README.md leads to every page”', []],
  ['`test/docs.test.ts`: “no such test”', ['no test in test/docs.test.ts is named “no such test”']],
  ['`test/none.test.ts`: “x”', ['there is no test/none.test.ts']],
  ['see the code', ['not a test: see the code']],
])('a cell of tests: %s', (cell, problems) => {
  expect(testProblems(cell)).toEqual(problems);
});

describe('is reported', () => {
  test.each([
    ['a missing file', 'see `src/nowhere.ts`', 'there is no src/nowhere.ts'],
    ['a missing file without its folder', 'see `nowhere.ts`', 'no file is named nowhere.ts'],
    ['a missing script', 'run `npm run nothing`', 'there is no script nothing'],
    ['a missing page', '[more](nowhere.md)', 'the link nowhere.md leads nowhere'],
    ['a missing heading', '[more](README.md#nowhere)', 'README.md#nowhere: there is no such heading'],
  ])('%s', (_, text, problem) => {
    expect(problemsOf('README.md', text)).toEqual([problem]);
  });
});
