/**
 * What the demo is asked for on its command line. Pure.
 */
import { parseArgs } from 'node:util';
import { DIALECTS, type Dialect } from '../sandbox/query.ts';

export const HELP = `usage: npm run demo -- [options]

Starts a stand-in for the audit log, local inboxes for Slack and mail and the Worker (in workerd, with local KV and
Durable Object), ticks every second, and tells what happens. It prints two addresses to open: the inbox page, and Tocsin's
own pages, already signed in. Ctrl-C ends it all and leaves nothing behind.

  --until N      end with exit code 0 once N alerts have reached both inboxes
  --timeout S    with --until: give up after S seconds, with exit code 1 (60)
  --dialect D    how the stand-in answers: ${DIALECTS.join(', ')} (sorted)
  --seed N       the same seed, the same organization (1)
  --port N       the Worker's port (any free one)
  --json         print one JSON object a line, and nothing else
  --help         print this

With NIRVANA_LABS_API_KEY in the environment the real audit log is watched instead of the stand-in; alerts still go to
the local inboxes, those of Slack elsewhere if SLACK_WEBHOOK_URL is set too.
`;

export interface DemoOptions {
  /** Null: until it is stopped. */
  readonly until: number | null;
  readonly timeoutMs: number;
  readonly dialect: Dialect;
  readonly seed: number;
  /** 0: any free one. */
  readonly port: number;
  readonly json: boolean;
}

export type ReadOptions =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const MOST_ALERTS = 10_000;
const LONGEST_S = 24 * 60 * 60;

/** Reads the arguments; `isReal` where the real audit log is to be watched. */
export function readOptions(args: readonly string[], isReal: boolean): ReadOptions {
  try {
    return read(args, isReal);
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

function read(args: readonly string[], isReal: boolean): ReadOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      until: { type: 'string' },
      timeout: { type: 'string' },
      dialect: { type: 'string' },
      seed: { type: 'string' },
      port: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values.timeout !== undefined && values.until === undefined) {
    throw new RangeError('--timeout says how long to wait for --until N, which is missing');
  }
  const ofStandIn = (['dialect', 'seed'] as const).find((name) => values[name] !== undefined);
  if (isReal && ofStandIn !== undefined) {
    throw new RangeError(
      `--${ofStandIn} is about the stand-in, and NIRVANA_LABS_API_KEY is set: the real audit log is watched`,
    );
  }
  const dialect = DIALECTS.find((known) => known === (values.dialect ?? 'sorted'));
  if (dialect === undefined) throw new RangeError(`--dialect must be one of ${DIALECTS.join(', ')}`);
  return {
    kind: 'run',
    options: {
      until: values.until === undefined ? null : whole('until', values.until, 1, MOST_ALERTS),
      timeoutMs: whole('timeout', values.timeout ?? '60', 1, LONGEST_S) * 1000,
      dialect,
      seed: whole('seed', values.seed ?? '1', 0, 0xffff_ffff),
      port: whole('port', values.port ?? '0', 0, 65_535),
      json: values.json,
    },
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}
