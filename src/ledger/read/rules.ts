/**
 * How often each rule matched, and when last. Reads one row per rule that ever matched, and the id of an entry for each.
 */
import type { RuleActivity } from '../rpc.ts';
import { entrySummary } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** More rules than anybody writes. Removed rules keep their rows. */
const RULES_MAX = 2_000;

/** The rules that have matched, the latest first. */
export function readRules(store: Store): readonly RuleActivity[] {
  // A long or unprintable id is stored as a hash; the entry's body has it.
  const rows = store.all<{
    rule: string;
    matched: number;
    lastAt: number;
    id: string | null;
    createdAt: number;
    body: string | null;
  }>(
    `SELECT activity.rule, activity.matched, activity.last_at AS lastAt, entries.id, entries.created_at AS createdAt,
       iif(substr(entries.id, 1, 1) = '#', entries.body, NULL) AS body
     FROM activity LEFT JOIN entries ON entries.seq = activity.last_seq
     ORDER BY activity.last_at DESC, activity.rule LIMIT ${RULES_MAX}`,
  );
  return rows.map(({ rule, matched, lastAt, id, createdAt, body }) => ({
    rule,
    matched,
    lastAt,
    lastEntry: id === null || body === null ? id : entrySummary({ seq: 0, id, created_at: createdAt, body }).id,
  }));
}
