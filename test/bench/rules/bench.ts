/** Measures evaluation: speed, growth, the worst cases, compiling, the first request. */
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import type { RuleSet } from '../../../src/sigma/rule.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import type { SourceFile } from '../../../src/yaml/yaml.ts';
import type { Grid } from '../table.ts';
import { type Bundle, bundleOne, ENGINE, HAND_WRITTEN, PREPARED } from './build.ts';
import { type BenchEntry, benchEntries } from './entries.ts';
import { regexRuleFiles, ruleFiles } from './generate.ts';
import { startCold } from './measure-cold.ts';
import { type Evaluated, type Evaluating, evaluateAll } from './measure-rules.ts';
import { PEERS } from './peers.ts';
import { RUNTIMES, type Runtime } from './runtime.ts';

export interface BenchContext {
  readonly rounds: number;
  readonly entries: number;
  /** Whether the peers are installed. */
  readonly peers: boolean;
  /** A folder for the generated sources. */
  readonly folder: string;
  readonly say: (text: string) => void;
}

const FEW = 50;
const MANY = 500;
const MOST = 3_000;
const PATTERNS = 200;
/** A first request is short, so it is measured more often. */
const COLD_ROUNDS = 3;
const COLD_ENTRIES = 100;

/** The more rules, the fewer entries are evaluated; the engine’s caches need many to be warm. */
const SHARE = { [FEW]: 1, [MANY]: 1, [MOST]: 0.2 } as const;
const PEERS_SHARE = { [FEW]: 1, [MANY]: 0.1, [MOST]: 0.02 } as const;
/** The only peer measured with the most rules. */
const BEST_PEER = 'ajv';

type RuleCount = keyof typeof SHARE;

const NOTES = [
  'Everyone finds the same, on as many entries as he is given: matches with their evidence from this engine, ids from',
  'the others. The peers know no case and no addresses: they get flat records, folded, addresses as numbers. Making these',
  `is in each one’s time, and stands by itself as “${PREPARED}”. ajv is compiled ahead, the others interpret.`,
  'Ready in: from JSON, the first time. Heap: what being ready takes, and what is held after the entries.',
];

export async function* benchRules(context: BenchContext): AsyncGenerator<Grid> {
  const { say, rounds, folder } = context;
  say(`Making ${context.entries} entries …`);
  const entries = benchEntries(context.entries);
  const sets = new Map<RuleCount, { ruleSet: RuleSet; parseMs: number }>();
  for (const count of [FEW, MANY, MOST] as const) sets.set(count, parsed(ruleFiles(count)));
  const ruleSetOf = (count: RuleCount): RuleSet => (sets.get(count) as { ruleSet: RuleSet }).ruleSet;

  const growth: { runtime: Runtime; nsByCount: Map<string, Map<RuleCount, number>> }[] = [];
  for (const runtime of RUNTIMES) {
    const nsByCount = new Map<string, Map<RuleCount, number>>();
    growth.push({ runtime, nsByCount });
    for (const count of [FEW, MANY, MOST] as const) {
      say(`${count} rules in ${runtime} …`);
      const subjects = subjectsAt(count, context.peers);
      const measured = await evaluateAll({ runtime, ruleSet: ruleSetOf(count), entries, subjects, rounds, folder });
      for (const { name, nsPerEntry } of measured) {
        const known = nsByCount.get(name) ?? new Map<RuleCount, number>();
        nsByCount.set(name, known.set(count, nsPerEntry));
      }
      const isFirst = runtime === RUNTIMES[0] && count === FEW;
      yield evaluatedGrid(`${count} rules, ${runtime}`, measured, isFirst ? NOTES : []);
    }
  }
  yield growthGrid(growth);
  for (const runtime of RUNTIMES) {
    say(`The worst cases in ${runtime} …`);
    for (const [title, worst] of worstCases(ruleSetOf(FEW), ruleSetOf(MANY))) {
      const subjects = [ENGINE, HAND_WRITTEN].map((name) => ({ name, share: worst.share }));
      const what: Evaluating = { ...worst, runtime, entries, subjects, rounds, folder };
      yield evaluatedGrid(`${title}, ${runtime}`, await evaluateAll(what));
    }
  }
  yield parsingGrid([...sets].map(([count, { parseMs }]) => [count, parseMs]));
  say('The first request …');
  yield await coldGrid(ruleSetOf(FEW), entries, context);
}

function subjectsAt(count: RuleCount, peers: boolean): { name: string; share: number }[] {
  const own = [ENGINE, HAND_WRITTEN].map((name) => ({ name, share: SHARE[count] }));
  if (!peers) return own;
  const measured = count === MOST ? PEERS.filter(({ name }) => name === BEST_PEER) : PEERS;
  const untrustedLine = measured.map(({ name, share }) => ({ name, share: share * PEERS_SHARE[count] }));
  return [...own, { name: PREPARED, share: SHARE[count] }, ...untrustedLine];
}

