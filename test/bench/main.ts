/**
 * `npm run bench`: measures what takes time, each against a peer in the same run (see options.ts).
 *
 * Contract: stops everything it started. Exit codes: 0 measured, 1 failed (for example, results differ), 2 invalid options.
 * No number makes it fail.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { err, out, printCrashes } from '../../src/cli/terminal.ts';
import { benchBacktest } from './backtest/bench.ts';
import { benchLookup } from './lookup.ts';
import { type BenchOptions, HELP, readOptions, type Section } from './options.ts';
import { benchPath } from './path/bench.ts';
import { benchRegex } from './regex/bench.ts';
import { benchRules } from './rules/bench.ts';
import { openCheckout } from './rules/checkout.ts';
import { installPeers } from './rules/peers.ts';
import { type Grid, gridLines, tableLines } from './table.ts';
import { benchWindows } from './windows/bench.ts';

const ROUNDS = 7;
const LOOKUP_ROUNDS = 200;
const PATH_ROUNDS = 3;
const BACKTEST_ROUNDS = 1;

printCrashes();
const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  err(`${options}\nTry: npm run bench -- --help\n`);
  process.exitCode = 2;
} else if (options === null) out(HELP);
else process.exit(await bench(options));

async function bench(asked: BenchOptions): Promise<number> {
  const say = (text: string): void => {
    if (!asked.json) err(`${text}\n`);
  };
  // No requests to Cloudflare.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
  process.env.WRANGLER_SEND_METRICS ??= 'false';
  const folder = mkdtempSync(`${tmpdir()}/tocsin-bench-`);
  const results: Partial<Record<Section, unknown>> = {};
  try {
    const needsPeers = asked.sections.some((section) => section === 'rules' || section === 'regex');
    const peers = asked.peers && needsPeers && installPeers(say);
    const against = asked.against === null ? null : await openCheckout(asked.against);
    const context = { rounds: asked.rounds ?? ROUNDS, entries: asked.entries, peers, against, folder, say };
    const print = (grids: readonly Grid[]): readonly Grid[] => {
      if (!asked.json) out(`${grids.flatMap(gridLines).join('\n')}\n`);
      return grids;
    };
    for (const section of asked.sections) {
      switch (section) {
        case 'rules':
          results.rules = await gathered(benchRules(context), print);
          break;
        case 'windows':
          results.windows = await gathered(benchWindows(context), print);
          break;
        case 'regex':
          results.regex = await gathered(benchRegex(context), print);
          break;
        case 'path': {
          const { entries, latencyMs } = asked;
          const path = benchPath({ rounds: asked.rounds ?? PATH_ROUNDS, entries, latencyMs, folder, say });
          results.path = await gathered(path, print);
          break;
        }
        case 'backtest': {
          const { entries } = asked;
          const month = benchBacktest({ rounds: asked.rounds ?? BACKTEST_ROUNDS, entries, folder, say });
          results.backtest = await gathered(month, print);
          break;
        }
        case 'lookup': {
          const lookup = await benchLookup({ rounds: asked.rounds ?? LOOKUP_ROUNDS, latencyMs: asked.latencyMs, say });
          if (!asked.json) out(`${tableLines(lookup.groups).join('\n')}\n`);
          results.lookup = lookup;
        }
      }
    }
    if (asked.json) out(`${JSON.stringify(results)}\n`);
    return 0;
  } catch (error) {
    err(`${error instanceof Error ? error.message : error}\n`);
    return 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Prints each grid as soon as it is measured. */
async function gathered(
  grids: AsyncIterable<Grid>,
  print: (grids: readonly Grid[]) => readonly Grid[],
): Promise<readonly Grid[]> {
  const all: Grid[] = [];
  for await (const grid of grids) all.push(...print([grid]));
  return all;
}
