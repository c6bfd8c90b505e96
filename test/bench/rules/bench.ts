/** Measures evaluation: speed, growth, the worst cases, compiling, being ready, the first request. */
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import type { RuleSet } from '../../../src/sigma/rule.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import type { SourceFile } from '../../../src/yaml/yaml.ts';
import { type Grid, whole } from '../table.ts';
import { bundleOne, ENGINE, HAND_WRITTEN, PREPARED } from './build.ts';
import type { Checkout } from './checkout.ts';
import { benchEntries } from './entries.ts';
import { regexRuleFiles, ruleFiles } from './generate.ts';
import { type Bundles, type Cold, startCold, startReady } from './measure-cold.ts';
import { type Evaluated, type Evaluating, evaluateAll } from './measure-rules.ts';
import { PEERS } from './peers.ts';
import { processRules } from './process-creation.ts';
import { processEntries } from './process-entries.ts';
import { RUNTIMES, type Runtime } from './runtime.ts';

export interface BenchContext {
  readonly rounds: number;
  readonly entries: number;
  /** Whether the peers are installed. */
  readonly peers: boolean;
  /** Another checkout, whose engine is measured, too. */
  readonly against: Checkout | null;
  /** A folder for the generated sources. */
  readonly folder: string;
  readonly say: (text: string) => void;
}

const FEW = 50;
const MANY = 500;
const MOST = 3_000;
const COUNTS = [FEW, MANY, MOST] as const;
type RuleCount = (typeof COUNTS)[number];

const PATTERNS = 200;
/** A first request is short, so it is measured more often. */
const COLD_ROUNDS = 3;
const COLD_ENTRIES = 100;

/** The more rules, the fewer entries are evaluated; the engine’s caches need many to be warm. */
const SHARE = { [FEW]: 1, [MANY]: 1, [MOST]: 0.2 } as const;
/** Without repeated values, nothing has to be warm. */
const DISTINCT_SHARE = { [FEW]: 1, [MANY]: 0.3, [MOST]: 0.1 } as const;
/** Hand-written code has no caches. */
const HAND_SHARE = { [FEW]: 1, [MANY]: 0.3, [MOST]: 0.05 } as const;
const PEERS_SHARE = { [FEW]: 1, [MANY]: 0.1, [MOST]: 0.02 } as const;
/** The only peer measured with the most rules, and with many on distinct values. */
const BEST_PEER = 'ajv';
/** Entries about the creation of processes; each round evaluates others. */
const PROCESS_ENTRIES = 0.4;
const PROCESS_SHARE = 0.125;
const PROCESS_HAND_SHARE = 0.02;

const NOTES = [
  'Everyone finds the same, on as many entries as he is given: matches with their evidence from this engine, ids from',
  'the others. The peers know no case and no addresses: they get flat records, folded, addresses as numbers. Making these',
  `is in each one’s time, and stands by itself as “${PREPARED}”. ajv is compiled ahead, the others interpret.`,
  'Ready in: from the module loaded to the first entry evaluated, the first time. Heap: what being ready takes, and what',
  'is held after the entries.',
];

interface Rules {
  readonly files: readonly SourceFile[];
  readonly ruleSet: RuleSet;
  /** From YAML. */
  readonly parseMs: number;
}

/** What was measured with a number of rules, by runtime and subject. */
type ByCount = ReadonlyMap<RuleCount, ReadonlyMap<Runtime, readonly Evaluated[]>>;

