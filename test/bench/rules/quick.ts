/**
 * Measures only the engine against hand-written code, in Node: for working on the engine.
 *
 *   node test/bench/rules/quick.ts [rules] [entries]
 *
 * Contract: stops if the two find different matches.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compile } from '../../../src/sigma/engine.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import type { DetectionRule, EntryBody } from '../../../src/sigma/rule.ts';
import { quantile } from '../measure.ts';
import { benchEntries } from './entries.ts';
import { ruleFiles } from './generate.ts';
import { handWritten } from './hand-written.ts';

const ROUNDS = 7;
const [ruleCount = 50, entryCount = 100_000] = process.argv.slice(2).map(Number);
const { ruleSet } = parseRules(ruleFiles(ruleCount));
const rules = ruleSet.rules.filter((rule): rule is DetectionRule => rule.kind === 'detection');
const folder = mkdtempSync(`${tmpdir()}/tocsin-bench-`);
process.once('exit', () => rmSync(folder, { recursive: true }));
writeFileSync(`${folder}/hand-written.mjs`, handWritten(rules, fileURLToPath(import.meta.resolve('./prepared.ts'))));
const hand = (await import(pathToFileURL(`${folder}/hand-written.mjs`).href)) as {
  matched(entry: EntryBody): readonly string[];
};
const entries = JSON.parse(JSON.stringify(benchEntries(entryCount))) as EntryBody[];
const engine = compile(ruleSet);

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
    const began = performance.now();
    let found = 0;
    for (const entry of entries) found += matches(entry);
    if (found < 0) throw new Error('nothing is negative');
    if (round >= 0) times[name]?.push(((performance.now() - began) / entries.length) * 1e6);
  }
}
const [trustedLine, untrustedLine] = [quantile(times.engine ?? [], 0.5), quantile(times.hand ?? [], 0.5)];
process.stdout.write(
  `${ruleCount} rules: engine ${trustedLine.toFixed(0)} ns an entry, by hand ${untrustedLine.toFixed(0)}: ${(trustedLine / untrustedLine).toFixed(2)} x\n`,
);
