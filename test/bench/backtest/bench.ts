/** Measures a backtest of a month, beside only parsing its lines, and interpreting the rules' detections. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Grid } from '../table.ts';
import { writeMonth } from './log.ts';
import { type Took, WAYS } from './run.ts';

const RUN = fileURLToPath(new URL('./run.ts', import.meta.url).href);
const RULES = fileURLToPath(new URL('../../../rules', import.meta.url).href);

export interface BacktestBench {
  readonly rounds: number;
  readonly entries: number;
  readonly folder: string;
  readonly say: (text: string) => void;
}

/** Each way in a process of its own, in turns; the quickest round counts. */
export async function* benchBacktest({ rounds, entries, folder, say }: BacktestBench): AsyncGenerator<Grid> {
  const file = `${folder}/month.ndjson`;
  say('Writing a month …');
  const lines = writeMonth(file, entries);
  const all = WAYS.map((): Took[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, way] of WAYS.entries()) {
      say(`Backtest: ${way}, round ${round + 1} of ${rounds} …`);
      all[i]?.push(run([way, file, RULES, String(lines)]));
    }
  }
  const best = all.map((took) => took.reduce((a, b) => (b.ms < a.ms ? b : a)));
  const [peer] = best;
  yield {
    title: `A month of ${lines.toLocaleString('en-US')} entries, with the rules in rules/`,
    columns: [
      { name: 'an entry', unit: 'us' },
      { name: 'entries a second', unit: 'count' },
      { name: 'a million', unit: 'ms' },
      { name: 'CPU, a million', unit: 'ms' },
      { name: 'of parsing', unit: 'times' },
      { name: 'memory at a tenth', unit: 'bytes' },
      { name: 'most memory', unit: 'bytes' },
    ],
    rows: best.map(({ entries: read, ms, cpuMs, tenth, most }, i) => ({
      name: ['lines parsed', 'and detections interpreted', 'backtest'][i] ?? '',
      cells: [
        ...[(ms * 1000) / read, (read * 1000) / ms, (ms * 1_000_000) / read, (cpuMs * 1_000_000) / read],
        ...[ms / (peer?.ms ?? ms), tenth, most],
      ],
    })),
    notes: ['Memory is that of the process, when a tenth of the entries was read, and the most from then on.'],
  };
}

function run(args: readonly string[]): Took {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the backtest failed: ${stderr}`);
  return JSON.parse(stdout) as Took;
}
