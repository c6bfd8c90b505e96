/** Runs the wrangler of node_modules with this Node, without a shell. */
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

/** Runs wrangler in the repository's folder. */
export const runWrangler: RunWrangler = async (args, { show, input }) => {
  const script = createRequire(import.meta.url)
    .resolve('wrangler/package.json')
    .replace(/package\.json$/, 'bin/wrangler.js');
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-'));
  const stepsFile = join(folder, 'steps.ndjson');
  try {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: ROOT,
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_OUTPUT_FILE_PATH: stepsFile },
      stdio: show ? 'inherit' : [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
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
