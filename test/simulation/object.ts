/**
 * The simulated Durable Object: a host in a process of its own, its alarm, and calls from other processes.
 *
 * Contract: its storage survives a reset, its memory does not. A reset fails every call under way, and stops what it was
 * doing where it stands. A caller that dies stops nothing here.
 */
import type { Host } from '../../src/ledger/host.ts';
import { type Process, runIn } from './machine.ts';
import type { Dice } from './random.ts';
import { Lost, type StepFaults, type World } from './world.ts';

export interface AlarmFaults {
  readonly late: number;
  readonly twice: number;
  readonly never: number;
}

export interface ObjectOptions {
  readonly world: World;
  readonly dice: Dice;
  /** Starts a host with what only the platform has. Called at once, and after each reset. */
  readonly start: (alarm: { get(): Promise<number | null>; set(at: number): Promise<void> }) => Host;
  readonly faults: () => StepFaults;
  readonly alarmFaults: () => AlarmFaults;
}

export interface SimulatedObject {
  /** Makes a call from the running process. */
  call<T>(label: string, ask: (host: Host) => Promise<T>): Promise<T>;
  /** Ends it where it stands, and starts it again. */
  reset(): void;
}

export function createObject({ world, dice, start, faults, alarmFaults }: ObjectOptions): SimulatedObject {
  let alarmAt: number | null = null;
  let waiting = new Set<(error: unknown) => void>();

  const alarm = {
    get: () => world.step('alarm.get', () => alarmAt, faults()),
    set: (at: number) =>
      world.step(
        'alarm.set',
        () => {
          alarmAt = at;
          world.at(at, ring);
        },
        faults(),
      ),
  };
  const begin = (): { readonly process: Process; readonly host: Host } => {
    const process = world.process('object');
    process.kill = reset;
    return { process, host: start(alarm) };
  };
  const reset = (): void => {
    current.process.isAlive = false;
    const lost = waiting;
    waiting = new Set();
    for (const reject of lost) reject(new Lost('the object was reset'));
    current = begin();
  };
  const ringNow = (): void => runIn(current.process, () => void current.host.alarm());
  const ring = (): void => {
    if (alarmAt === null || alarmAt > world.now()) return;
    alarmAt = null;
    const chances = alarmFaults();
    if (dice.chance(chances.never)) {
      world.hit('alarm: never');
      return;
    }
    const late = dice.chance(chances.late) ? dice.between(1, 10) * 60_000 : 0;
    if (late > 0) world.hit('alarm: late');
    world.at(world.now() + late, ringNow);
    if (dice.chance(chances.twice)) {
      world.hit('alarm: twice');
      world.at(world.now() + late + dice.between(0, 5_000), ringNow);
    }
  };
  let current = begin();

  return {
    reset,
    call: (label, ask) =>
      world.step(
        label,
        () =>
          new Promise((resolve, reject) => {
            waiting.add(reject);
            runIn(current.process, () => {
              void ask(current.host)
                .then(resolve, reject)
                .finally(() => waiting.delete(reject));
            });
          }),
        faults(),
      ),
  };
}
