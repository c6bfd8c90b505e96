/** The command line of the kill test. Pure. */
import { parseArgs } from 'node:util';
import { DIALECTS, type Dialect } from '../sandbox/query.ts';

export const HELP = `usage: npm run kill -- [options]

Runs the Worker that is deployed, in workerd, with its KV and Durable Object on the disk, against a simulated audit log
and three receivers, each a process of its own. It kills them with SIGKILL at random moments while entries and alerts
keep coming, starts them again, and in the end counts, from the disk: every entry that the log showed is recorded once,
every alert that the rules must open is opened once, every message has arrived.

  --times N      how many kills (100)
  --seed N       other entries, and other moments, for another seed (1)
  --dialect D    how the simulated log is ordered: ${DIALECTS.join(', ')} (sorted)
  --no-own-reads don't show Tocsin's own reads of the log as entries
  --json         print only the outcome, as one JSON object
  --help         print this

100 kills take about ten minutes. Exit codes: 0 if nothing was lost, 1 if something was, 2 for wrong arguments. Ctrl-C
ends everything and leaves nothing behind. If something was lost, the files of the run are kept.
`;

export interface KillOptions {
  readonly times: number;
  readonly seed: number;
  readonly dialect: Dialect;
  /** Whether reads of the log are entries of it. */
  readonly ownReads: boolean;
  readonly json: boolean;
}

export type ReadOptions =
  | { readonly kind: 'run'; readonly options: KillOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const TIMES_MAX = 10_000;

/** Reads the arguments. */
export function readOptions(args: readonly string[]): ReadOptions {
  try {
    return read(args);
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

function read(args: readonly string[]): ReadOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      times: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      dialect: { type: 'string', default: 'sorted' },
      'own-reads': { type: 'boolean', default: true },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  const dialect = DIALECTS.find((known) => known === values.dialect);
  if (dialect === undefined) throw new RangeError(`--dialect must be one of ${DIALECTS.join(', ')}`);
  const options = {
    times: whole('times', values.times, 1, TIMES_MAX),
    seed: whole('seed', values.seed, 0, 0xffff_ffff),
    dialect,
    ownReads: values['own-reads'],
    json: values.json,
  };
  return { kind: 'run', options };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}
