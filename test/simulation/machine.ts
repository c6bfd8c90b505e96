/**
 * Processes on simulated time: an invocation of the Worker, the Durable Object, an operator's command.
 *
 * Contract: code that runs in a process has the world's timers, dice and console instead of Node's, so that the real client,
 * tick and receivers run as they are and a seed replays exactly. A process that was killed goes no further: what it awaits
 * never comes back, and its timers never ring. What does not run in a process keeps the real globals.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dice } from './random.ts';

/** What a process needs of its world. */
export interface Clockwork {
  /** Simulated time, ms since the epoch. */
  now(): number;
  /** Runs `act` at a time, in no process. */
  at(time: number, act: () => void): void;
  /** How much later than asked a timer rings, ms: a busy thread comes to it late. */
  timerIsLateBy(): number;
}

export interface Process {
  readonly name: string;
  readonly world: Clockwork;
  readonly dice: Dice;
  /** Each line of its log. */
  readonly log: (line: string) => void;
  isAlive: boolean;
  /** Ends it, where it stands. */
  kill(): void;
}

const running = new AsyncLocalStorage<Process>();

export function createProcess(name: string, world: Clockwork, dice: Dice, log: (line: string) => void): Process {
  const process: Process = {
    ...{ name, world, dice, log },
    isAlive: true,
    kill: () => {
      process.isAlive = false;
    },
  };
  return process;
}

/** Runs `act` in a process; not where that was killed. */
export function runIn(process: Process, act: () => void): void {
  if (process.isAlive) running.run(process, act);
}

/** The process that is running. Throws outside of one. */
export function currentProcess(): Process {
  const process = running.getStore();
  if (process === undefined) throw new Error('nothing outside is reached but from a process');
  return process;
}

/** A timer of a process. */
class Timer {
  isCleared = false;
}

const real = { setTimeout, clearTimeout, random: Math.random, timeout: AbortSignal.timeout.bind(AbortSignal) };

function after(process: Process, ms: number, act: () => void): void {
  const { world } = process;
  world.at(world.now() + Math.max(0, ms) + world.timerIsLateBy(), () => runIn(process, act));
}

function simulatedSetTimeout(callback: (...values: unknown[]) => void, ms = 0, ...values: unknown[]): unknown {
  const process = running.getStore();
  if (process === undefined) return real.setTimeout(callback, ms, ...values);
  const timer = new Timer();
  after(process, ms, () => {
    if (!timer.isCleared) callback(...values);
  });
  return timer;
}

function simulatedClearTimeout(timer: unknown): void {
  if (timer instanceof Timer) timer.isCleared = true;
  else real.clearTimeout(timer as NodeJS.Timeout);
}

function simulatedTimeout(ms: number): AbortSignal {
  const process = running.getStore();
  if (process === undefined) return real.timeout(ms);
  const controller = new AbortController();
  after(process, ms, () =>
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
  );
  return controller.signal;
}

let isInstalled = false;

/** Puts the simulated globals where the real ones were. Safe to call again. */
export function installMachine(): void {
  if (isInstalled) return;
  isInstalled = true;
  Object.assign(globalThis, { setTimeout: simulatedSetTimeout, clearTimeout: simulatedClearTimeout });
  Object.assign(AbortSignal, { timeout: simulatedTimeout });
  Math.random = () => running.getStore()?.dice.next() ?? real.random();
  for (const level of ['log', 'warn', 'error'] as const) {
    const write = console[level].bind(console);
    console[level] = (...values: unknown[]) => {
      const process = running.getStore();
      if (process === undefined) write(...values);
      else process.log(values.map(String).join(' '));
    };
  }
}
