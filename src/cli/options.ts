/**
 * The command line of `npm run tocsin`, read into what is to be done. Pure.
 */
import { parseArgs } from 'node:util';
import { readStartAt } from '../config/values.ts';
import { readViewersCommand, VIEWERS_HELP, type ViewersCommand } from './viewers.ts';

const COMMANDS = ['status', 'alerts', 'why', 'notify', 'resend', 'rewind', 'viewers', 'check'] as const;
export type CommandName = (typeof COMMANDS)[number];

export type Command =
  | { readonly kind: 'status'; readonly url: string | undefined; readonly json: boolean }
  | {
      readonly kind: 'alerts';
      readonly url: string | undefined;
      readonly all: boolean;
      /** Only those with a lower id; null: from the newest on. */
      readonly before: number | null;
      readonly json: boolean;
    }
  | { readonly kind: 'why'; readonly url: string | undefined; readonly alert: number; readonly json: boolean }
  | { readonly kind: 'notify'; readonly url: string | undefined; readonly json: boolean }
  | {
      readonly kind: 'resend';
      readonly url: string | undefined;
      /** Null: of all of them. */
      readonly receiver: string | null;
      readonly json: boolean;
    }
  | {
      readonly kind: 'rewind';
      readonly url: string | undefined;
      /** ms since the epoch */
      readonly to: number;
      readonly suppress: boolean;
    }
  | ViewersCommand
  | { readonly kind: 'check'; readonly json: boolean }
  | { readonly kind: 'help'; readonly of: CommandName | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly problem: string; readonly of: CommandName | null };

const TARGET = `  --url URL   the Tocsin to ask (TOCSIN_URL, else http://127.0.0.1:8787, where \`npm run dev\` listens)

LINK_SECRET, from the environment or .dev.vars, must be the Worker's.`;

const HELP: { readonly [name in CommandName]: string } = {
  status: `usage: npm run tocsin -- status [--json] [--url URL]

How things stand: whether it is watching, how far it has read, how the receivers fare, what waits, what went wrong.
The exit code is 0 where it is watching, and 1 where it is not or can't be asked.

  --json      print what the Worker answers, as one line
${TARGET}
`,
  alerts: `usage: npm run tocsin -- alerts [--all] [--before ID] [--json] [--url URL]

The open alerts, newest first, 50 at a time.

  --all         those whose period has closed, too
  --before ID   only alerts older than this one: the next page
  --json        print what the Worker answers, as one line
${TARGET}
`,
  why: `usage: npm run tocsin -- why ALERT [--json] [--url URL]

Why an alert rang, or did not: what opened it, who was told of what, what was held back and for what reason, how it grew
and closed. ALERT is its number, as messages and \`alerts\` show it.
The exit code is 1 where there is no such alert.

  --json      print what the Worker answers, as one line
${TARGET}
`,
  notify: `usage: npm run tocsin -- notify --test [--json] [--url URL]

Sends a test alert through every receiver, and says how each took it.
The exit code is 0 where each has taken it, and 1 where one has not, or none is set.

  --test      required: a message is sent
  --json      print what the Worker answers, as one line
${TARGET}
`,
  resend: `usage: npm run tocsin -- resend [--receiver NAME] [--json] [--url URL]

Sends again what could not be delivered: dead deliveries are pending once more. Mend the receiver first.

  --receiver NAME   only what was for this receiver
  --json            print what the Worker answers, as one line
${TARGET}
`,
  rewind: `usage: npm run tocsin -- rewind --to TIME [--suppress] [--url URL]

Reads the log again from a time in the past on. What is recorded already is not recorded or told twice.

  --to TIME   a time such as 2026-01-31T00:00:00Z, or a duration back such as 2h or 7d
  --suppress  record and evaluate, but notify nobody of what happened before now
${TARGET}
`,
  viewers: `${VIEWERS_HELP}${TARGET}
`,
  check: `usage: npm run tocsin -- check [--json]

Checks the rules in rules/ and runs their own tests: every problem with its file, line and column.

  --json      print one JSON object
`,
};

const OVERVIEW = `usage: npm run tocsin -- <command> [options]

  status   how things stand
  alerts   the open alerts, or all
  why      why an alert rang, or did not
  notify   send a test alert through every receiver
  resend   send again what could not be delivered
  rewind   read the log again from a time in the past on
  viewers  who may look: make, list and revoke their tokens
  check    check the rules

  --help      print this, or what a command can do
  --version   print the version
`;

