import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parseRules } from '../../../src/sigma/build.ts';
import { compile, type EntryBody } from '../../../src/sigma/index.ts';
import { detectionsOf } from './build.ts';
import { handWritten } from './hand-written.ts';
import { processRules } from './process-creation.ts';
import { processEntries } from './process-entries.ts';

const folder = mkdtempSync(`${tmpdir()}/tocsin-bench-test-`);
afterAll(() => rmSync(folder, { recursive: true }));

test('the rules are the same for the same seed, however many there are', () => {
  const few = processRules(40);
  expect(processRules(40)).toEqual(few);
  expect(processRules(100).files.slice(0, 40)).toEqual(few.files);
  expect(processRules(40, 14).files).not.toEqual(few.files);
});

test('all rules parse without a problem, and have the modifiers of real ones', () => {
  const { files } = processRules(1_000);
  const { ruleSet, problems } = parseRules(files);
  expect(problems).toEqual([]);
  expect(ruleSet.rules).toHaveLength(1_000);
  const text = files.map((file) => file.text).join('\n');
  for (const part of [
    ...[
      '"Image|endswith"',
      '"CommandLine|contains"',
      '"CommandLine|contains|all"',
      '"CommandLine|re"',
      '"CommandLine|re|i"',
    ],
    ...[
      '"CommandLine|contains|windash"',
      '"CommandLine|contains|cased"',
      '"ParentImage|startswith"',
      '"Hashes|contains"',
    ],
    ...['condition: 1 of selection_*', 'condition: all of selection_*', 'not 1 of filter_main_*', '{"CommandLine":"*'],
  ])
    expect(text, part).toContain(part);
  const expressions = files.filter((file) => file.text.includes('|re')).length;
  expect(expressions).toBeGreaterThan(80);
  expect(expressions).toBeLessThan(140);
  const lists = [...text.matchAll(/"CommandLine\|contains":(\[.*?\])[,}]/g)].map(([, list]) =>
    JSON.parse(list ?? '[]'),
  );
  const lengths = lists.map((list) => list.length);
  expect(Math.min(...lengths)).toBeLessThan(4);
  expect(Math.max(...lengths)).toBeGreaterThan(15);
  const popular = files.filter((file) => file.text.includes('\\\\powershell.exe')).length;
  expect(popular).toBeGreaterThan(150);
});

test('no command line repeats, their lengths are like those of real ones, and images repeat', () => {
  const { examples } = processRules(100);
  const entries = processEntries(3_000, examples);
  expect(processEntries(3_000, examples)).toEqual(entries);
  expect(new Set(entries.map(({ CommandLine }) => CommandLine)).size).toBe(entries.length);
  expect(new Set(entries.map(({ Image }) => Image)).size).toBeLessThan(200);
  const lengths = entries.map(({ CommandLine }) => CommandLine.length).sort((a, b) => a - b);
  expect(lengths[1_500]).toBeGreaterThan(90);
  expect(lengths[1_500]).toBeLessThan(150);
  expect(lengths.at(-1)).toBeGreaterThan(2_000);
});

test('a few percent of the entries match, and the interpreter and hand-written code agree', async () => {
  const { files, examples } = processRules(200);
  const { ruleSet } = parseRules(files);
  const entries = processEntries(1_000, examples);
  const engine = compile(ruleSet);
  const found = entries.map((entry) => engine.evaluate({ ...entry }).map(({ rule }) => rule.id));
  const matching = found.filter((ids) => ids.length > 0).length;
  expect(matching).toBeGreaterThan(15);
  expect(matching).toBeLessThan(100);
  expect(new Set(found.flat()).size).toBeGreaterThan(10);
  const prepared = fileURLToPath(new URL('./prepared.ts', import.meta.url).href);
  writeFileSync(`${folder}/process.mjs`, handWritten(detectionsOf(ruleSet), prepared, 'process'));
  const hand = (await import(/* @vite-ignore */ pathToFileURL(`${folder}/process.mjs`).href)) as {
    matched(entry: EntryBody): readonly string[];
  };
  expect(entries.map((entry) => hand.matched({ ...entry }))).toEqual(found);
});

test('most examples match their rule; a filter excludes the others', () => {
  const { files, examples } = processRules(200);
  const { ruleSet } = parseRules(files);
  const engine = compile(ruleSet);
  // With a share of examples as small as that of the stream, these are many entries: each is of one rule.
  const matched = examples.filter((example, i) => {
    const id = ruleSet.rules[i]?.id;
    return processEntries(200, [example], i + 1).some((entry) =>
      engine.evaluate({ ...entry }).some(({ rule }) => rule.id === id),
    );
  });
  expect(matched.length / examples.length).toBeGreaterThan(0.8);
});
