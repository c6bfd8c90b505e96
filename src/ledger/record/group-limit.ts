/**
 * How many groups correlations keep: no more than `GROUPS_MOST` a rule, the longest untouched going first.
 *
 * Contract: to be called in the transaction that stored the windows. The number of a rule's groups is known from the
 * state and what was added since, never too low; the table is counted only where that says that there are too many
 * (retention may have thrown some out). So a full rule is counted once in `GROUPS_DROPPED` new groups, others never.
 */
import type { CorrelationRule } from '../../sigma/index.ts';
import type { TouchedWindow } from '../model.ts';
import type { GroupCounts } from '../store/state.ts';
import type { Store } from '../store/store.ts';

/** A rule keeps no more groups than this. */
export const GROUPS_MAX = 100_000;
/** How many go at once beside those that are too many: a twentieth, so that the rest is read seldom. */
export const GROUPS_DROPPED = 5_000;

export interface GroupLimit {
  readonly counts: GroupCounts;
  readonly dropped: readonly { readonly rule: CorrelationRule; readonly groups: number }[];
}

/** Drops what is too many after `windows` were stored. `known`: the counts before. */
export function limitGroups(store: Store, windows: readonly TouchedWindow[], known: GroupCounts): GroupLimit {
  const counts = new Map(Object.entries(known));
  const grown = new Set<CorrelationRule>();
  for (const { rule, isNew } of windows) {
    if (!isNew) continue;
    counts.set(rule.id, (counts.get(rule.id) ?? 0) + 1);
    grown.add(rule);
  }
  if (grown.size === 0) return { counts: known, dropped: [] };
  const dropped: { rule: CorrelationRule; groups: number }[] = [];
  for (const rule of grown) {
    if ((counts.get(rule.id) ?? 0) <= GROUPS_MAX) continue;
    const groups = countOf(store, rule);
    const over = groups <= GROUPS_MAX ? 0 : groups - GROUPS_MAX + GROUPS_DROPPED;
    counts.set(rule.id, groups - over);
    if (over === 0) continue;
    drop(store, rule, over);
    dropped.push({ rule, groups: over });
  }
  return { counts: Object.fromEntries(counts), dropped };
}

function countOf(store: Store, rule: CorrelationRule): number {
  return store.all<{ n: number }>('SELECT count(*) AS n FROM windows WHERE rule = ?', rule.id)[0]?.n ?? 0;
}

function drop(store: Store, rule: CorrelationRule, groups: number): void {
  store.run(
    `DELETE FROM windows WHERE rule = ? AND key IN
       (SELECT key FROM windows WHERE rule = ? ORDER BY touched, key LIMIT ?)`,
    rule.id,
    rule.id,
    groups,
  );
}