/** The help of a command, or of all. */
export function helpText(of: CommandName | null): string {
  return of === null ? OVERVIEW : HELP[of];
}

/** Reads the arguments; `now` is the wall clock in ms. */
export function readCommand(args: readonly string[], now: number): Command {
  const [first, ...rest] = args;
  if (first === '--help' || first === '-h' || first === 'help') return { kind: 'help', of: commandOf(rest[0]) };
  if (first === '--version' || first === '-v') return { kind: 'version' };
  if (first === undefined) return { kind: 'wrong', problem: 'which command?', of: null };
  const name = commandOf(first);
  if (name === null) return { kind: 'wrong', problem: `there is no command ${JSON.stringify(first)}`, of: null };
  try {
    return read(name, rest, now);
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error), of: name };
  }
}

function commandOf(word: string | undefined): CommandName | null {
  return COMMANDS.find((name) => name === word) ?? null;
}

const flag = { type: 'boolean', default: false } as const;
const word = { type: 'string' } as const;

function read(name: CommandName, args: readonly string[], now: number): Command {
  const help = { ...flag, short: 'h' } as const;
  switch (name) {
    case 'status': {
      const { values } = parseArgs({ args: [...args], options: { url: word, json: flag, help } });
      return values.help ? { kind: 'help', of: name } : { kind: 'status', url: values.url, json: values.json };
    }
    case 'alerts': {
      const options = { url: word, all: flag, before: word, json: flag, help } as const;
      const { values } = parseArgs({ args: [...args], options });
      if (values.help) return { kind: 'help', of: name };
      const before = values.before === undefined ? null : idOf('--before', values.before);
      return { kind: 'alerts', url: values.url, all: values.all, before, json: values.json };
    }
    case 'why': {
      const options = { url: word, json: flag, help } as const;
      const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
      if (values.help) return { kind: 'help', of: name };
      const [alert, ...more] = positionals;
      if (alert === undefined) throw new RangeError('which alert? Give its number');
      if (more.length > 0) throw new RangeError('one alert at a time');
      return { kind: 'why', url: values.url, alert: idOf('the alert', alert), json: values.json };
    }
    case 'notify': {
      const { values } = parseArgs({ args: [...args], options: { url: word, test: flag, json: flag, help } });
      if (values.help) return { kind: 'help', of: name };
      if (!values.test) throw new RangeError('--test is missing: there is nothing else to notify of by hand');
      return { kind: 'notify', url: values.url, json: values.json };
    }
    case 'resend': {
      const { values } = parseArgs({ args: [...args], options: { url: word, receiver: word, json: flag, help } });
      if (values.help) return { kind: 'help', of: name };
      return { kind: 'resend', url: values.url, receiver: values.receiver ?? null, json: values.json };
    }
    case 'rewind': {
      const { values } = parseArgs({ args: [...args], options: { url: word, to: word, suppress: flag, help } });
      if (values.help) return { kind: 'help', of: name };
      return { kind: 'rewind', url: values.url, to: timeOf(values.to, now), suppress: values.suppress };
    }
    case 'viewers':
      return readViewersCommand(args) ?? { kind: 'help', of: name };
    case 'check': {
      const { values } = parseArgs({ args: [...args], options: { json: flag, help } });
      return values.help ? { kind: 'help', of: name } : { kind: 'check', json: values.json };
    }
  }
}

function idOf(what: string, text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new RangeError(`${what} is a number from 1 on, not ${JSON.stringify(text)}`);
}

function timeOf(text: string | undefined, now: number): number {
  const read = readStartAt({ to: text }, 'to');
  switch (read.kind) {
    case 'absent':
      throw new RangeError('--to is missing: from when on is the log to be read again?');
    case 'wrong':
      throw new RangeError(`--to ${read.problem}`);
    case 'value': {
      const to = read.value.kind === 'at' ? read.value.ms : now - read.value.agoMs;
      if (to > now) throw new RangeError('--to lies in the future: a rewind only goes back');
      if (to < 0) throw new RangeError('--to lies before 1970');
      return to;
    }
  }
}
