/** Runs the Worker's cron trigger every second, as a platform would: whether or not it can be reached, and at times twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SCHEDULED_PATH } from '../demo/worker.ts';
import type { Random } from '../sandbox/random.ts';

export interface Ticks {
  readonly inFlight: number;
  /** Ticks that ended as they should. */
  readonly done: number;
  /** Ticks that failed, or whose end never came. */
  readonly failed: number;
  stop(): Promise<void>;
}

const EVERY_MS = 1_000;
/** So many have a second one beside them. */
const OVERLAPPING = 0.1;
const GIVE_UP_MS = 60_000;

/** Begins at once. */
export function startTicks(workerUrl: string, random: Random): Ticks {
  const stopped = new AbortController();
  let inFlight = 0;
  let done = 0;
  let failed = 0;

  const tick = async (): Promise<void> => {
    inFlight++;
    try {
      const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(GIVE_UP_MS)]);
      const response = await fetch(`${workerUrl}${SCHEDULED_PATH}`, { signal });
      await response.text();
      if (response.ok) done++;
      else failed++;
    } catch {
      failed++;
    } finally {
      inFlight--;
    }
  };

  const running = (async () => {
    while (!stopped.signal.aborted) {
      const ticks = random.chance(OVERLAPPING) ? [tick(), tick()] : [tick()];
      await Promise.all([...ticks, sleep(EVERY_MS)]);
    }
  })();

  return {
    get inFlight() {
      return inFlight;
    },
    get done() {
      return done;
    },
    get failed() {
      return failed;
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