/** Measures evaluation; each grid as soon as it is measured. */
export async function* benchRules(context: BenchContext): AsyncGenerator<Grid> {
  const { say, rounds, folder, against } = context;
  say(`Making ${context.entries} entries …`);
  const entries = benchEntries(context.entries);
  const sets = new Map<RuleCount, Rules>();
  for (const count of COUNTS) sets.set(count, parsed(ruleFiles(count)));
  const rulesOf = (count: RuleCount): Rules => sets.get(count) as Rules;
  const common = { entries, rounds, folder, against };

  const usual = new Map<RuleCount, Map<Runtime, readonly Evaluated[]>>(COUNTS.map((count) => [count, new Map()]));
  for (const runtime of RUNTIMES) {
    for (const count of COUNTS) {
      say(`${count} rules in ${runtime} …`);
      const subjects = subjectsAt(count, context, SHARE);
      const measured = await evaluateAll({ ...common, ...rulesOf(count), runtime, subjects });
      usual.get(count)?.set(runtime, measured);
      const isFirst = runtime === RUNTIMES[0] && count === FEW;
      yield evaluatedGrid(`${whole(count)} rules, ${runtime}`, measured, isFirst ? NOTES : []);
    }
  }
  yield growthGrid(usual);
  for (const runtime of RUNTIMES) {
    for (const count of COUNTS) {
      say(`${count} rules, every value distinct, in ${runtime} …`);
      const subjects = subjectsAt(count, context, DISTINCT_SHARE);
      const what: Evaluating = { ...common, ...rulesOf(count), runtime, subjects, distinct: true };
      yield evaluatedGrid(`${whole(count)} rules, every value distinct, ${runtime}`, await evaluateAll(what));
    }
  }
  yield* benchProcesses(context);
  const patterns = parsed(regexRuleFiles(PATTERNS));
  for (const runtime of RUNTIMES) {
    for (const [title, distinct, share] of [
      [`${PATTERNS} regular expressions`, false, 0.3],
      [`${PATTERNS} regular expressions, every value distinct`, true, 0.1],
    ] as const) {
      say(`${title}, in ${runtime} …`);
      const subjects = [...enginesOf(context), HAND_WRITTEN].map((name) => ({ name, share }));
      const what: Evaluating = { ...common, ...patterns, runtime, subjects, distinct };
      yield evaluatedGrid(`${title}, ${runtime}`, await evaluateAll(what));
    }
  }
  yield parsingGrid([...sets].map(([count, { parseMs }]) => [count, parseMs]));
  say('The first request …');
  const isolates = rounds * COLD_ROUNDS;
  yield coldGrid(
    await startCold(await bundlesOf(rulesOf(FEW), FEW, context), entries.slice(0, COLD_ENTRIES), isolates),
  );
  const inNew = new Map<RuleCount, ReadonlyMap<string, number>>();
  for (const count of COUNTS) {
    say(`Being ready with ${count} rules …`);
    const bundles = await bundlesOf(rulesOf(count), count, context);
    inNew.set(count, await startReady(bundles, entries[0] ?? {}, isolates));
  }
  yield readyGrid(usual, inNew, isolates);
}

/** Rules and entries about the creation of processes. */
async function* benchProcesses({ say, rounds, folder, against, ...context }: BenchContext): AsyncGenerator<Grid> {
  const { files, examples } = processRules(MOST);
  const rules = parsed(files);
  const entries = processEntries(Math.ceil(context.entries * PROCESS_ENTRIES), examples);
  const subjects = [
    ...enginesOf({ against }).map((name) => ({ name, share: PROCESS_SHARE })),
    { name: HAND_WRITTEN, share: PROCESS_HAND_SHARE },
  ];
  for (const runtime of RUNTIMES) {
    say(`${MOST} rules about the creation of processes in ${runtime} …`);
    const what: Evaluating = { ...rules, log: 'process', runtime, entries, subjects, rounds, folder, against };
    yield evaluatedGrid(
      `${whole(MOST)} rules about the creation of processes, command lines never repeat, ${runtime}`,
      await evaluateAll(what),
      ['Each round evaluates other entries. The peers are left out.'],
    );
  }
}

/** The names of the measured engines, this one first. */
function enginesOf({ against }: Pick<BenchContext, 'against'>): string[] {
  return against === null ? [ENGINE] : [ENGINE, against.name];
}

