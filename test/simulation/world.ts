/**
 * The simulated world: one clock and one queue of what happens next. Whatever a process awaits of something outside (a
 * store's answer, a page, a receiver) waits here as a step: it may take long, fail before or after it was done, be done twice,
 * never come back, or be the last thing its process ever did. The same seed gives the same world.
 */
import { type Clockwork, createProcess, currentProcess, installMachine, type Process, runIn } from './machine.ts';
import type { Dice } from './random.ts';

/** What can befall a step, and how often (per step). */
export interface StepFaults {
  /** The process dies before the step is done, or after it. */
  readonly crash: number;
  /** The answer never comes, whether it was done or not. */
  readonly hang: number;
  /** It fails without having been done, or though it was done (the answer is lost). */
  readonly fail: number;
  /** It is done twice. */
  readonly twice: number;
  /** It takes minutes. */
  readonly slow: number;
}

export const NO_STEP_FAULTS: StepFaults = { crash: 0, hang: 0, fail: 0, twice: 0, slow: 0 };

/** A failure of the world's. */
export class Lost extends Error {
  override readonly name = 'Lost';
}

export interface World extends Clockwork {
  /** A new process. */
  process(name: string): Process;
  /** Starts a process that does `work`, and says how it ended; a killed one does not end. */
  spawn<T>(name: string, work: () => Promise<T>, done?: (value: T) => void, failed?: (error: unknown) => void): Process;
  /** An await of the running process on something outside. */
  step<T>(label: string, act: () => T | Promise<T>, faults: StepFaults): Promise<T>;
  /** Runs until nothing is left, or the clock passes `until`. */
  run(until: number): Promise<void>;
  /** How often a timer rings late. */
  lateTimers: number;
  /** How often each kind of fault was hit. */
  readonly hits: Map<string, number>;
  hit(kind: string): void;
  /** What happened, in short. */
  readonly schedule: string[];
  note(text: string): void;
}

interface Event {
  readonly time: number;
  readonly order: number;
  readonly act: () => void;
}

export function createWorld(start: number, dice: Dice): World {
  installMachine();
  let now = start;
  let order = 0;
  const queue: Event[] = [];
  const hits = new Map<string, number>();
  const schedule: string[] = [];

  const push = (time: number, act: () => void): void => {
    const event = { time: Math.max(time, now), order: order++, act };
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = queue[middle] as Event;
      // What comes first is at the end.
      if (other.time > event.time || (other.time === event.time && other.order > event.order)) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, event);
  };
  const hit = (kind: string): void => {
    hits.set(kind, (hits.get(kind) ?? 0) + 1);
  };
  const note = (text: string): void => {
    schedule.push(`+${((now - start) / 1000).toFixed(1)}s ${text}`);
  };

  const world: World = {
    now: () => now,
    lateTimers: 0,
    timerIsLateBy: () => {
      if (!dice.chance(world.lateTimers)) return 0;
      hit('slow: timer');
      return dice.between(20_000, 150_000);
    },
    hits,
    hit,
    schedule,
    note,
    at: push,
    process: (name) => createProcess(name, world, dice, (line) => logged(world, line)),
    spawn: (name, work, done = () => {}, failed = () => {}) => {
      const process = world.process(name);
      // What it left running ends with it.
      const ends = (): void => {
        process.isAlive = false;
      };
      runIn(process, () => void work().then(done, failed).finally(ends));
      return process;
    },
    step: (label, act, faults) => {
      const caller = currentProcess();
      return new Promise((resolve, reject) => {
        const befalls = (kind: keyof StepFaults): boolean => {
          if (!dice.chance(faults[kind])) return false;
          hit(`${kind}: ${label}`);
          note(`${kind} at ${label}`);
          return true;
        };
        const later = (time: number, act: () => void): void => push(time, () => runIn(caller, act));
        const slow = befalls('slow') ? dice.between(20_000, 150_000) : dice.between(5, 400);
        const crash = befalls('crash');
        const hangs = !crash && befalls('hang');
        const fails = !crash && !hangs && befalls('fail');
        const doneFirst = dice.chance(0.5);
        const twice = befalls('twice');
        later(now + slow, () => {
          if (crash && !doneFirst) return caller.kill();
          if (hangs && !doneFirst) return;
          if (fails && !doneFirst) return reject(new Lost(`${label} failed`));
          const once = async () => act();
          const done = twice ? once().then(() => once()) : once();
          done.then(
            (value) => {
              if (crash) return caller.kill();
              if (hangs) return;
              later(now + dice.between(5, 400), () =>
                fails ? reject(new Lost(`${label}: the answer was lost`)) : resolve(value),
              );
            },
            (error) => {
              if (crash) return caller.kill();
              if (!hangs) later(now, () => reject(error));
            },
          );
        });
      });
    },
    run: async (until) => {
      for (;;) {
        const next = queue.at(-1);
        if (next === undefined || next.time > until) break;
        queue.pop();
        now = next.time;
        next.act();
        // Everything that this lets go on does so before the clock moves.
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = Math.max(now, until);
    },
  };
  return world;
}

/** A process's line of log: what a person would look for is kept. */
function logged(world: World, line: string): void {
  if (line.includes('"error"')) world.note(line.slice(0, 200));
}
