/** How far a long run is, in one line: how much, how fast, and how long it still takes. */
import type { PastEntry } from '../../backtest/past-entry.ts';
import { numberText } from '../../text/numbers.ts';
import { ago, progress } from '../terminal.ts';
import type { PastLog } from './past-log.ts';

const EVERY_MS = 200;
/** Sooner, nothing is known of how long it takes. */
const KNOWN_AFTER_MS = 2_000;

/** `12,000 entries, 8,000 a second, 40 %, 2s left`. `done`: from 0 to 1; null: not known. */
export function progressText(entries: number, elapsedMs: number, done: number | null): string {
  const rate = elapsedMs > 0 ? Math.round((entries * 1000) / elapsedMs) : 0;
  const left = done !== null && done > 0 && elapsedMs >= KNOWN_AFTER_MS ? (elapsedMs * (1 - done)) / done : null;
  return [
    `${numberText(entries)} entries`,
    `${numberText(rate)} a second`,
    ...(done === null ? [] : [`${Math.floor(100 * Math.min(1, done))} %`]),
    ...(left === null ? [] : [`${ago(left)} left`]),
  ].join(', ');
}

/** Reads a log to its end and shows progress, on a terminal. Returns how many entries it has. */
export async function readWithProgress(
  log: PastLog,
  use: (entries: readonly PastEntry[]) => void,
  now: () => number = () => performance.now(),
): Promise<number> {
  const startedAt = now();
  let shownAt = startedAt;
  let count = 0;
  try {
    for await (const some of log.entries) {
      use(some);
      count += some.length;
      if (now() - shownAt < EVERY_MS) continue;
      shownAt = now();
      progress(progressText(count, shownAt - startedAt, log.done()));
    }
  } finally {
    progress('');
  }
  return count;
}
