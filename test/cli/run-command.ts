/** Runs commands as tests need them: a script in a process of its own, or `npm run tocsin` in this one. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { main } from '../../src/cli/tocsin.ts';

export interface CommandResult {
  /** Null: ended by a signal. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a script, a path below the repository, in a process of its own. */
export function runScript(
  script: string,
  args: readonly string[],
  env: NodeJS.Dict<string> = {},
): Promise<CommandResult> {
  const root = fileURLToPath(new URL('../..', import.meta.url).href);
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text.out += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text.err += part;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...text }));
  });
}

/** Runs `npm run tocsin -- …args` in this process, without a .dev.vars. */
export async function runTocsin(
  args: readonly string[],
  env: NodeJS.Dict<string>,
  now = () => Date.now(),
  user: () => string | null = () => null,
  pause: (ms: number) => Promise<void> = async () => {},
): Promise<CommandResult> {
  const text = { out: '', err: '' };
  const code = await main(args, {
    env,
    devVars: null,
    now,
    user,
    pause,
    out: (part) => {
      text.out += part;
    },
    err: (part) => {
      text.err += part;
    },
  });
  return { code, ...text };
}
