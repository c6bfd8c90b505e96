/**
 * The simulated world: one clock and one queue of what happens next. Whatever awaits something outside (a store's
 * answer, a page, a receiver) waits here as a step: it may take long, fail before or after it was done, be done twice,
 * or be the last thing its caller ever did. The same seed gives the same world.
 */
import type { Dice } from './random.ts';

/** What can befall a step, and how often (per step). */
export interface StepFaults {
  /** The caller dies before the step is done, or after it. */
  readonly crash: number;
  /** It fails without having been done, or though it was done (the answer is lost). */
  readonly fail: number;
  /** It is done twice. */
  readonly twice: number;
  /** It takes minutes. */
  readonly slow: number;
}

export class Lost extends Error {
  override readonly name = 'Lost';
}

export interface World {
  now(): number;
  /** Runs `act` at a time. */
  at(time: number, label: string, act: () => void): void;
  /** An await on something outside. */
  step<T>(label: string, act: () => T | Promise<T>, faults: StepFaults | null): Promise<T>;
  /** Runs until nothing is left, or the clock passes `until`. */
  run(until: number): Promise<void>;
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
      if (other.time < event.time || (other.time === event.time && other.order < event.order)) low = middle + 1;
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

  return {
    now: () => now,
    hits,
    hit,
    schedule,
    note,
    at: (time, _label, act) => push(time, act),
    step: (label, act, faults) =>
      new Promise((resolve, reject) => {
        const befalls = (kind: keyof StepFaults): boolean => {
          if (faults === null || !dice.chance(faults[kind])) return false;
          hit(`${kind}: ${label}`);
          note(`${kind} at ${label}`);
          return true;
        };
        const slow = befalls('slow') ? dice.between(20_000, 150_000) : dice.between(5, 400);
        const crash = befalls('crash');
        const fails = !crash && befalls('fail');
        const doneFirst = dice.chance(0.5);
        const twice = befalls('twice');
        push(now + slow, () => {
          if (crash && !doneFirst) return;
          if (fails && !doneFirst) return reject(new Lost(`${label} failed`));
          const once = async () => act();
          const done = twice ? once().then(() => once()) : once();
          done.then(
            (value) => {
              if (crash) return;
              push(now + dice.between(5, 400), () =>
                fails ? reject(new Lost(`${label}: the answer was lost`)) : resolve(value),
              );
            },
            (error) => {
              if (!crash) push(now, () => reject(error));
            },
          );
        });
      }),
    run: async (until) => {
      for (;;) {
        const next = queue[0];
        if (next === undefined || next.time > until) break;
        queue.shift();
        now = next.time;
        next.act();
        // Everything that this lets go on does so before the clock moves.
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = Math.max(now, until);
    },
  };
}
