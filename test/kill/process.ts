/**
 * A process that is killed and started again: on the same port, with the same files. It leads a group of its own, and only
 * that group is ever ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ChildMessage } from './child.ts';

export interface Process {
  /** `down` until it is started again; `starting` until it is ready. */
  readonly state: 'down' | 'starting' | 'up';
  /** Requests that it has begun to serve and not answered. */
  readonly busy: number;
  /** Starts it if it is down, and waits until it is ready. Throws if it doesn't get there. */
  start(): Promise<void>;
  /** SIGKILL to its whole group, and waits until it has ended. */
  kill(): Promise<void>;
  /** The same, for the last time: it is never started again. */
  end(): Promise<void>;
}

/** A port may be in use for a moment after its owner was killed. */
const TRIES = 20;
const TRY_AGAIN_MS = 250;
/** Of what it says, the end is kept for when it fails. */
const WORDS_MAX = 4_000;

/** Makes one of a script in this folder. `onDeath` is called if it ends and was not killed here. */
export function createProcess(script: string, options: object, onDeath: (why: string) => void): Process {
  const path = fileURLToPath(new URL(script, import.meta.url).href);
  let child: ChildProcess | null = null;
  let state: Process['state'] = 'down';
  let busy = 0;
  let words = '';
  /** Counts starts and kills: a start that something has overtaken does not go on. */
  let generation = 0;
  let isOver = false;

  /** One try; whether it is ready. */
  function tryToStart(): Promise<boolean> {
    const started = spawn(process.execPath, [path, JSON.stringify(options)], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child = started;
    busy = 0;
    words = '';
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = `${words}${text}`.slice(-WORDS_MAX);
    });
    return new Promise((resolve) => {
      started.on('message', (message: ChildMessage) => {
        if (child !== started) return;
        if (message === 'begin') busy++;
        if (message === 'end') busy--;
        if (message !== 'ready') return;
        state = 'up';
        resolve(true);
      });
      started.once('exit', (code, signal) => {
        resolve(false);
        if (child !== started || state !== 'up') return;
        endGroup(started);
        state = 'down';
        onDeath(`${script} ended by itself (${signal ?? code}): ${words}`);
      });
    });
  }

  return {
    get state() {
      return state;
    },
    get busy() {
      return busy;
    },
    async start() {
      if (isOver || state !== 'down') return;
      const mine = ++generation;
      state = 'starting';
      for (let tries = 0; tries < TRIES; tries++) {
        if (await tryToStart()) return;
        if (child !== null && mine === generation) endGroup(child);
        await sleep(TRY_AGAIN_MS);
        // It was killed while it was starting.
        if (mine !== generation) return;
      }
      state = 'down';
      throw new Error(`${script} does not start: ${words}`);
    },
    kill,
    end() {
      isOver = true;
      return kill();
    },
  };

  async function kill(): Promise<void> {
    const killed = child;
    generation++;
    child = null;
    state = 'down';
    busy = 0;
    if (killed === null) return;
    const runs = killed.exitCode === null && killed.signalCode === null;
    const exit = runs ? new Promise((resolve) => killed.once('exit', resolve)) : null;
    endGroup(killed);
    await exit;
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // The whole group has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
