/**
 * Evaluates a sequence of entries in memory: which detections each satisfies, and which correlations match.
 *
 * Contract: entries are evaluated in the order they are added. Those older than the newest by more than `latenessMs` may
 * find their windows gone. Memory is bounded. No I/O.
 */
import type { Engine } from '../engine.ts';
import { entryTime } from '../evaluate/entry-time.ts';
import { ABSENCE, type EntryBody, type Match } from '../rule.ts';
import { type CorrelationMatch, createCorrelator, type Windows } from './correlator.ts';
import { groupText } from './groups.ts';
import { openWindow } from './window.ts';
import type { AbsenceWindow, Window } from './window-event.ts';

export interface SequenceOptions {
  /** The time of an entry in milliseconds; null if it has none. By default its `created_at`, `timestamp` … */
  readonly timeOf?: (body: EntryBody) => number | null;
  /** How much older than the newest an added entry may be, in milliseconds. By default 0: entries are in order. */
  readonly latenessMs?: number;
}

/** What an added entry matches. */
export interface SequenceResult {
  /** The detections it satisfies, in order of the rules. */
  readonly matches: readonly Match[];
  /** The correlations that match because of it, each after those it refers to; and what is absent by its time. */
  readonly correlationMatches: readonly CorrelationMatch[];
}

export interface Sequence {
  /** Adds an entry. Throws if it has no valid time and none is given. */
  add(body: EntryBody, at?: number): SequenceResult;
  /** What is absent by a time before which every entry was added, and was not returned yet. */
  elapse(watermark: number): readonly CorrelationMatch[];
}

/** Creates a sequence with empty windows. */
export function createSequence(engine: Engine, options: SequenceOptions = {}): Sequence {
  const { timeOf = entryTime, latenessMs = 0 } = options;
  const correlator = createCorrelator([...engine.rules.values()], engine.readField);
  const windows = createMemoryWindows();
  let newest = Number.NEGATIVE_INFINITY;
  return {
    add: (body, at) => {
      const time = at ?? timeOf(body);
      if (time === null || !Number.isFinite(time)) throw new RangeError('the entry has no valid time');
      newest = Math.max(newest, time);
      const matches = engine.evaluate(body, Math.floor(time));
      const correlationMatches = correlator.correlate(
        { at: Math.floor(time), body, matches },
        newest - latenessMs,
        windows,
      );
      return { matches, correlationMatches: [...correlationMatches, ...windows.elapse(newest - latenessMs)] };
    },
    elapse: windows.elapse,
  };
}

/** Per correlation. */
const GROUPS_MAX = 100_000;

export interface MemoryWindows extends Windows {
  /** How many groups were dropped because there were too many. */
  readonly dropped: number;
  /** What is absent by a watermark, and was not returned yet. */
  elapse(watermark: number): readonly CorrelationMatch[];
}

/** Creates windows that are kept in memory. Each correlation's least recently used groups are dropped first. */
export function createMemoryWindows(groupsMax = GROUPS_MAX): MemoryWindows {
  /** Rule id → group → window, in order of last use. */
  const kept = new Map<string, Map<string, Window>>();
  /** The groups of absences. */
  const expecting = new Map<Window, Pick<CorrelationMatch, 'rule' | 'group'>>();
  let dropped = 0;
  return {
    open: (rule, group) => {
      const windows = kept.get(rule.id) ?? new Map<string, Window>();
      kept.set(rule.id, windows);
      const key = groupText(group);
      const window = windows.get(key) ?? openWindow(rule, null);
      windows.delete(key);
      windows.set(key, window);
      if (rule.type === ABSENCE) expecting.set(window, { rule, group });
      if (windows.size > groupsMax) {
        const [oldest = key] = windows.keys();
        expecting.delete(windows.get(oldest) as Window);
        windows.delete(oldest);
        dropped++;
      }
      return window;
    },
    get dropped() {
      return dropped;
    },
    elapse: (watermark) =>
      [...expecting].flatMap(([window, of]) =>
        (window as AbsenceWindow).elapse(watermark).map((match) => ({ ...of, window: match, evidence: [] })),
      ),
  };
}
