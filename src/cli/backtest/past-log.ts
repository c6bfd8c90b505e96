/**
 * A log of the past, wherever it comes from: entries in the order in which a ledger records them, with what people did.
 */
import type { PastAct } from '../../backtest/past-act.ts';
import type { PastEntry } from '../../backtest/past-entry.ts';

export interface PastLog {
  readonly acts: readonly PastAct[];
  /** Some at a time. To be read once. */
  readonly entries: AsyncIterable<readonly PastEntry[]>;
  /** How much of it was read, from 0 to 1; null: how long it is is not known. */
  readonly done: () => number | null;
  /** What to report of it once it was read: what could not be read, what came twice. */
  readonly notes: () => readonly string[];
  /** From when on it is to be counted; ms since the epoch. Null: from its beginning. */
  readonly countFrom: number | null;
}
