/** The options of `npm run bench`. */
import { parseArgs } from 'node:util';
import { missingInCheckout } from './rules/checkout.ts';

export const SECTIONS = ['rules', 'windows', 'regex', 'lookup', 'path', 'backtest'] as const;
export type Section = (typeof SECTIONS)[number];

export const HELP = `usage: npm run bench [-- options]

Measures what takes time, each against a peer in the same run and in turns, in Node and in workerd:

  rules    evaluating entries: this engine beside hand-written code that shares work, ajv (built ahead), ucast,
           json-logic-engine, mingo, sift and json-rules-engine, on the same entries and rules; stops if results
           differ. 50, 500 and 3,000 rules, on usual entries and on values that never repeat; rules about the creation
           of processes; regular expressions; compiling, memory, being ready, the first request
  windows  an event in one hot group, for each type of correlation, beside a naive filter
  regex    regular expressions beside the runtime's own and re2js, ordinary and hostile ones
  lookup   what the lookup adds to a request sent directly, and each page beside a list of 100 entries sent directly,
           with 100,000 entries in the ledger
  path     100,000 entries through the whole path, from the upstream's pages to the evaluated entry in the ledger, beside
           Workers that only parse the same pages, or store each by one plain statement; again with latency
  backtest a month of entries tried on the rules, beside only parsing its lines and interpreting the detections

All of it takes many minutes. Times depend on the machine: compare the ratios. The peers are separate packages
(test/bench/peers) that are installed the first time; if that fails, the bench runs without them.

  --only NAME    one of these: rules, windows, regex, lookup, path, backtest
  --rounds N     how often each one is measured (rules and the like 7, lookup 200, path 3,
                 backtest 1)
  --entries N    how many entries rules are evaluated on, take the path, and are tried (100000)
  --peers none   without the peers
  --against DIR  also measure the engine of another checkout of this repository, in the same run: it parses the same
                 rules and is bundled from its own sources (only rules). For example:
                   git worktree add ../before HEAD~10 && npm ci --prefix ../before
                   npm run bench -- --only rules --against ../before
  --latency N    the upstream's latency in the second run of the lookup and the path, ms (50)
  --json         print one JSON object, and nothing else
  --help         print this
`;

const ROUNDS_MAX = 100_000;
const ENTRIES_MAX = 1_000_000;
const LATENCY_MAX_MS = 10_000;

export interface BenchOptions {
  readonly sections: readonly Section[];
  /** Null for each section's default. */
  readonly rounds: number | null;
  readonly entries: number;
  readonly peers: boolean;
  /** The folder of another checkout, as given; null for none. */
  readonly against: string | null;
  readonly latencyMs: number;
  readonly json: boolean;
}

/** Parses the options; null for the help, a text for an error. */
export function readOptions(args: string[]): BenchOptions | null | string {
  try {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string' },
        rounds: { type: 'string' },
        entries: { type: 'string', default: '100000' },
        peers: { type: 'string' },
        against: { type: 'string' },
        latency: { type: 'string', default: '50' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return null;
    return {
      sections: values.only === undefined ? SECTIONS : [oneOf('only', values.only, SECTIONS)],
      rounds: values.rounds === undefined ? null : whole('rounds', values.rounds, 1, ROUNDS_MAX),
      entries: whole('entries', values.entries, 100, ENTRIES_MAX),
      peers: values.peers === undefined || oneOf('peers', values.peers, ['all', 'none']) === 'all',
      against: values.against === undefined ? null : checkout('against', values.against),
      latencyMs: whole('latency', values.latency, 0, LATENCY_MAX_MS),
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

function checkout(name: string, folder: string): string {
  const missing = missingInCheckout(folder);
  if (missing === null) return folder;
  throw new RangeError(`--${name} must be the folder of a checkout, but ${JSON.stringify(folder)} has no ${missing}`);
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}
