/** The Store over a Durable Object's own SQLite. `transaction` is its `transactionSync`. */
import type { Row, Store, Value } from './store.ts';

export function durableStore(storage: DurableObjectStorage): Store {
  return {
    all: <R extends Row>(sql: string, ...binds: readonly Value[]) => storage.sql.exec<R>(sql, ...binds).toArray(),
    run: (sql, ...binds) => {
      storage.sql.exec(sql, ...binds);
    },
    transaction: (work) => storage.transactionSync(work),
  };
}
