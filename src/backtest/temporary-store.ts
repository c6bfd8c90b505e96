/**
 * A database for one backtest: empty tables, in memory as far as its cache goes, and beyond that in a temporary file that goes
 * with the process (sqlite.org/inmemorydb.html, "Temporary Databases").
 *
 * Contract: nothing is ever rolled back. An error in a transaction ends the backtest, and its database with it. So all is one
 * transaction, which costs no more than its statements.
 */
import { nodeStore } from '../ledger/store/node-store.ts';
import { migrate } from '../ledger/store/schema.ts';
import type { Store } from '../ledger/store/store.ts';

const TEMPORARY = '';
/** In KiB, as SQLite takes it: what a month's matches mostly fit into. */
const CACHE_KIB = 32 * 1024;

/** Opens one. `close` frees it. */
export function temporaryStore(): Store & { close(): void } {
  const store = nodeStore(TEMPORARY);
  store.all('PRAGMA journal_mode = OFF');
  store.run(`PRAGMA cache_size = -${CACHE_KIB}`);
  migrate(store);
  store.run('BEGIN');
  return { ...store, isPerRow: true, transaction: (work) => work() };
}
