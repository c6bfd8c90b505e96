/**
 * `npm run tocsin -- <command>`: what an operator does, here or against a deployed Worker.
 *
 * Contract: answers with an exit code: 0 all is well, 1 it is not or could not be done, 2 called wrongly. What was asked
 * for goes to `out`; what went wrong to `err`, with what to do about it.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rewindText } from '../audit-log/checkpoint-text.ts';
import { alertsLines, whyLines } from './alert-text.ts';
import { CALLED_WRONGLY, FAILED, Failure, OK } from './failure.ts';
import { allDelivered, resentLine, testLines } from './notify-text.ts';
import { createOperatorClient } from './operator-client.ts';
import { type Command, type CommandName, helpText, readCommand } from './options.ts';
import { readTarget, type Target } from './settings.ts';
import { headline, statusLines } from './status-text.ts';
import { jsonLine } from './terminal.ts';
import { utc } from './text.ts';
import { viewers } from './viewers.ts';
import { ROOT } from './wrangler.ts';

export interface Surroundings {
  readonly env: { readonly [name: string]: string | undefined };
  /** The text of .dev.vars; null where there is none. */
  readonly devVars: string | null;
  /** Wall clock, ms. */
  readonly now: () => number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Does what the arguments ask for. */
export async function main(args: readonly string[], around: Surroundings): Promise<number> {
  try {
    return await run(readCommand(args, around.now()), around);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    around.err(`${error.message}\n${error.hint}\n`);
    return error.code;
  }
}

async function run(command: Command, around: Surroundings): Promise<number> {
  const { out, err } = around;
  switch (command.kind) {
    case 'help':
      out(helpText(command.of));
      return OK;
    case 'version':
      out(`${(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string }).version}\n`);
      return OK;
    case 'wrong':
      err(`${command.problem}\n${hint(command.of)}`);
      return CALLED_WRONGLY;
    case 'check': {
      const args = ['src/cli/build-rules.ts', '--check', ...(command.json ? ['--json'] : [])];
      return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status ?? FAILED;
    }
    case 'status':
      return status(readTarget({ ...around, url: command.url }), command.json, around);
    case 'alerts':
      return alerts(readTarget({ ...around, url: command.url }), command, around);
    case 'why':
      return why(readTarget({ ...around, url: command.url }), command, around);
    case 'notify':
      return notify(readTarget({ ...around, url: command.url }), command.json, around);
    case 'resend':
      return resend(readTarget({ ...around, url: command.url }), command, around);
    case 'rewind':
      return rewind(readTarget({ ...around, url: command.url }), command, around);
    case 'viewers': {
      const target = readTarget({ ...around, url: command.url });
      const { ask } = createOperatorClient(target, around.now);
      out(await viewers(command, ask, target.origin, around.now()));
      return OK;
    }
  }
}

function hint(of: CommandName | null): string {
  return of === null ? `\n${helpText(null)}` : `Try: npm run tocsin -- ${of} --help\n`;
}

async function status(target: Target, asJson: boolean, { now, out }: Surroundings): Promise<number> {
  const { answer, json } = await createOperatorClient(target, now).status();
  out(asJson ? `${jsonLine(json)}\n` : text(statusLines(answer, target.origin, now())));
  return headline(answer) === 'WATCHING' ? OK : FAILED;
}

async function alerts(
  target: Target,
  { all, before, json: asJson }: { readonly all: boolean; readonly before: number | null; readonly json: boolean },
  { now, out }: Surroundings,
): Promise<number> {
  const { answer, json } = await createOperatorClient(target, now).alerts(all ? 'all' : 'open', before);
  out(asJson ? `${jsonLine(json)}\n` : text(alertsLines(answer, all)));
  return OK;
}

async function why(
  target: Target,
  { alert, json: asJson }: { readonly alert: number; readonly json: boolean },
  { now, out }: Surroundings,
): Promise<number> {
  const { answer, json } = await createOperatorClient(target, now).alert(alert);
  if (answer === null) {
    throw new Failure(`${target.origin} has no alert ${alert}`, 'Which there are: npm run tocsin -- alerts --all');
  }
  out(asJson ? `${jsonLine(json)}\n` : text(whyLines(answer)));
  return OK;
}

async function notify(target: Target, asJson: boolean, { now, out }: Surroundings): Promise<number> {
  const { answer, json } = await createOperatorClient(target, now).test();
  out(asJson ? `${jsonLine(json)}\n` : text(testLines(answer)));
  return allDelivered(answer) ? OK : FAILED;
}

async function resend(
  target: Target,
  { receiver, json: asJson }: { readonly receiver: string | null; readonly json: boolean },
  { now, out }: Surroundings,
): Promise<number> {
  const { answer, json } = await createOperatorClient(target, now).resend(receiver);
  out(asJson ? `${jsonLine(json)}\n` : `${resentLine(answer, receiver)}\n`);
  return OK;
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

async function rewind(
  target: Target,
  { to, suppress }: { readonly to: number; readonly suppress: boolean },
  { now, out }: Surroundings,
): Promise<number> {
  await createOperatorClient(target, now).rewind(rewindText({ id: crypto.randomUUID(), to, suppress }));
  const quiet = suppress ? ', and notifies nobody of what happened before now' : '';
  out(
    `Accepted. The log is read again from ${utc(to)} on${quiet}.\n` +
      'The next tick obeys, or one soon after: KV may take a minute. "npm run tocsin -- status" shows it.\n',
  );
  return OK;
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2), {
    env: process.env,
    devVars: textOf(`${ROOT}.dev.vars`),
    now: () => Date.now(),
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