function worstCases(few: RuleSet, many: RuleSet) {
  const patterns = parsed(regexRuleFiles(PATTERNS)).ruleSet;
  return [
    [`Every value distinct, ${FEW} rules`, { ruleSet: few, distinct: true, share: 1 }],
    [`Every value distinct, ${MANY} rules`, { ruleSet: many, distinct: true, share: 0.3 }],
    [`${PATTERNS} regular expressions`, { ruleSet: patterns, share: 0.3 }],
    [`${PATTERNS} regular expressions, every value distinct`, { ruleSet: patterns, distinct: true, share: 0.1 }],
  ] as const;
}

/** Throws if a generated rule is invalid. */
function parsed(files: readonly SourceFile[]): { ruleSet: RuleSet; parseMs: number } {
  const began = performance.now();
  const { ruleSet, problems } = parseRules(files);
  const parseMs = performance.now() - began;
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((problem) => problemText(problem)).join('\n'));
  return { ruleSet, parseMs };
}

function evaluatedGrid(title: string, measured: readonly Evaluated[], notes: readonly string[] = []): Grid {
  const nsOf = (name: string): number | null => measured.find((one) => one.name === name)?.nsPerEntry ?? null;
  const [hand, engine] = [nsOf(HAND_WRITTEN), nsOf(ENGINE)];
  return {
    title,
    columns: [
      { name: 'an entry', unit: 'ns' },
      { name: `of ${HAND_WRITTEN}`, unit: 'times' },
      { name: `of ${ENGINE}`, unit: 'times' },
      { name: 'entries', unit: 'count' },
      { name: 'matches', unit: 'count' },
      { name: 'ready in', unit: 'ms' },
      { name: 'heap when ready', unit: 'bytes' },
      { name: 'after the entries', unit: 'bytes' },
    ],
    rows: measured.map(({ name, nsPerEntry, entries, matches, readyMs, readyBytes, heldBytes }) => {
      const isPart = name === PREPARED;
      const ratios = [hand === null ? null : nsPerEntry / hand, engine === null ? null : nsPerEntry / engine];
      const isAhead = name === HAND_WRITTEN || name === BEST_PEER;
      const rest = isPart ? [] : isAhead ? [matches] : [matches, Math.max(0, readyMs), readyBytes, heldBytes];
      return { name, cells: [nsPerEntry, ...ratios, entries, ...rest] };
    }),
    notes,
  };
}

function growthGrid(
  measured: readonly { runtime: Runtime; nsByCount: ReadonlyMap<string, ReadonlyMap<RuleCount, number>> }[],
): Grid {
  const rows = measured.flatMap(({ runtime, nsByCount }) =>
    [...nsByCount]
      .filter(([name]) => name !== PREPARED)
      .map(([name, ns]) => {
        const at = (count: RuleCount): number => ns.get(count) ?? Number.NaN;
        return {
          name: `${name}, ${runtime}`,
          cells: [at(FEW), at(MANY) / at(FEW), at(MOST) / at(MANY), at(MOST) / at(FEW)],
        };
      }),
  );
  return {
    title: 'Growth with the number of rules',
    columns: [
      { name: `${FEW} rules`, unit: 'ns' },
      { name: `${FEW} to ${MANY} (10 x)`, unit: 'times' },
      { name: `${MANY} to ${MOST} (6 x)`, unit: 'times' },
      { name: `${FEW} to ${MOST} (60 x)`, unit: 'times' },
    ],
    rows,
  };
}

function parsingGrid(parsing: readonly (readonly [count: number, ms: number])[]): Grid {
  return {
    title: 'From YAML, when the Worker is built (node)',
    columns: [
      { name: 'together', unit: 'ms' },
      { name: 'a rule', unit: 'us' },
    ],
    rows: parsing.map(([count, ms]) => ({ name: `${count} rules`, cells: [ms, (ms * 1_000) / count] })),
  };
}

async function coldGrid(ruleSet: RuleSet, entries: readonly BenchEntry[], context: BenchContext): Promise<Grid> {
  const { folder, peers, rounds } = context;
  const names = [ENGINE, HAND_WRITTEN, ...(peers ? PEERS.map(({ name }) => name) : [])];
  const bundles = new Map<string, Bundle>([['empty', await bundleOne(null, ruleSet, folder)]]);
  for (const name of names) bundles.set(name, await bundleOne(name, ruleSet, folder));
  const cold = await startCold(bundles, entries.slice(0, COLD_ENTRIES), rounds * COLD_ROUNDS);
  return {
    title: `The first request of a new Worker: ${FEW} rules, ${COLD_ENTRIES} entries; more than an empty one takes (workerd)`,
    columns: [
      { name: 'together', unit: 'ms' },
      { name: 'load and start', unit: 'ms' },
      { name: 'the entries', unit: 'ms' },
      { name: 'bundle, gzipped', unit: 'bytes' },
    ],
    rows: cold.map(({ name, togetherMs, startMs, entriesMs, gzippedBytes }) => ({
      name,
      cells: [togetherMs, startMs, entriesMs, gzippedBytes],
    })),
    notes: ['Each time an isolate of its own. The bundle holds the engine or peer, its rules and little else.'],
  };
}
