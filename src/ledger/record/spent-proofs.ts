/**
 * Proofs that must not count any more though they have not expired: sessions that were signed out of, and tokens of the
 * operator that may be used once. They are in the ledger since all locations see it at once.
 *
 * Contract: one row each until it has expired. A restored ledger has forgotten those since the moment that it went back to,
 * so whatever was made before the restore is over.
 */
import type { Store } from '../store/store.ts';

/** Spends a proof that expires at `until` (ms). False: it was spent before. Call it in a transaction. */
export function spendProof(store: Store, id: string, until: number, now: number): boolean {
  store.run('DELETE FROM spent_proofs WHERE until < ?', now);
  const spent = store.all('INSERT OR IGNORE INTO spent_proofs (id, until) VALUES (?, ?) RETURNING 1', id, until);
  return spent.length > 0;
}

/** Whether a proof that was made at `since` (ms) is over. Reads two rows. */
export function isProofSpent(store: Store, id: string, since: number): boolean {
  const found = store.all(
    `SELECT 1 FROM spent_proofs WHERE id = ?
     UNION ALL SELECT 1 FROM state WHERE json_extract(value, '$.restored.at') > ? LIMIT 1`,
    id,
    since,
  );
  return found.length > 0;
}
