/** `npm run sim:guards`: takes each guard away in a copy, and shows that the simulation notices. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { err, out, printCrashes } from '../../src/cli/terminal.ts';
import { GUARDS, type Guard } from './guards.ts';

const HELP = `usage: npm run sim:guards -- [--known] [--seeds N] [--from N] [--only TEXT] [--jobs N]

Takes each guard (test/simulation/guards.ts) away and runs the simulation until it fails. The first seed that fails is
written to test/simulation/known-seeds.json.

  --known      run only the seed that is known to fail without the guard: a minute in all, as CI does; a guard without one
               counts as not noticed
  --seeds N    how many seeds a guard's loss may go unnoticed (default 1000)
  --from N     the first of them (default 1; worlds with routes begin at 1001, with first_seen at 2001)
  --only TEXT  only guards whose name has TEXT in it
  --jobs N     how many guards at once (default 1)

Exit codes: 0 each loss was noticed, 1 one was not, 2 wrong arguments.
`;
const KNOWN = resolve(import.meta.dirname, 'known-seeds.json');

printCrashes();
const { values } = readArguments();
if (values.help) {
  out(HELP);
  process.exit(0);
}
const [seeds, jobs, first] = [values.seeds, values.jobs, values.from].map(Number);
if (![seeds, jobs, first].every((number) => Number.isSafeInteger(number) && Number(number) >= 1)) {
  err(`sim:guards: every number must be a whole one from 1 on\n\n${HELP}`);
  process.exit(2);
}
/** Null: none was found yet, in the seeds that were tried; the guard is listed, and CI does not fail for it. */
const known: Record<string, number | null> = JSON.parse(readFileSync(KNOWN, 'utf8'));
const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

/** The first of so many seeds that fails without the guard; null where none does. */
async function firstFailure({ file, find, replace }: Guard, from: number, most: number): Promise<number | null> {
  const copy = await mkdtemp(join(tmpdir(), 'tocsin-guard-'));
  try {
    await cp(join(root, 'src'), join(copy, 'src'), { recursive: true });
    for (const folder of ['simulation', 'sandbox', 'support']) {
      await cp(join(root, 'test', folder), join(copy, 'test', folder), { recursive: true });
    }
    await cp(join(root, 'package.json'), join(copy, 'package.json'));
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const text = await readFile(join(copy, file), 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${file} must hold exactly once: ${find}`);
    await writeFile(
      join(copy, file),
      text.replace(find, () => replace),
    );
    const main = join(copy, 'test/simulation/main.ts');
    const args = [main, '--from', String(from), '--seeds', String(most), '--stop', '1', '--json'];
    const { stdout } = await run(process.execPath, args, { maxBuffer: 1 << 24 }).catch((error) => {
      // 1: a seed failed, which is what is wanted. Anything else is a copy that doesn't run.
      if (error.code === 1 && error.stdout) return error as { stdout: string };
      throw new Error(`the simulation does not run without it: ${error.stderr || error.message}`);
    });
    const { failed } = JSON.parse(stdout) as { failed: number[] };
    return failed[0] ?? null;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

const wanted = GUARDS.filter((guard) => guard.name.includes(values.only));
if (wanted.length === 0) {
  err(`sim:guards: no guard has "${values.only}" in its name\n`);
  process.exit(2);
}
const unnoticed: string[] = [];
let unfound = 0;

async function take(guard: Guard): Promise<void> {
  const from = known[guard.name];
  if (values.known && from === undefined) {
    out(`✗ no seed is known  ${guard.name}\n`);
    unnoticed.push(guard.name);
    return;
  }
  if (values.known && from === null) {
    out(`? no seed found yet  ${guard.name}\n`);
    unfound++;
    return;
  }
  let seed: number | null = null;
  if (values.known && from != null) seed = await firstFailure(guard, from, 1);
  if (!values.known) seed = await firstFailure(guard, first ?? 1, seeds ?? 1);
  out(`${seed === null ? '✗ not noticed' : `✓ seed ${String(seed).padStart(5)}`}  ${guard.name}\n`);
  if (seed === null) unnoticed.push(guard.name);
  else if (!values.known) remember(guard.name, seed);
}

function remember(name: string, seed: number): void {
  known[name] = seed;
  const sorted = GUARDS.flatMap((guard) => (known[guard.name] === undefined ? [] : [[guard.name, known[guard.name]]]));
  writeFileSync(KNOWN, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

const waiting = [...wanted];
const worker = async (): Promise<void> => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await take(next);
};
await Promise.all(Array.from({ length: jobs ?? 1 }, worker));
out(`the loss of ${wanted.length - unnoticed.length - unfound} of ${wanted.length} guards was noticed\n`);
if (unfound > 0) out(`for ${unfound} no seed was found yet: npm run sim:guards -- --seeds 1000\n`);
if (unnoticed.length > 0 && values.known) {
  out('npm run sim:guards -- --only TEXT finds a seed\n');
}
process.exit(unnoticed.length === 0 ? 0 : 1);

function readArguments() {
  try {
    return parseArgs({
      options: {
        known: { type: 'boolean', default: false },
        seeds: { type: 'string', default: '1000' },
        from: { type: 'string', default: '1' },
        only: { type: 'string', default: '' },
        jobs: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    err(`sim:guards: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exit(2);
  }
}
