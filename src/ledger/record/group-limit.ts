/**
 * Limits the groups of each correlation to `GROUPS_MAX`. The groups without a match for the longest time are dropped.
 *
 * Contract: called in the transaction that stored the windows. The state holds an upper bound of each rule's groups. The
 * table is counted only where the bound exceeds the limit, since some groups may have been evicted. So a full rule is
 * counted once per `GROUPS_DROPPED` new groups, and other rules never.
 */
import type { CorrelationRule } from '../../sigma/index.ts';
import type { TouchedWindow } from '../model.ts';
import type { GroupCounts } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import type { PlaceOf } from './evaluation-store.ts';

/** The most groups of a rule. */
export const GROUPS_MAX = 100_000;
/** How many more are dropped at once, a twentieth, so that the table is counted seldom. */
export const GROUPS_DROPPED = 5_000;
if (!(GROUPS_DROPPED < GROUPS_MAX)) throw new Error('a full rule must keep some of its groups');

export interface GroupLimit {
  readonly counts: GroupCounts;
  readonly dropped: readonly { readonly rule: CorrelationRule; readonly groups: number }[];
}

/** Drops the groups over the limit after `windows` were stored. `known`: the counts before. */
export function limitGroups(
  store: Store,
  windows: readonly TouchedWindow[],
  known: GroupCounts,
  placeOf: PlaceOf,
): GroupLimit {
  const counts = new Map(Object.entries(known));
  const withNewGroups = new Set<CorrelationRule>();
  for (const { rule, isNew } of windows) {
    if (!isNew) continue;
    const place = placeOf(rule).rule;
    counts.set(place, (counts.get(place) ?? 0) + 1);
    withNewGroups.add(rule);
  }
  if (withNewGroups.size === 0) return { counts: known, dropped: [] };
  const dropped: { rule: CorrelationRule; groups: number }[] = [];
  for (const rule of withNewGroups) {
    const place = placeOf(rule).rule;
    if ((counts.get(place) ?? 0) <= GROUPS_MAX) continue;
    const groups = countOf(store, place);
    const over = groups <= GROUPS_MAX ? 0 : groups - GROUPS_MAX + GROUPS_DROPPED;
    counts.set(place, groups - over);
    if (over === 0) continue;
    drop(store, place, over);
    dropped.push({ rule, groups: over });
  }
  return { counts: Object.fromEntries(counts), dropped };
}

function countOf(store: Store, rule: string): number {
  return store.all<{ n: number }>('SELECT count(*) AS n FROM windows WHERE rule = ?', rule)[0]?.n ?? 0;
}

function drop(store: Store, rule: string, groups: number): void {
  store.run(
    `DELETE FROM windows WHERE rule = ? AND key IN
       (SELECT key FROM windows WHERE rule = ? ORDER BY touched, key LIMIT ?)`,
    rule,
    rule,
    groups,
  );
}
