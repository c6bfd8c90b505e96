/**
 * Measures only the engine, with its generated code, against hand-written code, in Node: for working on the engine.
 *
 *   node test/bench/rules/quick.ts [rules] [entries] [--distinct]
 *
 * --distinct: no value of an entry occurs in another.
 *
 * Contract: stops if the two find different matches. Prints one line.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { codeOf, parseRules } from '../../../src/sigma/build.ts';
import { compile, type EntryBody, type RuleCode } from '../../../src/sigma/index.ts';
import { quantile } from '../measure.ts';
import { detectionsOf } from './build.ts';
import { benchEntries, distinctEntries } from './entries.ts';
import { ruleFiles } from './generate.ts';
import { handWritten } from './hand-written.ts';

const ROUNDS = 7;
const { values: options, positionals } = parseArgs({
  options: { distinct: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [ruleCount = 50, entryCount = 100_000] = positionals.map(Number);
const { ruleSet } = parseRules(ruleFiles(ruleCount));
const folder = mkdtempSync(`${tmpdir()}/tocsin-bench-`);
process.once('exit', () => rmSync(folder, { recursive: true }));
const prepared = fileURLToPath(import.meta.resolve('./prepared.ts'));
writeFileSync(`${folder}/hand-written.mjs`, handWritten(detectionsOf(ruleSet), prepared));
const hand = (await import(pathToFileURL(`${folder}/hand-written.mjs`).href)) as {
  matched(entry: EntryBody): readonly string[];
};
const made = benchEntries(entryCount);
// Parsed, as in a Worker: a text that was put together is flattened by its first search.
const entries = JSON.parse(JSON.stringify(options.distinct ? distinctEntries(made) : made)) as EntryBody[];
const code = new Function(`return ${codeOf(ruleSet)}`)() as RuleCode;
const began = performance.now();
const engine = compile(ruleSet, { code });
engine.evaluate(entries[0] ?? {});
const readyMs = performance.now() - began;

for (const entry of entries) {
  const trustedLine = engine.evaluate(entry).map(({ rule }) => rule.id);
  const untrustedLine = hand.matched(entry);
  if (trustedLine.join() !== untrustedLine.join())
    throw new Error(`${JSON.stringify(entry)}: ${trustedLine} by the engine, ${untrustedLine} by hand`);
}
const subjects = {
  engine: (entry: EntryBody) => engine.evaluate(entry).length,
  hand: (entry: EntryBody) => hand.matched(entry).length,
};
const times: Record<string, number[]> = { engine: [], hand: [] };
for (let round = -1; round < ROUNDS; round++) {
  for (const [name, matches] of Object.entries(subjects)) {
    const roundBegan = performance.now();
    let found = 0;
    for (const entry of entries) found += matches(entry);
    if (found < 0) throw new Error('nothing is negative');
    if (round >= 0) times[name]?.push(((performance.now() - roundBegan) / entries.length) * 1e6);
  }
}
const [engineNs, handNs] = [quantile(times.engine ?? [], 0.5), quantile(times.hand ?? [], 0.5)];
const ratio = (engineNs / handNs).toFixed(2);
process.stdout.write(
  `${ruleCount} rules${options.distinct ? ', every value distinct' : ''}: engine ${engineNs.toFixed(0)} ns an entry, ` +
    `by hand ${handNs.toFixed(0)}: ${ratio} x; ready and one entry in ${readyMs.toFixed(2)} ms\n`,
);
