/**
 * Measures only the engine, with its generated code, against hand-written code, in Node: for working on the engine.
 *
 *   node test/bench/rules/quick.ts [rules] [entries] [--distinct | --process]
 *
 * --distinct: no value of an entry occurs in another. --process: rules about the creation of processes, and command lines
 * that never repeat.
 *
 * Contract: stops if the two find different matches, or the interpreter (without generated code) finds others on some of
 * the entries. Prints one line.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { out } from '../../../src/cli/terminal.ts';
import { codeOf, parseRules } from '../../../src/sigma/build.ts';
import { compile, type EntryBody, type RuleCode } from '../../../src/sigma/index.ts';
import { quantile } from '../measure.ts';
import { detectionsOf } from './build.ts';
import { type BenchEntry, benchEntries, distinctEntries } from './entries.ts';
import { ruleFiles } from './generate.ts';
import { handWritten } from './hand-written.ts';
import { processRules } from './process-creation.ts';
import { processEntries } from './process-entries.ts';

const ROUNDS = 7;
/** Entries that the interpreter evaluates, too: it is slow. */
const INTERPRETED = 200;
const { values: options, positionals } = parseArgs({
  options: { distinct: { type: 'boolean', default: false }, process: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [ruleCount = 50, entryCount = 100_000] = positionals.map(Number);
const generated = options.process ? processRules(ruleCount) : { files: ruleFiles(ruleCount), examples: [] };
const { ruleSet } = parseRules(generated.files);
const folder = mkdtempSync(`${tmpdir()}/tocsin-bench-`);
process.once('exit', () => rmSync(folder, { recursive: true }));
const log = options.process ? 'process' : 'audit';
const prepared = fileURLToPath(import.meta.resolve('./prepared.ts'));
writeFileSync(`${folder}/hand-written.mjs`, handWritten(detectionsOf(ruleSet), prepared, log));
const hand = (await import(pathToFileURL(`${folder}/hand-written.mjs`).href)) as {
  matched(entry: EntryBody): readonly string[];
};
const made = options.process ? processEntries(entryCount, generated.examples) : benchEntries(entryCount);
// Parsed, as in a Worker: a text that was put together is flattened by its first search.
const entries = JSON.parse(
  JSON.stringify(options.distinct ? distinctEntries(made as BenchEntry[]) : made),
) as EntryBody[];
const code = new Function(`return ${codeOf(ruleSet)}`)() as RuleCode;
const began = performance.now();
const engine = compile(ruleSet, { code });
engine.evaluate(entries[0] ?? {});
const readyMs = performance.now() - began;

const interpreter = compile(ruleSet);
let matches = 0;
for (const [i, entry] of entries.entries()) {
  const found = engine.evaluate(entry).map(({ rule }) => rule.id);
  matches += found.length;
  agree('by hand', entry, found, hand.matched(entry));
  if (i >= INTERPRETED) continue;
  agree(
    'by the interpreter',
    entry,
    found,
    interpreter.evaluate(entry).map(({ rule }) => rule.id),
  );
}

function agree(who: string, entry: EntryBody, found: readonly string[], other: readonly string[]): void {
  if (found.join() === other.join()) return;
  throw new Error(`${JSON.stringify(entry)}: ${found} by the engine, ${other} ${who}`);
}

const subjects = {
  engine: (entry: EntryBody) => engine.evaluate(entry).length,
  hand: (entry: EntryBody) => hand.matched(entry).length,
};
const times: Record<string, number[]> = { engine: [], hand: [] };
for (let round = -1; round < ROUNDS; round++) {
  for (const [name, count] of Object.entries(subjects)) {
    const roundBegan = performance.now();
    let found = 0;
    for (const entry of entries) found += count(entry);
    if (found < 0) throw new Error('nothing is negative');
    if (round >= 0) times[name]?.push(((performance.now() - roundBegan) / entries.length) * 1e6);
  }
}
const [engineNs, handNs] = [quantile(times.engine ?? [], 0.5), quantile(times.hand ?? [], 0.5)];
const ratio = (engineNs / handNs).toFixed(2);
const stream = options.process ? ' of process creation' : options.distinct ? ', every value distinct' : '';
out(
  `${ruleCount} rules${stream}: engine ${engineNs.toFixed(0)} ns an entry, by hand ${handNs.toFixed(0)}: ${ratio} x; ` +
    `${matches} matches on ${entries.length} entries; ready and one entry in ${readyMs.toFixed(2)} ms\n`,
);
