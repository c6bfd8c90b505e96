/** The kills: which process, at what moment, and what it was doing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../sandbox/random.ts';
import { RECEIVERS } from './receiver-file.ts';
import type { Ticks } from './ticks.ts';
import { PROCESSES, type ProcessName, type World } from './world.ts';

/** `workerd`: the process below the Worker's, whose host starts it again; `everything`: all at once. */
export type Target = ProcessName | 'workerd' | 'everything';

/** What it was doing when it was killed. */
export type Moment = 'starting' | 'reading a page' | 'recording' | 'sending' | 'answering' | 'idle';

export interface Kill {
  readonly target: Target;
  readonly moment: Moment;
}

/** A kill that is about to be. */
export interface PlannedKill {
  readonly target: Target;
  /** What to wait for; null: any moment. */
  readonly wanted: Moment | null;
  /** How long to wait before, and after `wanted` has come. ms */
  readonly pauseMs: number;
  readonly delayMs: number;
  /** How long it stays away. ms */
  readonly downMs: number;
}

const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 8_000;
/** How long after its beginning a moment is hit at most: less than it lasts. ms */
const DELAY_MS_MAX: Readonly<Record<Moment, number>> = {
  starting: 400,
  'reading a page': 15,
  recording: 3,
  sending: 60,
  answering: 60,
  idle: 0,
};
const DOWN_MS_MAX = 1_500;
/** Now and then it stays away for longer than receivers are waited for before they are paused. */
const LONG_DOWN_MS = 12_000;
/** How long to wait for a moment that may not come. */
const WANTED_MS_MAX = 4_000;
const LOOK_AGAIN_MS = 2;
/** Its host takes less to start it again. */
const WORKERD_BACK_MS = 3_000;
/** So long after its process began, workerd opens its files. */
const WORKERD_STARTING_MS = 300;

const WEIGHTS: readonly (readonly [Target, number])[] = [
  ['workerd', 32],
  ['worker', 22],
  ['upstream', 17],
  ['slack', 8],
  ['email', 8],
  ['webhook', 8],
  ['everything', 5],
];

/** Draws the next kill. `last`: what was killed before, which may be killed again while it starts. */
export function planKill(random: Random, last: Target | null): PlannedKill {
  const pauseMs = PAUSE_MS_MIN + random.next() * (PAUSE_MS_MAX - PAUSE_MS_MIN);
  const downMs = random.chance(0.05) ? LONG_DOWN_MS : random.next() * DOWN_MS_MAX;
  if (last !== null && last !== 'everything' && random.chance(0.12)) {
    return { target: last, wanted: 'starting', pauseMs: 0, delayMs: random.next() * DELAY_MS_MAX.starting, downMs };
  }
  const target = drawTarget(random);
  const wanted = random.chance(0.3) ? null : random.pick(momentsOf(target));
  return { target, wanted, pauseMs, delayMs: random.next() * DELAY_MS_MAX[wanted ?? 'idle'], downMs };
}

function drawTarget(random: Random): Target {
  let left = random.next() * WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [target, weight] of WEIGHTS) {
    left -= weight;
    if (left < 0) return target;
  }
  return 'workerd';
}

function momentsOf(target: Target): readonly Moment[] {
  switch (target) {
    case 'worker':
    case 'workerd':
    case 'everything':
      return ['reading a page', 'recording', 'recording', 'sending'];
    case 'upstream':
    case 'slack':
    case 'email':
    case 'webhook':
      return ['answering'];
  }
}

/** Kills one after the other. */
export interface Killer {
  /** Waits for the moment, kills, and lets what was killed start again later. Throws if something does not start. */
  kill(planned: PlannedKill): Promise<Kill>;
  /** Waits until everything is up again. Throws if something does not start. */
  settled(): Promise<void>;
}

/** Makes one. */
export function createKiller(world: World, ticks: Ticks): Killer {
  const { processes } = world;
  const restarts = createRestarts(world);
  let killedWorkerd: number | null = null;

  const isStarting = (target: Target): boolean => {
    if (target === 'everything') return false;
    if (target !== 'workerd') return processes[target].state === 'starting';
    const workerd = world.workerd();
    return workerd?.pid === killedWorkerd || Date.now() - (workerd?.startedAt ?? 0) < WORKERD_STARTING_MS;
  };

  const momentOf = (target: Target): Moment => {
    if (isStarting(target)) return 'starting';
    if (target !== 'worker' && target !== 'workerd' && target !== 'everything') {
      return processes[target].busy > 0 ? 'answering' : 'idle';
    }
    if (RECEIVERS.some((name) => processes[name].busy > 0)) return 'sending';
    if (ticks.inFlight === 0) return 'idle';
    return processes.upstream.busy > 0 ? 'reading a page' : 'recording';
  };

  const canKill = (target: Target): boolean => {
    if (target === 'everything') return PROCESSES.every((name) => processes[name].state !== 'down');
    if (target !== 'workerd') return processes[target].state !== 'down';
    const workerd = world.workerd();
    return processes.worker.state === 'up' && workerd !== null && workerd.pid !== killedWorkerd;
  };

  const until = async (condition: () => boolean, mostMs: number): Promise<void> => {
    const end = Date.now() + mostMs;
    while (!condition() && Date.now() < end) {
      restarts.check();
      await sleep(LOOK_AGAIN_MS);
    }
  };

  const strike = async (target: Target, downMs: number): Promise<void> => {
    if (target === 'workerd') {
      killedWorkerd = world.workerd()?.pid as number;
      process.kill(killedWorkerd, 'SIGKILL');
      restarts.addHost(killedWorkerd);
      return;
    }
    const names = target === 'everything' ? PROCESSES : [target];
    await Promise.all(names.map((name) => processes[name].kill()));
    for (const [n, name] of names.entries()) restarts.add(name, (downMs * (n + 1)) / names.length);
  };

  return {
    async kill({ target, wanted, pauseMs, delayMs, downMs }) {
      await sleep(pauseMs);
      if (wanted !== null) await until(() => momentOf(target) === wanted, WANTED_MS_MAX);
      await sleep(delayMs);
      await until(() => canKill(target), Number.POSITIVE_INFINITY);
      const moment = momentOf(target);
      await strike(target, downMs);
      return { target, moment };
    },
    settled: restarts.settled,
  };
}

/** Starts what was killed, after a while. */
function createRestarts(world: World) {
  const { processes } = world;
  const running = new Set<Promise<void>>();
  let failure: unknown = null;
  const check = (): void => {
    if (failure !== null) throw failure;
  };
  const run = (steps: () => Promise<void>): void => {
    const restart = steps()
      .catch((error) => {
        failure ??= error;
      })
      .finally(() => running.delete(restart));
    running.add(restart);
  };
  return {
    add(name: ProcessName, downMs: number): void {
      run(async () => {
        await sleep(downMs);
        await processes[name].start();
      });
    },
    /** Starts the host of a killed workerd again if it does not bring workerd back: it tries only once. */
    addHost(killed: number): void {
      run(async () => {
        await sleep(WORKERD_BACK_MS);
        if (world.workerd()?.pid !== killed || processes.worker.state !== 'up') return;
        await processes.worker.kill();
        await processes.worker.start();
      });
    },
    /** Throws if something did not start. */
    check,
    async settled(): Promise<void> {
      while (running.size > 0) await Promise.all(running);
      check();
    },
  };
}
