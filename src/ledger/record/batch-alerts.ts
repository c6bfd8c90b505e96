/**
 * The alerts that one batch opens or joins. Like BatchWindows: read once from what is stored, returned once to be stored.
 *
 * Contract: changes nothing stored. Alerts opened earlier in the batch are found like stored ones.
 */
import type { Alert } from '../../alert/alert.ts';
import { DEDUP_PERIOD_MS, findOpenAlert } from '../../alert/decisions.ts';
import { shownKey } from '../../alert/key.ts';
import type { KeyPart, Rule } from '../../sigma/index.ts';
import type { EvaluationReads } from '../model.ts';

/** An open alert keeps its period when its rule's gets shorter: the search for it reaches at least this far. */
const SEARCH_MIN_MS = 24 * 60 * 60_000;

/** What opening or joining an alert needs to know of a match. */
interface JoinInput {
  readonly rule: Rule;
  readonly seq: number;
  readonly at: number;
  readonly isBackfilled: boolean;
}

export function createBatchAlerts(reads: EvaluationReads, lastAlert: number) {
  const changed = new Map<number, Alert>();
  const openedIds = new Set<number>();
  /** The ids of the alerts that this batch opened, by rule and key. */
  const opened = new Map<string, number[]>();
  let last = lastAlert;

  return {
    /** The alert that a match of this rule and key at `at` joins; null: it opens one. */
    find: (rule: Rule, key: string, at: number): Alert | null => {
      const reach = Math.max(periodOf(rule), SEARCH_MIN_MS);
      const stored = reads.alerts(rule.id, key, at - reach, at + reach).map((row) => changed.get(row.id) ?? row);
      const inBatch = (opened.get(`${rule.id}\n${key}`) ?? []).map((id) => changed.get(id));
      return findOpenAlert([...stored, ...inBatch.filter((row) => row !== undefined)], at);
    },
    open: ({ rule, seq, at, isBackfilled }: JoinInput, key: string, keyParts: readonly KeyPart[]): Alert => {
      const alert: Alert = {
        id: ++last,
        rule: rule.id,
        key,
        begins: at,
        periodMs: periodOf(rule),
        state: 'open',
        backfilled: isBackfilled,
        count: 1,
        firstSeq: seq,
        lastSeq: seq,
        lastAt: at,
        level: rule.level,
        title: rule.title,
        keyParts: shownKey(keyParts),
      };
      const place = `${rule.id}\n${key}`;
      changed.set(alert.id, alert);
      openedIds.add(alert.id);
      opened.set(place, [...(opened.get(place) ?? []), alert.id]);
      return alert;
    },
    join: (alert: Alert, { seq, at, isBackfilled }: JoinInput): Alert => {
      const joined: Alert = {
        ...alert,
        count: alert.count + 1,
        backfilled: alert.backfilled && isBackfilled,
        lastSeq: seq,
        lastAt: Math.max(alert.lastAt, at),
      };
      changed.set(joined.id, joined);
      return joined;
    },
    /** The alerts opened or joined, as they are now. */
    changes: () => ({ alerts: [...changed.values()], openedIds, lastAlert: last }),
  };
}

function periodOf(rule: Rule): number {
  return rule.tocsin.dedupPeriodMs ?? DEDUP_PERIOD_MS;
}
