/**
 * The entries a correlation counted when it fired: found again by the times its window kept.
 *
 * Contract: pure but for what `Past` reads; never throws for what an entry holds. Exact in what it tells, not whole: entries that were dated at their walk's
 * beginning, whose long strings were cut, or that many others share an instant with, may be left out.
 */
import { keyText } from '../alert/key.ts';
import { groupOf } from '../sigma/correlate/groups.ts';
import type { Fired } from '../sigma/correlate/window.ts';
import type { Engine } from '../sigma/match/compile.ts';
import type { CorrelationRule, Evidence, Match } from '../sigma/rule.ts';
import type { Accepted, Past } from './evaluate.ts';

/** The most that are told of one alert. */
const COUNTED_MOST = 20;

/** A window that fired: of which correlation and group, and the times it keeps, ascending. */
export interface FiredWindow {
  readonly correlation: CorrelationRule;
  readonly key: string;
  readonly times: readonly number[];
  readonly fired: Fired;
}

export interface CountedEntry {
  readonly entry: Accepted;
  readonly evidence: readonly Evidence[];
}

/** The first entries, accepted before `seq`, that a window counted when it fired; by time. */
export function countedIn(window: FiredWindow, seq: number, past: Past, engine: Engine): CountedEntry[] {
  const { correlation, key, times, fired } = window;
  const within = new Set(times.filter((time) => time > fired.at - correlation.timespanMs && time <= fired.at));
  const counted: CountedEntry[] = [];
  for (const entry of past.entriesAt([...within].slice(0, COUNTED_MOST), seq)) {
    const match = engine.evaluate(entry.body).find(({ rule }) => correlation.rules.includes(rule.id));
    if (match === undefined || keyIn(correlation, match, entry) !== key) continue;
    counted.push({ entry, evidence: match.evidence });
    if (counted.length === COUNTED_MOST) break;
  }
  return counted;
}

/** The key of an entry's group; null where it has none, or one nested more deeply than can be written. */
function keyIn(correlation: CorrelationRule, { rule }: Match, { body }: Accepted): string | null {
  try {
    const group = groupOf(correlation, rule.id, body);
    return group === null ? null : keyText(group);
  } catch {
    return null;
  }
}
