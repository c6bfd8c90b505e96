/**
 * Which alert a match belongs to. An alert takes the matches of its rule and dedup key until it is resolved.
 *
 * Contract: pure. Times are event times, in ms since the epoch. Of a rule and key at most one alert is live: not resolved.
 * A match that lies `reopenMs` or more outside of the live alert opens another: a later one supersedes it, an earlier one is
 * of the past. Resolved alerts take what was late, so that no alert is opened for what was read again; but something severe that they
 * have not seen opens an alert.
 */
import { isAbove, isSevere, type Level } from '../sigma/index.ts';

/** How far a match may lie outside of an unresolved alert to belong to it, where the rule does not say (`dedup.reopen`). */
export const REOPEN_MS = 7 * 24 * 60 * 60_000;

/** What people did with an alert. `past`: opened for matches from before a live alert, and resolved from the start. */
export type AlertStatus = 'open' | 'acknowledged' | 'resolved' | 'past';

/** Whether it takes matches, and people can act on it. */
export function isLive(status: AlertStatus): boolean {
  return status === 'open' || status === 'acknowledged';
}

/** What identity depends on. */
export interface PlacedAlert {
  readonly id: number;
  readonly status: AlertStatus;
  /** Of its first and last match. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The highest of its matches. */
  readonly level: Level;
  /** Of its matches, as far as they are kept: an IPv4 /24 or an IPv6 /64 each. */
  readonly networks: readonly string[];
}

/** A match, as far as identity depends on it. `network`: null where the entry has no address. */
export interface PlacedMatch {
  readonly at: number;
  readonly level: Level;
  readonly network: string | null;
}

/** Where a match belongs. */
export type Placement<A extends PlacedAlert> =
  /** It joins. `isLate`: the alert was resolved, and nobody is notified. */
  | { readonly kind: 'joins'; readonly alert: A; readonly isLate: boolean }
  /**
   * It opens an alert. `previous`: the alert of the same rule and key before it; `supersedes`: that one was not resolved yet,
   * and is now.
   */
  | { readonly kind: 'opens'; readonly status: 'open'; readonly previous: A | null; readonly supersedes: boolean }
  | { readonly kind: 'opens'; readonly status: 'past' };

/** Places a match among the alerts of its rule and key, which may come in any order. */
export function placeMatch<A extends PlacedAlert>(
  alerts: readonly A[],
  match: PlacedMatch,
  reopenMs: number,
): Placement<A> {
  const { at } = match;
  const takes = ({ firstAt, lastAt }: A): boolean => firstAt - reopenMs < at && at < lastAt + reopenMs;
  const live = alerts.find(({ status }) => isLive(status)) ?? null;
  if (live !== null && takes(live)) return { kind: 'joins', alert: live, isLate: false };
  const ended = alerts.filter((alert) => alert !== live).sort((a, b) => a.lastAt - b.lastAt || a.id - b.id);
  const resolved = ended.find((alert) => takes(alert) && at <= alert.lastAt && !isNews(match, alert));
  if (resolved !== undefined) return { kind: 'joins', alert: resolved, isLate: resolved.status === 'resolved' };
  const past = ended.find((alert) => alert.status === 'past' && takes(alert));
  if (past !== undefined) return { kind: 'joins', alert: past, isLate: false };
  if (live !== null && at < live.firstAt) return { kind: 'opens', status: 'past' };
  return {
    kind: 'opens',
    status: 'open',
    previous: live ?? ended.findLast(({ status }) => status === 'resolved') ?? null,
    supersedes: live !== null,
  };
}

/** Whether a match shows something severe that was not there when the alert was resolved. */
function isNews({ level, network }: PlacedMatch, alert: PlacedAlert): boolean {
  if (!isSevere(level) || alert.status !== 'resolved') return false;
  return isAbove(level, alert.level) || (network !== null && !alert.networks.includes(network));
}
