/** Measures our regular expressions against the runtime's own and re2js; the runtime's may not take linear time. */
import { compare } from '../measure.ts';
import type { BenchContext } from '../rules/bench.ts';
import { bundle, path } from '../rules/build.ts';
import { adapterOf } from '../rules/peers.ts';
import { RUNTIMES, type Running, start } from '../rules/runtime.ts';
import type { Grid } from '../table.ts';
import { REGEX_CASES, type RegexCase } from './cases.ts';

const TOCSIN = 'tocsin';
const NATIVE = 'native';
const RE2JS = 're2js';
/** The shortest measurement. */
const MEASURE_MIN_MS = 20;
const COUNT_MAX = 200_000;
const now = (): number => performance.now();

export async function* benchRegex({ rounds, folder, peers, say }: BenchContext): AsyncGenerator<Grid> {
  const engines = peers ? [TOCSIN, NATIVE, RE2JS] : [TOCSIN, NATIVE];
  const { code } = await bundle(folder, [
    `import { serve } from ${path('./serve.ts')};`,
    `import { native, regexTasks, tocsin } from ${path('./tasks.ts', import.meta.url)};`,
    ...(peers ? [`import { tester as re2js } from ${JSON.stringify(adapterOf(RE2JS))};`] : []),
    `export default serve({ tasks: regexTasks({ ${engines.join(', ')} }) });`,
  ]);
  for (const runtime of RUNTIMES) {
    say(`Regular expressions in ${runtime} …`);
    const running = await start(runtime, code);
    try {
      const rows: Grid['rows'][number][] = [];
      for (const [i, one] of REGEX_CASES.entries()) rows.push(await measured(running, i, one, engines, rounds));
      yield {
        title: `Regular expressions, a text, ${runtime}`,
        columns: [
          { name: TOCSIN, unit: 'ns' },
          { name: NATIVE, unit: 'ns' },
          { name: RE2JS, unit: 'ns' },
          { name: 'tocsin of native', unit: 'times' },
          { name: 're2js of tocsin', unit: 'times' },
          { name: 'tocsin, made', unit: 'us' },
        ],
        rows,
        notes: [
          'Made: from its source to the answer for the first text, in a warm runtime.',
          'The runtime’s own is left out where it takes seconds or for ever.',
        ],
      };
    } finally {
      await running.stop();
    }
  }
}

async function measured(
  running: Running,
  i: number,
  { name, texts, hostile }: RegexCase,
  engines: readonly string[],
  rounds: number,
): Promise<Grid['rows'][number]> {
  const ask = (task: string, count: number): Promise<unknown> =>
    running.ask(`/task/${encodeURIComponent(task)}?count=${count}`);
  const awaited = engines.filter((engine) => !(hostile && engine === NATIVE));
  const found = await Promise.all(awaited.map((engine) => ask(`${engine} ${i}`, texts.length)));
  if (new Set(found).size > 1) throw new Error(`${name}: ${awaited.join(', ')} match ${found.join(', ')} of the texts`);
  const ns = new Map<string, number>();
  for (const task of [...awaited.map((engine) => `${engine} ${i}`), `${TOCSIN} ${i} made`]) {
    const count = await countFor((so) => ask(task, so));
    const times = await compare(
      [
        { name: 'nothing', go: async () => void (await running.ask('/nothing')) },
        { name: task, go: async () => void (await ask(task, count)) },
      ],
      { rounds, warmUp: 1 },
      now,
    );
    ns.set(task, ((times[1]?.adds ?? Number.NaN) / count) * 1e6);
  }
  const of = (engine: string): number | null => ns.get(`${engine} ${i}`) ?? null;
  const [own, its, re2js] = [of(TOCSIN) ?? Number.NaN, of(NATIVE), of(RE2JS)];
  const made = (ns.get(`${TOCSIN} ${i} made`) ?? Number.NaN) / 1_000;
  return {
    name,
    cells: [own, its, re2js, its === null ? null : own / its, re2js === null ? null : re2js / own, made],
  };
}

/** How often to run something so that it takes long enough to measure. */
async function countFor(doIt: (count: number) => Promise<unknown>): Promise<number> {
  for (let count = 1; ; count *= 4) {
    const began = now();
    await doIt(count);
    if (now() - began >= MEASURE_MIN_MS || count >= COUNT_MAX) return count;
  }
}
