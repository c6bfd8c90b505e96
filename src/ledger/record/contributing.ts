/**
 * The entries a correlation counted when it fired: found again by the times that its window tells.
 *
 * Contract: pure but for what `EvaluationReads` reads; never throws for what an entry holds. Exact in what it tells, not whole:
 * entries that were dated at their walk's beginning, whose long strings were cut, or that many others share an instant
 * with, may be left out. Of a correlation of correlations they are those that completed, or ended, the windows below.
 */
import type { MatchedWindow } from '../../alert/alert.ts';
import { keyText } from '../../alert/key.ts';
import { type Correlator, type Engine, EVIDENCE_MAX, type Evidence, type Match } from '../../sigma/index.ts';
import type { Accepted, EvaluationReads } from '../model.ts';

/** The most that are told of one alert. */
const CONTRIBUTING_MAX = 20;

export interface ContributingEntry {
  readonly entry: Accepted;
  readonly evidence: readonly Evidence[];
}

/** The first entries, accepted before `seq`, that a window counted when it fired; by time. */
export function contributingEntries(
  { correlation, key, window: fired }: MatchedWindow,
  seq: number,
  reads: EvaluationReads,
  engine: Engine,
  correlator: Correlator,
): ContributingEntry[] {
  const detections = correlator.detectionsOf(correlation);
  const isIn = (entry: Accepted, matches: readonly Match[]): boolean => {
    try {
      const satisfied = matches.map(({ rule }) => rule.id);
      return correlator.groupsOf(correlation, entry.body, satisfied).some((group) => keyText(group) === key);
    } catch {
      // A field is nested more deeply than can be written.
      return false;
    }
  };
  const counted: ContributingEntry[] = [];
  for (const entry of reads.entriesAt(fired.times, seq)) {
    const matches = engine.evaluate(entry.body).filter(({ rule }) => detections.has(rule.id));
    if (matches.length === 0 || !isIn(entry, matches)) continue;
    counted.push({ entry, evidence: matches.flatMap(({ evidence }) => evidence).slice(0, EVIDENCE_MAX) });
    if (counted.length === CONTRIBUTING_MAX) break;
  }
  return counted;
}
