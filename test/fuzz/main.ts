/**
 * `npm run fuzz`: hostile input into all of Tocsin, and what comes out read back.
 *
 * Contract: the same arguments check the same inputs. Results go to stdout, progress to stderr. Exit codes: 0 nothing was found,
 * 1 something was, 2 wrong arguments. However it ends, it ends the processes that it started.
 *
 * Pages are JSX, which Node can't run: kinds and processes are one bundle, made first.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { err, out, printCrashes, progress } from '../../src/cli/terminal.ts';
import { ROOT } from '../../src/cli/wrangler.ts';
import { jsonLine } from '../../src/text/invisible.ts';
import { numberText } from '../../src/text/numbers.ts';
import { onEnding } from '../support/ending.ts';
import type { FuzzKind } from './kind.ts';
import { type FuzzOptions, helpText, readOptions } from './options.ts';
import type { Finding, RunResult } from './run.ts';
import { type Task, tasksFor, totals } from './work.ts';

printCrashes();
const children = new Set<ChildProcess>();
// Below node_modules, so that the bundle finds what it does not contain.
const folder = mkdtempSync(join(ROOT, 'node_modules', '.fuzz-'));
const clean = (): void => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
};
onEnding((code) => {
  clean();
  process.exit(code);
});
try {
  process.exitCode = await main(process.argv.slice(2));
} finally {
  clean();
}

async function main(args: readonly string[]): Promise<number> {
  const bundle = await bundled('process.ts');
  const { createKinds } = (await import(pathToFileURL(await bundled('kinds.ts')).href)) as {
    createKinds: () => readonly FuzzKind[];
  };
  const kinds = createKinds();
  const names = kinds.map(({ name }) => name);
  const read = readOptions(args, names);
  switch (read.kind) {
    case 'help':
      out(helpText(kinds));
      return 0;
    case 'wrong':
      err(`fuzz: ${read.problem}\nTry: npm run fuzz -- --help\n`);
      return 2;
    case 'run': {
      const { options } = read;
      const results = await runAll(bundle, tasksFor(kinds, options), options);
      const all = totals(names, results);
      const findings = results.flatMap((result) => result.findings);
      if (options.json) out(`${jsonLine({ seed: options.seed, kinds: all, findings })}\n`);
      else report(all, findings, options);
      return findings.length === 0 ? 0 : 1;
    }
  }
}

/** A module of this folder with all that it imports, as one file. */
async function bundled(file: string): Promise<string> {
  const outfile = join(folder, file.replace(/ts$/, 'mjs'));
  await build({
    entryPoints: [join(ROOT, 'test/fuzz', file)],
    ...{ outfile, bundle: true, format: 'esm', platform: 'node', target: 'node24', logLevel: 'error' },
    // JSX is compiled as tsconfig.json says.
    packages: 'external',
    // What is bundled is no script of its own.
    define: { 'import.meta.main': 'false' },
  });
  return outfile;
}

/** Runs the tasks, `jobs` at once; a kind that has findings enough gets no more. */
async function runAll(bundle: string, tasks: readonly Task[], options: FuzzOptions): Promise<readonly RunResult[]> {
  const results: RunResult[] = [];
  const found = new Map<string, number>();
  const waiting = [...tasks];
  const inputs = tasks.reduce((sum, task) => sum + task.inputs, 0);
  const work = async (): Promise<void> => {
    const child = fork(bundle, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'json' });
    children.add(child);
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      if ((found.get(task.kind) ?? 0) >= options.stop) continue;
      const result = await ask(child, { ...task, seed: options.seed, stop: options.stop });
      results.push(result);
      found.set(task.kind, (found.get(task.kind) ?? 0) + result.findings.length);
      if (options.quiet) continue;
      const done = results.reduce((sum, each) => sum + each.inputs, 0);
      const text = `${numberText(done)} of ${numberText(inputs)} inputs, ${task.kind}`;
      if (process.stderr.isTTY) progress(text);
      else err(`${text}\n`);
    }
    child.disconnect();
    children.delete(child);
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, tasks.length) }, work));
  if (!options.quiet && process.stderr.isTTY) err('\n');
  return results;
}

function ask(child: ChildProcess, task: Task & { readonly seed: number; readonly stop: number }): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new Error(`a process ended with ${code}, at ${jsonLine(task)}`));
    child.once('exit', ended);
    child.once('message', (result) => {
      child.off('exit', ended);
      resolve(result as RunResult);
    });
    child.send(task);
  });
}

function report(all: ReturnType<typeof totals>, findings: readonly Finding[], { seed }: FuzzOptions): void {
  for (const { kind, inputs, perSecond, findings: count } of all) {
    const rate = `${numberText(perSecond)}/s`;
    out(`${kind.padEnd(9)} ${numberText(inputs).padStart(9)} inputs ${rate.padStart(9)} ${count} found\n`);
  }
  for (const { kind, number, smallest, smallestProblem } of findings) {
    out(`\n✗ ${kind} ${number}: ${jsonLine(smallestProblem).slice(1, -1)}\n  ${jsonLine(smallest)}\n`);
    out(`  again: npm run fuzz -- --only ${kind} --seed ${seed} --from ${number} --inputs 1\n`);
  }
  const sum = all.reduce((total, { inputs }) => total + inputs, 0);
  const word = findings.length === 0 ? 'nothing' : String(findings.length);
  out(`\n${numberText(sum)} inputs of seed ${seed}: ${word} found\n`);
}
