/**
 * Measures the whole path of an entry in workerd: asked for, parsed, passed to the ledger, recorded, evaluated with the
 * shipped rules; first from an upstream without latency, then behind one with some. Each beside peers in the same run.
 *
 * Contract: each run has a new ledger. Stops everything it started. Throws unless every entry is recorded once.
 */
import { type Bundle, buildWorker } from '../../kill/bundle.ts';
import { SEEDED_DAYS } from '../../support/seeded-log.ts';
import { quantile } from '../measure.ts';
import type { Grid } from '../table.ts';
import { watchMemory } from './memory.ts';
import { type Pages, servePages } from './pages.ts';
import { type Peers, startPeers } from './peers.ts';
import { startBundle } from './worker.ts';

export interface PathOptions {
  readonly rounds: number;
  readonly entries: number;
  readonly latencyMs: number;
  /** A folder for the built Worker. */
  readonly folder: string;
  readonly say: (text: string) => void;
}

/** Ticks that a run may take: on the paid plan each reads up to 30,000 entries. */
const TICKS_MAX = 100;

export async function* benchPath({ rounds, entries, latencyMs, folder, say }: PathOptions): AsyncGenerator<Grid> {
  const bundle = await buildWorker(folder);
  const pages = await servePages(entries);
  const peers = await startPeers();
  try {
    for (const latency of [0, latencyMs]) {
      pages.latencyMs = latency;
      // Behind latency it is the latency that is measured.
      const times = latency === 0 ? rounds : 1;
      const plain: number[] = [];
      const parsed: number[] = [];
      const path: Run[] = [];
      for (let round = 1; round <= times; round++) {
        say(`The path of ${pages.entries} entries, ${latency} ms a page, round ${round} of ${times} …`);
        parsed.push(await timed(() => readByPeer(peers, pages, 'parse')));
        plain.push(await timed(() => readByPeer(peers, pages, 'store')));
        path.push(await readByTocsin(bundle, pages));
      }
      yield gridOf({ pages, latency, plain, parsed, path });
    }
  } finally {
    await peers.stop();
    await pages.stop();
  }
}

interface Run {
  readonly ms: number;
  readonly bytes: number | null;
  readonly ticks: number;
}

async function readByTocsin(bundle: Bundle, pages: Pages): Promise<Run> {
  let recorded = 0;
  let ended = false;
  let failure: string | null = null;
  const settings = {
    NIRVANA_LABS_API_KEY: 'bench-key-of-the-path',
    NIRVANA_LABS_BASE_URL: pages.url,
    START_AT: `${SEEDED_DAYS + 1}d`,
    PLAN: 'paid',
  };
  const memory = watchMemory();
  const worker = await startBundle(bundle, settings, (message) => {
    if (!message.startsWith('{"at":"tick"')) return;
    const line = JSON.parse(message) as { recorded?: number; stopped?: string; error?: string };
    failure ??= line.error ?? null;
    recorded += line.recorded ?? 0;
    ended ||= line.stopped === 'scan ended';
  });
  try {
    let ticks = 0;
    const ms = await timed(async () => {
      while (!ended && failure === null && ticks < TICKS_MAX) {
        ticks++;
        await worker.tick();
      }
    });
    if (recorded !== pages.entries)
      throw new Error(failure ?? `${recorded} entries were recorded, not ${pages.entries}`);
    return { ms, ticks, bytes: memory.stop() };
  } finally {
    memory.stop();
    await worker.stop();
  }
}

async function readByPeer(peers: Peers, pages: Pages, way: Parameters<Peers['read']>[1]): Promise<void> {
  const records = await peers.read(pages.url, way);
  if (records < pages.entries) throw new Error(`a peer read ${records} records, not ${pages.entries}`);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

interface Measured {
  readonly pages: Pages;
  readonly latency: number;
  readonly parsed: readonly number[];
  readonly plain: readonly number[];
  readonly path: readonly Run[];
}

function gridOf({ pages, latency, parsed, plain, path }: Measured): Grid {
  const one = quantile(parsed, 0.5);
  const row = (name: string, times: readonly number[], runs: readonly Run[] = []): Grid['rows'][number] => {
    const ms = quantile(times, 0.5);
    const bytes = runs.flatMap((run) => (run.bytes === null ? [] : [run.bytes]));
    return {
      name,
      cells: [(ms * 1_000) / pages.entries, ms, ms / one, bytes.length === 0 ? null : Math.max(...bytes)],
    };
  };
  return {
    title: `The path of ${pages.entries} entries, ${latency} ms a page, workerd`,
    columns: [
      { name: 'an entry', unit: 'us' },
      { name: 'all', unit: 'ms' },
      { name: 'of peer', unit: 'times' },
      { name: 'memory', unit: 'bytes' },
    ],
    rows: [
      row('pages one after the other, parsed', parsed),
      row('and each stored by one plain statement', plain),
      row(
        'Tocsin',
        path.map(({ ms }) => ms),
        path,
      ),
    ],
    notes: [
      'The peer only asks for the pages, each after the last, and parses them. The second stores each page by INSERT … SELECT.',
      'Memory: the most that workerd held, with the entries in its Durable Object.',
    ],
  };
}