function subjectsAt(
  count: RuleCount,
  context: BenchContext,
  shares: { readonly [C in RuleCount]: number },
): { name: string; share: number }[] {
  const own = enginesOf(context).map((name) => ({ name, share: shares[count] }));
  own.push({ name: HAND_WRITTEN, share: HAND_SHARE[count] });
  if (!context.peers) return own;
  const isOnlyBest = count === MOST || (count === MANY && shares === DISTINCT_SHARE);
  const measured = isOnlyBest ? PEERS.filter(({ name }) => name === BEST_PEER) : PEERS;
  const others = measured.map(({ name, share }) => ({ name, share: share * PEERS_SHARE[count] }));
  return [...own, { name: PREPARED, share: shares[count] }, ...others];
}

/** Throws if a generated rule is invalid. */
function parsed(files: readonly SourceFile[]): Rules {
  const began = performance.now();
  const { ruleSet, problems } = parseRules(files);
  const parseMs = performance.now() - began;
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((problem) => problemText(problem)).join('\n'));
  return { files, ruleSet, parseMs };
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
      const rest = isPart ? [] : [matches, readyMs, readyBytes, heldBytes];
      return { name, cells: [nsPerEntry, ...ratios, entries, ...rest] };
    }),
    notes,
  };
}

/** The rows of all subjects in both runtimes; `cellOf`: what was measured of one with a number of rules. */
function rowsOf(
  usual: ByCount,
  cellsOf: (
    measured: (count: RuleCount) => Evaluated | undefined,
    name: string,
    runtime: Runtime,
  ) => Grid['rows'][number]['cells'],
): Grid['rows'] {
  return RUNTIMES.flatMap((runtime) => {
    const measured = (name: string) => (count: RuleCount) =>
      usual
        .get(count)
        ?.get(runtime)
        ?.find((one) => one.name === name);
    return (usual.get(FEW)?.get(runtime) ?? [])
      .filter(({ name }) => name !== PREPARED)
      .map(({ name }) => ({ name: `${name}, ${runtime}`, cells: cellsOf(measured(name), name, runtime) }));
  });
}

function growthGrid(usual: ByCount): Grid {
  const rows = rowsOf(usual, (measured) => {
    const at = (count: RuleCount): number => measured(count)?.nsPerEntry ?? Number.NaN;
    return [at(FEW), at(MANY) / at(FEW), at(MOST) / at(MANY), at(MOST) / at(FEW)];
  });
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

/** A bundle for each subject, the empty one first. */
async function bundlesOf(rules: Rules, count: RuleCount, context: BenchContext): Promise<Bundles> {
  const build = { ...rules, against: context.against, folder: context.folder };
  const bundles = new Map([['empty', await bundleOne(null, build)]]);
  for (const { name } of subjectsAt(count, context, SHARE)) {
    if (name !== PREPARED) bundles.set(name, await bundleOne(name, build));
  }
  return bundles;
}

function coldGrid(cold: readonly Cold[]): Grid {
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

function readyGrid(usual: ByCount, inNew: ReadonlyMap<RuleCount, ReadonlyMap<string, number>>, isolates: number): Grid {
  return {
    title: 'Ready: from the module loaded to the first entry evaluated',
    columns: [
      ...COUNTS.map((count) => ({ name: `${whole(count)} rules`, unit: 'ms' as const })),
      ...COUNTS.map((count) => ({ name: `${whole(count)}, new isolates`, unit: 'ms' as const })),
    ],
    rows: rowsOf(usual, (measured, name, runtime) => [
      ...COUNTS.map((count) => measured(count)?.readyMs ?? null),
      ...COUNTS.map((count) => (runtime === 'workerd' ? (inNew.get(count)?.get(name) ?? null) : null)),
    ]),
    notes: [
      'The first time, with the other subjects in one isolate; and each time in a new isolate of its own: the median of',
      `${isolates}, more than an empty Worker takes to read the entry.`,
    ],
  };
}
