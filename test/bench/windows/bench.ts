/** What a happening in one hot group costs, for each type of correlation, as the group grows. */
import { SAMPLES_MAX } from '../../../src/sigma/correlate/window/aggregations.ts';
import { CORRELATION_TYPES, type CorrelationType } from '../../../src/sigma/rule.ts';
import { compare } from '../measure.ts';
import type { BenchContext } from '../rules/bench.ts';
import { bundle, path } from '../rules/build.ts';
import { RUNTIMES, type Running, start } from '../rules/runtime.ts';
import { type Grid, whole } from '../table.ts';
import { NOTHING, taskName, WAYS } from './tasks.ts';

const SIZES = [1_000, 10_000, 100_000] as const;
const HAPPENINGS = 50_000;
/** The naive filter looks at all of them: of so many altogether. */
const NAIVE_LOOKS = 2_000_000;
/** Where nothing is dropped, both must fire as often. */
const CHECKED = { size: 1_000, happenings: 2_000 };
const now = (): number => performance.now();

export async function* benchWindows({ rounds, folder, say }: BenchContext): AsyncGenerator<Grid> {
  const { code } = await bundle(folder, [
    `import { serve } from ${path('./serve.ts')};`,
    `import { windowTasks } from ${path('./tasks.ts')};`,
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
        title: `A happening in one hot group, ${runtime}`,
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
          'So many happenings lie within one timespan; entries may come 5 minutes late, the timespan is 10 minutes.',
          `Of sums, averages, medians and percentiles the newest ${whole(SAMPLES_MAX)} are kept; the naive filter keeps all.`,
          `Grew: beside the group with ${whole(SIZES[0])}.`,
          'Making it: what making a happening, and a loop, cost by themselves; that is taken off the others.',
          'Stored each page: the window is saved and opened again after each 100, as the ledger does.',
        ],
      };
    } finally {
      await running.stop();
    }
  }
}

/** ns a happening, without making it; NaN where that cannot be told. */
interface Cost {
  readonly size: number;
  readonly making: number;
  readonly window: number;
  readonly stored: number;
  readonly naive: number;
}

function rowOf(type: CorrelationType, cost: Cost, smallest: Cost): Grid['rows'][number] {
  const { size, making, window, stored, naive } = cost;
  const grew = [window / smallest.window, naive / smallest.naive];
  return {
    name: `${type}, ${whole(size)}`,
    cells: [window, stored, naive, naive / window, ...grew, making],
  };
}

async function measured(running: Running, type: CorrelationType, size: number, rounds: number): Promise<Cost> {
  const counts: Record<string, number> = {};
  for (const way of Object.keys(WAYS)) {
    const count = way === 'naive' ? Math.max(5, Math.ceil(NAIVE_LOOKS / size / 10)) : HAPPENINGS;
    counts[way] = count;
  }
  const ways = Object.entries(counts);
  const times = await compare(
    [
      // Making the happenings, which is in each one's time.
      { name: NOTHING, go: async () => void (await task(running, NOTHING, type, size, HAPPENINGS)) },
      ...ways.map(([way, count]) => ({
        name: way,
        go: async () => void (await task(running, way, type, size, count)),
      })),
    ],
    { rounds, warmUp: 1 },
    now,
  );
  const nsAt = (i: number, count: number): number => ((times[i]?.median ?? Number.NaN) / count) * 1e6;
  const making = nsAt(0, HAPPENINGS);
  const costs = ways.map(([, count], i) => {
    const cost = nsAt(i + 1, count) - making;
    // Where the machine was busy with something else, what is taken off may be more than there was.
    return cost > 0 ? cost : Number.NaN;
  });
  const [window = Number.NaN, stored = Number.NaN, naive = Number.NaN] = costs;
  return { size, making, window, stored, naive };
}

/** Throws where they do not fire as often. */
async function check(running: Running, type: CorrelationType): Promise<void> {
  const fired = await Promise.all(
    Object.keys(WAYS).map((way) => task(running, way, type, CHECKED.size, CHECKED.happenings)),
  );
  if (new Set(fired).size === 1) return;
  throw new Error(
    `${type}: of ${CHECKED.happenings} happenings ${Object.keys(WAYS).join(', ')} fire at ${fired.join(', ')}`,
  );
}

async function task(
  running: Running,
  way: string,
  type: CorrelationType,
  size: number,
  count: number,
): Promise<unknown> {
  return running.ask(`/task/${encodeURIComponent(taskName(way, type, size))}?count=${count}`);
}
