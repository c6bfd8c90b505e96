/** Measures an event in one hot group, for each type of correlation, as the group grows. */
import { SAMPLES_MAX } from '../../../src/sigma/correlate/window/aggregations.ts';
import { CORRELATION_TYPES, type SigmaCorrelationType } from '../../../src/sigma/rule.ts';
import { compare } from '../measure.ts';
import type { BenchContext } from '../rules/bench.ts';
import { bundle, path } from '../rules/build.ts';
import { RUNTIMES, type Running, start } from '../rules/runtime.ts';
import { type Grid, whole } from '../table.ts';
import { NOTHING, taskName, WAYS } from './tasks.ts';

const SIZES = [1_000, 10_000, 100_000] as const;
const EVENTS = 50_000;
/** The naive filter tests all events of a window: at most this many tests per run. */
const NAIVE_LOOKS = 2_000_000;
/** If nothing is dropped, both must match equally often. */
const CHECKED = { size: 1_000, events: 2_000 };
const now = (): number => performance.now();

export async function* benchWindows({ rounds, folder, say }: BenchContext): AsyncGenerator<Grid> {
  const { code } = await bundle(folder, [
    `import { serve } from ${path('./serve.ts')};`,
    `import { windowTasks } from ${path('./tasks.ts', import.meta.url)};`,
    `export default serve({ tasks: windowTasks(${JSON.stringify(SIZES)}) });`,
  ]);
  for (const runtime of RUNTIMES) {
    say(`Windows in ${runtime} …`);
    const running = await start(runtime, code);
    try {
      const rows: Grid['rows'][number][] = [];
      for (const type of CORRELATION_TYPES) {
        await check(running, type);
        const sizes: Cost[] = [];
        for (const size of SIZES) sizes.push(await measured(running, type, size, rounds));
        rows.push(...sizes.map((cost) => rowOf(type, cost, sizes[0] ?? cost)));
      }
      yield {
        title: `An event in one hot group, ${runtime}`,
        columns: [
          { name: 'window', unit: 'ns' },
          { name: 'stored each page', unit: 'ns' },
          { name: 'naive filter', unit: 'ns' },
          { name: 'naive of window', unit: 'times' },
          { name: 'window grew', unit: 'times' },
          { name: 'naive grew', unit: 'times' },
          { name: 'making it', unit: 'ns' },
        ],
        rows,
        notes: [
          'The number is that of events within one timespan; entries may come 5 minutes late, the timespan is 10 minutes.',
          `Of sums, averages, medians and percentiles the newest ${whole(SAMPLES_MAX)} are kept; the naive filter keeps all.`,
          `Grew: compared with the group of ${whole(SIZES[0])}.`,
          'Making it: the cost of creating an event, and of the loop; it is subtracted from the others.',
          'Stored each page: the window is saved and opened after every 100 events, as in the ledger.',
        ],
      };
    } finally {
      await running.stop();
    }
  }
}

/** ns per event, without creating it; NaN if unknown. */
interface Cost {
  readonly size: number;
  readonly making: number;
  readonly window: number;
  readonly stored: number;
  readonly naive: number;
}

function rowOf(type: SigmaCorrelationType, cost: Cost, smallest: Cost): Grid['rows'][number] {
  const { size, making, window, stored, naive } = cost;
  const grew = [window / smallest.window, naive / smallest.naive];
  return {
    name: `${type}, ${whole(size)}`,
    cells: [window, stored, naive, naive / window, ...grew, making],
  };
}

async function measured(running: Running, type: SigmaCorrelationType, size: number, rounds: number): Promise<Cost> {
  const counts: Record<string, number> = {};
  for (const way of Object.keys(WAYS)) {
    const count = way === 'naive' ? Math.max(5, Math.ceil(NAIVE_LOOKS / size / 10)) : EVENTS;
    counts[way] = count;
  }
  const ways = Object.entries(counts);
  const times = await compare(
    [
      // Creating the events, which every time includes.
      { name: NOTHING, go: async () => void (await task(running, NOTHING, type, size, EVENTS)) },
      ...ways.map(([way, count]) => ({
        name: way,
        go: async () => void (await task(running, way, type, size, count)),
      })),
    ],
    { rounds, warmUp: 1 },
    now,
  );
  const nsAt = (i: number, count: number): number => ((times[i]?.median ?? Number.NaN) / count) * 1e6;
  const making = nsAt(0, EVENTS);
  const costs = ways.map(([, count], i) => {
    const cost = nsAt(i + 1, count) - making;
    // On a busy machine, creating the events alone may have taken longer.
    return cost > 0 ? cost : Number.NaN;
  });
  const [window = Number.NaN, stored = Number.NaN, naive = Number.NaN] = costs;
  return { size, making, window, stored, naive };
}

/** Throws if they don't match equally often. */
async function check(running: Running, type: SigmaCorrelationType): Promise<void> {
  const fired = await Promise.all(
    Object.keys(WAYS).map((way) => task(running, way, type, CHECKED.size, CHECKED.events)),
  );
  if (new Set(fired).size === 1) return;
  throw new Error(`${type}: of ${CHECKED.events} events ${Object.keys(WAYS).join(', ')} fire at ${fired.join(', ')}`);
}

async function task(
  running: Running,
  way: string,
  type: SigmaCorrelationType,
  size: number,
  count: number,
): Promise<unknown> {
  return running.ask(`/task/${encodeURIComponent(taskName(way, type, size))}?count=${count}`);
}
