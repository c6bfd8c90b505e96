/** `npm run sim`: runs many seeds and says what went wrong, with a schedule that replays, and what was hit. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { err, out, printCrashes, progress } from '../../src/cli/terminal.ts';
import { FROZEN } from './digest.ts';
import { tooSeldom } from './kinds.ts';
import { run } from './run.ts';

const HELP = `usage: npm run sim -- [--seeds N] [--from N] [--seed N] [--stop N] [--quiet] [--json] [--freeze]

Runs the whole of Tocsin in simulated worlds that fail in every way, and compares with a plain model. From 1,000 seeds on
it also fails where some fault was hit too seldom (test/simulation/kinds.ts).

  --seeds N   how many seeds (default 1000)
  --from N    the first seed (default 1)
  --seed N    one seed; where it fails, with all that happened in its world
  --stop N    stop after N failing seeds (default 3)
  --quiet     no progress
  --json      the outcome as one JSON object
  --freeze    write what the seeds decided, as hashes, to test/simulation/frozen.json; with the defaults only

Exit codes: 0 all passed, 1 a seed failed or hit too little, 2 wrong arguments.
`;

printCrashes();
const { values } = readArguments();
if (values.help) {
  out(HELP);
  process.exit(0);
}
const numbers = [values.seeds, values.from, values.stop, values.seed ?? '1'].map(Number);
if (numbers.some((number) => !Number.isSafeInteger(number) || number < 1)) {
  err(`sim: every number must be a whole one from 1 on\n\n${HELP}`);
  process.exit(2);
}
const [seeds = 0, from = 1, stop = 1] = numbers;
if (values.freeze && (values.seed !== undefined || seeds !== 1000 || from !== 1)) {
  err('sim: --freeze takes the first thousand seeds\n');
  process.exit(2);
}
const one = values.seed === undefined ? null : Number(values.seed);
const first = one ?? from;
const last = one ?? from + seeds - 1;

const hits = new Map<string, number>();
const failed: number[] = [];
let entries = 0;
let alerts = 0;
const digests: string[] = [];
let seed = first;
for (; seed <= last && failed.length < stop; seed++) {
  const result = await run(seed).catch((error: unknown) => crashed(seed, error));
  entries += result.entries;
  alerts += result.alerts;
  digests.push(result.digest);
  for (const [kind, count] of result.hits) hits.set(kind, (hits.get(kind) ?? 0) + count);
  if (result.problems.length > 0) {
    failed.push(seed);
    if (!values.json) {
      out(`\nseed ${seed} fails (replay: npm run sim -- --seed ${seed})\n`);
      for (const problem of result.problems) out(`  ✗ ${problem}\n`);
      const shown = one === null ? result.schedule.slice(0, 12) : result.schedule;
      for (const line of shown) out(`    ${line}\n`);
      if (shown.length < result.schedule.length) out(`    … ${result.schedule.length - shown.length} more\n`);
    }
  }
  if (!values.quiet && !values.json && seed % 20 === 0) progress(`${seed - first + 1} seeds`);
}
const ran = seed - first;
if (values.freeze && failed.length === 0) writeFileSync(FROZEN, `${JSON.stringify(digests, null, 2)}\n`);
const seldom = tooSeldom(ran, hits, { entries, alerts });
if (values.json) {
  out(`${JSON.stringify({ ran, failed, seldom, entries, alerts, hits: Object.fromEntries(hits) })}\n`);
} else {
  out(`\n${ran} seeds, ${entries} entries, ${alerts} alerts; how often each fault was hit:\n`);
  for (const [kind, count] of [...hits].sort()) out(`  ${String(count).padStart(8)}  ${kind}\n`);
  for (const what of seldom) out(`  ✗ too seldom: ${what}\n`);
  out(failed.length === 0 ? 'all passed\n' : `${failed.length} failed: ${failed.join(', ')}\n`);
}
process.exit(failed.length === 0 && seldom.length === 0 ? 0 : 1);

/** A world in which the model itself fails: it looks for what is not there. */
function crashed(seed: number, error: unknown): Awaited<ReturnType<typeof run>> {
  const problems = [`it threw ${error instanceof Error ? error.stack : String(error)}`];
  return { seed, problems, schedule: [], hits: new Map(), entries: 0, alerts: 0, digest: '' };
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        seeds: { type: 'string', default: '1000' },
        from: { type: 'string', default: '1' },
        seed: { type: 'string' },
        stop: { type: 'string', default: '3' },
        quiet: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        freeze: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    err(`sim: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit(2);
  }
}
