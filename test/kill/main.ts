/**
 * `npm run kill`: kills the processes of a whole Tocsin under load, and counts what is left.
 *
 * Contract: however it ends, it ends everything that it started. Exit codes: 0 if nothing was lost, 1 if something was or
 * the test itself failed, 2 for wrong arguments, 130 and 143 by signals.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, out, printCrashes, progress } from '../../src/cli/terminal.ts';
import { jsonLine } from '../../src/text/invisible.ts';
import { onEnding } from '../support/ending.ts';
import { HELP, type KillOptions, readOptions } from './options.ts';
import { type Progress, run } from './run.ts';
import { progressText, summaryLines } from './summary.ts';

printCrashes();
const read = readOptions(process.argv.slice(2));
switch (read.kind) {
  case 'help':
    out(HELP);
    break;
  case 'wrong':
    err(`${read.problem}\nTry: npm run kill -- --help\n`);
    process.exitCode = 2;
    break;
  case 'run':
    process.exit(await kill(read.options));
}

/** Runs it; returns the exit code. */
async function kill(options: KillOptions): Promise<number> {
  const ending = new AbortController();
  let code: number | null = null;
  onEnding((by, why) => {
    code ??= by;
    ending.abort(new Error(why));
  });
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-kill-'));
  let keep = false;
  try {
    const outcome = await run(folder, options, showProgress(options), ending.signal);
    keep = outcome.problems.length > 0;
    const { json, seed } = options;
    const lines = json ? [jsonLine({ ...options, ...outcome })] : ['', ...summaryLines(outcome, seed)];
    out(`${lines.join('\n')}\n`);
    return keep ? 1 : 0;
  } catch (error) {
    keep = code === null;
    err(`\n${error instanceof Error ? error.message : error}\n`);
    return code ?? 1;
  } finally {
    if (keep) err(`the files of the run are kept in ${folder}\n`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

function showProgress({ json, times }: KillOptions): (now: Progress) => void {
  return json ? () => undefined : (now) => progress(progressText(now, times));
}
