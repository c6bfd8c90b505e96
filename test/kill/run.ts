/**
 * One run: starts everything, kills while entries and alerts keep coming, waits for a calm, kills everything once more, and
 * counts what is on the disk.
 *
 * Contract: whatever happens, nothing that it started runs on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../sandbox/random.ts';
import type { EntryBody } from '../sandbox/record.ts';
import { type Counted, count } from './count.ts';
import { RULES } from './incidents.ts';
import { createKiller, type Kill, planKill } from './kills.ts';
import type { KillOptions } from './options.ts';
import { RECEIVERS } from './receiver-file.ts';
import { startTicks, type Ticks } from './ticks.ts';
import { AHEAD_MS, LATENESS_MS, type Span, type TrafficOptions, trafficUntil } from './traffic.ts';
import { createWorld, PROCESSES, type World } from './world.ts';

export interface Outcome extends Counted {
  readonly kills: readonly Kill[];
  readonly ticks: { readonly done: number; readonly failed: number };
  /** From the first kill to the count. */
  readonly ms: number;
}

/** How far it is, for a person who waits. */
export type Progress =
  | { readonly at: 'start' }
  | { readonly at: 'kill'; readonly number: number; readonly kill: Kill }
  | { readonly at: 'calm'; readonly recorded: number; readonly shown: number; readonly pending: number };

/** So long nothing happens, before the first kill. */
const BEFORE_MS = 3_000;
/** The longest time until an interrupted attempt is repeated (70 s), and receivers that failed are tried again, twice. */
const CALM_MS_MAX = 8 * 60_000;
const STATUS_EVERY_MS = 2_000;
/** So many ticks end after the last entry is shown, so that they read it. */
const TICKS_AFTER = 5;
/** All is recorded and delivered: seen so often. */
const CALM_SEEN = 3;
/** Something is not recorded, though every entry is shown and ticks go on: seen so often, it is lost. */
const MISSING_SEEN = 20;

/** Runs in `folder`, which is empty. Throws where the test itself fails, or when `signal` aborts. */
export async function run(
  folder: string,
  options: KillOptions,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const { times, seed } = options;
  const failed = Promise.withResolvers<never>();
  const fail = (why: unknown): void => failed.reject(why instanceof Error ? why : new Error(String(why)));
  signal.addEventListener('abort', () => fail(signal.reason), { once: true });
  // Unhandled until it is raced with.
  failed.promise.catch(() => undefined);
  const traffic: TrafficOptions = { seed, startAt: Math.ceil(Date.now() / 1_000) * 1_000 };
  onProgress({ at: 'start' });
  const world = await createWorld(folder, traffic, options, fail);
  const stops: (() => Promise<void>)[] = [];
  try {
    return await Promise.race([failed.promise, killAndCount()]);
  } finally {
    for (const stop of stops) await stop();
    await world.end();
  }

  async function killAndCount(): Promise<Outcome> {
    await Promise.all(PROCESSES.map((name) => world.processes[name].start()));
    const ticks = startTicks(world.workerUrl, createRandom(seed ^ 0x71c5));
    stops.push(ticks.stop);
    await sleep(BEFORE_MS);
    const beganAt = Date.now();
    const kills = await killAll(world, ticks, times, seed, onProgress);
    const expected = await calm(world, ticks, traffic, onProgress);
    await ticks.stop();
    await world.end();
    const counted = count({
      shown: idsOf(expected),
      ownReads: world.ownReads(),
      expected: expected.alerts,
      played: Object.values(RULES),
      ledger: world.ledger(),
      receivers: RECEIVERS,
      received: world.received(),
    });
    return { ...counted, kills, ticks: { done: ticks.done, failed: ticks.failed }, ms: Date.now() - beganAt };
  }
}

async function killAll(
  world: World,
  ticks: Ticks,
  times: number,
  seed: number,
  onProgress: (progress: Progress) => void,
): Promise<Kill[]> {
  const random = createRandom(seed ^ 0x4b111);
  const killer = createKiller(world, ticks);
  const kills: Kill[] = [];
  while (kills.length < times) {
    const kill = await killer.kill(planKill(random, kills.at(-1)?.target ?? null));
    kills.push(kill);
    onProgress({ at: 'kill', number: kills.length, kill });
  }
  await killer.settled();
  return kills;
}

/**
 * Ends the log, and waits until everything in it is recorded and delivered, or until that can't be expected any more.
 * Returns all that the log has shown by then.
 */
async function calm(
  world: World,
  ticks: Ticks,
  traffic: TrafficOptions,
  onProgress: (progress: Progress) => void,
): Promise<Span> {
  const seconds = Math.ceil((Date.now() + AHEAD_MS - traffic.startAt) / 1_000) + 1;
  world.endLog(seconds);
  const all = trafficUntil(traffic, seconds);
  const shown = all.records.length;
  const shownAt = traffic.startAt + seconds * 1_000 + LATENESS_MS;
  const giveUpAt = shownAt + CALM_MS_MAX;
  let doneBefore = Number.POSITIVE_INFINITY;
  let seen = 0;
  let seenMissing = 0;
  while (seen < CALM_SEEN && seenMissing < MISSING_SEEN && Date.now() < giveUpAt) {
    await sleep(STATUS_EVERY_MS);
    const status = await world.status().catch(() => null);
    if (status === null) continue;
    onProgress({ at: 'calm', ...status, shown });
    if (Date.now() > shownAt) doneBefore = Math.min(doneBefore, ticks.done);
    const isOver = ticks.done >= doneBefore + TICKS_AFTER && status.pending + status.waiting === 0;
    seen = isOver && status.recorded >= shown ? seen + 1 : 0;
    seenMissing = isOver && status.recorded < shown ? seenMissing + 1 : 0;
  }
  const ids = new Set(await world.shown());
  const ownReads = new Set(world.ownReads());
  const others = [...ids].filter((id) => !ownReads.has(id)).length;
  if (others !== shown || idsOf(all).some((id) => !ids.has(id))) {
    throw new Error('the upstream does not show the entries that it was to show');
  }
  return all;
}

function idsOf({ records }: Span): string[] {
  return records.map(({ body }) => (body as EntryBody).id);
}
