/** `npm run sim:guards`: takes each guard away in a copy, and shows that the simulation notices. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { GUARDS, type Guard } from './guards.ts';

const HELP = `npm run sim:guards -- [--seeds N] [--only TEXT]

Takes each guard (test/simulation/guards.ts) away and runs the simulation until it fails.

  --seeds N    how many seeds a guard's loss may go unnoticed (default 3000)
  --only TEXT  only guards whose name has TEXT in it
`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3000' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

/** The first seed that fails without the guard; null where none does. */
async function firstFailure({ file, find, replace }: Guard, seeds: string): Promise<number | null> {
  const copy = await mkdtemp(join(tmpdir(), 'tocsin-guard-'));
  try {
    await cp(join(root, 'src'), join(copy, 'src'), { recursive: true });
    await cp(join(root, 'test'), join(copy, 'test'), { recursive: true });
    await cp(join(root, 'package.json'), join(copy, 'package.json'));
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    const text = await readFile(join(copy, file), 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${file} must hold exactly once: ${find}`);
    await writeFile(
      join(copy, file),
      text.replace(find, () => replace),
    );
    const main = join(copy, 'test/simulation/main.ts');
    const args = [main, '--seeds', seeds, '--stop', '1', '--json'];
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
  process.stderr.write(`sim:guards: no guard has "${values.only}" in its name\n`);
  process.exit(2);
}
const unnoticed: string[] = [];
for (const guard of wanted) {
  const seed = await firstFailure(guard, values.seeds);
  process.stdout.write(`${seed === null ? '✗ never noticed' : `✓ seed ${String(seed).padStart(4)}`}  ${guard.name}\n`);
  if (seed === null) unnoticed.push(guard.name);
}
process.stdout.write(`${wanted.length - unnoticed.length} of ${wanted.length} guards are missed when they are gone\n`);
process.exit(unnoticed.length === 0 ? 0 : 1);
