/** What a command of `npm run tocsin` is made of. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { readId } from '../../text/ids.ts';
import { jsonLine } from '../../text/invisible.ts';
import { nearest } from '../../text/nearest.ts';
import { OK } from '../failure.ts';
import { createOperatorClient, type OperatorClient } from '../operator-client.ts';
import { readTarget } from '../target.ts';
import { safe } from '../terminal.ts';

/** What a command knows of the process it runs in. */
export interface CliContext {
  readonly env: { readonly [name: string]: string | undefined };
  /** The text of .dev.vars; null if there is no such file. */
  readonly devVars: string | null;
  /** Wall clock, ms. */
  readonly now: () => number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Waits, ms; absent: by the clock. */
  readonly pause?: (ms: number) => Promise<void>;
  /** Who acts, as this machine says; null or absent: not known. */
  readonly user?: () => string | null;
  /** Asks the person at the terminal for a line; null if they end it. Absent: there is no terminal. */
  readonly ask?: (question: string) => Promise<string | null>;
}

/** The arguments can't be read. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Command {
  /** For the overview of all commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly usage: string;
  /** Runs it with the arguments after its name; returns an exit code. Throws `UsageError` and `Failure`. */
  readonly run: (args: readonly string[], context: CliContext) => Promise<number>;
}

type Options = NonNullable<ParseArgsConfig['options']>;

export const FLAG = { type: 'boolean', default: false } as const;
export const TEXT = { type: 'string' } as const;
/** Options of every command that asks a Tocsin. */
export const ASK_OPTIONS = { url: TEXT, json: FLAG } as const;
const HELP = { help: { ...FLAG, short: 'h' } } as const;

/**
 * The end of the usage of every command that asks a Tocsin. `column`: where the texts about options begin; `role`: the least
 * that a token needs.
 */
export function targetUsage(
  column = 14,
  role: 'a viewer' | 'a responder' | 'an operator' = 'an operator',
  without = 'http://127.0.0.1:8787',
): string {
  const whose = role === 'a viewer' ? 'Any' : `${role.replace(/^a/, 'A')}'s`;
  return `${'  --url URL'.padEnd(column)}the address of the Worker (default: TOCSIN_URL, or ${without})

LINK_SECRET must have the same value as on the Worker. It is read from the environment or from .dev.vars. ${whose}
viewer token in TOCSIN_TOKEN does as well, and is used if both are set.
`;
}

/** A command over its parsed options; `--help` is answered here. */
export function defineCommand<const O extends Options>(definition: {
  readonly summary: string;
  readonly usage: string;
  readonly options: O;
  readonly allowPositionals?: boolean;
  readonly run: (
    values: ReturnType<typeof parseArgs<{ options: O }>>['values'],
    context: CliContext,
    positionals: readonly string[],
  ) => Promise<number>;
}): Command {
  const { summary, usage, options, allowPositionals = false } = definition;
  return {
    summary,
    usage,
    async run(args, context) {
      const { values, positionals } = parse({ args: [...args], options: { ...options, ...HELP }, allowPositionals });
      if ('help' in values && values.help === true) {
        context.out(usage);
        return OK;
      }
      return definition.run(values as Parameters<typeof definition.run>[0], context, positionals);
    },
  };
}

/** Parses arguments. Throws a `UsageError`, also for an option that is given twice and has one value. */
function parse<const C extends ParseArgsConfig & { readonly options: Options }>(config: C) {
  const parsed = tryParse({ ...config, tokens: true });
  const given = new Set<string>();
  for (const token of parsed.tokens ?? []) {
    if (token.kind !== 'option' || config.options[token.name]?.type !== 'string') continue;
    if (given.has(token.name) && config.options[token.name]?.multiple !== true)
      throw new UsageError(`--${token.name} is given twice: it has one value`);
    given.add(token.name);
  }
  return parsed;
}

function tryParse<const C extends ParseArgsConfig & { readonly options: Options }>(config: C) {
  try {
    return parseArgs(config);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, name] = /^Unknown option '(-{1,2}[^']*)'/.exec(message) ?? [];
    if (name === undefined) throw new UsageError(message);
    const near = nearest(name.replace(/^-+/, ''), Object.keys(config.options));
    throw new UsageError(`unknown option "${safe(name)}"${near === null ? '' : `: did you mean --${near}?`}`);
  }
}

/** A client for the Tocsin that `url` (`--url`) and the environment name. Throws a `Failure`. */
export function connect(url: string | undefined, context: CliContext): OperatorClient {
  return createOperatorClient(readTarget({ ...context, url }), context.now);
}

/** Prints an answer: as it came, on one line, or in `lines` for people. */
export function print({ out }: CliContext, asJson: boolean, json: unknown, lines: readonly string[]): void {
  out(asJson ? `${jsonLine(json)}\n` : `${lines.join('\n')}\n`);
}

/** The id of an alert. Throws a `UsageError`; `what` is what its message calls it. */
export function readAlertId(what: string, text: string): number {
  const id = readId(text);
  if (id !== null) return id;
  throw new UsageError(`${what} must be a positive whole number, not ${JSON.stringify(text)}`);
}

/** The error for an action that is not among `actions`, such as `add, list or revoke`. */
export function wrongAction(action: string | undefined, actions: string): UsageError {
  return new UsageError(
    action === undefined ? `${actions} is missing` : `unknown action "${safe(action)}": use ${actions}`,
  );
}
