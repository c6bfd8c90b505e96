/** The Store of a Durable Object: its own SQLite. `transaction` is the object's `transactionSync`. */
import type { Row, Store, Value } from './store.ts';

/** A Store over a SQLite-backed Durable Object's storage. */
export function durableStore(storage: DurableObjectStorage): Store {
  return {
    all: <R extends Row>(sql: string, ...binds: readonly Value[]) => storage.sql.exec<R>(sql, ...binds).toArray(),
    run: (sql, ...binds) => {
      storage.sql.exec(sql, ...binds);
    },
    transaction: (work) => storage.transactionSync(work),
  };
}
