/** What `npm run bench` is asked for. */
import { parseArgs } from 'node:util';

export const SECTIONS = ['rules', 'windows', 'regex', 'lookup'] as const;
export type Section = (typeof SECTIONS)[number];

export const HELP = `usage: npm run bench [-- options]

What takes time, each beside something else in the same run and in turns, in Node and in workerd:

  rules    evaluating entries: this engine beside hand-written code that shares work, ajv (built ahead), ucast,
           json-logic-engine, mingo, sift and json-rules-engine, on the same entries and rules; what any of them finds
           otherwise stops it. 50, 500 and 3,000 rules, the worst cases, getting ready, memory, the first request
  windows  a happening in one hot group, for each type of correlation, beside a naive filter
  regex    regular expressions beside the runtime's own and re2js, good ones and hostile ones
  lookup   what the lookup adds to a request sent directly, and each page beside a list of 100 entries sent directly,
           with 100,000 entries in the ledger

All of it takes many minutes. The times are this machine's; the ratios are to be compared. The peers are packages of
their own (test/bench/peers), which are installed the first time; where they can't be, it goes on without them.

  --only NAME   one of these: rules, windows, regex, lookup
  --rounds N    how often each is measured (rules and the like 7, lookup 200)
  --entries N   how many entries rules are evaluated on (100000)
  --peers none  without the peers
  --latency N   the upstream's latency in the second run of the lookup, ms (50)
  --json        print one JSON object, and nothing else
  --help        print this
`;

const MOST_ROUNDS = 100_000;
const MOST_ENTRIES = 1_000_000;
const MOST_LATENCY_MS = 10_000;

export interface BenchOptions {
  readonly sections: readonly Section[];
  /** Null: each section's own. */
  readonly rounds: number | null;
  readonly entries: number;
  readonly peers: boolean;
  readonly latencyMs: number;
  readonly json: boolean;
}

/** What is asked for; null: the help; or what is wrong with it. */
export function readOptions(args: string[]): BenchOptions | null | string {
  try {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string' },
        rounds: { type: 'string' },
        entries: { type: 'string', default: '100000' },
        peers: { type: 'string' },
        latency: { type: 'string', default: '50' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return null;
    return {
      sections: values.only === undefined ? SECTIONS : [oneOf('only', values.only, SECTIONS)],
      rounds: values.rounds === undefined ? null : whole('rounds', values.rounds, 1, MOST_ROUNDS),
      entries: whole('entries', values.entries, 100, MOST_ENTRIES),
      peers: values.peers === undefined || oneOf('peers', values.peers, ['all', 'none']) === 'all',
      latencyMs: whole('latency', values.latency, 0, MOST_LATENCY_MS),
      json: values.json,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  const found = known.find((one) => one === text);
  if (found !== undefined) return found;
  throw new RangeError(`--${name} must be one of ${known.join(', ')}, not ${JSON.stringify(text)}`);
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}
