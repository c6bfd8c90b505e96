/**
 * A run over entries in memory: which detections each satisfies, and which correlations it makes fire.
 *
 * Contract: entries are seen in the order they come; those older than the newest by more than the lateness may see
 * windows that have gone. What it remembers is bounded. Pure but for that.
 */
import type { Engine } from '../evaluate/compile.ts';
import type { EntryBody, Match } from '../rule.ts';
import { type CorrelationMatch, createCorrelator } from './correlator.ts';
import { entryTime } from './entry-time.ts';
import { createMemoryWindows } from './memory.ts';

export interface SequenceOptions {
  /** When an entry happened, in milliseconds; null where it does not say. By default its `created_at` or `timestamp`. */
  readonly timeOf?: (body: EntryBody) => number | null;
  /** How much later than younger ones an entry may come, in milliseconds: by default they come in order. */
  readonly latenessMs?: number;
}

/** What an entry came to. */
export interface SequenceResult {
  /** The detections it satisfies, in the rules' order. */
  readonly matches: readonly Match[];
  /** The correlations it made fire, those below before those above. */
  readonly correlationMatches: readonly CorrelationMatch[];
}

export interface Sequence {
  /** Lets an entry be seen. Throws where it has no time that can be read, and none is given. */
  add(body: EntryBody, at?: number): SequenceResult;
}

/** Begins a run: its windows are empty. */
export function createSequence(engine: Engine, options: SequenceOptions = {}): Sequence {
  const { timeOf = entryTime, latenessMs = 0 } = options;
  const correlator = createCorrelator([...engine.rules.values()]);
  const windows = createMemoryWindows();
  let newest = Number.NEGATIVE_INFINITY;
  return {
    add: (body, at) => {
      const time = at ?? timeOf(body);
      if (time === null || !Number.isFinite(time)) throw new RangeError('the entry has no time that can be read');
      newest = Math.max(newest, time);
      const matches = engine.evaluate(body);
      const correlationMatches = correlator.correlate(
        { at: Math.floor(time), body, matches },
        newest - latenessMs,
        windows,
      );
      return { matches, correlationMatches };
    },
  };
}
