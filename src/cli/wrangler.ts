/**
 * Runs the wrangler of node_modules with this Node, without a shell.
 *
 * Contract: a signal that ends this process ends wrangler first, and what was made for it is removed. Secrets go in by its
 * standard input: no file, argument or variable that is made here holds one.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);

/** The result of a run of wrangler. */
export interface WranglerResult {
  /** Not to be trusted alone: wrangler exits with 0 if a signal ended its own process. */
  readonly code: number;
  /** Its output, without colors; empty if it was shown on the terminal. */
  readonly stdout: string;
  readonly stderr: string;
  /** Its machine-readable output: one object per step. */
  readonly steps: readonly { readonly [field: string]: unknown }[];
}

export interface RunOptions {
  /** Whether it uses the terminal for output and input. */
  readonly show: boolean;
  /** Its standard input, if `show` is false. */
  readonly input?: string;
}

export type RunWrangler = (args: readonly string[], options: RunOptions) => Promise<WranglerResult>;

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs wrangler in the repository's folder. */
export const runWrangler: RunWrangler = async (args, { show, input }) => {
  const script = createRequire(import.meta.url)
    .resolve('wrangler/package.json')
    .replace(/package\.json$/, 'bin/wrangler.js');
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-'));
  const stepsFile = join(folder, 'steps.ndjson');
  let endedBy: NodeJS.Signals | null = null;
  let kill = (_signal: NodeJS.Signals): void => undefined;
  const end = (signal: NodeJS.Signals): void => {
    // wrangler passes only SIGINT and SIGTERM on. People who ask twice do not want to wait.
    kill(endedBy === null ? 'SIGTERM' : 'SIGKILL');
    endedBy ??= signal;
  };
  for (const signal of ENDING) process.on(signal, end);
  try {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: ROOT,
      env: {
        ...process.env,
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_OUTPUT_FILE_PATH: stepsFile,
        // Else its log files hold what it sends.
        WRANGLER_LOG_SANITIZE: 'true',
      },
      stdio: show ? 'inherit' : [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    kill = (signal) => void child.kill(signal);
    // If it ends before reading its input, its exit code says why.
    child.stdin?.on('error', () => undefined).end(input);
    const printed = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(status ?? 1));
    });
    const stdout = stripVTControlCharacters(printed.stdout);
    return { code, stdout, stderr: stripVTControlCharacters(printed.stderr), steps: readSteps(stepsFile) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    for (const signal of ENDING) process.off(signal, end);
    // Without a handler, it ends this process.
    if (endedBy !== null) process.kill(process.pid, endedBy);
  }
};

function readSteps(path: string): WranglerResult['steps'] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}
