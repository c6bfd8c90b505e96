/** The demo's command line. Pure. */
import { parseArgs } from 'node:util';
import { DIALECTS, type Dialect } from '../sandbox/query.ts';

export const HELP = `usage: npm run demo -- [options]

Starts a simulated audit log, local inboxes for Slack and mail, and the Worker (in workerd, with a local KV and Durable
Object), ticks every second, and prints what happens. Two addresses can be opened: the inbox page, and Tocsin's pages,
already signed in. Ctrl-C ends everything and leaves nothing behind.

  --until N      end with exit code 0 once N alerts have reached both inboxes
  --timeout S    with --until: give up after S seconds, with exit code 1 (60)
  --dialect D    how the simulated log is ordered: ${DIALECTS.join(', ')} (sorted)
  --seed N       another organization for another seed (1)
  --port N       the Worker's port (any free one)
  --json         print only JSON, one object per line
  --help         print this

With NIRVANA_LABS_API_KEY in the environment, the real audit log is watched instead of the simulated one. Alerts still go to the
local inboxes, except Slack messages if SLACK_WEBHOOK_URL is set too. If a deployed Tocsin has the same key, its log shows the
demo's reads, and it alerts as if the key were stolen: use another key.
`;

export interface DemoOptions {
  /** Null: until stopped. */
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

const ALERTS_MAX = 10_000;
const TIMEOUT_MAX_S = 24 * 60 * 60;

/** Reads the arguments; `isReal`: the real audit log is watched. */
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
    throw new RangeError('--timeout needs --until N');
  }
  const ofSandbox = (['dialect', 'seed'] as const).find((name) => values[name] !== undefined);
  if (isReal && ofSandbox !== undefined) {
    throw new RangeError(`--${ofSandbox} is for the simulated audit log, but NIRVANA_LABS_API_KEY is set`);
  }
  const dialect = DIALECTS.find((known) => known === (values.dialect ?? 'sorted'));
  if (dialect === undefined) throw new RangeError(`--dialect must be one of ${DIALECTS.join(', ')}`);
  return {
    kind: 'run',
    options: {
      until: values.until === undefined ? null : whole('until', values.until, 1, ALERTS_MAX),
      timeoutMs: whole('timeout', values.timeout ?? '60', 1, TIMEOUT_MAX_S) * 1000,
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
