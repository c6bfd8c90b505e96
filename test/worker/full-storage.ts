/** A ledger whose storage is full, in workerd. */
import { runInDurableObject } from 'cloudflare:test';
import type { Ledger } from '../../src/ledger/durable.ts';
import type { World } from './world.ts';

export const FULL = 'database or disk is full: SQLITE_FULL';

/**
 * From now on the ledger's storage takes no new row; what it has may change. PRAGMA max_page_count is not allowed there. Returns
 * what undoes it.
 */
export async function fill(world: World): Promise<() => Promise<void>> {
  const undo = await runInDurableObject(world.stub, (_: Ledger, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql);
    storage.sql.exec = ((query: string, ...binds: SqlStorageValue[]) => {
      if (/^\s*INSERT (?!.*ON CONFLICT)/s.test(query)) throw new Error(FULL);
      return exec(query, ...binds);
    }) as typeof storage.sql.exec;
    return () => {
      storage.sql.exec = exec;
    };
  });
  return () => runInDurableObject(world.stub, undo);
}
