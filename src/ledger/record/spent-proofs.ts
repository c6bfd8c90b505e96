/**
 * Proofs that must not count any more though they have not expired: sessions that were signed out of, and tokens of the
 * operator that may be used once. They are in the ledger since all locations see it at once.
 *
 * Contract: one row each until it has expired by every clock, and each call reads and writes a few rows, however often
 * anybody signs in and out: with the 20th of a holder, all that the holder has are over, which is one row. A restored ledger has forgotten those
 * since the moment that it went back to, so whatever was made before the restore is over. A new ledger has no memory at all, so
 * whatever names another ledger is over too.
 */
import { CLOCKS_APART_MS } from '../../access/seal.ts';
import type { AccessProof } from '../rpc.ts';
import { readLedgerId } from '../store/identity.ts';
import type { Store } from '../store/store.ts';

/** Of one holder at a time: more sessions than anybody has. */
const OF_HOLDER_MAX = 20;
/** How many expired ones go with each that comes: more than one, so that they get fewer. */
const EXPIRED_MAX = 5;
/** In place of an id: all of the holder's that were made before it. No id has it. */
const ALL = '*';

/** Spends a proof. False: it was over before. Call it in a transaction. */
export function spendProof(store: Store, proof: AccessProof, now: number): boolean {
  if (isProofSpent(store, proof)) return false;
  store.run(
    `DELETE FROM spent_proofs WHERE (holder, id) IN
       (SELECT holder, id FROM spent_proofs WHERE until < ? ORDER BY until LIMIT ${EXPIRED_MAX})`,
    // Another clock may still take what has expired by ours.
    now - CLOCKS_APART_MS,
  );
  const { holder, id, madeAt, expiresAt } = proof;
  const own = holder === null ? 0 : countOf(store, holder);
  if (own < OF_HOLDER_MAX) {
    store.run('INSERT INTO spent_proofs (holder, id, until) VALUES (?, ?, ?)', holder ?? '', id, expiresAt);
    return true;
  }
  store.run('DELETE FROM spent_proofs WHERE holder = ?', holder);
  const until = Math.max(now, madeAt) + (expiresAt - madeAt);
  store.run('INSERT INTO spent_proofs (holder, id, until) VALUES (?, ?, ?)', holder, ALL, until);
  return true;
}

/** Whether a proof is over. Reads four rows at most. */
export function isProofSpent(store: Store, { holder, id, ledger, madeAt, expiresAt }: AccessProof): boolean {
  if (ledger !== null && ledger !== readLedgerId(store)) return true;
  const found = store.all(
    `SELECT 1 FROM spent_proofs WHERE holder = ?1 AND id = ?2
     UNION ALL SELECT 1 FROM spent_proofs WHERE holder = ?1 AND id = '${ALL}' AND until >= ?3
     UNION ALL SELECT 1 FROM state WHERE json_extract(value, '$.restored.at') > ?4 LIMIT 1`,
    holder ?? '',
    id,
    expiresAt,
    madeAt,
  );
  return found.length > 0;
}

function countOf(store: Store, holder: string): number {
  const [row] = store.all<{ n: number }>('SELECT count(*) AS n FROM spent_proofs WHERE holder = ?', holder);
  return row?.n ?? 0;
}
