/**
 * The entries that a correlation counted when it fired, found again by the times in its window.
 *
 * Contract: pure except for what `EvaluationReads` reads; never throws for what an entry holds. What it returns is exact but
 * may be incomplete: it can miss entries whose long strings were cut, or that share their instant with many others. For a
 * correlation of correlations, they are the entries that completed or ended the windows below. Whether they are all that
 * it counted, `allContributing` says.
 */
import type { MatchedWindow } from '../../alert/alert.ts';
import { keyText } from '../../alert/key.ts';
import {
  type Correlator,
  type Engine,
  EVIDENCE_MAX,
  type Evidence,
  isOfOneEntry,
  type Match,
} from '../../sigma/index.ts';
import type { Accepted, EvaluationReads } from '../model.ts';

/** The most entries of one alert. */
export const CONTRIBUTING_MAX = 20;

export interface ContributingEntry {
  readonly entry: Accepted;
  readonly evidence: readonly Evidence[];
}

/** The first entries, accepted before `seq`, that a window counted when it fired; by time. */
export function contributingEntries(
  { correlation, key, window: fired }: MatchedWindow,
  seq: number,
  reads: Pick<EvaluationReads, 'entriesAt'>,
  engine: Engine,
  correlator: Correlator,
): ContributingEntry[] {
  // A match of one entry: what shares its time has no part in it.
  return isOfOneEntry(correlation)
    ? []
    : entriesOf({ correlation, key, window: fired }, seq, reads, engine, correlator);
}

/** The same for any type: the entries of its group at the times of a window. */
export function entriesOf(
  { correlation, key, window: fired }: MatchedWindow,
  seq: number,
  reads: Pick<EvaluationReads, 'entriesAt'>,
  engine: Engine,
  correlator: Correlator,
): ContributingEntry[] {
  const detections = correlator.detectionsOf(correlation);
  const isIn = (entry: Accepted, matches: readonly Match[]): boolean => {
    const satisfied = matches.map(({ rule }) => rule.id);
    const groups = correlator.groupsOf(correlation, { body: entry.body, at: entry.occurredAt }, satisfied);
    return groups.some((group) => keyText(group) === key);
  };
  const counted: ContributingEntry[] = [];
  for (const entry of reads.entriesAt(fired.times, seq)) {
    const matches = engine.evaluate(entry.body, entry.occurredAt).filter(({ rule }) => detections.has(rule.id));
    if (matches.length === 0 || !isIn(entry, matches)) continue;
    // An id counts once, by the first of its versions that is in.
    const other = counted.findIndex((each) => each.entry.id === entry.id);
    if (other >= 0 && (counted[other]?.entry.seq ?? 0) < entry.seq) continue;
    if (other >= 0) counted.splice(other, 1);
    counted.push({ entry, evidence: matches.flatMap(({ evidence }) => evidence).slice(0, EVIDENCE_MAX) });
    if (counted.length === CONTRIBUTING_MAX) break;
  }
  return counted;
}

/**
 * All entries, accepted before `completing`, that a window counted when that completed it. Null: they are not all known, as
 * far as this can tell. Of a correlation of correlations they never are: what the windows below counted is not kept.
 */
export function allContributing(
  matched: MatchedWindow,
  completing: Accepted,
  reads: Pick<EvaluationReads, 'entriesAt'>,
  engine: Engine,
  correlator: Correlator,
): readonly ContributingEntry[] | null {
  const { correlation, window } = matched;
  if (correlation.rules.some((id) => engine.rules.get(id)?.kind !== 'detection')) return null;
  const counted = contributingEntries(matched, completing.seq, reads, engine, correlator);
  if (counted.length >= CONTRIBUTING_MAX) return null;
  const times = new Set([completing.occurredAt, ...counted.map(({ entry }) => entry.occurredAt)]);
  if (!window.times.every((time) => times.has(time))) return null;
  // Those that share an instant: their number shows whether one is missing.
  return correlation.type === 'event_count' && window.value > counted.length + 1 ? null : counted;
}
