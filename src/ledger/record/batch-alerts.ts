/**
 * The alerts that one batch opens or joins. Like BatchWindows: read once from what is stored, returned once to be stored.
 *
 * Contract: changes nothing stored. Alerts opened earlier in the batch are found like stored ones.
 */
import type { Alert } from '../../alert/alert.ts';
import { type PlacedMatch, type Placement, placeMatch, REOPEN_MS } from '../../alert/identity.ts';
import { shownKey } from '../../alert/key.ts';
import { resolvesAt, superseded, unacknowledged, wakesAt } from '../../alert/status.ts';
import { isAbove, type KeyPart, type Rule } from '../../sigma/index.ts';
import type { EvaluationReads } from '../model.ts';

/** How long the matches of a rule and key are one burst, where the rule does not say (`dedup.period`). */
export const DEDUP_PERIOD_MS = 60 * 60_000;
/** Of an alert so many networks are kept; beyond them, none is known to be new. */
export const NETWORKS_MAX = 256;

/** What opening or joining an alert needs to know of a match. */
export interface JoinInput extends PlacedMatch {
  readonly rule: Rule;
  readonly seq: number;
  readonly isBackfilled: boolean;
}

/** The alert that a match belongs to, as it is with it. */
export interface Joined {
  readonly alert: Alert;
  /** Event time of the alert's last match before this one; null: this is the first. */
  readonly previousAt: number | null;
  /** It opened the alert. */
  readonly isOpening: boolean;
  /** The alert was resolved. */
  readonly isLate: boolean;
}

export function createBatchAlerts(reads: EvaluationReads, lastAlert: number) {
  /** By rule and key, as they are now. */
  const places = new Map<string, Alert[]>();
  const changed = new Map<number, Alert>();
  const before = new Map<number, Alert>();
  const openedIds = new Set<number>();
  let last = lastAlert;

  const alike = (rule: string, key: string): Alert[] => {
    const place = `${rule}\n${key}`;
    const known = places.get(place);
    if (known !== undefined) return known;
    const stored = [...reads.alerts(rule, key)];
    for (const alert of stored) before.set(alert.id, alert);
    places.set(place, stored);
    return stored;
  };
  const put = (alert: Alert): Alert => {
    changed.set(alert.id, alert);
    const of = alike(alert.rule, alert.key);
    const at = of.findIndex(({ id }) => id === alert.id);
    if (at < 0) of.push(alert);
    else of[at] = alert;
    return alert;
  };
  const open = (
    { rule, seq, at, level, network, isBackfilled }: JoinInput,
    key: string,
    keyParts: readonly KeyPart[],
    placement: Extract<Placement<Alert>, { kind: 'opens' }>,
  ): Alert => {
    const id = ++last;
    openedIds.add(id);
    const { status } = placement;
    return put({
      ...{ id, rule: rule.id, key, firstAt: at, lastAt: at, periodMs: periodOf(rule), status },
      ...{ backfilled: isBackfilled, count: 1, firstSeq: seq, lastSeq: seq, level, title: rule.title },
      ...{
        keyParts: shownKey(keyParts),
        networks: network === null ? [] : [network],
        notified: {},
        acknowledged: null,
      },
      previous: placement.status === 'open' ? (placement.previous?.id ?? null) : null,
      ...{ assignee: null, resolution: null, escalations: [], silencedUntil: null, wakesAt: null, decided: {} },
      resolvesAt: resolvesAt({ status, level, lastAt: at }),
    });
  };

  return {
    /** Where a match belongs. */
    find: (rule: Rule, key: string, match: PlacedMatch): Placement<Alert> =>
      placeMatch(alike(rule.id, key), match, rule.tocsin.dedupReopenMs ?? REOPEN_MS),
    /** Adds the match to the alert that it joins or opens. */
    add: (match: JoinInput, key: string, keyParts: readonly KeyPart[], placement: Placement<Alert>): Joined => {
      if (placement.kind === 'opens') {
        if (placement.status === 'open' && placement.supersedes && placement.previous !== null)
          put(superseded(placement.previous, match.at));
        return { alert: open(match, key, keyParts, placement), previousAt: null, isOpening: true, isLate: false };
      }
      const { alert, isLate } = placement;
      return { alert: put(joined(alert, match)), previousAt: alert.lastAt, isOpening: false, isLate };
    },
    /** Puts in what was decided about an alert of this batch. */
    decide: (alert: Alert, decided: Pick<Alert, 'notified' | 'decided' | 'escalations' | 'silencedUntil'>): Alert => {
      const next = { ...alert, ...decided };
      return put({ ...next, wakesAt: wakesAt(next) });
    },
    /** The alerts opened or joined, as they are now, and as they were. */
    changes: () => ({ alerts: [...changed.values()].sort((a, b) => a.id - b.id), openedIds, before, lastAlert: last }),
  };
}

function joined(before: Alert, { seq, at, level, network, isBackfilled }: JoinInput): Alert {
  const endsAcknowledgement = before.acknowledged !== null && isAbove(level, before.acknowledged.level);
  const alert = endsAcknowledgement ? unacknowledged(before) : before;
  const isNew = network !== null && !alert.networks.includes(network) && alert.networks.length < NETWORKS_MAX;
  const next: Alert = {
    ...alert,
    level: isAbove(level, alert.level) ? level : alert.level,
    count: alert.count + 1,
    backfilled: alert.backfilled && isBackfilled,
    // A backfilled match is of an older entry.
    lastSeq: Math.max(alert.lastSeq, seq),
    firstAt: Math.min(alert.firstAt, at),
    lastAt: Math.max(alert.lastAt, at),
    networks: isNew ? [...alert.networks, network] : alert.networks,
  };
  // The time only moves on when it has come: a match writes no index.
  return { ...next, resolvesAt: resolvesAt(next) === null ? null : alert.resolvesAt };
}

/** The dedup period of a rule, ms. */
export function periodOf(rule: Rule | null): number {
  return rule?.tocsin.dedupPeriodMs ?? DEDUP_PERIOD_MS;
}
