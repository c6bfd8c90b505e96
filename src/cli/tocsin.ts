/**
 * `npm run tocsin -- <command>`: what an operator does, with a local or a deployed Tocsin.
 *
 * Contract: the exit code is 0 if everything is well, 1 if it is not or could not be done, 2 if the call is wrong. Results
 * go to `out`; problems go to `err`, with what to do about them.
 */
import { readFileSync } from 'node:fs';
import { ack, assign, comment, resolve } from './commands/acts.ts';
import { alerts } from './commands/alerts.ts';
import { backfill } from './commands/backfill.ts';
import { backtest } from './commands/backtest.ts';
import { check } from './commands/check.ts';
import { type CliContext, type Command, UsageError } from './commands/command.ts';
import { fields } from './commands/fields.ts';
import { importRules } from './commands/import.ts';
import { list } from './commands/list.ts';
import { newRule } from './commands/new.ts';
import { notify } from './commands/notify.ts';
import { quarantine } from './commands/quarantine.ts';
import { resend } from './commands/resend.ts';
import { restore } from './commands/restore.ts';
import { rewind } from './commands/rewind.ts';
import { route } from './commands/route.ts';
import { security } from './commands/security.ts';
import { silence } from './commands/silence.ts';
import { status } from './commands/status.ts';
import { test } from './commands/test.ts';
import { viewers } from './commands/viewers.ts';
import { why } from './commands/why.ts';
import { CALLED_WRONGLY, exitCode, OK } from './failure.ts';
import { ask, err, out, printCrashes } from './terminal.ts';
import { readUser } from './user.ts';
import { ROOT } from './wrangler.ts';

const COMMANDS = new Map<string | undefined, Command>(
  Object.entries({
    ...{
      status,
      alerts,
      why,
      ack,
      assign,
      resolve,
      comment,
      silence,
      route,
      notify,
      resend,
      rewind,
      backfill,
      restore,
      quarantine,
    },
    ...{ viewers, security, check, list, test, backtest, fields, new: newRule, import: importRules },
  }),
);

const OVERVIEW = `usage: npm run tocsin -- <command> [options]

${[...COMMANDS].map(([name, { summary }]) => `  ${name?.padEnd(10)}  ${summary}`).join('\n')}

  --help      print this, or the help of a command
  --version   print the version
`;

/** Runs the command that the arguments name, and returns its exit code. */
export async function main(args: readonly string[], context: CliContext): Promise<number> {
  const [name, ...rest] = args;
  const { out, err } = context;
  switch (name) {
    case '--help':
    case '-h':
    case 'help':
      out(COMMANDS.get(rest[0])?.usage ?? OVERVIEW);
      return OK;
    case '--version':
    case '-v':
      out(`${(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string }).version}\n`);
      return OK;
  }
  const command = COMMANDS.get(name);
  if (command === undefined) {
    err(`${name === undefined ? 'a command is missing' : `unknown command ${JSON.stringify(name)}`}\n\n${OVERVIEW}`);
    return CALLED_WRONGLY;
  }
  try {
    return await exitCode(() => command.run(rest, context), err);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(`${error.message}\nTry: npm run tocsin -- ${name} --help\n`);
    return CALLED_WRONGLY;
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

if (import.meta.main) {
  printCrashes();
  process.exitCode = await main(process.argv.slice(2), {
    env: process.env,
    devVars: readIfThere(`${ROOT}.dev.vars`),
    now: () => Date.now(),
    out,
    err,
    user: () => readUser(process.env),
    ...(process.stdin.isTTY && { ask }),
  });
}
